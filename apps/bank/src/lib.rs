//! Harbour Bank (made up): a relying party of Praya that shares no code with it.
//!
//! A company asks for a loan; the bank asks Praya for the company's records with that company's consent, checks
//! the government's signature and the public log's receipt by itself, and shows what it holds and why.

mod client;
mod clock;
mod details;
mod jcs;
mod jose;
mod pages;
mod receipt;
mod session;
mod show;
mod webhook;
mod words;

use axum::{
    Router,
    routing::{get, post},
};
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// What the bank must be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the bank, without a path.
    pub base_url: Url,
    /// Praya's issuer, without a path.
    pub issuer: Url,
    /// The bank's id at the issuer.
    pub client_id: String,
    /// Private P-256 JWK that signs client assertions.
    pub signing_jwk: Value,
    /// Private P-256 JWK that answers are encrypted to.
    pub encryption_jwk: Value,
    /// The public log's key, `name+id+key`, learnt by another way than the answers it checks.
    pub log_vkey: String,
    /// A certificate authority to trust beside the system's.
    pub ca_pem: Option<String>,
}

/// The bank's site and its webhook. Where the settings cannot be used, every address answers 503 and says why.
pub fn router(settings: Settings) -> Router {
    let bank = match session::Bank::new(settings) {
        Ok(bank) => Arc::new(bank),
        Err(why) => {
            let said = format!("The bank cannot open: {why}.\n");
            let closed = move || async move { (http::StatusCode::SERVICE_UNAVAILABLE, said) };
            return Router::new().fallback(closed);
        }
    };
    Router::new()
        .route("/", get(pages::home))
        .route("/apply", post(pages::apply))
        .route("/callback", get(pages::callback))
        .route("/application", get(pages::application))
        .route("/application/fetch", post(pages::fetch_again))
        .route("/application/refresh", post(pages::refresh))
        .route("/application/revoke", post(pages::revoke))
        .route("/application/answer.jws", get(pages::download))
        .route("/webhooks/praya", post(webhook::receive))
        .route("/bank.css", get(pages::style))
        .fallback(pages::missing)
        .layer(axum::middleware::from_fn_with_state(bank.clone(), pages::headers))
        .with_state(bank)
}

//! The page on which a passkey signs the terms of a consent: the first, or one with fewer fields.

use crate::{Exchange, model::Terms};
use axum::response::Html;
use kernel::Problem;
use serde_json::Value as Json;
use web::{Outcome, Shell, Visit};

/// Terms to be signed, and the form that comes back with the signature.
pub(crate) struct Signing<'a> {
    /// Where the form goes.
    pub(crate) action: String,
    /// What the form carries beside the terms as they are shown, and what is ticked.
    pub(crate) own: &'a [(&'static str, &'a str)],
    pub(crate) consumer: String,
    pub(crate) subject: String,
    pub(crate) terms: &'a Terms,
    /// What the browser asks of the passkey.
    pub(crate) challenge: Json,
}

#[derive(askama::Template)]
#[template(path = "sign.html")]
struct SignPage {
    shell: Shell,
    action: String,
    hidden: Vec<(&'static str, String)>,
    consumer: String,
    subject_name: String,
    facts: Vec<web::Row>,
    fields: Vec<(String, String)>,
    challenge: String,
}

impl Signing<'_> {
    /// The page.
    pub(crate) fn page(
        self,
        exchange: &Exchange,
        visit: &Visit,
        ticked: Vec<String>,
    ) -> Outcome<Html<String>> {
        let shell = visit.shell("consent-sign-title");
        let own = self.own.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let draft = serde_json::to_vec(self.terms).map_err(Problem::internal)?;
        let draft = [("draft", wire::b64::encode(draft))];
        let hidden = own.chain(draft).chain(ticked.into_iter().map(|field| ("field", field)));
        web::page(&SignPage {
            action: self.action,
            hidden: hidden.collect(),
            consumer: self.consumer,
            subject_name: self.subject,
            facts: super::facts(exchange, &shell, self.terms),
            fields: super::selected(exchange, &shell, &self.terms.registers),
            challenge: self.challenge.to_string(),
            shell,
        })
    }
}

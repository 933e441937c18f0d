//! The portal's own pages: home, verify, health, metrics, the API's description.

use crate::verify::Broken;
use axum::{
    extract::{Query, State},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use exchange::Exchange;
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Deserialize;
use std::sync::OnceLock;
use store::{Db, Sql};
use web::{Audience, Errors, Outcome, Routes, Shell, Visit, page};

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count; once for the process.
pub(crate) fn count() {
    if let Ok(handle) = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder() {
        METRICS.set(handle).ok();
    }
}

/// What the pack says to everyone; nothing without a `portal.toml`.
pub(crate) fn content(pack: &exchange::pack::Pack) -> Result<open::Content, crate::Error> {
    let Some((_, bytes)) = pack.files().find(|(path, _)| *path == open::FILE) else {
        return Ok(open::Content::default());
    };
    let departments = pack.departments().map(|one| one.id.as_str()).collect();
    Ok(open::Content::parse(std::str::from_utf8(bytes)?, &departments)?)
}

/// `/`, `/verify`, `/healthz`, `/readyz`, `/openapi.json`.
pub(crate) fn routes(db: &Db, exchange: &Exchange, open: &open::Open) -> Routes {
    Routes::new()
        .route("GET", "/", Audience::Public, get(home).with_state((exchange.clone(), open.clone())))
        .route("GET", "/verify", Audience::Public, get(verify_form).with_state(exchange.clone()))
        .route("POST", "/verify", Audience::Public, post(verify_text).with_state(exchange.clone()))
        .route("GET", "/healthz", Audience::Public, get(|| async { "ok" }))
        .route("GET", "/readyz", Audience::Public, get(ready).with_state(db.clone()))
        .route(
            "GET",
            "/openapi.json",
            Audience::Public,
            get(|| async {
                ([(header::CONTENT_TYPE, "application/json")], crate::openapi::DOCUMENT)
            }),
        )
}

/// `/metrics`: in the demo among the others, under `serve` on an address of its own.
pub(crate) fn metrics_route() -> Routes {
    Routes::new().route(
        "GET",
        "/metrics",
        Audience::Public,
        get(|| async { METRICS.get().map(PrometheusHandle::render).unwrap_or_default() }),
    )
}

/// Every statement of the program's own.
pub(crate) const PING: Sql = Sql::both("select 1");

async fn ready(State(db): State<Db>) -> Response {
    match db.read::<_, store::Error>(|tx| tx.query(PING, &[])).await {
        Ok(_) => "ready".into_response(),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "2")],
            "the database does not answer",
        )
            .into_response(),
    }
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

#[derive(askama::Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
    query: String,
    registers: Vec<(String, String, String)>,
    departments: usize,
    count: usize,
    log_size: u64,
    today: open::Today,
}

/// `GET /`: what this is, what it holds, where to go.
async fn home(
    State((exchange, open)): State<(Exchange, open::Open)>,
    visit: Visit,
    Query(search): Query<Search>,
) -> Outcome<Html<String>> {
    let shell = visit.shell("home-title");
    let wanted: String = search.q.chars().take(100).collect();
    let needle = wanted.trim().to_lowercase();
    let all: Vec<_> = exchange
        .pack
        .registers()
        .filter_map(|register| {
            let department = exchange.pack.department(&register.department)?;
            Some((
                shell.of(&register.name).to_owned(),
                shell.of(&department.name).to_owned(),
                shell.of(&register.description).to_owned(),
            ))
        })
        .collect();
    let count = all.len();
    let mut departments: Vec<_> = all.iter().map(|(_, department, _)| department.clone()).collect();
    departments.sort();
    departments.dedup();
    let found = |(name, department, description): &(String, String, String)| {
        [name, department, description].iter().any(|text| text.to_lowercase().contains(&needle))
    };
    let registers = all.into_iter().filter(|line| needle.is_empty() || found(line)).collect();
    let today = open.today(&visit.ctx, &shell).await?;
    page(&HomePage {
        today,
        query: wanted,
        registers,
        departments: departments.len(),
        count,
        log_size: exchange.log.size(),
        shell,
    })
}

#[derive(askama::Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    shell: Shell,
    text: String,
    outcome: Option<Result<Vec<(String, String)>, Broken>>,
    errors: Errors,
}

async fn verify_form(visit: Visit) -> Outcome<Html<String>> {
    page(&VerifyPage {
        shell: visit.shell("verify-title"),
        text: String::new(),
        outcome: None,
        errors: Errors::default(),
    })
}

#[derive(Deserialize)]
struct Pasted {
    receipt: String,
}

/// `POST /verify`: checks a pasted receipt against this log's key. Nothing is kept.
async fn verify_text(
    State(exchange): State<Exchange>,
    visit: Visit,
    web::Form(pasted): web::Form<Pasted>,
) -> Outcome<Html<String>> {
    let shell = visit.shell("verify-title");
    let checked = crate::verify::check(pasted.receipt.trim(), exchange.log.verifier(), None);
    let mut errors = Errors::default();
    let outcome = match checked {
        // What cannot be read says nothing about what is genuine.
        Err(Broken::Form) => {
            errors.add("receipt", shell.t(Broken::Form.text()));
            None
        }
        checked => Some(checked.map(|facts| facts.lines(&shell, &exchange.pack))),
    };
    page(&VerifyPage { shell, text: pasted.receipt, outcome, errors })
}

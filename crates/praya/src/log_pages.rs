//! The evidence log over HTTP: C2SP tlog-tiles for programs, a page for people.

use axum::{
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use evidence::Log;
use exchange::pack::Pack;
use http::header;
use kernel::Problem;
use std::sync::Arc;
use web::{Audience, Outcome, Routes, Shell, Visit, page};
use wire::tlog::{Checkpoint, TilePath};

/// `/log`, `/log/key`, `/log/checkpoint`, `/log/tile/…`, `/log/proof/{index}`.
pub(crate) fn routes(log: &Log, pack: &Arc<Pack>) -> Routes {
    let s = || log.clone();
    Routes::new()
        .route("GET", "/log", Audience::Public, get(show).with_state((s(), pack.clone())))
        .route("GET", "/log/key", Audience::Public, get(key).with_state(s()))
        .route("GET", "/log/checkpoint", Audience::Public, get(checkpoint).with_state(s()))
        .route("GET", "/log/tile/{*path}", Audience::Public, get(tile).with_state(s()))
        .route("GET", "/log/proof/{index}", Audience::Public, get(proof).with_state(s()))
}

fn problem(error: evidence::Error) -> Problem {
    match error {
        evidence::Error::Missing | evidence::Error::Behind => Problem::new(404, "not-found"),
        other => other.into(),
    }
}

/// Anyone may read the log from anywhere; nothing of it depends on who asks.
fn open(kind: &'static str, cache: &'static str, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, body).into_response()
}

async fn key(State(log): State<Log>) -> Response {
    open("text/plain; charset=utf-8", "public, max-age=3600", format!("{}\n", log.key()))
}

async fn checkpoint(State(log): State<Log>) -> Outcome<Response> {
    Ok(open(
        "text/plain; charset=utf-8",
        "public, max-age=1",
        log.checkpoint().await.map_err(problem)?,
    ))
}

async fn tile(State(log): State<Log>, Path(path): Path<String>) -> Outcome<Response> {
    let path = TilePath::parse(&path).map_err(|_| Problem::new(404, "not-found"))?;
    let bytes = match path.level {
        Some(level) => log.tile(level, path.n, path.width).await,
        None => log.entries(path.n, path.width).await,
    };
    Ok(open(
        "application/octet-stream",
        "public, max-age=31536000, immutable",
        bytes.map_err(problem)?,
    ))
}

async fn proof(State(log): State<Log>, Path(index): Path<u64>) -> Outcome<Response> {
    let proof = log.newest_proof(index).await.map_err(problem)?;
    Ok(open("text/plain; charset=utf-8", "public, max-age=1", proof.to_text()))
}

#[derive(askama::Template)]
#[template(path = "log.html")]
struct LogPage {
    shell: Shell,
    size: u64,
    checkpoint: String,
    key: String,
    newest: Vec<Line>,
}

/// An entry in the words of a page.
pub(crate) struct Line {
    index: u64,
    pub(crate) kind: String,
    pub(crate) department: String,
    /// As `2026-11-23 05:00`.
    pub(crate) hour: String,
    entry: evidence::Entry,
}

impl Line {
    pub(crate) fn new(shell: &Shell, pack: &Pack, index: u64, entry: evidence::Entry) -> Self {
        let key = match entry.kind.strip_prefix("look-") {
            Some(look) => format!("look-kind-{look}"),
            None => format!("event-{}", entry.kind),
        };
        let kind = if web::has_text(&key) { shell.t(&key) } else { entry.kind.clone() };
        let name = |id: &str| {
            let own = format!("log-office-{id}");
            match pack.department(id) {
                Some(department) => shell.of(&department.name).to_owned(),
                None if web::has_text(&own) => shell.t(&own),
                None => id.to_owned(),
            }
        };
        let department = entry.department.split(' ').map(name).collect::<Vec<_>>().join(" · ");
        let hour = entry.hour.replace('T', " ").trim_end_matches(":00Z").to_owned();
        Self { index, kind, department, hour, entry }
    }
}

async fn show(State((log, pack)): State<(Log, Arc<Pack>)>, visit: Visit) -> Outcome<Html<String>> {
    let checkpoint = log.checkpoint().await.map_err(problem)?;
    let size = Checkpoint::verify(&checkpoint, log.verifier()).map_err(Problem::internal)?.size;
    let n = size.saturating_sub(1) / 256;
    let width = size - n * 256;
    let shell = visit.shell("log-title");
    let mut newest = Vec::new();
    if size > 0 {
        let bundle = wire::tlog::Bundle(
            log.entries(n, u16::try_from(width).unwrap_or(256)).await.map_err(problem)?,
        );
        for (i, entry) in (n * 256..).zip(bundle.entries().map_err(Problem::internal)?) {
            if let Ok(entry) = evidence::Entry::parse(&String::from_utf8_lossy(entry)) {
                newest.push(Line::new(&shell, &pack, i, entry));
            }
        }
    }
    newest.reverse();
    newest.truncate(50);
    page(&LogPage { shell, size, checkpoint, key: log.key().to_owned(), newest })
}

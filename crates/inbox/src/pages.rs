//! `/my/inbox`: reading, putting away; `/my/inbox/settings`: what goes where.

mod settings;

use crate::{
    Inbox, Topic,
    ops::{self, Message, PAGE},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http::header;
use kernel::Timestamp;
use serde::Deserialize;
use web::{Audience, Form, Outcome, Routes, Shell, Visit, page};

/// Every route of this crate, each with its audience.
pub fn routes(inbox: &Inbox) -> Routes {
    let with = |handler: axum::routing::MethodRouter<Inbox>| handler.with_state(inbox.clone());
    Routes::new()
        .route("GET", "/my/inbox", Audience::Person, with(get(list)))
        .route("GET", "/my/inbox/settings", Audience::Person, with(get(settings::show)))
        .route("POST", "/my/inbox/settings", Audience::Person, with(post(settings::choose)))
        .route("POST", "/my/inbox/address", Audience::Person, with(post(settings::address)))
        .route("POST", "/my/inbox/address/code", Audience::Person, with(post(settings::code)))
        .route("POST", "/my/inbox/address/remove", Audience::Person, with(post(settings::remove)))
        .route("POST", "/my/inbox/push", Audience::Person, with(post(settings::subscribe)))
        .route(
            "POST",
            "/my/inbox/push/{id}/remove",
            Audience::Person,
            with(post(settings::unsubscribe)),
        )
        .route(
            "GET",
            "/my/inbox/push.js",
            Audience::Public,
            get(|| async { script(include_str!("push.js")) }),
        )
        .route(
            "GET",
            "/my/inbox/worker.js",
            Audience::Public,
            get(|| async { script(include_str!("worker.js")) }),
        )
        .route("GET", "/my/inbox/messages/{id}", Audience::Person, with(get(open)))
        .route("POST", "/my/inbox/messages/{id}/archive", Audience::Person, with(post(archive)))
        .route("POST", "/my/inbox/messages/{id}/restore", Audience::Person, with(post(restore)))
}

fn script(text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text).into_response()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    before: Option<i64>,
    #[serde(default)]
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct List {
    shell: Shell,
    /// Each with the key of its topic's words.
    messages: Vec<(Message, &'static str)>,
    archived: bool,
    unread: u32,
    done: String,
    newer: String,
    older: String,
}

/// The key of a topic's words.
fn words(topic: Topic) -> &'static str {
    match topic {
        Topic::Consents => "inbox-topic-consents",
        Topic::Mandates => "inbox-topic-mandates",
        Topic::Security => "inbox-topic-security",
        Topic::Looks => "inbox-topic-looks",
    }
}

/// `GET /my/inbox`.
async fn list(
    State(inbox): State<Inbox>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Html<String>> {
    let shell = visit.shell("inbox-title");
    let (ctx, said) = (visit.ctx.clone(), shell.clone());
    let of = inbox.clone();
    let which = (asked.archived, asked.before.unwrap_or(i64::MAX));
    let (mut messages, unread) = inbox
        .db
        .read(move |tx| {
            let moment = |at: &Timestamp| said.moment(at);
            let found = ops::list(&of, tx, &ctx, which, &moment)?;
            Ok::<_, kernel::Problem>((found, ops::unread(tx, ctx.person()?)?))
        })
        .await?;
    let more = messages.len() > PAGE;
    messages.truncate(PAGE);
    let at = if asked.archived { "/my/inbox?archived=true" } else { "/my/inbox" };
    let join = if asked.archived { '&' } else { '?' };
    let last = messages.last().filter(|_| more).map(|last| kernel::micros(last.at));
    let done = asked.done.as_deref().filter(|done| ["archived", "restored"].contains(done));
    page(&List {
        done: done.map_or_else(String::new, |done| shell.t(&format!("inbox-done-{done}"))),
        older: last.map_or_else(String::new, |last| format!("{at}{join}before={last}")),
        newer: asked.before.map_or_else(String::new, |_| at.to_owned()),
        archived: asked.archived,
        messages: messages
            .into_iter()
            .map(|one| {
                let topic = words(one.topic);
                (one, topic)
            })
            .collect(),
        unread,
        shell,
    })
}

#[derive(Template)]
#[template(path = "message.html")]
struct One {
    shell: Shell,
    message: Message,
}

/// `GET /my/inbox/messages/{id}`: reading it makes it read.
async fn open(
    State(inbox): State<Inbox>,
    visit: Visit,
    Path(id): Path<String>,
) -> Outcome<Html<String>> {
    let (ctx, said, of) = (visit.ctx.clone(), visit.shell("inbox-title"), inbox.clone());
    let message = inbox
        .db
        .write(move |tx| {
            let moment = |at: &Timestamp| said.moment(at);
            ops::open(&of, tx, &ctx, &id, &moment)
        })
        .await?;
    let mut visit = visit;
    // The header counted it when the request came.
    if let (Some(user), false) = (visit.user.as_mut(), message.read) {
        user.unread = user.unread.saturating_sub(1);
    }
    page(&One { shell: visit.titled(message.title.clone()), message })
}

/// A form that says all by being sent.
#[derive(Deserialize)]
struct Nothing {}

/// `POST /my/inbox/messages/{id}/archive`.
async fn archive(
    State(inbox): State<Inbox>,
    visit: Visit,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Redirect> {
    inbox.db.write(move |tx| ops::archive(tx, &visit.ctx, &id, true)).await?;
    Ok(Redirect::to("/my/inbox?done=archived"))
}

/// `POST /my/inbox/messages/{id}/restore`.
async fn restore(
    State(inbox): State<Inbox>,
    visit: Visit,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Redirect> {
    inbox.db.write(move |tx| ops::archive(tx, &visit.ctx, &id, false)).await?;
    Ok(Redirect::to("/my/inbox?done=restored"))
}

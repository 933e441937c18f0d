//! What goes where: topics, the mail address and its code, browsers.

use super::Nothing;
use crate::{
    Inbox, Topic,
    ops::{self, Address, Device},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::Problem;
use serde::Deserialize;
use web::{Errors, Form, Outcome, Shell, Visit, page};

const HERE: &str = "/my/inbox/settings";

#[derive(Template)]
#[template(path = "inbox_settings.html")]
struct Page {
    shell: Shell,
    /// Each with the key of its words.
    topics: Vec<(Topic, ops::Choice, &'static str)>,
    address: String,
    /// The address that waits for its code.
    waiting: String,
    /// Whether mail leaves this installation at all.
    mail: bool,
    devices: Vec<Device>,
    /// For the browser: our public key.
    push_key: String,
    done: String,
    errors: Errors,
    /// What was typed and refused.
    typed: String,
}

impl Page {
    fn device(&self, device: &Device) -> String {
        let name = &device.name;
        if name.is_empty() { self.shell.t("inbox-device-unknown") } else { name.clone() }
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    done: Option<String>,
}

async fn load(inbox: &Inbox, visit: &Visit, asked: &Asked) -> Result<Page, Problem> {
    let visit = visit.at(HERE);
    let (ctx, now) = (visit.ctx.clone(), visit.ctx.now);
    let (topics, address, devices) = inbox
        .db
        .read(move |tx| {
            let person = ctx.person()?;
            let topics = ops::choices(tx, person)?;
            Ok::<_, Problem>((topics, ops::address(tx, person)?, ops::devices(tx, person)?))
        })
        .await?;
    let shell = visit.shell("inbox-settings-title");
    let done = asked.done.as_deref().filter(|done| {
        ["saved", "code", "proved", "removed", "push", "push-removed"].contains(done)
    });
    let waiting = address.as_ref().and_then(|known| known.waiting(now)).map(str::to_owned);
    let worded = |(topic, choice)| (topic, choice, super::words(topic));
    Ok(Page {
        topics: topics.into_iter().map(worded).collect(),
        waiting: waiting.unwrap_or_default(),
        address: address.and_then(|known: Address| known.proved).unwrap_or_default(),
        mail: inbox.mailer.is_some(),
        devices,
        push_key: inbox.0.vapid.public().to_owned(),
        done: done.map_or_else(String::new, |done| shell.t(&format!("inbox-done-{done}"))),
        errors: Errors::default(),
        typed: String::new(),
        shell,
    })
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("{HERE}?done={what}")).into_response()
}

/// The page again with what is to be corrected.
async fn refused(
    inbox: &Inbox,
    visit: &Visit,
    field: &str,
    typed: String,
    problem: &Problem,
) -> Outcome<Response> {
    let mut page = load(inbox, visit, &Asked::default()).await?;
    page.errors.add(field, page.shell.t(&format!("problem-{}", problem.code)));
    page.typed = typed;
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    Ok((status, web::page(&page)?).into_response())
}

/// `GET /my/inbox/settings`.
pub(super) async fn show(
    State(inbox): State<Inbox>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Html<String>> {
    page(&load(&inbox, &visit, &asked).await?)
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    told: Vec<String>,
    #[serde(default)]
    mail: Vec<String>,
    #[serde(default)]
    push: Vec<String>,
}

/// `POST /my/inbox/settings`.
pub(super) async fn choose(
    State(inbox): State<Inbox>,
    visit: Visit,
    Form(chosen): Form<Chosen>,
) -> Outcome<Response> {
    let of = |list: &[String], topic: Topic| list.iter().any(|name| name == topic.name());
    let choices: Vec<_> = Topic::ALL
        .into_iter()
        .map(|topic| {
            let (told, mail) = (of(&chosen.told, topic), of(&chosen.mail, topic));
            (topic, ops::Choice { told, mail, push: of(&chosen.push, topic) })
        })
        .collect();
    inbox.db.write(move |tx| ops::choose(tx, &visit.ctx, &choices)).await?;
    Ok(done("saved"))
}

#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    address: String,
}

/// `POST /my/inbox/address`: sends a code to it.
pub(super) async fn address(
    State(inbox): State<Inbox>,
    visit: Visit,
    Form(given): Form<Given>,
) -> Outcome<Response> {
    let (of, ctx, typed) = (inbox.clone(), visit.ctx.clone(), given.address.clone());
    match inbox.db.write(move |tx| ops::ask_address(&of, tx, &ctx, &given.address)).await {
        Ok(()) => Ok(done("code")),
        Err(problem) if matches!(problem.status, 422 | 429) => {
            refused(&inbox, &visit, "address", typed, &problem).await
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct Entered {
    #[serde(default)]
    code: String,
}

/// `POST /my/inbox/address/code`.
pub(super) async fn code(
    State(inbox): State<Inbox>,
    visit: Visit,
    Form(entered): Form<Entered>,
) -> Outcome<Response> {
    let (of, ctx) = (inbox.clone(), visit.ctx.clone());
    let proved = inbox.db.write(move |tx| ops::prove_address(&of, tx, &ctx, &entered.code)).await?;
    if proved {
        return Ok(done("proved"));
    }
    let wrong = Problem::new(422, "code-wrong");
    refused(&inbox, &visit, "code", String::new(), &wrong).await
}

/// `POST /my/inbox/address/remove`.
pub(super) async fn remove(
    State(inbox): State<Inbox>,
    visit: Visit,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    inbox.db.write(move |tx| ops::drop_address(tx, &visit.ctx)).await?;
    Ok(done("removed"))
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    endpoint: String,
    p256dh: String,
    auth: String,
    #[serde(default)]
    device: String,
}

/// `POST /my/inbox/push`, by the page's script.
pub(super) async fn subscribe(
    State(inbox): State<Inbox>,
    visit: Visit,
    Form(sent): Form<Subscription>,
) -> Outcome<Response> {
    let refused = || Problem::new(422, "push-refused");
    let url = url::Url::parse(&sent.endpoint).map_err(|_| refused())?;
    if sent.endpoint.len() > 1000 || (inbox.caller.check)(&url).is_err() {
        return Err(refused().into());
    }
    let p256dh = wire::b64::decode(&sent.p256dh).map_err(|_| refused())?;
    let auth = wire::b64::decode(&sent.auth).map_err(|_| refused())?;
    // What cannot be encrypted to is refused now, not at the first message.
    wire::push::encrypt(b"", &p256dh, &auth).map_err(|_| refused())?;
    let device: String = sent.device.chars().filter(|c| !c.is_control()).take(60).collect();
    inbox
        .db
        .write(move |tx| {
            ops::subscribe(tx, &visit.ctx, (url.as_str(), &p256dh, &auth), device.trim())
        })
        .await?;
    Ok(done("push"))
}

/// `POST /my/inbox/push/{id}/remove`.
pub(super) async fn unsubscribe(
    State(inbox): State<Inbox>,
    visit: Visit,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    inbox.db.write(move |tx| ops::unsubscribe(tx, &visit.ctx, &id)).await?;
    Ok(done("push-removed"))
}

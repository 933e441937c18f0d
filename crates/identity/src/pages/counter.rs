//! The counter: an officer looks at a person and their document, and hands over the way to a first passkey.

use super::render;
use crate::{
    Identity,
    model::DOCUMENTS,
    ops::{self, AtCounter, Welcomed},
    tell,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use kernel::Problem;
use serde::Deserialize;
use web::{Choice, Errors, Form, Html, Outcome, Shell, Visit};

#[derive(Deserialize, Default)]
pub(super) struct Seen {
    #[serde(default)]
    document: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    chinese: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    looked: String,
}

#[derive(Template)]
#[template(path = "counter.html")]
struct Page {
    shell: Shell,
    form: Seen,
    documents: Vec<Choice>,
    looked: Vec<Choice>,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "counter_done.html")]
struct Done {
    shell: Shell,
    name: String,
    handle: String,
    known: bool,
    link: String,
    picture: Html,
}

fn page_of(visit: &Visit, form: Seen, problem: Option<&Problem>) -> Page {
    let shell = visit.shell("counter-title");
    let documents = DOCUMENTS.iter().map(|kind| {
        Choice::new(*kind, shell.t(&format!("evidence-{kind}"))).checked(form.document == *kind)
    });
    Page {
        documents: documents.collect(),
        looked: vec![
            Choice::new("yes", shell.t("counter-looked-yes")).checked(form.looked == "yes"),
        ],
        errors: problem.map_or_else(Errors::default, |problem| Errors::of_problem(&shell, problem)),
        form,
        shell,
    }
}

/// `GET /office/counter`.
pub(super) async fn page(State(identity): State<Identity>, visit: Visit) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    identity.0.db.read(move |tx| ops::on_duty(tx, &ctx, crate::model::Duty::Counter)).await?;
    render(&page_of(&visit, Seen::default(), None))
}

/// `POST /office/counter`.
pub(super) async fn check(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Seen>,
) -> Outcome<Response> {
    let (ctx, keys, inbox) = (visit.ctx.clone(), identity.0.keys.clone(), identity.0.inbox.clone());
    let seen = AtCounter {
        document: form.document.clone(),
        number: form.number.clone(),
        name: form.name.clone(),
        chinese: form.chinese.clone(),
        account: form.account.clone(),
    };
    let looked = form.looked == "yes";
    let done = identity
        .0
        .db
        .write(move |tx| {
            if !looked {
                return Err(Problem::new(422, "not-looked").field("looked", "not-looked"));
            }
            let done = ops::check_at_counter(tx, &ctx, &seen, keys.documents())?;
            if done.known {
                tell::checked_at_counter(tx, &ctx, inbox.as_ref(), &done.person)?;
            }
            Ok(done)
        })
        .await;
    match done {
        Ok(done) => shown(&identity, &visit, done),
        Err(problem) if problem.status == 422 => {
            let page = page_of(&visit.at("/office/counter"), form, Some(&problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn shown(identity: &Identity, visit: &Visit, done: Welcomed) -> Outcome<Response> {
    let shell = visit.at("/office/counter").shell("counter-done-title");
    let link = format!("{}/invitation/{}", identity.0.issuer, done.token);
    let page = Done {
        name: shell.of(&done.name).to_owned(),
        handle: done.handle,
        known: done.known,
        picture: super::qr(&link, &shell.t("counter-qr"))?,
        link,
        shell,
    };
    // The link lets whoever has it make a passkey: it stays in no cache.
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&page)?).into_response())
}

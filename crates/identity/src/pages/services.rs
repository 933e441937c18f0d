//! Services that a person signs in to: whether to, what each may know, and ending it.

use super::render;
use crate::{
    Identity,
    ops::{self, Question, Service, Source},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Id, Problem};
use serde::Deserialize;
use web::{Form, LeadsAway, Outcome, Shell, Visit};

/// One claim that a service asks for.
struct Line {
    name: String,
    title: String,
    value: Option<String>,
    source: String,
    essential: bool,
}

#[derive(Template)]
#[template(path = "service_sign_in.html")]
struct Asking {
    shell: Shell,
    id: Id,
    service: String,
    site: String,
    claims: Vec<Line>,
    delegates: bool,
}

/// A claim as people call it.
fn title(shell: &Shell, name: &str) -> String {
    shell.t(&format!("claim-{}", name.replace('_', "-")))
}

/// `GET /my/services/decide/{id}`.
pub(super) async fn question(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Response> {
    let (ctx, of) = (visit.ctx.clone(), id.clone());
    let records = identity.0.records.clone();
    let asked =
        identity.0.db.read(move |tx| ops::question(tx, &ctx, records.as_ref(), &of)).await?;
    let Question { client, site, claims, delegates } =
        asked.ok_or_else(|| Problem::new(404, "interaction-unknown"))?;
    let shell = visit.shell("service-sign-in-title");
    let claims = claims.into_iter().map(|(wanted, value)| Line {
        title: title(&shell, &wanted.name),
        name: wanted.name,
        source: shell.t(match &value {
            Some((_, Source::Record)) => "claim-source-record",
            Some((_, Source::Proved)) => "claim-source-proved",
            Some((_, Source::Own)) => "claim-source-own",
            None => "claim-unknown",
        }),
        value: value.map(|(text, _)| text),
        essential: wanted.essential,
    });
    let page = Asking {
        service: shell.of(&client.name).to_owned(),
        claims: claims.collect(),
        delegates,
        id,
        site,
        shell,
    };
    Ok((LeadsAway, render(&page)?).into_response())
}

#[derive(Deserialize)]
pub(super) struct Answer {
    action: String,
    #[serde(default)]
    claim: Vec<String>,
}

/// `POST /my/services/decide/{id}`.
pub(super) async fn answer(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<Id>,
    Form(form): Form<Answer>,
) -> Outcome<Response> {
    let (ctx, us) = (visit.ctx, identity.us());
    let answered = identity.0.db.write(move |tx| match form.action.as_str() {
        "allow" => ops::say_yes(tx, &ctx, &us, &id, &form.claim),
        "refuse" => ops::refuse(tx, &ctx, &us, &id),
        _ => Err(Problem::new(400, "form-unreadable")),
    });
    Ok(Redirect::to(&answered.await?).into_response())
}

#[derive(Template)]
#[template(path = "services.html")]
struct Page {
    shell: Shell,
    services: Vec<Service>,
    /// The one that is about to be ended.
    ending: Option<Service>,
    done: bool,
}

impl Page {
    /// What it may know, as one line.
    fn knows(&self, service: &Service) -> String {
        let joint = if self.shell.chinese() { "、" } else { ", " };
        let names: Vec<_> = service.allowed.iter().map(|name| title(&self.shell, name)).collect();
        if names.is_empty() { self.shell.t("services-knows-nothing") } else { names.join(joint) }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    end: Option<String>,
    done: Option<String>,
}

/// `GET /my/services`.
pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let services = identity.0.db.read(move |tx| ops::services(tx, &ctx)).await?;
    let ending = services.iter().find(|one| Some(&one.client) == asked.end.as_ref()).cloned();
    render(&Page {
        shell: visit.shell("services-title"),
        services,
        ending,
        done: asked.done.is_some(),
    })
}

#[derive(Deserialize)]
pub(super) struct Ended {
    client: String,
}

/// `POST /my/services/end`.
pub(super) async fn end(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Ended>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    identity.0.db.write(move |tx| ops::forget_service(tx, &ctx, &form.client)).await?;
    Ok(Redirect::to("/my/services?done=ended").into_response())
}

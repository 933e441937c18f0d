//! A request, as the person sees it before they sign, and after.

use crate::{
    Signing,
    model::{Request, State},
    ops,
};
use axum::{
    extract::{Path, State as With},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::header;
use kernel::{Id, Problem};
use serde::Deserialize;
use web::{Outcome, Shell, Visit, page};

#[derive(askama::Template)]
#[template(path = "sign_request.html")]
struct Page {
    shell: Shell,
    request: Request,
    state: State,
    /// The service's name, if one asks.
    service: String,
    facts: Vec<web::Row>,
    /// The hash in groups that can be read aloud.
    digest: String,
    /// What the browser asks the passkey; empty where a press is enough.
    challenge: String,
}

/// A digest in groups of eight digits.
pub(super) fn groups(digest: &str) -> String {
    digest.as_bytes().chunks(8).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// `GET /sign/{id}`.
pub(super) async fn show(
    With(signing): With<Signing>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Html<String>> {
    let (this, ctx) = (signing.clone(), visit.ctx.clone());
    let (request, subject, service, challenge) = signing
        .db
        .write(move |tx| {
            let (request, subject) = ops::seen(tx, &ctx, &this, &id)?;
            let service = match &request.client {
                Some(client) => this.directory.consumer(tx, client)?.map(|one| one.name),
                None => None,
            };
            let open = request.state_at(ctx.now) == State::Asked;
            let challenge =
                if open { ops::challenge(tx, &this, &request, &subject.id)? } else { None };
            Ok::<_, Problem>((request, subject, service, challenge))
        })
        .await?;
    let shell = visit.shell("sign-title");
    let service = service.as_ref().map(|name| shell.of(name).to_owned()).unwrap_or_default();
    page(&Page {
        state: request.state_at(visit.ctx.now),
        facts: facts(&shell, &request, &service, shell.of(&subject.name)),
        service,
        digest: groups(&request.digest),
        challenge: challenge.map(|one| one.to_string()).unwrap_or_default(),
        request,
        shell,
    })
}

#[derive(Deserialize)]
pub(super) struct Answer {
    /// `refuse`, or nothing: a script that sends the form sends no button.
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    credential: Option<String>,
}

/// `POST /sign/{id}`: the passkey's answer, or no.
pub(super) async fn answer(
    With(signing): With<Signing>,
    visit: Visit,
    Path(id): Path<Id>,
    web::Form(answer): web::Form<Answer>,
) -> Outcome<Redirect> {
    let (this, ctx, to) = (signing.clone(), visit.ctx.clone(), format!("/sign/{id}"));
    let credential = answer.credential.as_deref().map(serde_json::from_str).transpose();
    let credential: Option<serde_json::Value> =
        credential.map_err(|_| Problem::new(400, "form-unreadable"))?;
    let refuses = answer.action.as_deref() == Some("refuse");
    signing
        .db
        .write(move |tx| {
            if refuses {
                ops::refuse(tx, &ctx, &this, &id)
            } else {
                ops::agree(tx, &ctx, &this, &id, credential.as_ref()).map(drop)
            }
        })
        .await?;
    Ok(Redirect::to(&to))
}

fn facts(shell: &Shell, request: &Request, service: &str, signer: &str) -> Vec<web::Row> {
    let asks = (!service.is_empty()).then(|| web::Row::new(shell.t("sign-service"), service));
    let more = [
        web::Row::new(shell.t("sign-document"), request.name.clone()),
        web::Row::new(shell.t("sign-signer"), signer),
    ];
    asks.into_iter().chain(more).collect()
}

impl Page {
    fn is(&self, state: &str) -> bool {
        self.state.as_str() == state
    }
}

/// `GET /sign/{id}/document`: the PDF that waits to be signed, or the signed one.
pub(super) async fn document(
    With(signing): With<Signing>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Response> {
    let (this, ctx) = (signing.clone(), visit.ctx.clone());
    let pdf = signing
        .db
        .read(move |tx| {
            let (request, _) = ops::seen(tx, &ctx, &this, &id)?;
            ops::pdf(tx, &this, &request)
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CACHE_CONTROL, "no-store"),
        // Never shown under our own name: a PDF can hold links and script.
        (header::CONTENT_DISPOSITION, "attachment; filename=\"document.pdf\""),
    ];
    Ok((headers, pdf).into_response())
}

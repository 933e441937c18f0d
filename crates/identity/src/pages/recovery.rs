//! The way back in for who lost every passkey; recovery codes; closing an account; ending one session.

use super::render;
use crate::{Identity, ops, tell};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header};
use kernel::{Id, Problem, Timestamp};
use serde::Deserialize;
use web::{Choice, Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "recover.html")]
struct Page {
    shell: Shell,
    account: String,
    errors: Errors,
    /// The link to come back with, and from when.
    begun: Option<(String, String)>,
}

/// `GET /sign-in/recover`.
pub(super) async fn page(visit: Visit) -> Outcome<Response> {
    let shell = visit.shell("recover-title");
    render(&Page { shell, account: String::new(), errors: Errors::default(), begun: None })
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    account: String,
    #[serde(default)]
    code: String,
}

/// `POST /sign-in/recover`.
pub(super) async fn begin(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Asked>,
) -> Outcome<Response> {
    identity.0.per_account.admit(form.account.trim(), visit.ctx.now)?;
    let (ctx, inbox) = (visit.ctx.clone(), identity.0.inbox.clone());
    let account = form.account.clone();
    let begun = identity
        .0
        .db
        .write(move |tx| {
            let (person, token, ready) = ops::begin_recovery(tx, &ctx, &account, &form.code)?;
            tell::recovery_begun(tx, &ctx, inbox.as_ref(), &person, ready)?;
            Ok::<_, Problem>((token, ready))
        })
        .await;
    let mut page = Page {
        shell: visit.at("/sign-in/recover").shell("recover-title"),
        account: form.account,
        errors: Errors::default(),
        begun: None,
    };
    match begun {
        Ok((token, ready)) => {
            let link = format!("{}/invitation/{token}", identity.0.issuer);
            page.begun = Some((link, page.shell.moment(&ready)));
            Ok(([(header::CACHE_CONTROL, "no-store")], render(&page)?).into_response())
        }
        Err(problem) if problem.code == "recovery-refused" => {
            page.errors.add("account", page.shell.t("problem-recovery-refused"));
            Ok((StatusCode::FORBIDDEN, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /my/security/recovery/stop`.
pub(super) async fn stop(
    State(identity): State<Identity>,
    visit: Visit,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    identity.0.db.write(move |tx| ops::stop_recovery(tx, &ctx)).await?;
    Ok(Redirect::to("/my/security?done=stopped").into_response())
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct Codes {
    shell: Shell,
    account: String,
    all: Vec<String>,
}

/// `POST /my/security/recovery/codes`: shown this once.
pub(super) async fn codes(
    State(identity): State<Identity>,
    visit: Visit,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let (ctx, inbox) = (visit.ctx.clone(), identity.0.inbox.clone());
    let (codes, account) = identity
        .0
        .db
        .write(move |tx| {
            let codes = ops::new_recovery_codes(tx, &ctx)?;
            tell::code_changed(tx, &ctx, inbox.as_ref(), ctx.person()?)?;
            Ok::<_, Problem>((codes, ops::known_as(tx, &ctx)?.1))
        })
        .await?;
    let shell = visit.at("/my/security").shell("recovery-codes-title");
    let page = render(&Codes { shell, account, all: codes })?;
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

/// `POST /my/security/sessions/{id}/end`.
pub(super) async fn end_session(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<Id>,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    identity.0.db.write(move |tx| ops::end_own_session(tx, &ctx, &id)).await?;
    Ok(Redirect::to("/my/security?done=ended").into_response())
}

#[derive(Template)]
#[template(path = "close_account.html")]
struct Closing {
    shell: Shell,
    end: Option<Timestamp>,
    recent: bool,
    sure: Vec<Choice>,
    errors: Errors,
}

impl Closing {
    fn moment(&self, at: &Timestamp) -> String {
        self.shell.moment(at)
    }
}

async fn load(identity: &Identity, visit: &Visit) -> Result<Closing, Problem> {
    let ctx = visit.ctx.clone();
    let (closing, recent) = identity
        .0
        .db
        .read(move |tx| {
            Ok::<_, Problem>((ops::closing(tx, &ctx)?, ops::recently_signed_in(tx, &ctx)?))
        })
        .await?;
    let shell = visit.shell("close-title");
    let sure = vec![Choice::new("yes", shell.t("close-sure"))];
    Ok(Closing { shell, end: closing, recent, sure, errors: Errors::default() })
}

/// `GET /my/security/close`.
pub(super) async fn closing(State(identity): State<Identity>, visit: Visit) -> Outcome<Response> {
    render(&load(&identity, &visit).await?)
}

#[derive(Deserialize)]
pub(super) struct Sure {
    #[serde(default)]
    sure: String,
}

/// `POST /my/security/close`.
pub(super) async fn close(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Sure>,
) -> Outcome<Response> {
    if form.sure != "yes" {
        let mut page = load(&identity, &visit).await?;
        page.errors.add("sure", page.shell.t("close-not-sure"));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
    }
    let (ctx, inbox) = (visit.ctx, identity.0.inbox.clone());
    identity
        .0
        .db
        .write(move |tx| {
            let at = ops::close_account(tx, &ctx)?;
            tell::closing(tx, &ctx, inbox.as_ref(), ctx.person()?, at)
        })
        .await?;
    Ok(Redirect::to("/my/security/close").into_response())
}

/// `POST /my/security/keep`.
pub(super) async fn keep(
    State(identity): State<Identity>,
    visit: Visit,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    identity.0.db.write(move |tx| ops::keep_account(tx, &ctx)).await?;
    Ok(Redirect::to("/my/security?done=kept").into_response())
}

//! How I sign in: my passkeys and where I am signed in.

use super::{device, render, sign_in};
use crate::{
    Identity,
    model::{CheckView, Level, PasskeyView, SessionView},
    ops::{self, CodeLogin, Kind},
    tell,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use kernel::{Problem, Timestamp};
use serde::Deserialize;
use serde_json::json;
use web::{Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "security.html")]
struct Page {
    shell: Shell,
    passkeys: Vec<PasskeyView>,
    level: Level,
    checks: Vec<CheckView>,
    handle: String,
    /// How many recovery codes are left, and whether somebody waits to come back with one.
    codes: i64,
    recovering: Option<Timestamp>,
    closing: Option<Timestamp>,
    /// The password with the code of an app.
    code: CodeLogin,
    sessions: Vec<SessionView>,
    /// Whether the sign-in is recent and good enough to change something.
    recent: bool,
    /// Whether browsers allow passkeys here at all.
    possible: bool,
    /// The passkey that is about to be removed.
    removing: Option<PasskeyView>,
    done: String,
    errors: Errors,
    /// The passkey whose new name was refused, and that name.
    refused: (String, String),
}

impl Page {
    fn called(&self, passkey: &PasskeyView) -> String {
        let name = &passkey.name;
        if name.is_empty() { self.shell.t("security-unnamed") } else { name.clone() }
    }

    fn device(&self, session: &SessionView) -> String {
        let device = &session.device;
        if device.is_empty() { self.shell.t("security-device-unknown") } else { device.clone() }
    }

    /// What was checked, such as `Passport`; a provider says its own name.
    fn evidence(&self, check: &CheckView) -> String {
        let known = crate::model::DOCUMENTS.contains(&check.evidence.as_str());
        let shell = &self.shell;
        if known {
            shell.t(&format!("evidence-{}", check.evidence))
        } else {
            check.evidence.clone()
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn known(&self, level: &Level) -> String {
        self.shell.t(&format!("level-{}", level.as_str()))
    }

    fn moment(&self, at: &Timestamp) -> String {
        self.shell.moment(at)
    }

    /// What the field of a passkey's name holds.
    fn typed<'a>(&'a self, passkey: &'a PasskeyView) -> &'a str {
        if self.refused.0 == passkey.id { &self.refused.1 } else { &passkey.name }
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    remove: Option<String>,
    #[serde(default)]
    done: Option<String>,
}

async fn load(identity: &Identity, visit: &Visit, asked: &Asked) -> Result<Page, Problem> {
    let ctx = visit.ctx.clone();
    let (passkeys, sessions, recent, (checks, handle), (codes, recovering), closing, code) =
        identity
            .0
            .db
            .read(move |tx| {
                let (passkeys, sessions) = ops::security(tx, &ctx)?;
                Ok::<_, Problem>((
                    passkeys,
                    sessions,
                    ops::may_change(tx, &ctx)?,
                    ops::known_as(tx, &ctx)?,
                    ops::recovery_of(tx, &ctx)?,
                    ops::closing(tx, &ctx)?,
                    ops::code_login(tx, &ctx)?,
                ))
            })
            .await?;
    let shell = visit.shell("security-title");
    let removing = passkeys.iter().find(|one| asked.remove.as_ref() == Some(&one.id)).cloned();
    let done = asked.done.as_deref().filter(|done| {
        [
            "added",
            "renamed",
            "removed",
            "signed-out",
            "stopped",
            "ended",
            "kept",
            "code-added",
            "code-removed",
        ]
        .contains(done)
    });
    Ok(Page {
        done: done.map_or_else(String::new, |done| shell.t(&format!("security-done-{done}"))),
        removing: removing.filter(|_| passkeys.len() > 1),
        level: checks.iter().map(|check| check.level).max().unwrap_or_default(),
        checks,
        handle,
        codes,
        recovering,
        closing,
        code,
        passkeys,
        sessions,
        recent,
        possible: identity.0.passkeys.is_some(),
        errors: Errors::default(),
        refused: Default::default(),
        shell,
    })
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("/my/security?done={what}")).into_response()
}

/// `GET /my/security`.
pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Response> {
    render(&load(&identity, &visit, &asked).await?)
}

/// `POST /my/security/passkeys/start`.
pub(super) async fn start(
    State(identity): State<Identity>,
    visit: Visit,
    Form(sign_in::Nothing {}): Form<sign_in::Nothing>,
) -> Outcome<Response> {
    let (site, ctx) = (sign_in::site(&identity)?, visit.ctx);
    let (ceremony, options) =
        identity.0.db.write(move |tx| ops::begin_passkey(tx, &ctx, &site)).await?;
    Ok(axum::Json(json!({"ceremony": ceremony, "options": options})).into_response())
}

/// `POST /my/security/passkeys`.
pub(super) async fn add(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<sign_in::Answer>,
) -> Outcome<Response> {
    let (site, ctx, device) = (sign_in::site(&identity)?, visit.ctx, device(&headers));
    let ceremony = sign_in::taken(&identity, &ctx, Kind::Register, &form).await?;
    let inbox = identity.0.inbox.clone();
    identity
        .0
        .db
        .write(move |tx| {
            ops::add_passkey(tx, &ctx, &site, &ceremony, &form.credential, &device)?;
            tell::passkey_added(tx, &ctx, inbox.as_ref(), ctx.person()?, &device)
        })
        .await?;
    Ok(done("added"))
}

#[derive(Deserialize)]
pub(super) struct Name {
    #[serde(default)]
    name: String,
}

/// `POST /my/security/passkeys/{id}/name`.
pub(super) async fn name(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<Name>,
) -> Outcome<Response> {
    let (ctx, passkey, name) = (visit.ctx.clone(), id.clone(), form.name.clone());
    let named = identity.0.db.write(move |tx| ops::name_passkey(tx, &ctx, &passkey, &name)).await;
    match named {
        Ok(()) => Ok(done("renamed")),
        Err(problem) if problem.status == 422 => {
            let visit = visit.at("/my/security");
            let mut page = load(&identity, &visit, &Asked::default()).await?;
            page.errors.add(format!("name-{id}"), page.shell.t("problem-passkey-name"));
            page.refused = (id, form.name);
            Ok((http::StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /my/security/passkeys/{id}/remove`.
pub(super) async fn remove(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sign_in::Nothing {}): Form<sign_in::Nothing>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    identity.0.db.write(move |tx| ops::remove_passkey(tx, &ctx, &id)).await?;
    Ok(done("removed"))
}

/// `POST /my/security/sign-out-elsewhere`.
pub(super) async fn sign_out_elsewhere(
    State(identity): State<Identity>,
    visit: Visit,
    Form(sign_in::Nothing {}): Form<sign_in::Nothing>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    identity.0.db.write(move |tx| ops::end_other_sessions(tx, &ctx)).await?;
    Ok(done("signed-out"))
}

//! Signing in, with a passkey or, in the demonstration, by a press; signing out; the first passkey.

use super::{device, render, role};
use crate::{
    Identity,
    model::{Method, Persona},
    ops::{self, Kind},
    passkeys::Passkeys,
    rules::{self, logout::Wish},
    tell,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header::SET_COOKIE};
use kernel::{Ctx, Id, Problem, Text};
use serde::Deserialize;
use serde_json::json;
use web::{
    Form, LeadsAway, Outcome, Shell, Visit,
    cookies::{Cookie, new_csrf},
};

#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    shell: Shell,
    next: String,
    passkeys: bool,
    /// Those that show most, then everyone else.
    personas: [Vec<Persona>; 2],
    /// Other providers that people can sign in by.
    providers: Vec<(String, Text)>,
}

impl Page {
    /// Where the person was going, for another way to sign in.
    fn on(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("next", &self.next)
            .finish()
    }

    /// `Director, Lucky Star Trading Ltd`.
    fn says(&self, persona: &Persona) -> String {
        // An office is known here by its id alone, which says nothing to people.
        let of = if matches!(persona.role.as_str(), "officer" | "admin") {
            ""
        } else {
            self.shell.of(&persona.of)
        };
        let needs = if persona.needs > 1 {
            self.shell.t1("mandates-needs", "needs", persona.needs)
        } else {
            String::new()
        };
        let parts = [role(&self.shell, &persona.role), of.to_owned(), needs];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(if self.shell.chinese() { "，" } else { ", " })
    }
}

pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(query): Query<Next>,
) -> Outcome<Response> {
    let demo = identity.0.demo;
    let personas = if demo { identity.0.db.read(ops::personas).await? } else { Vec::new() };
    let works = |persona: &Persona| matches!(persona.role.as_str(), "officer" | "admin");
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for (at, persona) in personas.into_iter().enumerate() {
        let list = if at < 3 || works(&persona) { &mut first } else { &mut others };
        list.push(persona);
    }
    let personas = [first, others];
    let next = rules::local_path(query.next.as_deref()).to_owned();
    let page = render(&Page {
        shell: visit.shell("sign-in-title"),
        next,
        passkeys: identity.0.passkeys.is_some(),
        personas,
        providers: super::federation::choices(&identity),
    })?;
    let away = !identity.0.providers.is_empty();
    Ok(if away { (LeadsAway, page).into_response() } else { page })
}

/// The browser's new session and form token, and where it goes.
pub(super) fn signed_in(
    identity: &Identity,
    ctx: &Ctx,
    token: &str,
    next: Option<&str>,
) -> Response {
    let cookies = &identity.0.cookies;
    let set = [
        (SET_COOKIE, cookies.set(Cookie::Session, token, None)),
        (SET_COOKIE, cookies.set(Cookie::Csrf, &new_csrf(ctx), None)),
    ];
    (axum::response::AppendHeaders(set), Redirect::to(rules::local_path(next))).into_response()
}

#[derive(Deserialize)]
pub(super) struct ByPersona {
    persona: String,
    next: Option<String>,
}

pub(super) async fn persona(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<ByPersona>,
) -> Outcome<Response> {
    identity.may_issue()?;
    let (ctx, again, device) = (visit.ctx.clone(), visit.ctx, device(&headers));
    let inbox = identity.0.inbox.clone();
    let token = identity.0.db.write(move |tx| {
        let person = ops::person_by_handle(tx, &form.persona)?
            .ok_or_else(|| Problem::new(404, "not-found"))?
            .id;
        let token = ops::sign_in(tx, &ctx, &person, Method::Persona, &device)?;
        tell::signed_in(tx, &ctx, inbox.as_ref(), &person, &device)?;
        Ok::<_, Problem>((token, form.next.clone()))
    });
    let (token, next) = token.await?;
    Ok(signed_in(&identity, &again, &token, next.as_deref()))
}

pub(super) fn site(identity: &Identity) -> Result<Passkeys, Problem> {
    identity.0.passkeys.clone().ok_or_else(|| Problem::new(404, "not-found"))
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn start(
    State(identity): State<Identity>,
    visit: Visit,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let (site, ctx) = (site(&identity)?, visit.ctx);
    let (ceremony, options) =
        identity.0.db.write(move |tx| ops::begin_sign_in(tx, &ctx, &site)).await?;
    Ok(axum::Json(json!({"ceremony": ceremony, "options": options})).into_response())
}

#[derive(Deserialize)]
pub(super) struct Answer {
    ceremony: String,
    pub(super) credential: String,
    next: Option<String>,
}

pub(super) async fn passkey(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<Answer>,
) -> Outcome<Response> {
    let (site, device) = (site(&identity)?, device(&headers));
    let (ctx, again, next) = (visit.ctx.clone(), visit.ctx, form.next.clone());
    let inbox = identity.0.inbox.clone();
    let ceremony = taken(&identity, &again, Kind::SignIn, &form).await?;
    let token = identity.0.db.write(move |tx| {
        let person = ops::finish_sign_in(tx, &ctx, &site, &ceremony, &form.credential)?;
        tell::signed_in(tx, &ctx, inbox.as_ref(), &person, &device)?;
        ops::sign_in(tx, &ctx, &person, Method::Passkey, &device)
    });
    Ok(signed_in(&identity, &again, &token.await?, next.as_deref()))
}

/// The ceremony is used up before its answer is judged: a challenge is good for one try.
pub(super) async fn taken(
    identity: &Identity,
    ctx: &Ctx,
    kind: Kind,
    form: &Answer,
) -> Result<ops::Ceremony, Problem> {
    identity.may_issue()?;
    if form.credential.is_empty() {
        return Err(Problem::new(400, "passkey-script"));
    }
    let (ctx, id) = (ctx.clone(), Id::from(form.ceremony.as_str()));
    identity.0.db.write(move |tx| ops::take(tx, &ctx, kind, &id)).await
}

pub(super) async fn sign_out(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Leaving>,
) -> Outcome<Response> {
    let (ctx, again) = (visit.ctx.clone(), visit.ctx);
    let wish = Wish { hint: None, client: form.client, redirect_uri: form.to, state: form.state };
    let ended = identity.0.db.write(move |tx| {
        let to = ops::way_back(tx, &wish)?;
        ops::end_session(tx, &ctx)?;
        Ok::<_, Problem>(to)
    });
    let to = ended.await?.unwrap_or_else(|| "/".to_owned());
    let cookies = &identity.0.cookies;
    let set = [
        (SET_COOKIE, cookies.clear(Cookie::Session)),
        (SET_COOKIE, cookies.set(Cookie::Csrf, &new_csrf(&again), None)),
    ];
    Ok((axum::response::AppendHeaders(set), Redirect::to(&to)).into_response())
}

/// Where a person who signs out goes, at a service's wish.
#[derive(Deserialize)]
pub(super) struct Leaving {
    client: Option<String>,
    to: Option<String>,
    state: Option<String>,
}

/// Whether to sign out.
#[derive(Template)]
#[template(path = "sign_out.html")]
pub(crate) struct SigningOut {
    shell: Shell,
    signed_in: bool,
    wish: Wish,
}

impl SigningOut {
    /// The page, whose form leads away.
    pub(crate) fn page(visit: &Visit, wish: Wish) -> Response {
        let signed_in = visit.user.is_some();
        let title = if signed_in { "sign-out-title" } else { "sign-out-title-done" };
        let page = Self { shell: visit.shell(title), signed_in, wish };
        render(&page)
            .map_or_else(IntoResponse::into_response, |page| (LeadsAway, page).into_response())
    }
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Invitation {
    shell: Shell,
    token: String,
    name: Text,
    passkeys: bool,
}

pub(super) async fn invitation(
    State(identity): State<Identity>,
    visit: Visit,
    Path(token): Path<String>,
) -> Outcome<Response> {
    let (ctx, held) = (visit.ctx.clone(), token.clone());
    let subject = identity.0.db.read(move |tx| {
        let person = ops::invitation(tx, &ctx, &held)?;
        ops::subject(tx, &person)
    });
    let name = subject.await?.ok_or_else(|| Problem::new(404, "invitation-over"))?.name;
    render(&Invitation {
        shell: visit.shell("invitation-title"),
        token,
        name,
        passkeys: identity.0.passkeys.is_some(),
    })
}

pub(super) async fn start_invitation(
    State(identity): State<Identity>,
    visit: Visit,
    Path(token): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let (site, ctx) = (site(&identity)?, visit.ctx);
    let (ceremony, options) =
        identity.0.db.write(move |tx| ops::begin_registration(tx, &ctx, &site, &token)).await?;
    Ok(axum::Json(json!({"ceremony": ceremony, "options": options})).into_response())
}

pub(super) async fn take_invitation(
    State(identity): State<Identity>,
    visit: Visit,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Answer>,
) -> Outcome<Response> {
    let (site, device) = (site(&identity)?, device(&headers));
    let (ctx, again) = (visit.ctx.clone(), visit.ctx);
    let inbox = identity.0.inbox.clone();
    let ceremony = taken(&identity, &again, Kind::Register, &form).await?;
    let session = identity.0.db.write(move |tx| {
        let person = ops::finish_registration(
            tx,
            &ctx,
            &site,
            &token,
            &ceremony,
            &form.credential,
            &device,
        )?;
        tell::passkey_added(tx, &ctx, inbox.as_ref(), &person, &device)?;
        ops::sign_in(tx, &ctx, &person, Method::Passkey, &device)
    });
    Ok(signed_in(&identity, &again, &session.await?, None))
}

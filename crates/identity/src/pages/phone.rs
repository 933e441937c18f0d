//! Signing in on a screen by the yes of a phone; and what a service needs more than there is.

use super::{device, render, sign_in::signed_in};
use crate::{
    Identity,
    model::{Level, Method},
    ops, rules, tell,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};
use kernel::{Problem, Text};
use serde::Deserialize;
use web::{Caller, Form, Html, Outcome, Shell, Visit, cookies::Cookie};

#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Page {
    shell: Shell,
    next: String,
    /// The code and the QR code, once it has begun, and until when.
    shown: Option<(String, Html, String)>,
    /// Why the last try did not end in a sign-in.
    note: String,
}

/// `GET /sign-in/phone`.
pub(super) async fn page(visit: Visit, Query(query): Query<Next>) -> Outcome<Response> {
    let next = rules::local_path(query.next.as_deref()).to_owned();
    let shell = visit.shell("phone-title");
    render(&Page { shell, next, shown: None, note: String::new() })
}

/// Which service a person is on the way to, as its registration calls it.
async fn service(identity: &Identity, next: &str) -> Result<Text, Problem> {
    let here = || Text { en: "Praya".to_owned(), tc: "Praya".to_owned(), sc: "Praya".to_owned() };
    let Some(query) = next.strip_prefix("/oauth/authorize?") else { return Ok(here()) };
    let client = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "client_id")
        .map(|(_, value)| value.into_owned());
    let Some(client) = client else { return Ok(here()) };
    let known = identity.0.db.read(move |tx| ops::client(tx, &client)).await?;
    Ok(known.map_or_else(here, |client| client.name))
}

/// `POST /sign-in/phone`.
pub(super) async fn begin(
    State(identity): State<Identity>,
    visit: Visit,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    Form(form): Form<Next>,
) -> Outcome<Response> {
    let next = rules::local_path(form.next.as_deref()).to_owned();
    let (ctx, from) = (visit.ctx.clone(), device(&headers));
    let network = caller.map_or_else(String::new, |Extension(Caller(ip))| ip.to_string());
    let service = service(&identity, &next).await?;
    let begun = identity
        .0
        .db
        .write(move |tx| ops::begin_approval(tx, &ctx, &service, &from, &network))
        .await?;
    let shell = visit.at("/sign-in/phone").shell("phone-title");
    let link = format!("{}/sign-in/approve/{}", identity.0.issuer, begun.shown);
    let picture = super::qr(&link, &shell.t("phone-qr"))?;
    let until = shell.moment(&begun.until);
    let set = identity.0.cookies.set(
        Cookie::Ceremony,
        &begun.secret,
        Some(rules::APPROVAL_LIFE.unsigned_abs()),
    );
    let page = Page { shell, next, shown: Some((begun.code, picture, until)), note: String::new() };
    Ok(([(header::SET_COOKIE, set)], render(&page)?).into_response())
}

/// `GET /sign-in/phone/state`: for the page's script.
pub(super) async fn state(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
) -> Outcome<Response> {
    let secret = identity.0.cookies.read(&headers, Cookie::Ceremony).unwrap_or_default().to_owned();
    let now = visit.ctx.now;
    let state = identity.0.db.read(move |tx| ops::approval_state(tx, &secret, now)).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], state).into_response())
}

/// `POST /sign-in/phone/finish`: the waiting browser is signed in, if the phone said yes.
pub(super) async fn finish(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<Next>,
) -> Outcome<Response> {
    let secret = identity.0.cookies.read(&headers, Cookie::Ceremony).unwrap_or_default().to_owned();
    let (ctx, again, from) = (visit.ctx.clone(), visit.ctx.clone(), device(&headers));
    let inbox = identity.0.inbox.clone();
    let token = identity
        .0
        .db
        .write(move |tx| {
            let Some(person) = ops::use_approval(tx, &ctx, &secret)? else {
                return Ok(Err(ops::approval_state(tx, &secret, ctx.now)?));
            };
            let token = ops::sign_in(tx, &ctx, &person, Method::SecondDevice, &from)?;
            tell::signed_in(tx, &ctx, inbox.as_ref(), &person, &from)?;
            Ok::<_, Problem>(Ok(token))
        })
        .await?;
    match token {
        Ok(token) => {
            let clear = identity.0.cookies.clear(Cookie::Ceremony);
            let to = signed_in(&identity, &again, &token, form.next.as_deref());
            Ok((axum::response::AppendHeaders([(header::SET_COOKIE, clear)]), to).into_response())
        }
        Err(state) => {
            let shell = visit.at("/sign-in/phone").shell("phone-title");
            let next = rules::local_path(form.next.as_deref()).to_owned();
            let note = shell.t(&format!("phone-note-{state}"));
            render(&Page { shell, next, shown: None, note })
        }
    }
}

#[derive(Template)]
#[template(path = "approve.html")]
struct Approve {
    shell: Shell,
    shown: String,
    asked: ops::ApprovalQuestion,
    recent: bool,
    done: bool,
}

impl Approve {
    fn moment(&self) -> String {
        self.shell.moment(&self.asked.at)
    }

    fn again(&self) -> String {
        format!("/sign-in?next=/sign-in/approve/{}", self.shown)
    }

    fn device(&self) -> String {
        let device = &self.asked.device;
        if device.is_empty() { self.shell.t("security-device-unknown") } else { device.clone() }
    }
}

/// `GET /sign-in/approve/{shown}`: on the phone.
pub(super) async fn ask(
    State(identity): State<Identity>,
    visit: Visit,
    Path(shown): Path<String>,
) -> Outcome<Response> {
    let (ctx, of) = (visit.ctx.clone(), shown.clone());
    let (asked, recent) = identity
        .0
        .db
        .read(move |tx| {
            Ok::<_, Problem>((ops::approval(tx, &ctx, &of)?, ops::recently_signed_in(tx, &ctx)?))
        })
        .await?;
    render(&Approve { shell: visit.shell("approve-title"), shown, asked, recent, done: false })
}

#[derive(Deserialize)]
pub(super) struct Answer {
    answer: String,
}

/// `POST /sign-in/approve/{shown}`.
pub(super) async fn answer(
    State(identity): State<Identity>,
    visit: Visit,
    Path(shown): Path<String>,
    Form(form): Form<Answer>,
) -> Outcome<Response> {
    let yes = match form.answer.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::new(400, "form-unreadable").into()),
    };
    let (ctx, of) = (visit.ctx.clone(), shown.clone());
    let asked = identity
        .0
        .db
        .write(move |tx| {
            let asked = ops::approval(tx, &ctx, &of)?;
            ops::answer_approval(tx, &ctx, &of, yes)?;
            Ok::<_, Problem>(asked)
        })
        .await?;
    let title = if yes { "approve-done" } else { "approve-refused" };
    let shell = visit.at("/my/security").shell(title);
    render(&Approve { shell, shown, asked, recent: true, done: true })
}

#[derive(Deserialize)]
pub(super) struct Needs {
    #[serde(default)]
    acr_values: String,
    max_age: Option<i64>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUp {
    shell: Shell,
    /// What is missing: `level`, `passkey`, `age`; empty: nothing.
    missing: &'static str,
    level: Level,
    again: String,
    /// The way on without it, to a service that asked.
    without: Option<String>,
}

impl StepUp {
    fn says(&self) -> String {
        self.shell.t(&format!("step-up-{}", self.missing))
    }

    fn known(&self) -> String {
        self.shell.t(&format!("level-{}", self.level.as_str()))
    }
}

/// `GET /sign-in/step-up`: what a service needs more, and how to come to it.
pub(super) async fn step_up(
    State(identity): State<Identity>,
    visit: Visit,
    Query(needs): Query<Needs>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let (level, method, begun) = identity.0.db.read(move |tx| ops::worth(tx, &ctx)).await?;
    let next = rules::local_path(needs.next.as_deref());
    let missing = rules::assurance::missing(
        &needs.acr_values,
        needs.max_age,
        (level, method, begun),
        visit.ctx.now,
    );
    let Some(missing) = missing else { return Ok(Redirect::to(next).into_response()) };
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    let shell = visit.shell("step-up-title");
    let without = next.starts_with("/oauth/authorize?").then(|| format!("{next}&step_up=no"));
    let again = format!("/sign-in?{query}");
    render(&StepUp { shell, missing: missing.as_str(), level, again, without })
}

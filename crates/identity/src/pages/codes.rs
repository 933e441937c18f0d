//! The password and the code of an app: setting it up, and signing in with it.

use super::{device, render, sign_in::signed_in};
use crate::{
    Identity, ops,
    rules::{self, passwords},
    tell,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use kernel::Problem;
use serde::Deserialize;
use web::{Errors, Form, Html, Outcome, Shell, Visit};

#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "code_sign_in.html")]
struct Page {
    shell: Shell,
    account: String,
    next: String,
    errors: Errors,
}

/// `GET /sign-in/code`.
pub(super) async fn page(visit: Visit, Query(query): Query<Next>) -> Outcome<Response> {
    let next = rules::local_path(query.next.as_deref()).to_owned();
    let shell = visit.shell("code-sign-in-title");
    render(&Page { shell, account: String::new(), next, errors: Errors::default() })
}

#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    account: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    next: Option<String>,
}

/// `POST /sign-in/code`. An unknown account, a wrong password and a wrong code look alike and cost the same.
pub(super) async fn sign_in(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<Given>,
) -> Outcome<Response> {
    identity.may_issue()?;
    identity.0.per_account.admit(form.account.trim(), visit.ctx.now)?;
    let account = form.account.clone();
    let known = identity.0.db.read(move |tx| ops::password_of(tx, &account)).await?;
    let (person, kept) = known.unzip();
    let held = identity.0.slow.holds(passwords::spelling(&form.password), kept).await?;
    let person = person.filter(|_| held);
    let (ctx, keys, from) = (visit.ctx.clone(), identity.0.keys.clone(), device(&headers));
    let (inbox, code) = (identity.0.inbox.clone(), form.code);
    let signed = identity.0.db.write(move |tx| {
        let signed = ops::code_sign_in(tx, &ctx, keys.sealer(), person.as_ref(), &code, &from)?;
        if let Some((person, _)) = &signed {
            tell::signed_in(tx, &ctx, inbox.as_ref(), person, &from)?;
        }
        Ok::<_, Problem>(signed.map(|(_, token)| token))
    });
    let next = form.next.as_deref();
    if let Some(token) = signed.await? {
        return Ok(signed_in(&identity, &visit.ctx, &token, next));
    }
    let shell = visit.at("/sign-in/code").shell("code-sign-in-title");
    let mut errors = Errors::default();
    errors.add("account", shell.t("problem-code-refused"));
    let next = rules::local_path(next).to_owned();
    let page = render(&Page { shell, account: form.account, next, errors })?;
    Ok((StatusCode::FORBIDDEN, page).into_response())
}

#[derive(Template)]
#[template(path = "code_set_up.html")]
struct SetUp {
    shell: Shell,
    account: String,
    /// Whether the last sign-in is recent and good enough.
    may: bool,
    /// The secret for the app, as a picture and in letters, once the password is chosen.
    secret: Option<(Html, String)>,
    errors: Errors,
}

impl SetUp {
    fn ask(visit: Visit, account: String, may: bool) -> Self {
        let shell = visit.at("/my/security/code").shell("code-set-up-title");
        Self { shell, account, may, secret: None, errors: Errors::default() }
    }

    /// The page that shows the secret.
    fn show(visit: Visit, (secret, account): (Vec<u8>, String)) -> Result<Self, Problem> {
        let mut page = Self::ask(visit, account, true);
        let letters = data_encoding::BASE32_NOPAD.encode(&secret);
        let link = format!("otpauth://totp/Praya:{}?secret={letters}&issuer=Praya", page.account);
        let groups: Vec<_> = letters.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        page.secret = Some((super::qr(&link, &page.shell.t("code-qr"))?, groups.join(" ")));
        Ok(page)
    }

    /// What was wrong with the form.
    fn refused(mut self, field: &'static str, code: &str) -> Outcome<Response> {
        self.errors.add(field, self.shell.t(&format!("problem-{code}")));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, self.once()?).into_response())
    }

    /// The secret is kept by no cache.
    fn once(&self) -> Outcome<Response> {
        Ok(([(header::CACHE_CONTROL, "no-store")], render(self)?).into_response())
    }
}

/// `GET /my/security/code`.
pub(super) async fn set_up(State(identity): State<Identity>, visit: Visit) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let (may, account) = identity
        .0
        .db
        .read(move |tx| Ok::<_, Problem>((ops::may_change(tx, &ctx)?, ops::known_as(tx, &ctx)?.1)))
        .await?;
    render(&SetUp::ask(visit, account, may))
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    password: String,
}

/// `POST /my/security/code`: the password is chosen, the app's secret shown.
pub(super) async fn begin(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Chosen>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let (may, account) = identity
        .0
        .db
        .read(move |tx| Ok::<_, Problem>((ops::may_change(tx, &ctx)?, ops::known_as(tx, &ctx)?.1)))
        .await?;
    if !may {
        return Err(Problem::new(401, "sign-in-again").into());
    }
    let password = passwords::spelling(&form.password);
    if let Some(code) = passwords::refused(&password, &account) {
        return SetUp::ask(visit, account, true).refused("password", code);
    }
    let kept = identity.0.slow.hash(password, visit.ctx.random::<16>()).await?;
    let (ctx, keys) = (visit.ctx.clone(), identity.0.keys.clone());
    let begun = identity.0.db.write(move |tx| ops::begin_code(tx, &ctx, keys.sealer(), &kept));
    SetUp::show(visit, begun.await?)?.once()
}

#[derive(Deserialize)]
pub(super) struct First {
    #[serde(default)]
    code: String,
}

/// `POST /my/security/code/confirm`: the app shows its first code.
pub(super) async fn confirm(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<First>,
) -> Outcome<Response> {
    let (ctx, keys, inbox) = (visit.ctx.clone(), identity.0.keys.clone(), identity.0.inbox.clone());
    let confirmed = identity.0.db.write(move |tx| {
        ops::confirm_code(tx, &ctx, keys.sealer(), &form.code)?;
        tell::code_changed(tx, &ctx, inbox.as_ref(), ctx.person()?)
    });
    match confirmed.await {
        Ok(()) => Ok(Redirect::to("/my/security?done=code-added").into_response()),
        Err(problem) if problem.code == "code-refused" => {
            let (ctx, keys) = (visit.ctx.clone(), identity.0.keys.clone());
            let begun = identity.0.db.read(move |tx| ops::begun_code(tx, &ctx, keys.sealer()));
            let begun = begun.await?.ok_or_else(|| Problem::new(404, "not-found"))?;
            SetUp::show(visit, begun)?.refused("code", "code-first")
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /my/security/code/remove`.
pub(super) async fn remove(
    State(identity): State<Identity>,
    visit: Visit,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Response> {
    let (ctx, inbox) = (visit.ctx, identity.0.inbox.clone());
    let removed = identity.0.db.write(move |tx| {
        ops::remove_code(tx, &ctx)?;
        tell::code_changed(tx, &ctx, inbox.as_ref(), ctx.person()?)
    });
    removed.await?;
    Ok(Redirect::to("/my/security?done=code-removed").into_response())
}

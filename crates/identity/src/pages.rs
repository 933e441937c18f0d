//! Pages: signing in and out, invitations, how one signs in, mandates.

mod clients;
mod codes;
mod companies;
mod counter;
mod duplicates;
mod federation;
mod mandates;
mod officers;
mod phone;
mod recovery;
mod security;
mod services;
mod sign_in;

pub(crate) use clients::ask;
pub(crate) use sign_in::SigningOut;

use crate::{Identity, rules};
use axum::{
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, header};
use kernel::Problem;
use std::fmt::Write as _;
use web::{Audience, Failure, Routes};

/// The pages.
#[expect(clippy::too_many_lines, reason = "a list: one line a route")]
pub(crate) fn routes(identity: &Identity) -> Routes {
    let with =
        |handler: axum::routing::MethodRouter<Identity>| handler.with_state(identity.clone());
    Routes::new()
        .route("GET", "/sign-in", Audience::Public, with(get(sign_in::page)))
        .route("GET", "/sign-in/passkey.js", Audience::Public, get(script))
        .route("POST", "/sign-in/passkey/start", Audience::Public, with(post(sign_in::start)))
        .route("POST", "/sign-in/passkey", Audience::Public, with(post(sign_in::passkey)))
        .route("POST", "/sign-out", Audience::Public, with(post(sign_in::sign_out)))
        .route("GET", "/invitation/{token}", Audience::Public, with(get(sign_in::invitation)))
        .route(
            "POST",
            "/invitation/{token}/start",
            Audience::Public,
            with(post(sign_in::start_invitation)),
        )
        .route(
            "POST",
            "/invitation/{token}",
            Audience::Public,
            with(post(sign_in::take_invitation)),
        )
        .route("GET", "/office/counter", Audience::Officer, with(get(counter::page)))
        .route("POST", "/office/counter", Audience::Officer, with(post(counter::check)))
        .route("GET", "/office/duplicates", Audience::Officer, with(get(duplicates::page)))
        .route("POST", "/office/duplicates/{id}", Audience::Officer, with(post(duplicates::decide)))
        .route("GET", "/sign-in/code", Audience::Public, get(codes::page))
        .route("POST", "/sign-in/code", Audience::Public, with(post(codes::sign_in)))
        .route("GET", "/my/security/code", Audience::Person, with(get(codes::set_up)))
        .route("POST", "/my/security/code", Audience::Person, with(post(codes::begin)))
        .route("POST", "/my/security/code/confirm", Audience::Person, with(post(codes::confirm)))
        .route("POST", "/my/security/code/remove", Audience::Person, with(post(codes::remove)))
        .route("GET", "/sign-in/phone", Audience::Public, get(phone::page))
        .route("POST", "/sign-in/phone", Audience::Public, with(post(phone::begin)))
        .route("GET", "/sign-in/phone.js", Audience::Public, get(phone_script))
        .route("GET", "/sign-in/phone/state", Audience::Public, with(get(phone::state)))
        .route("POST", "/sign-in/phone/finish", Audience::Public, with(post(phone::finish)))
        .route("GET", "/sign-in/approve/{shown}", Audience::Person, with(get(phone::ask)))
        .route("POST", "/sign-in/approve/{shown}", Audience::Person, with(post(phone::answer)))
        .route("GET", "/sign-in/step-up", Audience::Person, with(get(phone::step_up)))
        .route("GET", "/sign-in/recover", Audience::Public, get(recovery::page))
        .route("POST", "/sign-in/recover", Audience::Public, with(post(recovery::begin)))
        .route("POST", "/my/security/recovery/stop", Audience::Person, with(post(recovery::stop)))
        .route("POST", "/my/security/recovery/codes", Audience::Person, with(post(recovery::codes)))
        .route(
            "POST",
            "/my/security/sessions/{id}/end",
            Audience::Person,
            with(post(recovery::end_session)),
        )
        .route("GET", "/my/security/close", Audience::Person, with(get(recovery::closing)))
        .route("POST", "/my/security/close", Audience::Person, with(post(recovery::close)))
        .route("POST", "/my/security/keep", Audience::Person, with(post(recovery::keep)))
        .route("GET", "/admin/officers", Audience::Admin, with(get(officers::page)))
        .route("POST", "/admin/officers", Audience::Admin, with(post(officers::appoint)))
        .route("POST", "/admin/officers/{id}", Audience::Admin, with(post(officers::change)))
        .route("GET", "/my/security", Audience::Person, with(get(security::page)))
        .route("POST", "/my/security/passkeys/start", Audience::Person, with(post(security::start)))
        .route("POST", "/my/security/passkeys", Audience::Person, with(post(security::add)))
        .route(
            "POST",
            "/my/security/passkeys/{id}/name",
            Audience::Person,
            with(post(security::name)),
        )
        .route(
            "POST",
            "/my/security/passkeys/{id}/remove",
            Audience::Person,
            with(post(security::remove)),
        )
        .route(
            "POST",
            "/my/security/sign-out-elsewhere",
            Audience::Person,
            with(post(security::sign_out_elsewhere)),
        )
        .route("GET", "/my/services/decide/{id}", Audience::Person, with(get(services::question)))
        .route("POST", "/my/services/decide/{id}", Audience::Person, with(post(services::answer)))
        .route("GET", "/my/services", Audience::Person, with(get(services::page)))
        .route("POST", "/my/services/end", Audience::Person, with(post(services::end)))
        .route("GET", "/my/clients", Audience::Person, with(get(clients::page)))
        .route("GET", "/my/clients/new", Audience::Person, with(get(clients::new_form)))
        .route("POST", "/my/clients/new", Audience::Person, with(post(clients::new)))
        .route("POST", "/my/clients/token", Audience::Person, with(post(clients::token)))
        .route("POST", "/my/clients/{id}/{answer}", Audience::Person, with(post(clients::answer)))
        .route("POST", "/federation/{provider}", Audience::Public, with(post(federation::start)))
        .route("GET", "/federation/{provider}/back", Audience::Public, with(get(federation::back)))
        .route("GET", "/my/federation", Audience::Person, with(get(federation::page)))
        .route(
            "POST",
            "/my/federation/{provider}/link",
            Audience::Person,
            with(post(federation::link)),
        )
        .route("POST", "/my/federation/unlink", Audience::Person, with(post(federation::unlink)))
        .route("GET", "/my/companies", Audience::Person, with(get(companies::page)))
        .route("POST", "/my/companies", Audience::Person, with(post(companies::open)))
        .route("POST", "/my/companies/{id}/check", Audience::Person, with(post(companies::check)))
        .route("GET", "/my/mandates", Audience::Person, with(get(mandates::page)))
        .route("GET", "/my/mandates/history", Audience::Person, with(get(mandates::history)))
        .route("GET", "/my/mandates/give", Audience::Person, with(get(mandates::give_form)))
        .route("POST", "/my/mandates/give", Audience::Person, with(post(mandates::give)))
        .route(
            "POST",
            "/my/mandates/offers/{id}/{answer}",
            Audience::Person,
            with(post(mandates::answer)),
        )
        .route("POST", "/my/mandates/revoke", Audience::Person, with(post(mandates::revoke)))
}

/// Signing in as a made-up person by one press. Only the demonstration merges this; under `serve` it does not exist.
pub fn demo_routes(identity: &Identity) -> Routes {
    Routes::new().route(
        "POST",
        "/sign-in/persona",
        Audience::Public,
        post(sign_in::persona).with_state(identity.clone()),
    )
}

/// From what a request comes, as its person recognises it.
fn device(headers: &HeaderMap) -> String {
    let told = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    rules::device(told.unwrap_or_default())
}

async fn script() -> Response {
    javascript(include_str!("passkey.js"))
}

async fn phone_script() -> Response {
    javascript(include_str!("phone.js"))
}

fn javascript(text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text).into_response()
}

fn render(page: &impl askama::Template) -> Result<Response, Failure> {
    let html = page.render().map_err(Problem::internal)?;
    Ok(Html(html).into_response())
}

/// A QR code of a link, for a phone's camera; `says` is what it is, for whoever does not see it.
fn qr(link: &str, says: &str) -> Result<web::Html, Problem> {
    let code = qrcode::QrCode::new(link).map_err(Problem::internal)?;
    let wide = code.width();
    let mut path = String::new();
    for (at, colour) in code.to_colors().into_iter().enumerate() {
        if colour == qrcode::Color::Dark {
            write!(path, "M{} {}h1v1h-1z", at % wide + 4, at / wide + 4)
                .map_err(Problem::internal)?;
        }
    }
    let (side, says) =
        (wide + 8, says.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"));
    Ok(web::Html::rendered(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" class="praya-qr" role="img" aria-label="{says}" viewBox="0 0 {side} {side}" width="240" height="240" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>"##
    )))
}

/// A role as people say it; one that a pack or register brought is shown as it came.
fn role(shell: &web::Shell, role: &str) -> String {
    match role {
        "director" | "secretary" | "owner" | "partner" | "manager" | "representative"
        | "officer" | "admin" => shell.t(&format!("identity-role-{role}")),
        other => other.to_owned(),
    }
}

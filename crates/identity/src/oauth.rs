//! The authorisation server's endpoints: what stands in a request, who sent it, and the answer in the RFCs' form.

mod acting;
mod authorize;
mod grants;
mod keys;
mod known;
mod logout;
mod metadata;
mod openid;
mod own;
mod params;
mod register;
mod sender;
mod token;

pub(crate) use keys::fetch as fetch_keys;
pub(crate) use known::Clients;
pub(crate) use logout::jobs_of;
pub(crate) use openid::Told;
pub(crate) use params::Params;
pub(crate) use sender::{Request, Sender};

use crate::{Identity, Refusal};
use axum::{
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
    routing::{delete, get, options, post},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kernel::{Actor, Ctx};
use web::{Audience, Routes};

/// Longest body read, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// The endpoints.
pub(crate) fn routes(identity: &Identity) -> Routes {
    let with = |handler: axum::routing::MethodRouter<Identity>| {
        handler.layer(DefaultBodyLimit::max(LONGEST_BODY)).with_state(identity.clone())
    };
    let mut routes = Routes::new()
        .route("POST", "/oauth/par", Audience::Client, with(post(token::push)))
        .route("GET", "/oauth/authorize", Audience::Public, with(get(authorize::by_link)))
        .route("POST", "/oauth/authorize", Audience::Public, with(post(authorize::by_form)))
        .route("POST", "/oauth/token", Audience::Client, with(post(token::token)))
        .route("POST", "/oauth/introspect", Audience::Client, with(post(token::introspect)))
        .route("POST", "/oauth/revoke", Audience::Client, with(post(token::revoke)))
        .route("POST", "/oauth/register", Audience::Client, with(post(register::register)))
        .route("GET", "/oauth/grants/{grant}", Audience::Client, with(get(grants::query)))
        .route("DELETE", "/oauth/grants/{grant}", Audience::Client, with(delete(grants::revoke)))
        .route("GET", "/oauth/logout", Audience::Public, with(get(logout::by_link)))
        .route("POST", "/oauth/logout", Audience::Public, with(post(logout::by_form)))
        .route("GET", "/oauth/userinfo", Audience::Client, with(get(openid::userinfo)))
        .route("POST", "/oauth/userinfo", Audience::Client, with(post(openid::userinfo)))
        .route("GET", "/oauth/jwks", Audience::Public, with(get(metadata::jwks)));
    for path in metadata::DISCOVERY {
        routes = routes.route("GET", path, Audience::Public, with(get(metadata::discovery)));
    }
    for path in
        ["/oauth/token", "/oauth/userinfo", "/oauth/jwks"].into_iter().chain(metadata::DISCOVERY)
    {
        routes =
            routes.route("OPTIONS", path, Audience::Public, with(options(metadata::preflight)));
    }
    routes
}

/// An answer in JSON that nobody keeps (RFC 6749 §5.1), with a fresh nonce where the sender proves a key.
fn answer(
    status: http::StatusCode,
    body: &impl serde::Serialize,
    nonce: Option<String>,
) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
        headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
    response
}

/// The same answer, readable by a page of another site, without its cookies.
fn open(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("DPoP-Nonce, WWW-Authenticate"),
    );
    response
}

fn finish(outcome: Result<Response, Refusal>) -> Response {
    outcome.unwrap_or_else(IntoResponse::into_response)
}

/// A context for an authenticated client.
fn client_ctx(identity: &Identity, client: &str) -> Ctx {
    identity.ctx(Actor::Client { id: client.to_owned() })
}

/// A header that may stand once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ()> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => one.to_str().map(Some).map_err(drop),
        _ => Err(()),
    }
}

/// Whether a person's browser asks, and so wants a page.
fn browser(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

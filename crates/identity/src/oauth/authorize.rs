//! `/oauth/authorize`: a browser brings a `request_uri` (RFC 9126 §4).

use super::{Params, browser};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    ops::{self, Begun},
};
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Uri};
use kernel::Problem;
use web::{Failure, Visit};

pub(super) async fn by_link(
    State(identity): State<Identity>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let params = Params::read(uri.query().unwrap_or_default().as_bytes());
    shown(begin(&identity, visit, params).await, &headers)
}

pub(super) async fn by_form(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::posted(&headers, &body);
    shown(begin(&identity, visit, params).await, &headers)
}

async fn begin(identity: &Identity, visit: Visit, params: Verdict<Params>) -> Verdict<Response> {
    let params = params?;
    let (client, request_uri) =
        (params.need("client_id")?.to_owned(), params.need("request_uri")?.to_owned());
    let back = format!(
        "/oauth/authorize?{}",
        query(&[("client_id", &client), ("request_uri", &request_uri)])
    );
    let ctx = visit.ctx;
    let outcome = identity.0.db.write(move |tx| ops::begin(tx, &ctx, &client, &request_uri));
    // 303, so that no browser sends a form on (RFC 9700 §4.12).
    match outcome.await.map_err(<Refusal as From<Problem>>::from)?? {
        Begun::SignIn => {
            Ok(Redirect::to(&format!("/sign-in?{}", query(&[("next", &back)]))).into_response())
        }
        Begun::Decide(id) => Ok(Redirect::to(&identity.0.records.decide_at(&id)).into_response()),
    }
}

fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A refusal is shown here and never carried to an address that nothing has proven.
fn shown(outcome: Verdict<Response>, headers: &HeaderMap) -> Response {
    match outcome {
        Ok(response) => response,
        Err(refusal) if browser(headers) => Failure(match refusal.code {
            Code::ServerError => Problem::new(500, "internal"),
            Code::TemporarilyUnavailable => Problem::new(503, "busy"),
            _ => Problem::new(400, "interaction-unknown"),
        })
        .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

//! `/oauth/authorize`: a browser brings a `request_uri` (RFC 9126 §4), or a baseline client's whole request.

use super::{Params, browser};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::{Asked, Client, Flow},
    ops::{self, Begun},
    rules,
};
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Uri};
use kernel::{Ctx, Problem};
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
    let (client, ctx) = (params.need("client_id")?.to_owned(), visit.ctx);
    let request_uri = match params.get("request_uri") {
        Some(uri) => uri.to_owned(),
        None => match whole(identity, &ctx, &client, &params).await? {
            Ok(uri) => uri,
            Err(to) => return Ok(Redirect::to(&to).into_response()),
        },
    };
    let back = format!(
        "/oauth/authorize?{}",
        query(&[("client_id", &client), ("request_uri", &request_uri)])
    );
    let us = identity.us();
    // The step-up page's own word; it can only make less of what the client wants.
    let declined = params.get("step_up") == Some("no");
    let outcome =
        identity.0.db.write(move |tx| ops::begin(tx, &ctx, &us, (&client, &request_uri), declined));
    // 303, so that no browser sends a form on (RFC 9700 §4.12).
    let to = match outcome.await.map_err(<Refusal as From<Problem>>::from)?? {
        Begun::SignIn => format!("/sign-in?{}", query(&[("next", &back)])),
        Begun::StepUp(acr) => {
            format!("/sign-in/step-up?{}", query(&[("acr_values", &acr), ("next", &back)]))
        }
        Begun::Decide(id, details) => identity.0.records.decide_at(&id, &details),
        Begun::Identify(id) => format!("/my/services/decide/{id}"),
        Begun::Answer(to) => to,
    };
    Ok(Redirect::to(&to).into_response())
}

/// A request that was not pushed is kept as one that was. A mistake in it is told to the client, where its
/// address is one that it registered (RFC 6749 §4.1.2.1).
async fn whole(
    identity: &Identity,
    ctx: &Ctx,
    client: &str,
    params: &Params,
) -> Verdict<Result<String, String>> {
    let bad = |why: &'static str| Refusal::new(Code::InvalidRequest, why);
    let known = identity.0.clients.find(&identity.0.db, client).await?;
    let known = known.ok_or_else(|| bad("the client is unknown"))?;
    if known.client.terms.flow != Flow::Baseline {
        return Err(bad("request_uri is missing: this client pushes its requests"));
    }
    let to = params.need("redirect_uri")?;
    if !rules::redirect_matches(&known.client, to) {
        return Err(bad("redirect_uri is not one this client registered"));
    }
    let asked = match asked(identity, &known.client, params, None) {
        Ok(asked) => asked,
        Err(refusal) => {
            let state = params.get("state").filter(|state| state.len() <= 1024);
            let error = [("error", refusal.code.as_str()), ("error_description", &refusal.detail)];
            return Ok(Err(rules::answer_at(to, &identity.0.issuer, state, &error)));
        }
    };
    let ctx = ctx.clone();
    let kept = identity.0.db.write(move |tx| ops::push(tx, &ctx, &known.client, &asked));
    Ok(Ok(kept.await?))
}

/// What a client asks, whichever way it came.
pub(super) fn asked(
    identity: &Identity,
    client: &Client,
    params: &Params,
    proof: Option<&str>,
) -> Verdict<Asked> {
    let mut asked = rules::pushed(client, params, proof)?;
    if let Some(details) = &asked.details {
        identity.0.records.check(&client.id, details, identity.now())?;
    }
    if let Some(openid) = &mut asked.openid
        && let Some(hint) = &openid.hint
    {
        openid.hint = Some(super::openid::hinted(identity, &client.id, hint)?);
    }
    Ok(asked)
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

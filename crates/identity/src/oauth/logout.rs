//! Signing out at a service's wish (OpenID RP-Initiated Logout), and telling services of it (Back-Channel Logout).

use super::{Params, openid};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::Client,
    ops,
    pages::SigningOut,
    rules::{self, logout::Wish},
};
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Uri};
use jobs::{Handler, Runner};
use kernel::{Id, Problem};
use serde::Serialize;
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};
use web::{Failure, Visit};

/// How long a logout token may be believed, in seconds.
const LIFE: i64 = 120;

pub(super) async fn by_link(State(identity): State<Identity>, visit: Visit, uri: Uri) -> Response {
    let params = Params::read(uri.query().unwrap_or_default().as_bytes());
    shown(&identity, visit, params).await
}

pub(super) async fn by_form(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::posted(&headers, &body);
    shown(&identity, visit, params).await
}

/// The person is always asked: anybody can lead a browser here.
async fn shown(identity: &Identity, visit: Visit, params: Verdict<Params>) -> Response {
    let problem = |code| Failure(Problem::new(400, code)).into_response();
    let Ok(mut wish) = params.and_then(|params| rules::logout::wish(&params)) else {
        return problem("sign-out-request");
    };
    if proven(identity, &mut wish).is_err() {
        return problem("sign-out-request");
    }
    let asked = wish.clone();
    let to = identity.0.db.read(move |tx| ops::way_back(tx, &asked)).await;
    match to {
        Err(refused) => Failure(refused).into_response(),
        Ok(Some(to)) if visit.user.is_none() => Redirect::to(&to).into_response(),
        Ok(_) => SigningOut::page(&visit, wish),
    }
}

/// An ID token of ours says which service it is; one that is not, or another's, is refused.
fn proven(identity: &Identity, wish: &mut Wish) -> Verdict<()> {
    let Some(hint) = wish.hint.take() else { return Ok(()) };
    let about = openid::read_hint(identity, &hint)?;
    if wish.client.as_ref().is_some_and(|client| *client != about.aud) {
        return Err(Refusal::new(Code::InvalidRequest, "client_id is not the hint's"));
    }
    wish.client = Some(about.aud);
    Ok(())
}

#[derive(Serialize)]
struct Header {
    typ: &'static str,
}

/// Back-Channel Logout §2.4.
#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sub: String,
    sid: String,
    events: Json,
}

/// Tells services of sessions that ended.
pub(crate) fn jobs_of(identity: &Identity, runner: Runner) -> Runner {
    let identity = identity.clone();
    let handler: Handler = Arc::new(move |job| {
        let identity = identity.clone();
        Box::pin(async move { tell(&identity, &job).await })
    });
    runner.on(ops::LOGOUT_JOB, handler)
}

async fn tell(identity: &Identity, job: &Json) -> Result<(), String> {
    let said = |name: &str| job[name].as_str().unwrap_or_default().to_owned();
    let (id, person, session) =
        (said("client"), Id::from(said("person")), Id::from(said("session")));
    let asked = id.clone();
    let known = identity.0.db.read(move |tx| ops::client(tx, &asked)).await;
    let known = known.map_err(|problem| problem.to_string())?.filter(|client| client.active);
    // Stopped or changed meanwhile.
    let Some(client) = known else { return Ok(()) };
    let Some(to) = &client.terms.backchannel_logout_uri else { return Ok(()) };
    let url = url::Url::parse(to).map_err(|error| error.to_string())?;
    outbound::check_url(&url, identity.0.demo)?;
    let token =
        token(identity, &client, &person, &session).map_err(|problem| problem.to_string())?;
    let sent = identity
        .0
        .caller
        .post(url)
        .form(&[("logout_token", token)])
        .timeout(Duration::from_secs(10))
        .send()
        .await
        .map_err(|error| {
            if outbound::leads_inside(&error) {
                outbound::INSIDE.to_owned()
            } else {
                error.to_string()
            }
        })?;
    match sent.status().as_u16() {
        200 | 204 => Ok(()),
        other => Err(format!("the service answered {other}")),
    }
}

fn token(
    identity: &Identity,
    client: &Client,
    person: &Id,
    session: &Id,
) -> Result<String, Problem> {
    let (now, key) = (identity.now(), identity.0.keys.pairwise());
    let (client, alg) = (client.id.as_str(), client.terms.id_token_signed_response_alg);
    let claims = LogoutToken {
        iss: &identity.0.issuer,
        aud: client,
        iat: now.as_second(),
        exp: now.as_second() + LIFE,
        jti: wire::b64::encode(identity.ctx(kernel::Actor::System("logout")).random::<16>()),
        sub: ops::pairwise(key, client, person),
        sid: openid::sid(key, client, session),
        events: serde_json::json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
    };
    let claims = serde_json::to_vec(&claims).map_err(Problem::internal)?;
    let signer = identity.0.keys.signer_by(alg, now)?;
    signer.sign(&Header { typ: "logout+jwt" }, &claims).map_err(Problem::internal)
}

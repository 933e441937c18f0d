//! OpenID Connect: ID tokens (Core §2) and the UserInfo endpoint (Core §5.3).

use super::{Request, answer, client_ctx, finish, open};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::{Client, Method, SignIn},
    ops::{self, Issued},
    rules,
};
use axum::{extract::State, response::Response};
use http::StatusCode;
use kernel::{Id, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use wire::{
    b64,
    jwk::Jwks,
    jws::{Alg, Parsed},
};

/// How long an ID token may be believed, in seconds.
const ID_TOKEN_LIFE: i64 = 600;
/// Longest ID token that is read as a hint, in bytes.
const LONGEST_HINT: usize = 8192;

#[derive(Serialize)]
struct Header {
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: String,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    amr: &'a [&'static str],
    sid: String,
    at_hash: String,
    #[serde(flatten)]
    more: &'a Map<String, Json>,
}

/// What an ID token says, beside the token that it comes with.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) person: Id,
    pub(crate) sign_in: SignIn,
    /// The claims that shall stand in it.
    pub(crate) claims: Map<String, Json>,
}

/// The session as one client knows it: two clients cannot join what they hold.
pub(crate) fn sid(key: &[u8; 32], client: &str, session: &Id) -> String {
    b64::encode(
        &wire::sha256(&[key, b"sid ", client.as_bytes(), b"\0", session.as_str().as_bytes()])[..16],
    )
}

/// Signs the ID token of an answer.
pub(super) fn id_token(
    identity: &Identity,
    client: &Client,
    issued: &Issued,
    told: &Told,
    now: Timestamp,
) -> Verdict<String> {
    let (key, alg) = (identity.0.keys.pairwise(), client.terms.id_token_signed_response_alg);
    let client = client.id.as_str();
    let SignIn { level, acr, method, .. } = &told.sign_in;
    let method = Method::parse(method).unwrap_or(Method::Persona);
    let claims = Claims {
        iss: &identity.0.issuer,
        sub: ops::pairwise(key, client, &told.person),
        aud: client,
        iat: now.as_second(),
        exp: now.as_second() + ID_TOKEN_LIFE,
        auth_time: told.sign_in.auth_time,
        nonce: told.sign_in.nonce.as_deref(),
        acr: rules::assurance::told(acr, *level, method),
        amr: method.amr(),
        sid: sid(key, client, &told.sign_in.session),
        // Core §3.1.3.6: the left half of the access token's digest.
        at_hash: b64::encode(&wire::sha256(&[issued.access.as_bytes()])[..16]),
        more: &told.claims,
    };
    let claims = serde_json::to_vec(&claims).map_err(Problem::internal)?;
    let signer = identity.0.keys.signer_by(alg, now)?;
    Ok(signer.sign(&Header { typ: "JWT" }, &claims).map_err(Problem::internal)?)
}

/// What an ID token of ours says of whom it was given to; it may be old.
#[derive(Deserialize)]
pub(super) struct Hint {
    iss: String,
    pub(super) aud: String,
    sub: String,
}

/// Reads an `id_token_hint`: a token that we signed.
pub(super) fn read_hint(identity: &Identity, hint: &str) -> Verdict<Hint> {
    let bad = || Refusal::new(Code::InvalidRequest, "id_token_hint is not an ID token of ours");
    let keys = identity.0.keys.jwks(identity.now()).to_string();
    let keys = Jwks::parse(keys.as_bytes()).map_err(Problem::internal)?;
    let parsed = Parsed::new(hint, LONGEST_HINT).map_err(|_| bad())?;
    let payload = parsed.verify_by_set(&keys, &[Alg::Es256, Alg::Rs256]).map_err(|_| bad())?;
    let read: Hint = serde_json::from_slice(payload).map_err(|_| bad())?;
    if read.iss == identity.0.issuer { Ok(read) } else { Err(bad()) }
}

/// Whom the hint of an authentication request is about (Core §3.1.2.1): it must have been this client's.
pub(super) fn hinted(identity: &Identity, client: &str, hint: &str) -> Verdict<String> {
    let read = read_hint(identity, hint)?;
    let other = || Refusal::new(Code::InvalidRequest, "id_token_hint was given to another client");
    if read.aud == client { Ok(read.sub) } else { Err(other()) }
}

/// Core §5.3: `GET` or `POST`, the token in `Authorization` or in the form, by DPoP where it is bound.
pub(super) async fn userinfo(State(identity): State<Identity>, request: Request) -> Response {
    open(finish(told(&identity, &request).await))
}

async fn told(identity: &Identity, request: &Request) -> Verdict<Response> {
    let (token, bound) = request.any_token()?;
    let token = token.to_owned();
    let proof = if bound { Some(request.need_proof(identity, Some(&token))?) } else { None };
    let keys = match &proof {
        Some(proof) => vec![proof.jkt.clone()],
        None => request.certificate().into_iter().chain([String::new()]).collect(),
    };
    let ctx = client_ctx(identity, "");
    let (key, records) = (*identity.0.keys.pairwise(), identity.0.records.clone());
    let outcome = identity.0.db.write(move |tx| {
        if let Some(proof) = &proof
            && let Err(refusal) = super::sender::spend_proof(tx, proof)?
        {
            return Ok(Err(refusal.at_resource()));
        }
        let held = match ops::bearer(tx, &token, &keys, rules::OPENID, ctx.now)? {
            Ok(access) => access,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let grant = ops::grant(tx, held.grant.as_str())?.filter(|grant| !grant.ended);
        let terms = ops::client(tx, &held.client)?.map(|client| client.terms).unwrap_or_default();
        if let Some(sign_in) = grant.as_ref().and_then(|grant| grant.sign_in.as_ref())
            && !rules::assurance::enough(&terms, sign_in, ctx.now)
        {
            return Ok(Err(Refusal::step_up(&terms)));
        }
        let ctx = kernel::Ctx { actor: kernel::Actor::Client { id: held.client }, ..ctx.clone() };
        let said = match &grant {
            Some(grant) => ops::userinfo(tx, &ctx, records.as_ref(), &key, grant)?,
            None => None,
        };
        Ok(said.ok_or_else(|| {
            Refusal::new(Code::InvalidToken, "the token is about nobody").at_resource()
        }))
    });
    let said = outcome.await.map_err(<Refusal as From<Problem>>::from)??;
    Ok(answer(StatusCode::OK, &said, None))
}

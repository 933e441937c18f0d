//! `/oauth/register` (RFC 7591): a creator's program registers a client, which counts once another person has
//! approved it. The initial access token is made by the creator on `/my/clients`.

use super::{answer, open};
use crate::{
    Identity,
    model::{Auth, Client, IdTokenAlg, Profile, Terms},
    ops,
    pages::ask,
};
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use kernel::{Actor, Problem, Text};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Client metadata (RFC 7591 §2), as far as it means something here; the rest is passed over (§2).
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    client_name: String,
    #[serde(rename = "client_name#zh-Hant-HK")]
    name_tc: Option<String>,
    #[serde(rename = "client_name#zh-Hans")]
    name_sc: Option<String>,
    #[serde(default)]
    scope: String,
    jwks: Option<Json>,
    jwks_uri: Option<String>,
    #[serde(default)]
    id_token_signed_response_alg: IdTokenAlg,
    #[serde(default)]
    default_acr_values: Vec<String>,
    default_max_age: Option<u32>,
}

fn error(status: StatusCode, code: &str, why: &str) -> Response {
    let body = json!({"error": code, "error_description": why});
    answer(status, &body, None)
}

fn failed(problem: Problem) -> Response {
    crate::Refusal::from(problem).into_response()
}

/// What of the metadata cannot be registered.
fn refused(problem: Problem) -> Response {
    match problem.status {
        500.. => failed(problem),
        403 => error(StatusCode::FORBIDDEN, "access_denied", problem.code),
        _ => {
            let fields: Vec<_> = problem.fields.iter().map(|one| one.field.clone()).collect();
            let code = if fields.iter().any(|field| field == "redirect_uris") {
                "invalid_redirect_uri"
            } else {
                "invalid_client_metadata"
            };
            error(StatusCode::BAD_REQUEST, code, &fields.join(" "))
        }
    }
}

pub(super) async fn register(
    State(identity): State<Identity>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    open(registered(&identity, &headers, &body).await.unwrap_or_else(|response| response))
}

/// The methods of client authentication, by their names.
const METHODS: [(&str, Profile, Auth); 4] = [
    ("private_key_jwt", Profile::Confidential, Auth::PrivateKeyJwt),
    ("client_secret_basic", Profile::Confidential, Auth::ClientSecretBasic),
    ("self_signed_tls_client_auth", Profile::Confidential, Auth::SelfSignedTlsClientAuth),
    ("none", Profile::Public, Auth::PrivateKeyJwt),
];

fn how(asked: Option<&str>) -> Option<(Profile, Auth)> {
    let asked = asked.unwrap_or(METHODS[0].0);
    METHODS.iter().find(|(name, ..)| *name == asked).map(|(_, profile, auth)| (*profile, *auth))
}

fn name(profile: Profile, auth: Auth) -> &'static str {
    let of =
        |one: &&(_, Profile, Auth)| one.1 == profile && (one.1 == Profile::Public || one.2 == auth);
    METHODS.iter().find(of).map_or("none", |(name, ..)| *name)
}

async fn registered(
    identity: &Identity,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Response> {
    let token = super::single(headers, header::AUTHORIZATION.as_str())
        .ok()
        .flatten()
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default()
        .to_owned();
    let system = identity.ctx(Actor::System("registration"));
    let found = identity.0.db.read(move |tx| ops::registrar(tx, &system, &token)).await;
    let Some(person) = found.map_err(failed)? else {
        return Err(error(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "make a token on /my/clients",
        ));
    };
    let bad = |why: &str| error(StatusCode::BAD_REQUEST, "invalid_client_metadata", why);
    let metadata: Metadata =
        serde_json::from_slice(body).map_err(|_| bad("the metadata cannot be read"))?;
    let ctx = identity.ctx(Actor::Person { id: person, session: "ses_register".into() });
    let (profile, auth) = how(metadata.token_endpoint_auth_method.as_deref())
        .ok_or_else(|| bad("token_endpoint_auth_method is not one of this server's"))?;
    let or = |text: Option<String>| text.unwrap_or_else(|| metadata.client_name.clone());
    let mut client = Client {
        id: ctx.id("cli").0,
        name: Text {
            tc: or(metadata.name_tc.clone()),
            sc: or(metadata.name_sc.clone()),
            en: metadata.client_name.clone(),
        },
        redirect_uris: metadata.redirect_uris,
        jwks: metadata.jwks.unwrap_or_else(|| json!({"keys": []})),
        profile,
        webhook: None,
        scopes: metadata.scope,
        active: true,
        node: None,
        terms: Terms {
            auth,
            jwks_uri: metadata.jwks_uri,
            id_token_signed_response_alg: metadata.id_token_signed_response_alg,
            default_acr_values: metadata.default_acr_values,
            default_max_age: metadata.default_max_age.map(i64::from),
            ..Terms::default()
        },
    };
    let outcome = ask(identity, ctx, &mut client).await;
    let registration = outcome.map_err(refused)?;
    // Its secret is made once it counts, and shown to its creator on /my/clients.
    let said = json!({
        "client_id": client.id, "client_name": client.name.en, "redirect_uris": client.redirect_uris,
        "scope": client.scopes, "token_endpoint_auth_method": name(profile, auth), "registration": registration,
        "registration_state": "waiting",
        "id_token_signed_response_alg": client.terms.id_token_signed_response_alg,
        "default_acr_values": client.terms.default_acr_values,
        "default_max_age": client.terms.default_max_age,
    });
    Ok(answer(StatusCode::CREATED, &said, None))
}

//! What this server is and can do (RFC 8414), and its public keys. Nothing stands here that does not exist.

use super::open;
use crate::{Identity, model::IdTokenAlg, rules};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use kernel::Locale;
use serde_json::{Value as Json, json};

/// The two addresses where clients look: RFC 8414 §3 and OpenID Connect Discovery §4.
pub(super) const DISCOVERY: [&str; 2] =
    ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

const ALGS: [&str; 4] = ["ES256", "EdDSA", "Ed25519", "PS256"];

pub(super) async fn discovery(State(identity): State<Identity>) -> Response {
    cached(&document(&identity.0.issuer, identity.0.mtls.as_deref()), 300)
}

pub(crate) fn document(issuer: &str, mtls: Option<&str>) -> Json {
    let at = |path: &str| format!("{issuer}/oauth/{path}");
    let mut document = json!({
        "issuer": issuer,
        "pushed_authorization_request_endpoint": at("par"),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "registration_endpoint": at("register"),
        "jwks_uri": at("jwks"),
        "grant_management_endpoint": at("grants"),
        "grant_management_actions_supported": ["create", "query", "revoke"],
        "grant_management_action_required": false,
        // Each client that reaches records must, by its registration.
        "require_pushed_authorization_requests": false,
        // At the pushed request endpoint alone.
        "request_parameter_supported": false,
        // Only our own, from a pushed request: nothing is fetched from a client.
        "request_uri_parameter_supported": false,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "query.jwt", "jwt"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", super::acting::GRANT],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": rules::SCOPES,
        "authorization_details_types_supported": rules::DETAILS_TYPES,
        "authorization_response_iss_parameter_supported": true,
        "dpop_signing_alg_values_supported": ALGS,
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ALGS,
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic"],
        "introspection_endpoint_auth_signing_alg_values_supported": ALGS,
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": ALGS,
        "ui_locales_supported": Locale::ALL.map(Locale::tag),
    });
    let openid = json!({
        "end_session_endpoint": at("logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "request_object_signing_alg_values_supported": ALGS,
        "authorization_signing_alg_values_supported": ["ES256"],
        "introspection_signing_alg_values_supported": ["ES256"],
        "userinfo_endpoint": at("userinfo"),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": IdTokenAlg::ALL.map(IdTokenAlg::name),
        "claim_types_supported": ["normal"],
        "claims_supported": claims(),
        "claims_parameter_supported": true,
        "acr_values_supported": rules::assurance::acrs(),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    });
    if let (Json::Object(all), Json::Object(more)) = (&mut document, openid) {
        all.extend(more);
    }
    if let Some(base) = mtls {
        by_certificate(&mut document, base);
    }
    document
}

/// RFC 8705 §3.3, §5: what is there where programs may show a certificate.
fn by_certificate(document: &mut Json, base: &str) {
    let endpoints = [
        ("pushed_authorization_request_endpoint", "par"),
        ("token_endpoint", "token"),
        ("introspection_endpoint", "introspect"),
        ("revocation_endpoint", "revoke"),
        ("userinfo_endpoint", "userinfo"),
    ];
    document["tls_client_certificate_bound_access_tokens"] = true.into();
    document["mtls_endpoint_aliases"] = endpoints
        .into_iter()
        .map(|(name, path)| (name.to_owned(), Json::from(format!("{base}/oauth/{path}"))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for endpoint in ["token", "introspection", "revocation"] {
        if let Some(Json::Array(all)) =
            document.get_mut(format!("{endpoint}_endpoint_auth_methods_supported"))
        {
            all.push("self_signed_tls_client_auth".into());
        }
    }
}

/// What an ID token or the UserInfo endpoint may say.
fn claims() -> Vec<&'static str> {
    let always =
        ["iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"];
    let known = rules::claims::KNOWN.map(|(name, _)| name);
    let verified = rules::claims::VERIFIED.map(|(_, name)| name);
    always.into_iter().chain(known).chain(verified).collect()
}

pub(super) async fn jwks(State(identity): State<Identity>) -> Response {
    cached(&identity.0.keys.jwks(identity.now()), 300)
}

fn cached(body: &Json, seconds: u32) -> Response {
    open(
        ([(header::CACHE_CONTROL, format!("public, max-age={seconds}"))], axum::Json(body))
            .into_response(),
    )
}

/// A browser asks whether a page of another site may call.
pub(super) async fn preflight() -> Response {
    open(
        (
            StatusCode::NO_CONTENT,
            [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, DPoP"),
                (header::ACCESS_CONTROL_MAX_AGE, "600"),
            ],
        )
            .into_response(),
    )
}

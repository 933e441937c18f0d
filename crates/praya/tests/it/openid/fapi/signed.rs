//! Signed requests (RFC 9101), and what only they have.

use super::{Changes, Clinic, Outcome, PUSH, check, new_key, refused};
use crate::demo::{Demo, now};
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(super) async fn plan(demo: &Demo) -> Vec<&'static str> {
    plan!(
        Clinic::new(demo, true).await,
        FAPI2SPFinalEnsureServerAcceptsRequestObjectWithMultipleAud => several_audiences,
        FAPI2SPFinalEnsureRequestObjectWithNbf8SecondsInTheFutureIsAccepted => soon,
        FAPI2SPFinalEnsureRequestObjectWithoutExpFails => without_exp,
        FAPI2SPFinalEnsureRequestObjectWithoutNbfFails => without_nbf,
        FAPI2SPFinalEnsureExpiredRequestObjectFails => expired,
        FAPI2SPFinalEnsureRequestObjectWithBadAudFails => other_audience,
        FAPI2SPFinalEnsureRequestObjectWithExpOver60Fails => too_long,
        FAPI2SPFinalEnsureRequestObjectWithNbfOver60Fails => too_old,
        FAPI2SPFinalEnsureSignedRequestObjectWithRS256Fails => rs256,
        FAPI2SPFinalEnsureRequestObjectSignatureAlgorithmIsNotNone => unsigned_object,
        FAPI2SPFinalEnsureRequestObjectWithInvalidSignatureFails => bad_signature,
        FAPI2SPFinalEnsureMatchingKeyInAuthorizationRequest => key_of_another,
        FAPI2SPFinalEnsureUnsignedRequestAtParEndpointFails => unsigned,
        FAPI2SPFinalPARRejectRequestUriInParAuthorizationRequest => uri_inside,
    )
    .to_vec()
}

async fn taken(clinic: &Clinic, changes: Changes<'_>) -> Outcome {
    clinic.tokens(changes).await.map(drop)
}

async fn several_audiences(clinic: &mut Clinic) -> Outcome {
    taken(clinic, &[("aud", json!([clinic.base, "https://else.example"]))]).await
}

async fn soon(clinic: &mut Clinic) -> Outcome {
    taken(clinic, &[("nbf", json!(now() + 8))]).await
}

async fn bad(clinic: &Clinic, changes: Changes<'_>) -> Outcome {
    clinic.not_pushed(changes, "invalid_request_object").await
}

async fn without_exp(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("exp", Value::Null)]).await
}

async fn without_nbf(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("nbf", Value::Null)]).await
}

async fn expired(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("nbf", json!(now() - 600)), ("exp", json!(now() - 300))]).await
}

async fn other_audience(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("aud", json!("https://else.example"))]).await
}

async fn too_long(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("exp", json!(now() + 70 * 60))]).await
}

async fn too_old(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("nbf", json!(now() - 70 * 60))]).await
}

/// An object made by hand.
async fn object(clinic: &Clinic, object: &str) -> Outcome {
    let fields = json!({"client_id": clinic.id, "request": object});
    let answer = clinic.send(PUSH, &fields, &clinic.assertion(&[]), None).await;
    refused(&answer, "invalid_request_object")
}

/// A good object under another header.
fn headed(clinic: &Clinic, alg: &str) -> (String, String) {
    let good = clinic.object(&clinic.key, &[]);
    let (_, rest) = good.split_once('.').unwrap();
    let header = json!({"typ": "oauth-authz-req+jwt", "alg": alg, "kid": clinic.key.kid()});
    (wire::b64::encode(header.to_string()), rest.to_owned())
}

async fn rs256(clinic: &mut Clinic) -> Outcome {
    let (header, rest) = headed(clinic, "RS256");
    object(clinic, &format!("{header}.{rest}")).await
}

async fn unsigned_object(clinic: &mut Clinic) -> Outcome {
    let (header, rest) = headed(clinic, "none");
    let (payload, _) = rest.split_once('.').unwrap();
    object(clinic, &format!("{header}.{payload}.")).await?;
    object(clinic, &format!("{header}.{rest}")).await
}

async fn bad_signature(clinic: &mut Clinic) -> Outcome {
    let good = clinic.object(&clinic.key, &[]);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = wire::b64::decode(signature).unwrap();
    bytes[7] ^= 1;
    object(clinic, &format!("{signed}.{}", wire::b64::encode(bytes))).await
}

async fn key_of_another(clinic: &mut Clinic) -> Outcome {
    object(clinic, &clinic.object(&new_key(), &[])).await
}

async fn unsigned(clinic: &mut Clinic) -> Outcome {
    let fields = clinic.asked(&["iss", "aud", "nbf", "exp"].map(|name| (name, Value::Null)));
    let answer = clinic.send(PUSH, &fields, &clinic.assertion(&[]), None).await;
    check(answer.0 == 400, "taken")?;
    refused(&answer, "invalid_request")
}

async fn uri_inside(clinic: &mut Clinic) -> Outcome {
    bad(clinic, &[("request_uri", json!("urn:ietf:params:oauth:request_uri:x"))]).await
}

//! Proofs of the key (RFC 9449): at the token endpoint, at the resource, and bound to a code.

use super::{Changes, Clinic, Outcome, PUSH, TOKEN, USERINFO, check, given, new_key, refused};
use crate::demo::{Demo, now};
use serde_json::{Value, json};
use std::fmt::Write as _;
use wire::jwk::Jwk;

pub(super) async fn plan(demo: &Demo, signs: bool) -> Vec<&'static str> {
    plan!(
        Clinic::new(demo, signs).await,
        FAPI2SPFinalAccessTokenTypeHeaderCaseSensitivity => scheme_in_any_case,
        FAPI2SPFinalCheckDpopProofNbfExp => with_nbf_and_exp,
        FAPI2SPFinalEnsureDpopProofWithIat10SecondsBeforeSucceeds => ten_before,
        FAPI2SPFinalEnsureDpopProofWithIat10SecondsAfterSucceeds => ten_after,
        FAPI2SPFinalEnsureMismatchedDpopJktFails => jkt_of_another_key,
        FAPI2SPFinalEnsureTokenEndpointFailsWithMismatchedDpopProofJkt => bound_by_proof,
        FAPI2SPFinalEnsureTokenEndpointFailsWithMismatchedDpopJkt => bound_by_jkt,
        FAPI2SPFinalEnsureDpopProofAtParEndpointBindingSuccess => proof_when_pushed,
        FAPI2SPFinalEnsureDpopAuthCodeBindingSuccess => jkt_when_pushed,
        FAPI2SPFinalDpopNegativeTests => negatives,
    )
    .to_vec()
}

async fn access(clinic: &Clinic) -> Result<String, String> {
    let tokens = clinic.tokens(&[]).await?;
    Ok(tokens["access_token"].as_str().unwrap_or_default().to_owned())
}

async fn scheme_in_any_case(clinic: &mut Clinic) -> Outcome {
    let access = access(clinic).await?;
    for scheme in ["dpop", "DPOP", "DpOp"] {
        let proof = clinic.proof(("GET", USERINFO), Some(&access), &[], &[]);
        let (status, said) = clinic.userinfo_by(scheme, &access, &proof).await;
        check(status == 200, format!("{scheme}: {status} {said}"))?;
    }
    Ok(())
}

/// That proofs with these claims are good, at the token endpoint and at the resource.
async fn good(clinic: &Clinic, claims: impl Fn() -> Vec<(&'static str, Value)>) -> Outcome {
    let fields = clinic.redemption(&clinic.code(&[]).await?, &[]);
    let proof = clinic.proof(("POST", TOKEN), None, &[], &claims());
    let answer = clinic.send(TOKEN, &fields, &clinic.assertion(&[]), Some(&proof)).await;
    let tokens = given(answer)?;
    let access = tokens["access_token"].as_str().unwrap_or_default();
    let proof = clinic.proof(("GET", USERINFO), Some(access), &[], &claims());
    let (status, said) = clinic.userinfo_by("DPoP", access, &proof).await;
    check(status == 200, format!("at the resource: {status} {said}"))
}

async fn with_nbf_and_exp(clinic: &mut Clinic) -> Outcome {
    good(clinic, || vec![("nbf", json!(now() - 5)), ("exp", json!(now() + 60))]).await
}

async fn ten_before(clinic: &mut Clinic) -> Outcome {
    good(clinic, || vec![("iat", json!(now() - 10))]).await
}

async fn ten_after(clinic: &mut Clinic) -> Outcome {
    good(clinic, || vec![("iat", json!(now() + 10))]).await
}

/// Pushes a request with a proof, and perhaps with the name of a key.
async fn pushed(clinic: &Clinic, changes: Changes<'_>) -> super::Answer {
    let proof = clinic.proof(("POST", PUSH), None, &[], &[]);
    clinic.send(PUSH, &clinic.carried(changes), &clinic.assertion(&[]), Some(&proof)).await
}

fn thumbprint(clinic: &Clinic) -> Value {
    clinic.dpop.public().key.thumbprint().into()
}

async fn jkt_of_another_key(clinic: &mut Clinic) -> Outcome {
    let other = json!(new_key().public().key.thumbprint());
    refused(&pushed(clinic, &[("dpop_jkt", other)]).await, "invalid_dpop_proof")
}

/// The code of a request that was pushed with a proof.
async fn code_by_proof(clinic: &Clinic) -> Result<String, String> {
    let (_, body) = pushed(clinic, &[]).await;
    let uri = body["request_uri"].as_str().ok_or_else(|| body.to_string())?;
    let landing = clinic.brought(&clinic.address_of(&clinic.id, uri, &[]), "allow").await?;
    landing.get("code").cloned().ok_or_else(|| format!("{landing:?}"))
}

async fn with_another_key(clinic: &mut Clinic, code: &str) -> Outcome {
    clinic.dpop = new_key();
    refused(&clinic.token(code, &[]).await, "invalid_grant")
}

async fn bound_by_proof(clinic: &mut Clinic) -> Outcome {
    let code = code_by_proof(clinic).await?;
    with_another_key(clinic, &code).await
}

async fn bound_by_jkt(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[("dpop_jkt", thumbprint(clinic))]).await?;
    with_another_key(clinic, &code).await
}

async fn proof_when_pushed(clinic: &mut Clinic) -> Outcome {
    let code = code_by_proof(clinic).await?;
    given(clinic.token(&code, &[]).await).map(drop)
}

async fn jkt_when_pushed(clinic: &mut Clinic) -> Outcome {
    clinic.tokens(&[("dpop_jkt", thumbprint(clinic))]).await.map(drop)
}

type Members = Vec<(&'static str, Value)>;

/// Each thing that may be wrong with a proof; in the header, then in the claims.
fn wrong() -> Vec<(Members, Members)> {
    let other = serde_json::to_value(Jwk::from(new_key().public().key.clone())).unwrap();
    let mut private = other.clone();
    private["d"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into();
    let headers = [
        ("typ", Value::Null),
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("jwk", Value::Null),
        ("jwk", private),
        // Signed by another key than it names.
        ("jwk", other),
    ];
    let claims = [
        ("jti", Value::Null),
        ("htm", Value::Null),
        ("htm", json!("PUT")),
        ("htu", Value::Null),
        ("htu", json!("https://else.example/oauth/token")),
        ("iat", Value::Null),
        ("iat", json!(now() - 3600)),
        ("iat", json!(now() + 3600)),
    ];
    let headers = headers.into_iter().map(|one| (vec![one], vec![]));
    headers.chain(claims.into_iter().map(|one| (vec![], vec![one]))).collect()
}

async fn negatives(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[]).await?;
    let fields = clinic.redemption(&code, &[]);
    for (header, claims) in wrong() {
        let proof = clinic.proof(("POST", TOKEN), None, &header, &claims);
        let answer = clinic.send(TOKEN, &fields, &clinic.assertion(&[]), Some(&proof)).await;
        refused(&answer, "invalid_dpop_proof")
            .map_err(|why| format!("at the token endpoint, {header:?} {claims:?}: {why}"))?;
    }
    // None of them used up the code.
    let tokens = given(clinic.token(&code, &[]).await)?;
    let access = tokens["access_token"].as_str().unwrap_or_default();
    let ath = [("ath", Value::Null), ("ath", json!("AAAA"))].map(|one| (vec![], vec![one]));
    for (header, claims) in wrong().into_iter().chain(ath) {
        let proof = clinic.proof(("GET", USERINFO), Some(access), &header, &claims);
        let (status, said) = clinic.userinfo_by("DPoP", access, &proof).await;
        let holds = (400..=401).contains(&status) && said["error"] == "invalid_dpop_proof";
        check(holds, format!("at the resource, {header:?} {claims:?}: {status} {said}"))?;
    }
    let proof = clinic.proof(("GET", USERINFO), Some(access), &[], &[]);
    check(clinic.userinfo_by("Bearer", access, &proof).await.0 == 401, "taken as a bearer's")?;
    check(clinic.userinfo_by("DPoP", access, &proof).await.0 == 200, "a good one is refused")?;
    check(clinic.userinfo_by("DPoP", access, &proof).await.0 != 200, "a proof twice")
}

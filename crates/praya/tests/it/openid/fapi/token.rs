//! The token endpoint: codes, client authentication, PKCE, refresh.

use super::{Clinic, Outcome, TOKEN, check, given, refused};
use crate::demo::{Demo, now};
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};

pub(super) async fn plan(demo: &Demo, signs: bool) -> Vec<&'static str> {
    let own = plan!(
        Clinic::new(demo, signs).await,
        FAPI2SPFinalHappyFlow => happy,
        FAPI2SPFinalEnsureClientIdInTokenEndpoint => other_client_id,
        FAPI2SPFinalEnsureHolderOfKeyRequired => without_proof,
        FAPI2SPFinalAttemptReuseAuthorizationCodeAfterOneSecond => code_twice,
        FAPI2SPFinalEnsureSignedClientAssertionWithRS256Fails => assertion_rs256,
        FAPI2SPFinalEnsureClientAssertionInTokenEndpoint => without_assertion,
        FAPI2SPFinalEnsureClientAssertionWithExpIs5MinutesInPastFails => assertion_past,
        FAPI2SPFinalEnsureClientAssertionWithWrongAudFails => assertion_aud,
        FAPI2SPFinalEnsureClientAssertionWithNoSubFails => assertion_no_sub,
        FAPI2SPFinalRefreshToken => refresh,
        FAPI2SPFinalPAREnsurePKCECodeVerifierRequired => without_verifier,
        FAPI2SPFinalPARIncorrectPKCECodeVerifierRejected => other_verifier,
    );
    let both = plan!(
        [Clinic::new(demo, signs).await, Clinic::new(demo, signs).await],
        FAPI2SPFinalEnsureAuthorizationCodeIsBoundToClient => code_of_another,
    );
    own.into_iter().chain(both).collect()
}

async fn happy(clinic: &mut Clinic) -> Outcome {
    let landing = clinic.landed(&[]).await?;
    check(landing.get("state").is_some_and(|state| state == "a state"), "state")?;
    let tokens = given(clinic.token(landing.get("code").ok_or("no code")?, &[]).await)?;
    check(tokens["token_type"] == "DPoP", "the token is bound to no key")?;
    let access = tokens["access_token"].as_str().unwrap_or_default();
    // Security Profile §5.4.1: 128 bits at least.
    check(access.len() >= 22, "the token is short")?;
    let token = tokens["id_token"].as_str().ok_or("no ID token")?;
    let said = super::believed(&clinic.http, &clinic.base, token).await?;
    check(
        said["aud"] == clinic.id.as_str() && said["nonce"] == "a nonce",
        format!("another ID token: {said}"),
    )?;
    let (status, told) = clinic.userinfo(access).await;
    check(status == 200 && told["sub"] == said["sub"], format!("{status} {told}"))
}

async fn other_client_id(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[]).await?;
    let other = clinic.token(&code, &[("client_id", json!("harbour-bank"))]).await;
    refused(&other, "invalid_client")
}

async fn without_proof(clinic: &mut Clinic) -> Outcome {
    let fields = clinic.redemption(&clinic.code(&[]).await?, &[]);
    let answer = clinic.send(TOKEN, &fields, &clinic.assertion(&[]), None).await;
    refused(&answer, "invalid_dpop_proof")
}

async fn code_of_another([first, second]: &mut [Clinic; 2]) -> Outcome {
    let code = first.code(&[]).await?;
    let changes = [("redirect_uri", json!(first.back)), ("code_verifier", json!(first.verifier))];
    refused(&second.token(&code, &changes).await, "invalid_grant")
}

async fn code_twice(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[]).await?;
    let tokens = given(clinic.token(&code, &[]).await)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    refused(&clinic.token(&code, &[]).await, "invalid_grant")?;
    let access = tokens["access_token"].as_str().unwrap_or_default();
    check(clinic.userinfo(access).await.0 == 401, "what the first use gave still works")
}

pub(super) async fn expired_code(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[]).await?;
    tokio::time::sleep(Duration::from_secs(62)).await;
    refused(&clinic.token(&code, &[]).await, "invalid_grant")
}

/// A redemption by another assertion; the code is good after it as before.
async fn by_assertion(clinic: &Clinic, assertion: impl Fn(&Clinic) -> String) -> Outcome {
    let code = clinic.code(&[]).await?;
    let fields = clinic.redemption(&code, &[]);
    let proof = clinic.proof(("POST", TOKEN), None, &[], &[]);
    let answer = clinic.send(TOKEN, &fields, &assertion(clinic), Some(&proof)).await;
    refused(&answer, "invalid_client")?;
    given(clinic.token(&code, &[]).await).map(drop)
}

async fn assertion_rs256(clinic: &mut Clinic) -> Outcome {
    let assertion = |clinic: &Clinic| {
        let good = clinic.assertion(&[]);
        let (_, rest) = good.split_once('.').unwrap();
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": clinic.key.kid()});
        format!("{}.{rest}", wire::b64::encode(header.to_string()))
    };
    by_assertion(clinic, assertion).await
}

async fn without_assertion(clinic: &mut Clinic) -> Outcome {
    let mut fields = clinic.redemption(&clinic.code(&[]).await?, &[]);
    fields["client_id"] = clinic.id.as_str().into();
    let proof = clinic.proof(("POST", TOKEN), None, &[], &[]);
    let request = clinic.http.post(format!("{}{TOKEN}", clinic.base));
    let request = request.form(&super::form(&fields)).header("dpop", proof);
    refused(&clinic.answered(request).await, "invalid_client")
}

async fn assertion_past(clinic: &mut Clinic) -> Outcome {
    let past = [("iat", json!(now() - 360)), ("exp", json!(now() - 300))];
    by_assertion(clinic, |clinic| clinic.assertion(&past)).await
}

async fn assertion_aud(clinic: &mut Clinic) -> Outcome {
    let other = [("aud", json!("https://else.example"))];
    by_assertion(clinic, |clinic| clinic.assertion(&other)).await
}

async fn assertion_no_sub(clinic: &mut Clinic) -> Outcome {
    by_assertion(clinic, |clinic| clinic.assertion(&[("sub", Value::Null)])).await
}

async fn refresh(clinic: &mut Clinic) -> Outcome {
    let asked = [("scope", json!("openid offline_access")), ("prompt", json!("consent"))];
    let tokens = clinic.tokens(&asked).await?;
    let refresh = tokens["refresh_token"].as_str().ok_or("no refresh token")?;
    let fields = json!({"grant_type": "refresh_token", "refresh_token": refresh});
    // Twice: a confidential client's token does not rotate (Security Profile §5.3.2.1).
    for _ in 0..2 {
        let proof = clinic.proof(("POST", TOKEN), None, &[], &[]);
        let answer = clinic.send(TOKEN, &fields, &clinic.assertion(&[]), Some(&proof)).await;
        let later = given(answer)?;
        check(later["access_token"] != tokens["access_token"], "the same access token")?;
        let access = later["access_token"].as_str().unwrap_or_default();
        check(clinic.userinfo(access).await.0 == 200, "the new token does not work")?;
    }
    Ok(())
}

async fn without_verifier(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[]).await?;
    refused(&clinic.token(&code, &[("code_verifier", Value::Null)]).await, "invalid_request")
}

async fn other_verifier(clinic: &mut Clinic) -> Outcome {
    let code = clinic.code(&[]).await?;
    let other = json!("another-verifier-that-is-long-enough-to-be-one");
    refused(&clinic.token(&code, &[("code_verifier", other)]).await, "invalid_grant")
}

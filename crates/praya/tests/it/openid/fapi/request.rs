//! Discovery, pushed requests and what comes back of them.

use super::{Answer, Clinic, Outcome, PUSH, check, refused};
use crate::demo::{Demo, now};
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};

pub(super) async fn plan(demo: &Demo, signs: bool) -> Vec<&'static str> {
    plan!(
        Clinic::new(demo, signs).await,
        FAPI2SPFinalDiscoveryEndpointVerification => discovery,
        FAPI2SPFinalUserRejectsAuthentication => rejected,
        FAPI2SPFinalEnsureAuthorizationRequestWithoutStateSuccess => without_state,
        FAPI2SPFinalEnsureAuthorizationRequestWithoutNonceSuccess => without_nonce,
        FAPI2SPFinalEnsureAuthorizationRequestWith64CharNonceSuccess => nonce_of_64,
        FAPI2SPFinalEnsureOtherScopeOrderSucceeds => other_scope_order,
        FAPI2SPFinalTestClaimsParameterIdentityClaims => claims,
        FAPI2SPFinalEnsureDifferentNonceInsideAndOutsideRequestObject => other_nonce_outside,
        FAPI2SPFinalEnsureDifferentStateInsideAndOutsideRequestObject => other_state_outside,
        FAPI2SPFinalStateOnlyOutsideRequestObjectNotUsed => state_only_outside,
        FAPI2SPFinalEnsureAuthorizationRequestWithLongNonce => long_nonce,
        FAPI2SPFinalEnsureAuthorizationRequestWithLongState => long_state,
        FAPI2SPFinalEnsureRequestObjectWithoutRedirectUriFails => without_redirect_uri,
        FAPI2SPFinalEnsureRedirectUriInAuthorizationRequest => without_redirect_uri,
        FAPI2SPFinalEnsureRegisteredRedirectUri => other_redirect_uri,
        FAPI2SPFinalTolerateUnregisteredRedirectUri => other_redirect_uri,
        FAPI2SPFinalEnsureUnsignedAuthorizationRequestWithoutUsingParFails => not_pushed,
        FAPI2SPFinalEnsureResponseTypeCodeIdTokenFails => code_id_token,
        FAPI2SPFinalEnsureResponseTypeTokenFails => response_type_token,
        FAPI2SPFinalPAREnsureServerAcceptsReusedRequestUriBeforeAuthenticationCompletion => uri_twice_before,
        FAPI2SPFinalPARAttemptReuseRequestUri => uri_twice,
        FAPI2SPFinalPAREnsureRequestUriIsBoundToClient => uri_of_another,
        FAPI2SPFinalPARRejectRequestUriInParAuthorizationFormParams => uri_in_form,
        FAPI2SPFinalPARRejectInvalidHttpVerb => other_verbs,
        FAPI2SPFinalParWithoutDuplicateParameters => nothing_twice,
        FAPI2SPFinalPAREnsurePKCERequired => without_challenge,
        FAPI2SPFinalPAREnsurePlainPKCERejected => plain_challenge,
        FAPI2SPFinalPAREnsureJWTClientAssertionWithIatNbf8SecondsInTheFutureIsAccepted => assertion_soon,
        FAPI2SPFinalPAREnsureJWTClientAssertionWithIatNbfOver60SecondsInTheFutureFails => assertion_later,
        FAPI2SPFinalPAREndpointAsArrayAudienceFails => audience_array,
        FAPI2SPFinalPAREndpointAsAudienceFails => audience_push,
        FAPI2SPFinalPARTokenEndpointAsAudienceFails => audience_token,
    )
    .to_vec()
}

async fn discovery(clinic: &mut Clinic) -> Outcome {
    let url = format!("{}/.well-known/openid-configuration", clinic.base);
    let said: Value = clinic.http.get(url).send().await.unwrap().json().await.unwrap();
    check(said["issuer"] == clinic.base.as_str(), "issuer")?;
    check(said["authorization_response_iss_parameter_supported"] == true, "iss in answers")?;
    let has = |name: &str, value: &str| {
        let holds = said[name].as_array().is_some_and(|all| all.iter().any(|one| one == value));
        check(holds, format!("{name} lacks {value}"))
    };
    has("response_types_supported", "code")?;
    has("code_challenge_methods_supported", "S256")?;
    has("token_endpoint_auth_methods_supported", "private_key_jwt")?;
    has("token_endpoint_auth_signing_alg_values_supported", "ES256")?;
    has("dpop_signing_alg_values_supported", "ES256")?;
    has("response_modes_supported", "jwt")?;
    has("request_object_signing_alg_values_supported", "ES256")?;
    has("authorization_signing_alg_values_supported", "ES256")?;
    for name in ["pushed_authorization_request_endpoint", "token_endpoint", "jwks_uri"] {
        check(said[name].as_str().is_some_and(|url| url.starts_with(&clinic.base)), name)?;
    }
    // Security Profile §5.4.1 leaves neither to a client.
    for what in ["token_endpoint_auth", "request_object", "dpop", "authorization"] {
        let name = format!("{what}_signing_alg_values_supported");
        for never in ["RS256", "none"] {
            check(has(&name, never).is_err(), format!("{name} offers {never}"))?;
        }
    }
    Ok(())
}

async fn rejected(clinic: &mut Clinic) -> Outcome {
    let landing = clinic.brought(&clinic.address(&[]).await?, "refuse").await?;
    let error = landing.get("error").map(String::as_str);
    let state = landing.get("state").map(String::as_str);
    check((error, state) == (Some("access_denied"), Some("a state")), format!("{landing:?}"))
}

async fn without_state(clinic: &mut Clinic) -> Outcome {
    let landing = clinic.landed(&[("state", Value::Null)]).await?;
    check(landing.contains_key("code") && !landing.contains_key("state"), format!("{landing:?}"))
}

/// The nonce of the ID token that a request leads to.
async fn nonce(clinic: &Clinic, asked: Value) -> Result<Value, String> {
    let tokens = clinic.tokens(&[("nonce", asked)]).await?;
    let token = tokens["id_token"].as_str().ok_or("no ID token")?;
    Ok(super::believed(&clinic.http, &clinic.base, token).await?["nonce"].clone())
}

async fn without_nonce(clinic: &mut Clinic) -> Outcome {
    check(nonce(clinic, Value::Null).await?.is_null(), "a nonce from nowhere")
}

async fn nonce_of_64(clinic: &mut Clinic) -> Outcome {
    let long = "n".repeat(64);
    check(nonce(clinic, json!(long)).await? == long.as_str(), "another nonce")
}

async fn other_scope_order(clinic: &mut Clinic) -> Outcome {
    let tokens = clinic.tokens(&[("scope", json!("profile openid"))]).await?;
    check(tokens["id_token"].is_string(), format!("{tokens}"))
}

async fn claims(clinic: &mut Clinic) -> Outcome {
    let wanted = json!({"userinfo": {"name": {"essential": true}}, "id_token": {"name": null}});
    let tokens = clinic.tokens(&[("claims", json!(wanted.to_string()))]).await?;
    let (_, said) = clinic.userinfo(tokens["access_token"].as_str().unwrap_or_default()).await;
    check(said["name"].is_string(), format!("{said}"))
}

/// Brings a request with something beside its `request_uri`, which must not count.
async fn outside(clinic: &Clinic, pushed: Value, beside: (&str, &str)) -> Result<Value, String> {
    let (_, body) = clinic.push(&[(beside.0, pushed)]).await;
    let uri = body["request_uri"].as_str().ok_or_else(|| body.to_string())?;
    let address = clinic.address_of(&clinic.id, uri, &[beside]);
    let landing = clinic.brought(&address, "allow").await?;
    let code = landing.get("code").ok_or_else(|| format!("{landing:?}"))?;
    let tokens = super::given(clinic.token(code, &[]).await)?;
    let token = tokens["id_token"].as_str().ok_or("no ID token")?;
    let said = super::believed(&clinic.http, &clinic.base, token).await?;
    Ok(json!({"state": landing.get("state"), "nonce": said["nonce"]}))
}

async fn other_nonce_outside(clinic: &mut Clinic) -> Outcome {
    let said = outside(clinic, json!("inside"), ("nonce", "outside")).await?;
    check(said["nonce"] == "inside", format!("{said}"))
}

async fn other_state_outside(clinic: &mut Clinic) -> Outcome {
    let said = outside(clinic, json!("inside"), ("state", "outside")).await?;
    check(said["state"] == "inside", format!("{said}"))
}

async fn state_only_outside(clinic: &mut Clinic) -> Outcome {
    let said = outside(clinic, Value::Null, ("state", "outside")).await?;
    check(said["state"].is_null(), format!("{said}"))
}

async fn long_nonce(clinic: &mut Clinic) -> Outcome {
    let long = "n".repeat(384);
    check(nonce(clinic, json!(long)).await? == long.as_str(), "cut off")
}

async fn long_state(clinic: &mut Clinic) -> Outcome {
    let long = "s".repeat(384);
    let landing = clinic.landed(&[("state", json!(long))]).await?;
    check(landing.get("state") == Some(&long), "cut off")
}

async fn without_redirect_uri(clinic: &mut Clinic) -> Outcome {
    clinic.not_pushed(&[("redirect_uri", Value::Null)], "invalid_request").await
}

async fn other_redirect_uri(clinic: &mut Clinic) -> Outcome {
    for more in ["/more", "?more", "/"] {
        let other = json!(format!("{}{more}", clinic.back));
        clinic.not_pushed(&[("redirect_uri", other)], "invalid_request").await?;
    }
    Ok(())
}

async fn not_pushed(clinic: &mut Clinic) -> Outcome {
    let mut url = url::Url::parse(&format!("{}/oauth/authorize", clinic.base)).unwrap();
    url.query_pairs_mut().extend_pairs(super::form(&clinic.carried(&[])));
    let page = clinic.browser.get(url.as_str()).await;
    check(page.status == 400 && page.location.is_none(), format!("{}", page.status))
}

async fn code_id_token(clinic: &mut Clinic) -> Outcome {
    let other = json!("code id_token");
    clinic.not_pushed(&[("response_type", other)], "unsupported_response_type").await
}

async fn response_type_token(clinic: &mut Clinic) -> Outcome {
    clinic.not_pushed(&[("response_type", json!("token"))], "unsupported_response_type").await
}

async fn uri_twice_before(clinic: &mut Clinic) -> Outcome {
    let address = clinic.address(&[]).await?;
    let page = clinic.browser.get(&address).await;
    check(page.location.is_some(), format!("stopped at a page: {}", page.status))?;
    let landing = clinic.brought(&address, "allow").await?;
    check(landing.contains_key("code"), format!("{landing:?}"))
}

async fn uri_twice(clinic: &mut Clinic) -> Outcome {
    let address = clinic.address(&[]).await?;
    clinic.brought(&address, "allow").await?;
    gone(clinic, &address).await
}

/// That nobody is sent anywhere by this address.
async fn gone(clinic: &Clinic, address: &str) -> Outcome {
    let page = clinic.browser.get(address).await;
    check(page.status == 400 && page.location.is_none(), format!("{}", page.status))
}

pub(super) async fn expired_uri(clinic: &mut Clinic) -> Outcome {
    let address = clinic.address(&[]).await?;
    tokio::time::sleep(Duration::from_secs(95)).await;
    gone(clinic, &address).await
}

async fn uri_of_another(clinic: &mut Clinic) -> Outcome {
    let (_, body) = clinic.push(&[]).await;
    let uri = body["request_uri"].as_str().unwrap_or_default();
    // The demo's bank, another client.
    gone(clinic, &clinic.address_of("harbour-bank", uri, &[])).await
}

async fn uri_in_form(clinic: &mut Clinic) -> Outcome {
    let mut fields = clinic.carried(&[]);
    fields["request_uri"] = "urn:ietf:params:oauth:request_uri:x".into();
    refused(&clinic.send(PUSH, &fields, &clinic.assertion(&[]), None).await, "invalid_request")
}

async fn other_verbs(clinic: &mut Clinic) -> Outcome {
    for verb in [reqwest::Method::GET, reqwest::Method::PUT, reqwest::Method::DELETE] {
        let url = format!("{}{PUSH}", clinic.base);
        let mut fields = super::form(&clinic.carried(&[]));
        fields.push(("client_assertion_type".to_owned(), super::ASSERTION_TYPE.to_owned()));
        fields.push(("client_assertion".to_owned(), clinic.assertion(&[])));
        let answer = clinic.http.request(verb.clone(), url).form(&fields).send().await.unwrap();
        check(answer.status() == 405, format!("{verb}: {}", answer.status()))?;
    }
    Ok(())
}

async fn nothing_twice(clinic: &mut Clinic) -> Outcome {
    check(clinic.landed(&[]).await?.contains_key("code"), "no code")
}

async fn without_challenge(clinic: &mut Clinic) -> Outcome {
    let none = [("code_challenge", Value::Null), ("code_challenge_method", Value::Null)];
    clinic.not_pushed(&none, "invalid_request").await
}

async fn plain_challenge(clinic: &mut Clinic) -> Outcome {
    let plain =
        [("code_challenge", json!(clinic.verifier)), ("code_challenge_method", json!("plain"))];
    clinic.not_pushed(&plain, "invalid_request").await
}

/// A pushed request by an assertion that is otherwise than usual.
pub(super) async fn pushed_by(clinic: &Clinic, changes: super::Changes<'_>) -> Answer {
    clinic.send(PUSH, &clinic.carried(&[]), &clinic.assertion(changes), None).await
}

async fn assertion_soon(clinic: &mut Clinic) -> Outcome {
    let soon = json!(now() + 8);
    let (status, body) = pushed_by(clinic, &[("iat", soon.clone()), ("nbf", soon)]).await;
    check(status == 201, format!("{body}"))
}

async fn assertion_later(clinic: &mut Clinic) -> Outcome {
    let later = json!(now() + 70);
    let changes = [("iat", later.clone()), ("nbf", later), ("exp", json!(now() + 130))];
    refused(&pushed_by(clinic, &changes).await, "invalid_client")
}

async fn audience(clinic: &Clinic, audience: Value) -> Outcome {
    refused(&pushed_by(clinic, &[("aud", audience)]).await, "invalid_client")
}

async fn audience_array(clinic: &mut Clinic) -> Outcome {
    audience(clinic, json!([clinic.base])).await?;
    audience(clinic, json!([clinic.base, format!("{}{PUSH}", clinic.base)])).await
}

async fn audience_push(clinic: &mut Clinic) -> Outcome {
    audience(clinic, json!(format!("{}{PUSH}", clinic.base))).await
}

async fn audience_token(clinic: &mut Clinic) -> Outcome {
    audience(clinic, json!(format!("{}{}", clinic.base, super::TOKEN))).await
}

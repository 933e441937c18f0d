//! `oidcc-basic-certification-test-plan` and `oidcc-config-certification-test-plan`.

use super::{Outcome, Rp, access, check, recorded};
use crate::demo::{Browser, Demo};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_the_basic_and_config_plans_that_is_ported_passes() {
    let demo = Demo::start().await;
    // What the person keeps of herself, in her own words.
    let browser = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let own = [
        ("email", "mei.ling@example.hk"),
        ("mobile", "5123 4567"),
        ("address-en", "1 Harbour Road, Wan Chai"),
        ("address-zh", "灣仔港灣道一號"),
    ];
    assert_eq!(browser.post("/my/profile", &own).await.status, 303);
    let ran = plan!(
        Rp::new(&demo),
        OIDCCServerTest => server,
        OIDCCResponseTypeMissing => response_type_missing,
        OIDCCIdTokenSignature => id_token_signature,
        OIDCCUserInfoGet => userinfo_get,
        OIDCCUserInfoPostHeader => userinfo_post_header,
        OIDCCUserInfoPostBody => userinfo_post_body,
        OIDCCEnsureRequestWithoutNonceSucceedsForCodeFlow => without_nonce,
        OIDCCScopeProfile => scope_profile,
        OIDCCScopeEmail => scope_email,
        OIDCCScopeAddress => scope_address,
        OIDCCScopePhone => scope_phone,
        OIDCCScopeAll => scope_all,
        OIDCCAlternateHappyFlow => alternate,
        OIDCCDisplayPage => display_page,
        OIDCCDisplayPopup => display_popup,
        OIDCCPromptLogin => prompt_login,
        OIDCCPromptNoneNotLoggedIn => prompt_none_not_logged_in,
        OIDCCPromptNoneLoggedIn => prompt_none_logged_in,
        OIDCCMaxAge1 => max_age_1,
        OIDCCMaxAge10000 => max_age_10000,
        OIDCCEnsureRequestWithUnknownParameterSucceeds => unknown_parameter,
        OIDCCIdTokenHint => id_token_hint,
        OIDCCLoginHint => login_hint,
        OIDCCUiLocales => ui_locales,
        OIDCCClaimsLocales => claims_locales,
        OIDCCEnsureRequestWithAcrValuesSucceeds => acr_values,
        OIDCCAuthCodeReuse => code_reuse,
        OIDCCAuthCodeReuseAfter30Seconds => code_reuse_later,
        OIDCCEnsureRegisteredRedirectUri => registered_redirect_uri,
        OIDCCEnsurePostRequestSucceeds => post_request,
        OIDCCServerTestClientSecretPost => secret_post,
        OIDCCRequestUriUnsignedSupportedCorrectlyOrRejectedAsUnsupported => request_uri,
        OIDCCUnsignedRequestObjectSupportedCorrectlyOrRejectedAsUnsupported => request_object,
        OIDCCClaimsEssential => claims_essential,
        OIDCCRefreshToken => refresh_token,
        OIDCCEnsureRequestWithValidPkceSucceeds => pkce,
    );
    let rs256 = json!({"id_token_signed_response_alg": "RS256"});
    plan!(Rp::with(&demo, &rs256), OIDCCIdTokenSignature => id_token_by_rs256);
    recorded("oidcc-basic-certification-test-plan", &ran);
}

async fn server(rp: &mut Rp) -> Outcome {
    let landing = rp.landed(&[]).await?;
    check(landing.get("state").is_some_and(|state| state == "a state"), "state is not given back")?;
    check(landing.get("iss") == Some(&rp.base), "iss is not the issuer")?;
    let (status, tokens) = rp.token(landing.get("code").ok_or("no code")?).await;
    check(status == 200, format!("{tokens}"))?;
    check(tokens["token_type"] == "Bearer", "the token is no bearer's")?;
    let claims = rp.believed(&tokens["id_token"]).await?;
    check(claims["iss"] == rp.base.as_str() && claims["aud"] == rp.id.as_str(), "iss or aud")?;
    check(claims["nonce"] == "a nonce", "nonce")?;
    let at = |name: &str| claims[name].as_i64().unwrap_or_default();
    check(at("exp") > at("iat") && at("iat") >= at("auth_time"), "times")?;
    check(claims["sub"].as_str().is_some_and(|sub| sub.is_ascii() && sub.len() <= 255), "sub")
}

async fn response_type_missing(rp: &mut Rp) -> Outcome {
    let landing = rp.landed(&[("response_type", "")]).await?;
    check(
        landing.get("error").is_some_and(|error| error == "invalid_request"),
        format!("{landing:?}"),
    )
}

async fn id_token_signature(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[]).await?;
    let token = tokens["id_token"].as_str().unwrap_or_default();
    let header = wire::b64::decode(token.split('.').next().unwrap_or_default()).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    check(header["kid"].is_string() && header["alg"] == "ES256", format!("{header}"))?;
    rp.believed(&tokens["id_token"]).await.map(drop)
}

/// Core §15.1, for a client that registered so.
async fn id_token_by_rs256(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[("scope", "openid offline_access"), ("prompt", "consent")]).await?;
    let token = tokens["id_token"].as_str().unwrap_or_default();
    let header = wire::b64::decode(token.split('.').next().unwrap_or_default()).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    check(header["alg"] == "RS256", format!("{header}"))?;
    rp.believed(&tokens["id_token"]).await?;
    // As a hint it is read again.
    rp.tokens(&[("prompt", "none"), ("id_token_hint", token)]).await.map(drop)
}

async fn same_sub(rp: &Rp, tokens: &Value, said: &Value) -> Outcome {
    let claims = rp.believed(&tokens["id_token"]).await?;
    check(said["sub"] == claims["sub"] && said["sub"].is_string(), format!("{said}"))
}

async fn userinfo_get(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[]).await?;
    let (_, said) = rp.userinfo(access(&tokens)).await;
    same_sub(rp, &tokens, &said).await
}

async fn userinfo_post_header(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[]).await?;
    let request = rp.http.post(format!("{}/oauth/userinfo", rp.base)).bearer_auth(access(&tokens));
    let said = request.send().await.unwrap().json().await.unwrap_or_default();
    same_sub(rp, &tokens, &said).await
}

async fn userinfo_post_body(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[]).await?;
    let form = [("access_token", access(&tokens))];
    let request = rp.http.post(format!("{}/oauth/userinfo", rp.base)).form(&form);
    let said = request.send().await.unwrap().json().await.unwrap_or_default();
    same_sub(rp, &tokens, &said).await
}

async fn without_nonce(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[("nonce", "")]).await?;
    check(rp.believed(&tokens["id_token"]).await?.get("nonce").is_none(), "a nonce from nowhere")
}

async fn scope_profile(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[("scope", "openid profile")]).await?;
    let (_, said) = rp.userinfo(access(&tokens)).await;
    check(said["name"].is_string(), format!("{said}"))
}

async fn scope_all(rp: &mut Rp) -> Outcome {
    // A scope that the server does not offer is passed over (Core §3.1.2.1).
    let all = "openid profile email phone address";
    let tokens = rp.tokens(&[("scope", &format!("{all} what-is-this"))]).await?;
    let (_, said) = rp.userinfo(access(&tokens)).await;
    let told = ["name", "email", "phone_number", "address"].iter().all(|one| !said[*one].is_null());
    check(told && tokens["scope"] == all, format!("{tokens} {said}"))
}

/// What the UserInfo endpoint says of a claim by its scope alone.
async fn by_scope(rp: &Rp, scope: &str) -> Result<Value, String> {
    let tokens = rp.tokens(&[("scope", &format!("openid {scope}"))]).await?;
    let (_, said) = rp.userinfo(access(&tokens)).await;
    check(said["name"].is_null(), format!("more than {scope}: {said}"))?;
    Ok(said)
}

async fn scope_email(rp: &mut Rp) -> Outcome {
    let said = by_scope(rp, "email").await?;
    // Her own word, and said to be no more.
    let holds = said["email"] == "mei.ling@example.hk" && said["email_verified"] == false;
    check(holds, format!("{said}"))
}

async fn scope_address(rp: &mut Rp) -> Outcome {
    let said = by_scope(rp, "address").await?;
    let holds = said["address"]["formatted"] == "1 Harbour Road, Wan Chai"
        && said["address#zh-Hant-HK"]["formatted"] == "灣仔港灣道一號";
    check(holds, format!("{said}"))
}

async fn scope_phone(rp: &mut Rp) -> Outcome {
    let said = by_scope(rp, "phone").await?;
    let number = said["phone_number"].as_str().unwrap_or_default().replace(' ', "");
    check(number == "+85251234567" && said["phone_number_verified"] == false, format!("{said}"))
}

async fn alternate(rp: &mut Rp) -> Outcome {
    let other =
        [("state", ""), ("login_hint", "x"), ("scope", "openid profile"), ("display", "touch")];
    let landing = rp.landed(&other).await?;
    check(!landing.contains_key("state"), "a state from nowhere")?;
    let (status, tokens) = rp.token(landing.get("code").ok_or("no code")?).await;
    check(status == 200, format!("{tokens}"))
}

async fn succeeds(rp: &Rp, more: &[(&str, &str)]) -> Outcome {
    rp.tokens(more).await.map(drop)
}

async fn display_page(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[("display", "page")]).await
}

async fn display_popup(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[("display", "popup")]).await
}

async fn twice(rp: &Rp, second: &[(&str, &str)]) -> Result<[Value; 2], String> {
    let first = rp.tokens(&[]).await?;
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let second = rp.tokens(second).await?;
    Ok([rp.believed(&first["id_token"]).await?, rp.believed(&second["id_token"]).await?])
}

async fn prompt_login(rp: &mut Rp) -> Outcome {
    let [first, second] = twice(rp, &[("prompt", "login")]).await?;
    let at = |claims: &Value| claims["auth_time"].as_i64().unwrap_or_default();
    check(first["sub"] == second["sub"] && at(&second) > at(&first), "nobody signed in anew")
}

async fn prompt_none_not_logged_in(rp: &mut Rp) -> Outcome {
    let landing = rp.landed(&[("prompt", "none")]).await?;
    check(
        landing.get("error").is_some_and(|error| error == "login_required"),
        format!("{landing:?}"),
    )
}

async fn prompt_none_logged_in(rp: &mut Rp) -> Outcome {
    let [first, second] = twice(rp, &[("prompt", "none")]).await?;
    check(
        first["sub"] == second["sub"] && first["auth_time"] == second["auth_time"],
        "another sign-in",
    )
}

async fn max_age_1(rp: &mut Rp) -> Outcome {
    let [first, second] = twice(rp, &[("max_age", "1")]).await?;
    check(
        first["auth_time"] != second["auth_time"] && second["auth_time"].is_i64(),
        "nobody signed in anew",
    )
}

async fn max_age_10000(rp: &mut Rp) -> Outcome {
    let [first, second] = twice(rp, &[("max_age", "10000")]).await?;
    check(
        first["auth_time"] == second["auth_time"] && first["sub"] == second["sub"],
        "signed in anew",
    )
}

async fn unknown_parameter(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[("extra", "foobar")]).await
}

async fn id_token_hint(rp: &mut Rp) -> Outcome {
    let first = rp.tokens(&[]).await?;
    let hint = first["id_token"].as_str().unwrap_or_default();
    let second = rp.tokens(&[("prompt", "none"), ("id_token_hint", hint)]).await?;
    let (first, second) =
        (rp.believed(&first["id_token"]).await?, rp.believed(&second["id_token"]).await?);
    check(first["sub"] == second["sub"], "another person")
}

async fn login_hint(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[("login_hint", "buffy@example.com")]).await
}

async fn ui_locales(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[("ui_locales", "se")]).await
}

async fn claims_locales(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[("claims_locales", "se")]).await
}

async fn acr_values(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[("acr_values", "1 2")]).await?;
    check(rp.believed(&tokens["id_token"]).await?["acr"].is_string(), "no acr")
}

async fn code_reuse(rp: &mut Rp) -> Outcome {
    reuse(rp, 0).await
}

async fn code_reuse_later(rp: &mut Rp) -> Outcome {
    // Not at the moment when the server lets go of the idle connection.
    reuse(rp, 33).await
}

async fn reuse(rp: &Rp, after: u64) -> Outcome {
    let code = rp.code(&[]).await?;
    let (_, tokens) = rp.token(&code).await;
    check(rp.userinfo(access(&tokens)).await.0 == 200, "the first use gives nothing")?;
    tokio::time::sleep(std::time::Duration::from_secs(after)).await;
    let (status, again) = rp.token(&code).await;
    check(status == 400 && again["error"] == "invalid_grant", format!("{again}"))?;
    check(rp.userinfo(access(&tokens)).await.0 == 401, "what the first use gave still works")
}

async fn registered_redirect_uri(rp: &mut Rp) -> Outcome {
    let other = format!("{}/more", rp.back);
    match rp.authorize(&[("redirect_uri", &other)]).await {
        Err(page) => check(page.status == 400, format!("{}", page.status)),
        Ok(landing) => Err(format!("sent to an address that was not registered: {landing:?}")),
    }
}

async fn post_request(rp: &mut Rp) -> Outcome {
    let address = url::Url::parse(&rp.address(&[])).unwrap();
    let pairs: Vec<_> = address.query_pairs().into_owned().collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = rp.browser.post("/oauth/authorize", &pairs).await;
    let landing = rp.follow(page).await.map_err(|page| format!("stopped at {}", page.status))?;
    check(landing.contains_key("code"), format!("{landing:?}"))
}

async fn secret_post(rp: &mut Rp) -> Outcome {
    let code = rp.code(&[]).await?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &rp.back),
        ("code_verifier", &rp.verifier),
        ("client_id", &rp.id),
        ("client_secret", &rp.secret),
    ];
    let answer = rp.http.post(format!("{}/oauth/token", rp.base)).form(&form).send().await.unwrap();
    check(answer.status() == 200, format!("{}", answer.status()))
}

async fn request_uri(rp: &mut Rp) -> Outcome {
    match rp.authorize(&[("request_uri", "https://else.example/request")]).await {
        Err(page) => check(page.status == 400, format!("{}", page.status)),
        Ok(landing) => check(landing.contains_key("error"), format!("{landing:?}")),
    }
}

async fn request_object(rp: &mut Rp) -> Outcome {
    let object =
        format!("{}.{}.", wire::b64::encode(b"{\"alg\":\"none\"}"), wire::b64::encode(b"{}"));
    let landing = rp.landed(&[("request", &object)]).await?;
    let said = landing.get("error").map(String::as_str);
    check(said == Some("request_not_supported"), format!("{landing:?}"))
}

async fn claims_essential(rp: &mut Rp) -> Outcome {
    let claims = json!({"userinfo": {"name": {"essential": true}}}).to_string();
    let tokens = rp.tokens(&[("claims", &claims)]).await?;
    let (_, said) = rp.userinfo(access(&tokens)).await;
    check(said["name"].is_string(), format!("{said}"))
}

async fn refresh_token(rp: &mut Rp) -> Outcome {
    let tokens = rp.tokens(&[("scope", "openid offline_access"), ("prompt", "consent")]).await?;
    let refresh = tokens["refresh_token"].as_str().ok_or("no refresh token")?;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let (status, later) = rp.ask(&form).await;
    check(status == 200 && later["access_token"] != tokens["access_token"], format!("{later}"))?;
    let (first, second) =
        (rp.believed(&tokens["id_token"]).await?, rp.believed(&later["id_token"]).await?);
    let same = |name: &str| first[name] == second[name];
    check(same("sub") && same("iss") && same("aud") && same("auth_time"), "another ID token")
}

async fn pkce(rp: &mut Rp) -> Outcome {
    succeeds(rp, &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_discovery_document_is_that_of_the_config_plan() {
    let demo = Demo::start().await;
    let ran = plan!(Rp::new(&demo), OIDCCDiscoveryEndpointVerification => discovery);
    recorded("oidcc-config-certification-test-plan", &ran);
}

async fn discovery(rp: &mut Rp) -> Outcome {
    let said = rp.discovery().await;
    check(said["issuer"] == rp.base.as_str(), "issuer")?;
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        check(said[name].as_str().is_some_and(|url| url.starts_with(&rp.base)), name)?;
    }
    for (name, value) in [
        ("response_types_supported", "code"),
        ("grant_types_supported", "authorization_code"),
        ("subject_types_supported", "pairwise"),
        ("scopes_supported", "openid"),
        ("claims_supported", "sub"),
        ("id_token_signing_alg_values_supported", "ES256"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("code_challenge_methods_supported", "S256"),
    ] {
        let has = said[name].as_array().is_some_and(|all| all.iter().any(|one| one == value));
        check(has, format!("{name} lacks {value}"))?;
    }
    let keys = said["jwks_uri"].as_str().unwrap_or_default();
    let keys: Value = rp.http.get(keys).send().await.unwrap().json().await.unwrap();
    let all = keys["keys"].as_array().cloned().unwrap_or_default();
    let kids: std::collections::BTreeSet<_> =
        all.iter().map(|key| key["kid"].to_string()).collect();
    check(!all.is_empty() && kids.len() == all.len(), "keys without names of their own")?;
    check(all.iter().all(|key| key.get("d").is_none()), "a private key")
}

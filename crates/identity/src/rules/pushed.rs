//! A pushed authorisation request (RFC 9126), judged.

use super::{
    FORMS, IDENTITY, OPENID, RECORDS, claims, details_element, details_type, has_scope,
    is_anonymous, redirect_matches,
};
use crate::{
    error::{Code, Refusal, Verdict},
    model::{Asked, Client, Flow, OpenId},
    oauth::Params,
};
use wire::b64;

/// What a client may ask: code alone, PKCE with S256, an address exactly as registered. `proof` is the
/// thumbprint of the DPoP proof that came with it, if one did.
pub fn pushed(client: &Client, params: &Params, proof: Option<&str>) -> Verdict<Asked> {
    let bad = |why: &'static str| Refusal::new(Code::InvalidRequest, why);
    if params.get("request_uri").is_some() {
        return Err(bad("request_uri does not belong into a pushed request"));
    }
    if params.get("request").is_some() {
        return Err(Refusal::new(Code::RequestNotSupported, "request objects are not supported"));
    }
    if params.get("client_id").is_some_and(|id| id != client.id) {
        return Err(bad("client_id is not the client that authenticated"));
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(Refusal::new(Code::UnsupportedResponseType, "response_type must be code"));
        }
        None => return Err(bad("response_type is missing")),
    }
    let signed_answer = match params.get("response_mode") {
        None | Some("query") => false,
        Some("jwt" | "query.jwt") => true,
        Some(_) => return Err(bad("response_mode must be query or jwt")),
    };
    let redirect_uri = params.get("redirect_uri").ok_or_else(|| bad("redirect_uri is missing"))?;
    if !redirect_matches(client, redirect_uri) {
        return Err(bad("redirect_uri is not one this client registered"));
    }
    if params.get("code_challenge_method") != Some("S256") {
        return Err(bad("code_challenge_method must be S256"));
    }
    let thumbprint = |text: &&str| b64::decode_array::<32>(text).is_ok();
    let challenge = params
        .get("code_challenge")
        .filter(thumbprint)
        .ok_or_else(|| bad("code_challenge is not a SHA-256 digest"))?;
    if params.get("state").is_some_and(|state| state.len() > 1024) {
        return Err(bad("state is too long"));
    }
    if params.get("grant_management_action").is_some_and(|action| action != "create") {
        return Err(bad("grant_management_action must be create: a change is a new consent"));
    }
    let jkt = match (params.get("dpop_jkt"), proof) {
        (Some(said), Some(shown)) if said != shown => {
            return Err(Refusal::new(
                Code::InvalidDpopProof,
                "dpop_jkt is not the key of the proof",
            ));
        }
        (Some(said), _) if !thumbprint(&said) => return Err(bad("dpop_jkt is not a thumbprint")),
        (said, shown) => shown.or(said),
    };
    let scope = scope(client, params.get("scope"))?;
    let details = match (details_type(&scope), params.get("authorization_details")) {
        (Some(kind), Some(text)) => Some(details_element(text, kind)?),
        (Some(_), None) => return Err(bad("authorization_details is missing")),
        (None, Some(_)) => {
            return Err(Refusal::new(
                Code::InvalidAuthorizationDetails,
                "ask for records and forms with their scopes",
            ));
        }
        (None, None) => None,
    };
    if has_scope(&scope, OPENID) && details.as_ref().is_some_and(is_anonymous) {
        return Err(Refusal::new(Code::InvalidScope, "a form without a name tells no name"));
    }
    let openid = has_scope(&scope, OPENID).then(|| openid(client, params, &scope)).transpose()?;
    Ok(Asked {
        redirect_uri: redirect_uri.to_owned(),
        state: params.get("state").map(ToOwned::to_owned),
        signed_answer,
        scope,
        challenge: challenge.to_owned(),
        jkt: jkt.map(ToOwned::to_owned),
        details,
        openid,
    })
}

/// What a client may ask a person for. Records and claims are decided on different pages: not both at once.
/// A baseline client's scopes that we do not know are passed over (Core §3.1.2.1).
fn scope(client: &Client, asked: Option<&str>) -> Verdict<String> {
    let refused = |why: &'static str| Err(Refusal::new(Code::InvalidScope, why));
    let asked = asked.filter(|text| !text.is_empty()).unwrap_or(RECORDS);
    let may = |one: &str| {
        ([RECORDS, FORMS].contains(&one) || IDENTITY.contains(&one))
            && has_scope(&client.scopes, one)
    };
    let lenient = client.terms.flow == Flow::Baseline;
    let given: Vec<_> = asked.split(' ').filter(|one| !lenient || may(one)).collect();
    if !given.iter().all(|one| may(one)) {
        return refused("this client may not ask a person for this scope");
    }
    if !given.iter().any(|one| [RECORDS, FORMS, OPENID].contains(one)) {
        return refused("openid is missing");
    }
    for alone in [RECORDS, FORMS] {
        if given.contains(&alone) && given.iter().any(|one| ![alone, OPENID].contains(one)) {
            return refused("ask for records, for a form and for claims separately");
        }
    }
    Ok(given.join(" "))
}

/// The parameters of OpenID Connect Core §3.1.2.1. `display`, `ui_locales`, `claims_locales` and `login_hint` are
/// wishes: taken as such.
fn openid(client: &Client, params: &Params, scope: &str) -> Verdict<OpenId> {
    let bad = |why: &'static str| Err(Refusal::new(Code::InvalidRequest, why));
    let prompt = params.get("prompt").unwrap_or_default();
    let known = ["none", "login", "consent", "select_account"];
    let words: Vec<_> = prompt.split(' ').filter(|word| !word.is_empty()).collect();
    if !words.iter().all(|word| known.contains(word)) {
        return bad("prompt is not known");
    }
    if words.contains(&"none") && words.len() > 1 {
        return bad("prompt=none stands alone");
    }
    let max_age = params.get("max_age").map(str::parse::<u32>).transpose();
    let Ok(max_age) = max_age else { return bad("max_age is not a number of seconds") };
    if params.get("nonce").is_some_and(|nonce| nonce.len() > 512) {
        return bad("nonce is too long");
    }
    let claims = claims::wanted(scope, params.get("claims"));
    let Some(claims) = claims else { return bad("claims cannot be read") };
    if details_type(scope).is_some() && !claims.is_empty() {
        return bad("ask for records and for claims separately");
    }
    let acr_values = params.get("acr_values").map(ToOwned::to_owned);
    let acr_values = acr_values.unwrap_or_else(|| client.terms.default_acr_values.join(" "));
    let (acr, acr_essential) = claims::acr(&acr_values, params.get("claims"));
    if acr.len() > 1024 {
        return bad("acr_values is too long");
    }
    Ok(OpenId {
        acr,
        acr_essential,
        nonce: params.get("nonce").map(ToOwned::to_owned),
        prompt: words.join(" "),
        max_age: max_age.map(i64::from).or(client.terms.default_max_age),
        hint: params.get("id_token_hint").map(ToOwned::to_owned),
        claims,
    })
}

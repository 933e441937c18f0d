//! A pushed authorisation request (RFC 9126), judged.

use super::{RECORDS, details_element, has_scope, redirect_matches};
use crate::{
    error::{Code, Refusal, Verdict},
    model::{Asked, Client},
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
    if params.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(bad("response_mode must be query"));
    }
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
    Ok(Asked {
        redirect_uri: redirect_uri.to_owned(),
        state: params.get("state").map(ToOwned::to_owned),
        scope: scope(client, params.get("scope"))?,
        challenge: challenge.to_owned(),
        jkt: jkt.map(ToOwned::to_owned),
        details: details_element(
            params
                .get("authorization_details")
                .ok_or_else(|| bad("authorization_details is missing"))?,
        )?,
    })
}

fn scope(client: &Client, asked: Option<&str>) -> Verdict<String> {
    let asked = asked.filter(|text| !text.is_empty()).unwrap_or(RECORDS);
    let known = |one: &str| one == RECORDS && has_scope(&client.scopes, one);
    if !asked.split(' ').all(known) {
        return Err(Refusal::new(
            Code::InvalidScope,
            "this client may not ask a person for this scope",
        ));
    }
    Ok(asked.to_owned())
}

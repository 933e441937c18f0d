//! An authorisation request as a client signed it (RFC 9101), as FAPI 2.0 Message Signing §5.3 narrows it.

use crate::{
    Error,
    jwk::Jwks,
    jws::{OF_CLIENTS, Parsed},
};
use serde_json::{Map, Value};

/// Clocks may differ by this many seconds.
const SKEW: i64 = 10;
/// An object is good for an hour at most, and begins at most an hour ago.
const HOUR: i64 = 3600;
/// Longest object read, in bytes.
const LONGEST: usize = 48 * 1024;
/// What a JWT says of itself, and is no parameter of the request.
const OWN: [&str; 7] = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"];

/// Why an object was refused: `invalid_request_object`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a JWS we read, or not signed by a key of the client.
    #[error("{0}")]
    Form(#[from] Error),
    /// Another kind of token.
    #[error("typ is of another kind of token")]
    Typ,
    /// `iss` or `client_id` is not the client, or `sub` is.
    #[error("the request object is not this client's")]
    Client,
    /// `aud` is not our issuer.
    #[error("aud is not this issuer")]
    Audience,
    /// `exp` or `nbf` is missing or does not allow now.
    #[error("the request object is not for now")]
    Time,
    /// A request within a request.
    #[error("request and request_uri do not belong into a request object")]
    Nested,
}

/// The parameters of a request object, each as a form would carry it: a text, or JSON. `now` is seconds since
/// 1970.
pub fn read(
    object: &str,
    keys: &Jwks,
    client: &str,
    issuer: &str,
    now: i64,
) -> Result<Vec<(String, String)>, Refusal> {
    let parsed = Parsed::new(object, LONGEST)?;
    if !matches!(parsed.header().typ.as_deref(), None | Some("oauth-authz-req+jwt" | "JWT" | "jwt"))
    {
        return Err(Refusal::Typ);
    }
    let payload = parsed.verify_by_set(keys, OF_CLIENTS)?;
    let claims: Map<String, Value> =
        serde_json::from_slice(payload).map_err(|_| Error::Malformed("request object"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(client)
        || claims.get("client_id").is_some_and(|id| id != client)
        // It could otherwise serve as the client's assertion (RFC 9101 §10.8).
        || text("sub") == Some(client)
    {
        return Err(Refusal::Client);
    }
    let for_us = match claims.get("aud") {
        // FAPI 2.0 Message Signing §5.3.1: or among others.
        Some(Value::Array(all)) => all.iter().any(|one| one == issuer),
        Some(one) => one == issuer,
        None => false,
    };
    if !for_us {
        return Err(Refusal::Audience);
    }
    let at = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(begin), Some(end)) = (at("nbf"), at("exp")) else { return Err(Refusal::Time) };
    let fits = begin <= now.saturating_add(SKEW)
        && begin >= now.saturating_sub(HOUR + SKEW)
        && end > now.saturating_sub(SKEW)
        && end <= begin.saturating_add(HOUR);
    if !fits {
        return Err(Refusal::Time);
    }
    if ["request", "request_uri"].iter().any(|name| claims.contains_key(*name)) {
        return Err(Refusal::Nested);
    }
    let plain = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let parameters = claims.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    Ok(parameters.map(|(name, value)| (name, plain(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::{Refusal, read};
    use crate::{
        jwk::{Jwks, PrivateJwk},
        jws::SigningKey,
    };
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn a_request_object_is_its_clients_for_us_and_for_now() {
        let jwk = PrivateJwk::generate_p256("sig").unwrap();
        let (key, other) = (
            SigningKey::new(&jwk).unwrap(),
            SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap(),
        );
        let keys = Jwks::parse(json!({"keys": [jwk.public]}).to_string().as_bytes()).unwrap();
        let good = json!({
            "iss": "clinic", "aud": "https://us", "nbf": NOW, "exp": NOW + 300, "client_id": "clinic",
            "scope": "openid", "max_age": 5, "claims": {"userinfo": {"name": null}},
        });
        let signed = |key: &SigningKey, typ: &str, claims: &Value| {
            key.sign(&json!({"typ": typ}), claims.to_string().as_bytes()).unwrap()
        };
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            signed(&key, "oauth-authz-req+jwt", &claims)
        };
        let said = |object: &str| read(object, &keys, "clinic", "https://us", NOW);
        let read = said(&signed(&key, "oauth-authz-req+jwt", &good)).unwrap();
        let value =
            |name: &str| read.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        assert_eq!(value("max_age"), Some("5"));
        assert_eq!(value("claims"), Some(r#"{"userinfo":{"name":null}}"#));
        assert_eq!(value("iss"), None, "what the token says of itself is no parameter");

        assert_eq!(said(&signed(&key, "at+jwt", &good)), Err(Refusal::Typ));
        assert!(matches!(said(&signed(&other, "JWT", &good)), Err(Refusal::Form(_))));
        assert!(matches!(said("e30.e30."), Err(Refusal::Form(_))));
        for (name, value, why) in [
            ("iss", json!("bank"), Refusal::Client),
            ("client_id", json!("bank"), Refusal::Client),
            ("sub", json!("clinic"), Refusal::Client),
            ("aud", json!("https://else"), Refusal::Audience),
            ("aud", json!(["https://else", "https://us.else"]), Refusal::Audience),
            ("aud", Value::Null, Refusal::Audience),
            ("exp", json!(NOW - 3600), Refusal::Time),
            ("exp", Value::Null, Refusal::Time),
            ("exp", json!(NOW + 3601), Refusal::Time),
            ("nbf", Value::Null, Refusal::Time),
            ("nbf", json!(NOW + 3600), Refusal::Time),
            ("nbf", json!(NOW - 3700), Refusal::Time),
            ("request", json!("e30.e30."), Refusal::Nested),
            ("request_uri", json!("urn:x"), Refusal::Nested),
        ] {
            assert_eq!(said(&with(name, value.clone())), Err(why), "{name} {value}");
        }
        assert!(said(&with("aud", json!(["https://else", "https://us"]))).is_ok());
        for near in [10, -10] {
            assert!(said(&with("nbf", json!(NOW + near))).is_ok(), "clocks differ by ten seconds");
        }
    }
}

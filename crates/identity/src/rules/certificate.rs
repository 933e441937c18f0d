//! Certificates that programs show when a connection begins (RFC 8705), and tokens that are bound to them.

use serde_json::{Value as Json, json};
use wire::b64;

/// Before the digest of a certificate, where else a key's thumbprint stands.
const BOUND: &str = "x5t#S256:";

/// The digests of the certificates that stand in a client's keys: the first of each `x5c` (RFC 7517 §4.7).
pub fn registered(jwks: &Json) -> impl Iterator<Item = [u8; 32]> + '_ {
    let keys = jwks["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| {
        let der = b64::from_standard(key["x5c"][0].as_str()?).ok()?;
        Some(wire::sha256(&[&der]))
    })
}

/// What a token bound to this certificate is bound to.
pub fn binding(certificate: &[u8; 32]) -> String {
    format!("{BOUND}{}", b64::encode(certificate))
}

/// Whether something is bound to a certificate.
pub fn is_binding(key: &str) -> bool {
    key.starts_with(BOUND)
}

/// `cnf` of what a token is bound to, if to anything (RFC 9449 §6, RFC 8705 §3.1).
pub fn confirmation(key: &str) -> Option<Json> {
    match key.strip_prefix(BOUND) {
        Some(digest) => Some(json!({"x5t#S256": digest})),
        None => (!key.is_empty()).then(|| json!({"jkt": key})),
    }
}

/// How a token bound so is sent.
pub fn token_type(key: &str) -> &'static str {
    if key.is_empty() || is_binding(key) { "Bearer" } else { "DPoP" }
}

#[cfg(test)]
mod tests {
    use super::{binding, confirmation, token_type};

    #[test]
    fn what_a_token_is_bound_to_is_said_by_its_own_name() {
        let bound = binding(&[7; 32]);
        assert_eq!(confirmation(&bound).unwrap()["x5t#S256"], wire::b64::encode([7; 32]));
        assert_eq!(confirmation("thumbprint").unwrap()["jkt"], "thumbprint");
        assert_eq!(confirmation(""), None);
        assert_eq!([&bound, "thumbprint", ""].map(token_type), ["Bearer", "DPoP", "Bearer"]);
    }
}

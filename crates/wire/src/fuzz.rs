//! What the fuzz targets call: each takes any bytes and must answer without a panic.

use crate::{
    assertion::Unverified,
    dpop::{Expected, check},
    jwe::{OpeningKey, Recipient, recipient_kid},
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::{Parsed, SigningKey},
    request_object,
    tlog::{Bundle, Checkpoint, Note, NoteVerifier, TilePath, TlogProof},
};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A fuzz target: its name, which is that of its corpus folder, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] =
    &[("dpop", dpop), ("jar", jar), ("jose", jose), ("jwe", jwe), ("jwt", jwt), ("log", log)];

const ISSUER: &str = "https://server.example.com";
const CLIENT: &str = "s6BhdRkqt3";
/// When the proofs of the corpus were made.
const NOW: i64 = 1_562_262_616;

fn expected() -> Expected<'static> {
    Expected {
        method: "POST",
        url: "https://server.example.com/token",
        now: NOW,
        token: None,
        nonces: None,
    }
}

/// A DPoP proof and a client assertion.
pub fn dpop(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = check(text, expected());
    signed_proof(text);
    let _ = Unverified::new(text)
        .map(|read| read.verify(&Jwks::default(), "https://server.example.com", 0));
}

/// A proof's header and claims as two lines of JSON, signed here: a changed byte is a changed claim, and one
/// that is good is let through, `true`.
fn signed_proof(text: &str) -> bool {
    let own = |key: &SigningKey| ("jwk", serde_json::to_value(Jwk::from(key.public().key.clone())));
    let Some((proof, _)) = signed(text, own) else { return false };
    let Ok(proof) = check(&proof, expected()) else { return false };
    assert!((NOW - 60..=NOW + 10).contains(&proof.iat) && !proof.jti.is_empty());
    true
}

/// Two lines of JSON as header and claims, signed by a key of ours, with the set that it stands in.
fn signed(
    text: &str,
    more: impl Fn(&SigningKey) -> (&'static str, serde_json::Result<Value>),
) -> Option<(String, Jwks)> {
    static KEY: LazyLock<Option<SigningKey>> = LazyLock::new(|| {
        PrivateJwk::generate_p256("sig").and_then(|key| SigningKey::new(&key)).ok()
    });
    let (key, (header, claims)) = (KEY.as_ref()?, text.split_once('\n')?);
    let mut header = serde_json::from_str::<Map<String, Value>>(header).ok()?;
    let (name, value) = more(key);
    header.entry(name).or_insert(value.ok()?);
    let token = key.sign_header(&header, claims.as_bytes()).ok()?;
    Some((token, Jwks { keys: vec![key.public().clone()] }))
}

fn es256(_: &SigningKey) -> (&'static str, serde_json::Result<Value>) {
    ("alg", Ok("ES256".into()))
}

/// A client's assertion, as it comes and with its claims signed here.
pub fn jwt(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Unverified::new(text).map(|read| read.verify(&Jwks::default(), ISSUER, NOW));
    signed_assertion(text);
}

fn signed_assertion(text: &str) -> bool {
    let Some((token, keys)) = signed(text, es256) else { return false };
    let read = Unverified::new(&token).and_then(|read| read.verify(&keys, ISSUER, NOW));
    let Ok(read) = read else { return false };
    assert!(!read.client_id.is_empty() && !read.jti.is_empty() && read.exp > NOW - 60);
    true
}

/// A request object, as it comes and with its claims signed here.
pub fn jar(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = request_object::read(text, &Jwks::default(), CLIENT, ISSUER, NOW);
    signed_request(text);
}

fn signed_request(text: &str) -> bool {
    let Some((token, keys)) = signed(text, es256) else { return false };
    let Ok(read) = request_object::read(&token, &keys, CLIENT, ISSUER, NOW) else { return false };
    assert!(!read.iter().any(|(name, _)| ["request", "request_uri", "iss"].contains(&&**name)));
    true
}

/// An encrypted token, as it comes; and what is encrypted here opens, but with one bit flipped.
pub fn jwe(bytes: &[u8]) {
    static KEY: LazyLock<Option<(OpeningKey, Recipient)>> = LazyLock::new(|| {
        let key = PrivateJwk::generate_p256("enc").ok()?;
        Some((OpeningKey::new(&key).ok()?, Recipient::new(&key.public).ok()?))
    });
    let Some((opening, recipient)) = &*KEY else { return };
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (recipient_kid(text, 65_536), opening.decrypt(text, 65_536));
    }
    let Ok(token) = recipient.encrypt(None, bytes.to_vec()) else { return };
    let opened = opening.decrypt(&token, token.len()).map(|opened| opened.plaintext);
    assert_eq!(opened.as_deref(), Ok(bytes));
    let at = bytes.first().map_or(0, |byte| usize::from(*byte)) % token.len();
    let mut other = token.into_bytes();
    other[at] ^= 1;
    if let Ok(other) = String::from_utf8(other) {
        assert!(opening.decrypt(&other, other.len()).is_err(), "{at}");
    }
}

/// JWS, JWE and JWK.
pub fn jose(bytes: &[u8]) {
    let _ = (Jwk::parse(bytes), PrivateJwk::parse(bytes), Jwks::parse(bytes));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = recipient_kid(text, 65_536);
    if let Ok(read) = Parsed::new(text, 65_536) {
        let _ = read.header_as::<Value>();
    }
}

/// Notes, checkpoints, log proofs, keys, tile paths, bundles. What is read is written again the same.
pub fn log(bytes: &[u8]) {
    let _ = Bundle(bytes.to_vec()).entries();
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = (Note::parse(text), Checkpoint::parse(text), NoteVerifier::new(text));
    if let Ok(proof) = TlogProof::parse(text) {
        assert_eq!(TlogProof::parse(&proof.to_text()), Ok(proof));
    }
    if let Ok(path) = TilePath::parse(text) {
        assert_eq!(path.to_string(), text);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_proof_of_the_corpus_is_let_through_and_one_with_another_method_is_not() {
        let seed = include_str!("../../../fuzz/corpus/dpop/seed-claims");
        assert!(super::signed_proof(seed));
        assert!(!super::signed_proof(&seed.replace("POST", "PUT")));
    }

    #[test]
    fn the_assertion_and_the_request_of_the_corpus_are_let_through_and_altered_ones_are_not() {
        let seed = include_str!("../../../fuzz/corpus/jwt/seed-claims");
        assert!(super::signed_assertion(seed));
        assert!(!super::signed_assertion(&seed.replace("server", "else")));
        let seed = include_str!("../../../fuzz/corpus/jar/seed-claims");
        assert!(super::signed_request(seed));
        assert!(!super::signed_request(&seed.replace("server", "else")));
    }
}

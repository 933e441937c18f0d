//! What the fuzz targets call: each takes any bytes and must answer without a panic.

use crate::{
    assertion::Unverified,
    dpop::{Expected, check},
    jwe::recipient_kid,
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::{Parsed, SigningKey},
    tlog::{Bundle, Checkpoint, Note, NoteVerifier, TilePath, TlogProof},
};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A fuzz target: its name, which is that of its corpus folder, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[("dpop", dpop), ("jose", jose), ("log", log)];

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
    static KEY: LazyLock<Option<SigningKey>> = LazyLock::new(|| {
        PrivateJwk::generate_p256("sig").and_then(|key| SigningKey::new(&key)).ok()
    });
    let (Some(key), Some((header, claims))) = (&*KEY, text.split_once('\n')) else { return false };
    let Ok(mut header) = serde_json::from_str::<Map<String, Value>>(header) else { return false };
    let public = serde_json::to_value(key.public()).unwrap_or_default();
    header.entry("jwk").or_insert(public);
    let Ok(proof) = key.sign_header(&header, claims.as_bytes()) else { return false };
    let Ok(proof) = check(&proof, expected()) else { return false };
    assert!((NOW - 60..=NOW + 10).contains(&proof.iat) && !proof.jti.is_empty());
    true
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
}

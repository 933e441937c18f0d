//! What the fuzz targets call: each takes any bytes and must answer without a panic.

use crate::{
    assertion::Unverified,
    dpop::{Expected, check},
    jwe::recipient_kid,
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::Parsed,
    tlog::{Bundle, Checkpoint, Note, NoteVerifier, TilePath, TlogProof},
};

/// A fuzz target: its name, which is that of its corpus folder, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[("dpop", dpop), ("jose", jose), ("log", log)];

/// A DPoP proof and a client assertion.
pub fn dpop(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let expected = Expected {
        method: "POST",
        url: "https://server.example.com/token",
        now: 1_562_262_616,
        token: None,
        nonces: None,
    };
    let _ = check(text, expected);
    let _ = Unverified::new(text)
        .map(|read| read.verify(&Jwks::default(), "https://server.example.com", 0));
}

/// JWS, JWE and JWK.
pub fn jose(bytes: &[u8]) {
    let _ = (Jwk::parse(bytes), PrivateJwk::parse(bytes), Jwks::parse(bytes));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = recipient_kid(text, 65_536);
    if let Ok(read) = Parsed::new(text, 65_536) {
        let _ = read.header_as::<serde_json::Value>();
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

//! The bank of the demo as a data consumer: a fresh proof for each request, and a whole check of an answer.

use crate::{Failure, client::Connection, server::PRAYA};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use kernel::World;
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};
use wire::{
    b64,
    jwe::OpeningKey,
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::{Alg, Parsed, SigningKey},
    sha256,
    tlog::NoteVerifier,
};

/// Where records are fetched.
pub(crate) const PATH: &str = "/exchange/v1/records";
/// Where the server believes it is.
const ISSUER: &str = "https://localhost:8443";
/// Largest answer read, in bytes.
const MOST: usize = 1 << 24;

/// Keys, tokens and what an answer is checked with.
pub(crate) struct Consumer {
    world: World,
    key: SigningKey,
    header: Value,
    opening: OpeningKey,
    server: Jwks,
    log: NoteVerifier,
    tokens: Vec<String>,
    next: AtomicUsize,
}

impl Consumer {
    /// Reads a data folder whose server runs.
    pub(crate) async fn load(data: &Path) -> Result<Self, Failure> {
        let key = |name: &str| -> Result<PrivateJwk, Failure> {
            Ok(PrivateJwk::parse(&std::fs::read(data.join(name))?)?)
        };
        let signing = SigningKey::new(&key("bank-signing.json")?)?;
        let public = Jwk::from(signing.public().key.clone());
        let tokens = std::fs::read_to_string(data.join("tokens.txt"))?;
        let (_, jwks) =
            Connection::open(PRAYA, &data.join("ca.pem")).await?.get("/oauth/jwks").await?;
        Ok(Self {
            world: World::system(),
            header: json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public}),
            key: signing,
            opening: OpeningKey::new(&key("bank-encryption.json")?)?,
            server: Jwks::parse(&jwks)?,
            log: NoteVerifier::new(&std::fs::read_to_string(data.join("log.vkey"))?)?,
            tokens: tokens.lines().map(str::to_owned).collect(),
            next: AtomicUsize::new(0),
        })
    }

    /// The next token, one after another over all.
    pub(crate) fn token(&self) -> &str {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.tokens.len().max(1);
        self.tokens.get(at).map_or("", String::as_str)
    }

    /// A request with a fresh proof under this token, bound to the nonce.
    pub(crate) fn request(
        &self,
        token: &str,
        nonce: &str,
    ) -> Result<Request<Empty<Bytes>>, Failure> {
        let mut jti = [0; 16];
        self.world.entropy.fill(&mut jti);
        let claims = json!({
            "jti": b64::encode(jti), "htm": "POST", "htu": format!("{ISSUER}{PATH}"),
            "iat": self.world.clock.now().as_second(), "nonce": nonce, "ath": b64::encode(sha256(&[token.as_bytes()])),
        });
        let proof = self.key.sign_header(&self.header, claims.to_string().as_bytes())?;
        Ok(Request::post(PATH)
            .header("host", "localhost:8443")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof)
            .body(Empty::new())?)
    }

    /// Opens an answer and checks it as a bank must: signature, receipt, opening, payload. The length of
    /// the payload, in bytes.
    pub(crate) fn check(&self, answer: &[u8]) -> Result<usize, Failure> {
        let opened = self.opening.decrypt(std::str::from_utf8(answer)?, MOST)?;
        let jws = String::from_utf8(opened.plaintext)?;
        let parsed = Parsed::new(&jws, MOST)?;
        let payload = parsed.verify_by_set(&self.server, &[Alg::Es256])?;
        let header: Value = parsed.header_as()?;
        let receipt: evidence::Receipt = serde_json::from_value(header["receipt"].clone())?;
        let opening: evidence::Opening = serde_json::from_value(header["opening"].clone())?;
        let proven = evidence::verify::receipt(&receipt, &self.log)?;
        let record = evidence::verify::opening(&proven.entry, &opening)?;
        evidence::verify::payload(&record, payload)?;
        let claims: Value = serde_json::from_slice(payload)?;
        let complete = claims["registers"].as_array().is_some_and(|registers| {
            !registers.is_empty()
                && registers.iter().all(|register| register["status"] != "unavailable")
        });
        if complete { Ok(payload.len()) } else { Err("a source did not answer".into()) }
    }
}

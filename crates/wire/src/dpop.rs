//! Proof that the sender holds its key (DPoP, RFC 9449), with nonces no server has to remember.

use crate::{
    Error, b64,
    jws::{OF_CLIENTS, Parsed, VerifyingKey},
    sha256,
};
use aws_lc_rs::hmac;
use serde::Deserialize;
use std::borrow::Cow;
use url::{Position, Url};

/// A proof may be this old, in seconds.
const OLDEST: i64 = 60;
/// And may come from a clock this far ahead, in seconds.
const AHEAD: i64 = 10;
/// Longest proof read, in bytes.
const LONGEST: usize = 8192;
/// Longest `jti`, in bytes: it becomes a row.
const LONGEST_JTI: usize = 128;

/// What a request says of itself, for its proof to match.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// HTTP method, as sent.
    pub method: &'a str,
    /// The request's URL at our public address; query and fragment do not matter.
    pub url: &'a str,
    /// Seconds since 1970.
    pub now: i64,
    /// The access token that came with it; `None` at the token endpoint.
    pub token: Option<&'a str>,
    /// Where proofs must carry a nonce of ours.
    pub nonces: Option<&'a Nonces>,
}

/// A proof that holds. Whoever accepts it stores (`jkt`, `jti`) as a unique row in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// RFC 7638 thumbprint of the key.
    pub jkt: String,
    /// The proof's id, 1 to 128 bytes.
    pub jti: String,
    /// When it was made, seconds since 1970. The row may go once this is over a minute ago.
    pub iat: i64,
}

/// Why a proof was refused. All but [`Refusal::Nonce`] are `invalid_dpop_proof`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Send `use_dpop_nonce` with a fresh `DPoP-Nonce`.
    #[error("the proof has no nonce of ours, or an old one")]
    Nonce,
    /// Not a JWS we read; says why.
    #[error("{0}")]
    Form(#[from] Error),
    /// `typ` is not `dpop+jwt`.
    #[error("typ is not dpop+jwt")]
    Typ,
    /// No public key in the header.
    #[error("the header has no jwk")]
    NoKey,
    /// `htm` is not the request's method.
    #[error("htm is not this request's method")]
    Method,
    /// `htu` is not the request's URL.
    #[error("htu is not this request's URL")]
    Url,
    /// `iat` is more than 60 s ago or more than 10 s ahead.
    #[error("iat is not now")]
    Time,
    /// `ath` is not this access token's digest.
    #[error("ath is not this token's digest")]
    Token,
    /// `jti` is empty or longer than 128 bytes.
    #[error("jti is empty or too long")]
    Jti,
}

#[derive(Deserialize)]
struct Claims<'a> {
    jti: String,
    #[serde(borrow)]
    htm: Cow<'a, str>,
    #[serde(borrow)]
    htu: Cow<'a, str>,
    iat: i64,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Checks a proof as RFC 9449 §4.3 lists it, the signature last because it costs most.
///
/// That the token is bound to `jkt`, and that `jti` was not seen before, is for the caller to check.
pub fn check(proof: &str, expected: Expected<'_>) -> Result<Proof, Refusal> {
    let jws = Parsed::new(proof, LONGEST)?;
    let header = jws.header();
    if header.typ.as_deref() != Some("dpop+jwt") {
        return Err(Refusal::Typ);
    }
    let jwk = header.jwk.as_ref().ok_or(Refusal::NoKey)?;
    let claims: Claims<'_> = serde_json::from_slice(jws.unverified_payload())
        .map_err(|_| Error::Malformed("DPoP claims"))?;
    if claims.htm != expected.method {
        return Err(Refusal::Method);
    }
    if !same_url(&claims.htu, expected.url) {
        return Err(Refusal::Url);
    }
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
        return Err(Refusal::Jti);
    }
    if expected.token.is_some_and(|token| claims.ath.as_deref() != Some(ath(token).as_str())) {
        return Err(Refusal::Token);
    }
    // Before the time: a client with a wrong clock that is told a nonce may set itself by our `Date`.
    if let Some(nonces) = expected.nonces
        && !claims.nonce.as_deref().is_some_and(|nonce| nonces.check(nonce, expected.now))
    {
        return Err(Refusal::Nonce);
    }
    if claims.iat < expected.now.saturating_sub(OLDEST)
        || claims.iat > expected.now.saturating_add(AHEAD)
    {
        return Err(Refusal::Time);
    }
    jws.verify(&VerifyingKey::of(&jwk.key, jws.header().alg)?, OF_CLIENTS)?;
    Ok(Proof { jkt: jwk.key.thumbprint(), jti: claims.jti, iat: claims.iat })
}

/// The digest of an access token as `ath` carries it.
pub fn ath(token: &str) -> String {
    b64::encode(sha256(&[token.as_bytes()]))
}

/// Whether two URLs name one resource, query and fragment apart, after the normalisation of RFC 3986 §6.2.
fn same_url(claimed: &str, ours: &str) -> bool {
    let bare = |url: &'_ str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    if bare(claimed) == bare(ours) {
        return true;
    }
    match (Url::parse(claimed), Url::parse(ours)) {
        (Ok(a), Ok(b)) => a[..Position::AfterPath] == b[..Position::AfterPath],
        _ => false,
    }
}

/// Makes and knows again the nonces for proofs: a minute and its HMAC, so that every node that has the key
/// agrees and none remembers anything.
pub struct Nonces(hmac::Key);

impl Nonces {
    /// From a secret that all nodes share.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The nonce to hand out at `now` (seconds since 1970).
    pub fn make(&self, now: i64) -> String {
        self.of(now.div_euclid(60))
    }

    /// Whether we handed this nonce out within the last five minutes, a minute of clock difference allowed.
    pub fn check(&self, nonce: &str, now: i64) -> bool {
        let Ok(bytes) = b64::decode_array::<24>(nonce) else { return false };
        let (minute, tag) = bytes.split_at(8);
        let Ok(claimed) = minute.try_into().map(i64::from_be_bytes) else { return false };
        let fresh = (now.div_euclid(60) - 5..=now.div_euclid(60) + 1).contains(&claimed);
        fresh && aws_lc_rs::constant_time::verify_slices_are_equal(&self.tag(minute), tag).is_ok()
    }

    fn of(&self, minute: i64) -> String {
        let minute = minute.to_be_bytes();
        b64::encode([&minute[..], &self.tag(&minute)].concat())
    }

    fn tag(&self, minute: &[u8]) -> [u8; 16] {
        let full = hmac::sign(&self.0, &[b"praya dpop nonce ", minute].concat());
        let mut tag = [0; 16];
        tag.copy_from_slice(&full.as_ref()[..16]);
        tag
    }
}

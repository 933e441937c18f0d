//! A client's signed word that it is itself (`private_key_jwt`, RFC 7523, as FAPI 2.0 narrows it).

use crate::{
    Error,
    jwk::Jwks,
    jws::{OF_CLIENTS, Parsed},
};
use serde::Deserialize;

/// Clocks may differ by this many seconds.
const SKEW: i64 = 10;
/// No assertion lives longer than this many seconds: its `jti` is kept as long.
const LONGEST_LIFE: i64 = 600;
/// Longest assertion read, in bytes.
const LONGEST: usize = 8192;
/// Longest `jti`, in bytes.
const LONGEST_JTI: usize = 128;

/// An assertion that holds. Whoever accepts it stores (client, `jti`) as a unique row until `exp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The client.
    pub client_id: String,
    /// The assertion's id.
    pub jti: String,
    /// When it ends, seconds since 1970.
    pub exp: i64,
}

/// Why an assertion was refused: `invalid_client`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a JWS we read, or not signed by a key of the client.
    #[error("{0}")]
    Form(#[from] Error),
    /// Another kind of token.
    #[error("typ is of another kind of token")]
    Typ,
    /// `iss` and `sub` are not the client.
    #[error("iss and sub are not the client")]
    Client,
    /// `aud` is not our issuer, as one text (an array is refused, FAPI 2.0 §5.3.2.1).
    #[error("aud is not this issuer")]
    Audience,
    /// `exp`, `nbf` or `iat` does not allow now, or the assertion lives over ten minutes.
    #[error("the assertion is not for now")]
    Time,
    /// `jti` is missing, empty or too long.
    #[error("jti is empty or too long")]
    Jti,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: serde_json::Value,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: Option<String>,
}

/// An assertion, read but not yet verified: it says which client's keys to fetch.
pub struct Unverified<'a> {
    jws: Parsed<'a>,
    claims: Claims,
}

impl<'a> Unverified<'a> {
    /// Reads an assertion.
    pub fn new(assertion: &'a str) -> Result<Self, Refusal> {
        let jws = Parsed::new(assertion, LONGEST)?;
        let claims = serde_json::from_slice(jws.unverified_payload())
            .map_err(|_| Error::Malformed("assertion"))?;
        Ok(Self { jws, claims })
    }

    /// The client that it claims to come from.
    pub fn client_id(&self) -> &str {
        &self.claims.iss
    }

    /// Checks everything against that client's keys. `now` is seconds since 1970.
    ///
    /// That the `jti` was not seen before is for the caller to check.
    pub fn verify(self, keys: &Jwks, issuer: &str, now: i64) -> Result<Assertion, Refusal> {
        let claims = &self.claims;
        if !matches!(
            self.jws.header().typ.as_deref(),
            None | Some("JWT" | "jwt" | "client-authentication+jwt")
        ) {
            return Err(Refusal::Typ);
        }
        if claims.iss != claims.sub || claims.iss.is_empty() {
            return Err(Refusal::Client);
        }
        if claims.aud.as_str() != Some(issuer) {
            return Err(Refusal::Audience);
        }
        let late = now.saturating_add(SKEW);
        let begins = claims.nbf.unwrap_or(now).max(claims.iat.unwrap_or(now));
        if claims.exp <= now.saturating_sub(SKEW)
            || claims.exp > late.saturating_add(LONGEST_LIFE)
            || begins > late
        {
            return Err(Refusal::Time);
        }
        let jti = claims
            .jti
            .as_deref()
            .filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI)
            .ok_or(Refusal::Jti)?;
        self.jws.verify_by_set(keys, OF_CLIENTS)?;
        Ok(Assertion { client_id: claims.iss.clone(), jti: jti.to_owned(), exp: claims.exp })
    }
}

/// Checks an assertion of a client that is already known.
pub fn verify(
    assertion: &str,
    client_id: &str,
    keys: &Jwks,
    issuer: &str,
    now: i64,
) -> Result<Assertion, Refusal> {
    let read = Unverified::new(assertion)?;
    if read.client_id() != client_id {
        return Err(Refusal::Client);
    }
    read.verify(keys, issuer, now)
}

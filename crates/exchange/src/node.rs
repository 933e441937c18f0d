//! What one node asks another, and what it hears: the format alone. Pure.
//!
//! A question is a JWS of the asking node; it claims a consent and is kept as evidence that it did. A
//! reply is a release like any other, signed and with its receipt, encrypted to a key made for this one
//! question. It names the SHA-256 of the question, so that it answers that one and no other, and never
//! the subject's key, which whoever receives it in the end need not know.

use crate::model::Request;
use kernel::{Id, Timestamp};
use ports::SubjectKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wire::{
    jwk::{Jwk, Jwks},
    jws::{Alg, Parsed, SigningKey, VerifyingKey},
};

/// `typ` of a question.
pub const QUESTION: &str = "praya-question+jwt";
/// `typ` of a reply: that of every release.
pub const REPLY: &str = "praya-release+jwt";
/// A question is good for this long, in seconds.
const FRESH: i64 = 60;
/// Clocks may differ by this many seconds.
pub const SKEW: i64 = 10;
/// Longest question read, in bytes.
const LONGEST: usize = 16 * 1024;
/// Longest `jti`, in bytes.
const LONGEST_JTI: usize = 128;

/// A question about one register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The asking node, by its client id at the holding one.
    pub iss: String,
    /// The holding node's issuer.
    pub aud: String,
    /// When it was asked, seconds since 1970.
    pub iat: i64,
    /// Good once.
    pub jti: String,
    /// Whose records.
    pub subject: Whose,
    /// What is asked, as a consumer would ask here; of one register.
    pub request: Request,
    /// On whose word.
    pub why: Why,
    /// What the reply is encrypted to: made for this question and forgotten after it.
    pub reply_to: Jwk,
}

/// Whose records are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    /// As the asking node names them; the reply says it again.
    pub id: Id,
    /// BRN or HKID.
    pub key: String,
}

/// On whose word records are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The person looks before deciding.
    Preview,
    /// A consent that the asking node keeps.
    Consent(Claim),
}

/// A consent as the asking node claims it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its id there.
    pub id: Id,
    /// SHA-256 of its terms, base64url.
    pub digest: String,
    /// Who receives the records in the end.
    pub consumer: String,
    /// When it was given.
    pub given: Timestamp,
    /// From when it allows looks; its windows count from here.
    pub start: Timestamp,
}

/// What a fetch must know if a source of it is another node.
#[derive(Clone)]
pub struct Asking {
    /// Signs the question.
    pub key: Arc<SigningKey>,
    /// The subject's id here.
    pub subject: Id,
    /// What is asked, of whichever registers.
    pub request: Request,
    /// On whose word.
    pub why: Why,
}

/// A reply's claims; `P` is how a register's part is written or read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply<P> {
    /// The holding node's issuer.
    pub iss: String,
    /// The asking node's client id.
    pub aud: String,
    /// When it was signed, seconds since 1970.
    pub iat: i64,
    /// The look.
    pub jti: Id,
    /// SHA-256 of the question's JWS, base64url.
    pub question: String,
    /// For which purpose.
    pub purpose: String,
    /// Whose records, as the asking node names them.
    pub subject: Named,
    /// The one register.
    pub registers: Vec<P>,
}

/// A subject without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Company or person.
    pub kind: SubjectKind,
    /// As the question had it.
    pub id: Id,
}

/// The digest by which a reply and the log name a question.
pub fn digest(question: &str) -> String {
    wire::b64::encode(wire::sha256(&[question.as_bytes()]))
}

/// Why a question was refused before it was read: for the log of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a JWS we read, or not signed by the key it names.
    #[error("{0}")]
    Form(#[from] wire::Error),
    /// Another kind of token.
    #[error("typ is of another kind of token")]
    Typ,
    /// For another node.
    #[error("aud is not this issuer")]
    Audience,
    /// Too old, or from the future.
    #[error("iat is not now")]
    Time,
    /// `jti` is empty or too long.
    #[error("jti is empty or too long")]
    Jti,
}

/// A question, read but not yet verified: it says whose keys to fetch.
pub struct Unverified<'a> {
    jws: Parsed<'a>,
    question: Question,
}

impl<'a> Unverified<'a> {
    /// Reads a question.
    pub fn new(token: &'a str) -> Result<Self, Refusal> {
        let jws = Parsed::new(token, LONGEST)?;
        if jws.header().typ.as_deref() != Some(QUESTION) {
            return Err(Refusal::Typ);
        }
        let question = serde_json::from_slice(jws.unverified_payload())
            .map_err(|_| wire::Error::Malformed("question"))?;
        Ok(Self { jws, question })
    }

    /// The question before anything vouches for it.
    pub fn unverified(&self) -> &Question {
        &self.question
    }

    /// Checks everything against the asking node's keys; gives the question and the thumbprint of the key
    /// that signed it. That its `jti` was not seen before is for the caller to check.
    pub fn verify(
        self,
        keys: &Jwks,
        issuer: &str,
        now: i64,
    ) -> Result<(Question, String), Refusal> {
        let question = &self.question;
        if question.aud != issuer {
            return Err(Refusal::Audience);
        }
        if question.iat > now.saturating_add(SKEW) || question.iat < now.saturating_sub(FRESH) {
            return Err(Refusal::Time);
        }
        if question.jti.is_empty() || question.jti.len() > LONGEST_JTI {
            return Err(Refusal::Jti);
        }
        let named = self.jws.header().kid.as_deref().ok_or(wire::Error::NoKey)?;
        let key = keys.for_use("sig").find(|key| key.kid.as_deref() == Some(named));
        let key = &key.ok_or(wire::Error::NoKey)?.key;
        self.jws.verify(&VerifyingKey::new(key)?, &[Alg::Es256])?;
        Ok((self.question, key.thumbprint()))
    }
}

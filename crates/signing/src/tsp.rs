//! Time-stamps (RFC 3161): questions, tokens, answers: pure.

use crate::{
    check,
    cms::{self, Content, Signer},
    error::{Broken, Result},
    pki::{TIME_STAMPING, date_time},
};
use ::cms::content_info::ContentInfo;
use der::{
    Any, Decode, Encode, Sequence,
    asn1::{BitString, GeneralizedTime, Int, OctetString},
    oid::{ObjectIdentifier, db::rfc5912},
};
use kernel::Timestamp;
use x509_cert::{Certificate, ext::pkix::ExtendedKeyUsage, spki::AlgorithmIdentifierOwned};

/// id-ct-TSTInfo.
const TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// Our policy: the baseline of EN 319 421 §5.2 (`best-practices-ts-policy`).
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2023.1.1");
/// A question is no longer than this.
pub const LONGEST: usize = 4 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Imprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Asked {
    version: u8,
    imprint: Imprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    certificates: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    extensions: Option<x509_cert::ext::Extensions>,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u32>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
struct Info {
    version: u8,
    policy: ObjectIdentifier,
    imprint: Imprint,
    serial: Int,
    at: GeneralizedTime,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    authority: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    extensions: Option<x509_cert::ext::Extensions>,
}

#[derive(Sequence)]
struct Status {
    code: u8,
    #[asn1(optional = "true")]
    words: Option<Vec<String>>,
    #[asn1(optional = "true")]
    why: Option<BitString>,
}

#[derive(Sequence)]
struct Answer {
    status: Status,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

/// A question that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question(Asked);

/// Why a question is not answered with a token (RFC 3161 §2.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not a question.
    Form,
    /// A digest that we do not stamp.
    Algorithm,
    /// A policy that is not ours.
    Policy,
    /// An extension: there is none we know.
    Extension,
    /// There is no time-stamping authority here, or it cannot sign.
    Unavailable,
}

impl Refused {
    const fn said(self) -> (u8, &'static str) {
        match self {
            Self::Form => (5, "not a time-stamp query"),
            Self::Algorithm => (0, "only SHA-256, SHA-384 and SHA-512 are stamped"),
            Self::Policy => (15, "this policy is not ours"),
            Self::Extension => (16, "no extension is known here"),
            Self::Unavailable => (25, "no time-stamp can be made now"),
        }
    }

    /// The answer that says so.
    pub fn answer(self) -> Result<Vec<u8>> {
        let (bit, words) = self.said();
        // A named bit list: bit 0 is the first, and no zeros follow the last one that is set.
        let mut bits = vec![0_u8; usize::from(bit) / 8 + 1];
        if let Some(last) = bits.last_mut() {
            *last = 0x80 >> (bit % 8);
        }
        let status = Status {
            code: 2,
            words: Some(vec![words.to_owned()]),
            why: Some(BitString::new(7 - bit % 8, bits)?),
        };
        Ok(Answer { status, token: None }.to_der()?)
    }
}

impl Question {
    /// Reads one.
    pub fn read(bytes: &[u8]) -> std::result::Result<Self, Refused> {
        let asked = (bytes.len() <= LONGEST).then(|| Asked::from_der(bytes).ok()).flatten();
        let asked = asked.filter(|asked| asked.version == 1).ok_or(Refused::Form)?;
        let long = match asked.imprint.algorithm.oid {
            rfc5912::ID_SHA_256 => 32,
            rfc5912::ID_SHA_384 => 48,
            rfc5912::ID_SHA_512 => 64,
            _ => return Err(Refused::Algorithm),
        };
        if asked.imprint.digest.as_bytes().len() != long {
            return Err(Refused::Form);
        }
        if asked.policy.is_some_and(|policy| policy != POLICY) {
            return Err(Refused::Policy);
        }
        if asked.extensions.is_some() {
            return Err(Refused::Extension);
        }
        Ok(Self(asked))
    }

    /// Our own: for a SHA-256, with a nonce.
    pub fn new(digest: &[u8; 32], nonce: [u8; 8]) -> Result<Self> {
        let mut nonce = nonce;
        nonce[0] = nonce[0] & 0x7f | 0x40;
        Ok(Self(Asked {
            version: 1,
            imprint: Imprint {
                algorithm: AlgorithmIdentifierOwned { oid: rfc5912::ID_SHA_256, parameters: None },
                digest: OctetString::new(digest.as_slice())?,
            },
            policy: None,
            nonce: Some(Int::new(&nonce)?),
            certificates: true,
            extensions: None,
        }))
    }

    /// As it is sent.
    pub fn to_der(&self) -> Result<Vec<u8>> {
        Ok(self.0.to_der()?)
    }

    /// The token that an authority's answer carries, once it answers this question.
    pub fn token(&self, answer: &[u8]) -> Result<Vec<u8>> {
        if answer.len() > cms::LONGEST {
            return Err(Broken("the time-stamp is too long"));
        }
        let answer = Answer::from_der(answer)?;
        if answer.status.code > 1 {
            return Err(Broken("the time-stamping authority refused"));
        }
        let token = answer.token.ok_or(Broken("the answer has no time-stamp"))?.to_der()?;
        let (info, ..) = read(&token)?;
        if info.imprint.digest != self.0.imprint.digest
            || info.imprint.algorithm.oid != self.0.imprint.algorithm.oid
        {
            return Err(Broken("the time-stamp is of something else"));
        }
        if info.nonce != self.0.nonce {
            return Err(Broken("the time-stamp answers another question"));
        }
        Ok(token)
    }
}

/// The token for a question, in DER. `serial` is drawn anew each time.
pub fn stamp(
    question: &Question,
    signer: &Signer,
    at: Timestamp,
    serial: [u8; 16],
) -> Result<Vec<u8>> {
    let mut serial = serial;
    serial[0] = serial[0] & 0x7f | 0x40;
    let info = Info {
        version: 1,
        policy: POLICY,
        imprint: question.0.imprint.clone(),
        serial: Int::new(&serial)?,
        at: GeneralizedTime::from_date_time(date_time(at)?),
        accuracy: Some(Accuracy { seconds: Some(1), millis: None, micros: None }),
        ordering: false,
        nonce: question.0.nonce.clone(),
        authority: None,
        extensions: None,
    };
    // Without `certReq` the token carries none (RFC 3161 §2.4.1).
    let mut token = cms::message(signer, Content::Inside(TOKEN, &info.to_der()?), Some(at))?;
    if !question.0.certificates {
        token = cms::bare(token)?;
    }
    Ok(token.to_der()?)
}

/// An answer with a token.
pub fn answer(token: &[u8]) -> Result<Vec<u8>> {
    let status = Status { code: 0, words: None, why: None };
    Ok(Answer { status, token: Some(ContentInfo::from_der(token)?) }.to_der()?)
}

/// A time-stamp that holds.
pub struct Stamp {
    /// The time.
    pub at: Timestamp,
    /// Who says so.
    pub signer: Certificate,
    known: Vec<Certificate>,
}

impl Stamp {
    /// Whether who says so leads to these authorities.
    pub fn is_trusted(&self, trusted: &[Certificate]) -> bool {
        check::path(&self.signer, &self.known, trusted, self.at).is_some()
    }
}

fn read(token: &[u8]) -> Result<(Info, Certificate, Vec<Certificate>)> {
    let (bytes, signer, known) = cms::inside(token, TOKEN)?;
    let sole = signer.tbs_certificate().get_extension::<ExtendedKeyUsage>()?;
    if sole.is_none_or(|(_, usage)| usage.0 != [TIME_STAMPING]) {
        return Err(Broken("the time-stamp's certificate is not one for time-stamps"));
    }
    Ok((Info::from_der(&bytes)?, signer, known))
}

/// Checks a token over what was stamped.
pub(crate) fn verify(token: &[u8], stamped: &[&[u8]]) -> Result<Stamp> {
    let (info, signer, known) = read(token)?;
    let hash = check::Hash::of(info.imprint.algorithm.oid);
    let hash = hash.ok_or(Broken("a digest that is not checked here"))?;
    if hash.digest(stamped) != info.imprint.digest.as_bytes() {
        return Err(Broken("the time-stamp is of something else"));
    }
    let seconds = info.at.to_unix_duration().as_secs();
    let at = i64::try_from(seconds).ok().and_then(|at| Timestamp::from_second(at).ok());
    Ok(Stamp { at: at.ok_or(Broken("a time too far off"))?, signer, known })
}

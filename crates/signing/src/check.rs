//! Signatures of certificates, lists and messages, checked: pure.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use der::{
    Encode,
    oid::{ObjectIdentifier, db::rfc5912},
};
use kernel::Timestamp;
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, KeyUsage, KeyUsages},
    spki::AlgorithmIdentifierOwned,
};

/// A chain of certificates is no longer than this.
const LONGEST: usize = 6;

/// The digests that we check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn of(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            rfc5912::ID_SHA_256 => Some(Self::Sha256),
            rfc5912::ID_SHA_384 => Some(Self::Sha384),
            rfc5912::ID_SHA_512 => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        use aws_lc_rs::digest::{Context, SHA256, SHA384, SHA512};
        let mut context = Context::new(match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        });
        for part in parts {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }
}

/// The algorithms that we check; the digest may stand apart (RFC 5652 §5.3).
fn algorithm(
    signature: ObjectIdentifier,
    digest: Option<Hash>,
    key: &x509_cert::SubjectPublicKeyInfo,
) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = || {
        let parameters = key.algorithm.parameters.as_ref()?;
        parameters.decode_as::<ObjectIdentifier>().ok()
    };
    let hash = match signature {
        rfc5912::ECDSA_WITH_SHA_256 | rfc5912::SHA_256_WITH_RSA_ENCRYPTION => Hash::Sha256,
        rfc5912::ECDSA_WITH_SHA_384 | rfc5912::SHA_384_WITH_RSA_ENCRYPTION => Hash::Sha384,
        rfc5912::SHA_512_WITH_RSA_ENCRYPTION => Hash::Sha512,
        rfc5912::RSA_ENCRYPTION => digest?,
        _ => return None,
    };
    Some(match (key.algorithm.oid, hash) {
        (rfc5912::ID_EC_PUBLIC_KEY, hash) => match (curve()?, hash) {
            (rfc5912::SECP_256_R_1, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (rfc5912::SECP_256_R_1, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (rfc5912::SECP_384_R_1, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (rfc5912::SECP_384_R_1, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            _ => return None,
        },
        (rfc5912::RSA_ENCRYPTION, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        (rfc5912::RSA_ENCRYPTION, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        (rfc5912::RSA_ENCRYPTION, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

/// Whether `text` was signed by the key of `signer`.
pub(crate) fn signed(
    signer: &Certificate,
    (signature_algorithm, digest): (ObjectIdentifier, Option<Hash>),
    text: &[u8],
    signature: &[u8],
) -> bool {
    let key = signer.tbs_certificate().subject_public_key_info();
    let Some(algorithm) = algorithm(signature_algorithm, digest, key) else { return false };
    let Some(bytes) = key.subject_public_key.as_bytes() else { return false };
    UnparsedPublicKey::new(algorithm, bytes).verify(text, signature).is_ok()
}

pub(crate) fn signed_by(
    issuer: &Certificate,
    algorithm: &AlgorithmIdentifierOwned,
    text: &[u8],
    signature: &[u8],
) -> bool {
    signed(issuer, (algorithm.oid, None), text, signature)
}

fn issued_by(one: &Certificate, issuer: &Certificate) -> bool {
    let (own, above) = (one.tbs_certificate(), issuer.tbs_certificate());
    own.issuer() == above.subject()
        && own.to_der().ok().zip(one.signature().as_bytes()).is_some_and(|(text, signature)| {
            one.signature_algorithm() == own.signature()
                && signed_by(issuer, one.signature_algorithm(), &text, signature)
        })
}

fn may_issue(one: &Certificate) -> bool {
    let own = one.tbs_certificate();
    let authority = own
        .get_extension::<BasicConstraints>()
        .ok()
        .flatten()
        .is_some_and(|(_, constraints)| constraints.ca);
    let usage = own.get_extension::<KeyUsage>().ok().flatten();
    authority && usage.is_none_or(|(_, usage)| usage.0.contains(KeyUsages::KeyCertSign))
}

/// Whether a certificate was good at a moment.
pub(crate) fn good_at(one: &Certificate, at: Timestamp) -> bool {
    let (validity, at) = (one.tbs_certificate().validity(), at.as_second());
    let second = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    second(validity.not_before) <= at && at <= second(validity.not_after)
}

/// The way from a certificate to one that is trusted, itself first; each good at that moment.
pub(crate) fn path<'a>(
    signer: &'a Certificate,
    known: &'a [Certificate],
    trusted: &'a [Certificate],
    at: Timestamp,
) -> Option<Vec<&'a Certificate>> {
    let mut path = vec![signer];
    while path.len() <= LONGEST {
        let last = *path.last()?;
        if !good_at(last, at) {
            return None;
        }
        if trusted.contains(last) {
            return Some(path);
        }
        let above = trusted
            .iter()
            .chain(known)
            .find(|one| may_issue(one) && !path.contains(one) && issued_by(last, one))?;
        path.push(above);
    }
    None
}

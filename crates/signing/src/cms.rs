//! Detached signatures (CMS, RFC 5652) as CAdES and PAdES baseline want them: pure.

use crate::{
    check::{Hash, good_at, signed},
    error::{Broken, Result},
    pki::{self, Key, date_time, ecdsa_sha256},
    tsp,
};
use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{
        CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo,
        SignerInfos,
    },
};
use der::{
    Any, Decode, Encode, Sequence,
    asn1::{OctetString, SetOfVec, UtcTime},
    oid::{
        ObjectIdentifier,
        db::{rfc5911, rfc5912},
    },
};
use kernel::Timestamp;
use x509_cert::{
    Certificate,
    attr::{Attribute, Attributes},
    crl::CertificateList,
    ext::pkix::SubjectKeyIdentifier,
    spki::AlgorithmIdentifierOwned,
    time::Time,
};

/// id-aa-signingCertificateV2 (RFC 5035 §3).
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// id-aa-timeStampToken (RFC 3161, appendix A).
const TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// A signed message is no longer than this.
pub const LONGEST: usize = 256 * 1024;

/// ESSCertIDv2 with its default digest, SHA-256.
#[derive(Sequence)]
struct CertificateId {
    digest: OctetString,
}

/// As others write it: with a digest named, and the issuer.
#[derive(Sequence)]
struct AnyCertificateId {
    #[asn1(optional = "true")]
    algorithm: Option<AlgorithmIdentifierOwned>,
    digest: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[derive(Sequence)]
struct Certificates<T: der::EncodeValue + der::FixedTag + for<'a> Decode<'a, Error = der::Error>> {
    ids: Vec<T>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> Result<Attribute> {
    Ok(Attribute { oid, values: SetOfVec::from_iter([Any::from_der(&value.to_der()?)?])? })
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: rfc5912::ID_SHA_256, parameters: None }
}

/// What signs: a key, its certificate, and the certificates above that.
pub struct Signer {
    /// The key.
    pub key: Key,
    /// Its certificate.
    pub certificate: Certificate,
    /// From its issuer upwards.
    pub chain: Vec<Certificate>,
}

/// What is signed.
pub(crate) enum Content<'a> {
    /// What stands elsewhere, by its SHA-256.
    Detached(&'a [u8; 32]),
    /// What stands inside, of a type.
    Inside(ObjectIdentifier, &'a [u8]),
}

/// A signature over a document's SHA-256, without a time-stamp, in DER. `said_at`: the signing time as an
/// attribute; in a PDF it stands in the dictionary instead (EN 319 142-1 §6.3).
pub fn sign(signer: &Signer, digest: &[u8; 32], said_at: Option<Timestamp>) -> Result<Vec<u8>> {
    Ok(message(signer, Content::Detached(digest), said_at)?.to_der()?)
}

pub(crate) fn message(
    signer: &Signer,
    content: Content<'_>,
    said_at: Option<Timestamp>,
) -> Result<ContentInfo> {
    let (kind, digest, inside) = match content {
        Content::Detached(digest) => (rfc5911::ID_DATA, *digest, None),
        Content::Inside(kind, bytes) => {
            let octets = Any::from_der(&OctetString::new(bytes)?.to_der()?)?;
            (kind, wire::sha256(&[bytes]), Some(octets))
        }
    };
    let own = signer.certificate.to_der()?;
    let id = CertificateId { digest: OctetString::new(wire::sha256(&[&own]).as_slice())? };
    let mut attributes = vec![
        attribute(rfc5911::ID_CONTENT_TYPE, &kind)?,
        attribute(rfc5911::ID_MESSAGE_DIGEST, &OctetString::new(digest.as_slice())?)?,
        attribute(SIGNING_CERTIFICATE, &Certificates { ids: vec![id], policies: None })?,
    ];
    if let Some(at) = said_at {
        let time = Time::UtcTime(UtcTime::from_date_time(date_time(at)?)?);
        attributes.push(attribute(rfc5911::ID_SIGNING_TIME, &time)?);
    }
    let attributes: Attributes = SetOfVec::try_from(attributes)?;
    let signature = signer.key.sign(&attributes.to_der()?);
    let tbs = signer.certificate.tbs_certificate();
    let info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        }),
        digest_alg: sha256(),
        signed_attrs: Some(attributes),
        signature_algorithm: ecdsa_sha256(),
        signature: OctetString::new(signature)?,
        unsigned_attrs: None,
    };
    let certificates = std::iter::once(&signer.certificate)
        .chain(&signer.chain)
        .map(|one| CertificateChoices::Certificate(one.clone()));
    let version = if kind == rfc5911::ID_DATA { CmsVersion::V1 } else { CmsVersion::V3 };
    wrap(&SignedData {
        version,
        digest_algorithms: SetOfVec::from_iter([sha256()])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: kind, econtent: inside },
        certificates: Some(CertificateSet(SetOfVec::try_from(certificates.collect::<Vec<_>>())?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::from_iter([info])?),
    })
}

fn wrap(data: &SignedData) -> Result<ContentInfo> {
    Ok(ContentInfo {
        content_type: rfc5911::ID_SIGNED_DATA,
        content: Any::from_der(&data.to_der()?)?,
    })
}

/// What a time-stamp on this signature is to be of: the signature's own bytes.
pub fn imprint(message: &[u8]) -> Result<[u8; 32]> {
    let (_, info) = open(message)?;
    Ok(wire::sha256(&[info.signature.as_bytes()]))
}

/// A time-stamp, once it holds over this signature.
pub(crate) fn stamp(message: &[u8], token: &[u8]) -> Result<tsp::Stamp> {
    let (_, info) = open(message)?;
    tsp::verify(token, &[info.signature.as_bytes()])
}

/// The signature with its time-stamp.
pub fn stamped(message: &[u8], token: &[u8]) -> Result<Vec<u8>> {
    let (mut data, mut info) = open(message)?;
    let stamp = attribute(TIME_STAMP, &ContentInfo::from_der(token)?)?;
    info.unsigned_attrs = Some(SetOfVec::from_iter([stamp])?);
    data.signer_infos = SignerInfos(SetOfVec::from_iter([info])?);
    Ok(wrap(&data)?.to_der()?)
}

/// The message, with its one signer.
fn open(message: &[u8]) -> Result<(SignedData, SignerInfo)> {
    if message.len() > LONGEST {
        return Err(Broken("the signature is too long"));
    }
    let outer = ContentInfo::from_der(message)?;
    if outer.content_type != rfc5911::ID_SIGNED_DATA {
        return Err(Broken("not signed data"));
    }
    let data: SignedData = outer.content.decode_as()?;
    let infos: Vec<_> = data.signer_infos.0.iter().cloned().collect();
    match <[SignerInfo; 1]>::try_from(infos) {
        Ok([info]) => Ok((data, info)),
        Err(_) => Err(Broken("not exactly one signer")),
    }
}

/// The one value of an attribute that stands once.
fn value(attributes: &Attributes, oid: ObjectIdentifier) -> Result<Option<&Any>> {
    let mut found = attributes.iter().filter(|one| one.oid == oid);
    let (first, None) = (found.next(), found.next()) else {
        return Err(Broken("an attribute stands twice"));
    };
    match first.map(|one| one.values.as_slice()) {
        None => Ok(None),
        Some([value]) => Ok(Some(value)),
        Some(_) => Err(Broken("an attribute has more than one value")),
    }
}

/// A signature that holds.
pub struct Held {
    /// Who signed.
    pub signer: Certificate,
    /// The certificates that came with it.
    pub known: Vec<Certificate>,
    /// The time that the signer said.
    pub said_at: Option<Timestamp>,
    /// The time-stamp, if there is one.
    pub stamp: Option<tsp::Stamp>,
}

/// Why a signature is not to be accepted although it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its certificates lead elsewhere.
    #[error("its certificates do not lead to whom you trust")]
    Untrusted,
    /// The list is another's.
    #[error("the list of revoked certificates is not its authority's")]
    List,
    /// Its certificate is on the list.
    #[error("its certificate is revoked")]
    Revoked,
    /// Nobody says when.
    #[error("it has no time-stamp")]
    Unstamped,
}

/// What a detached signature is held against.
pub enum Document<'a> {
    /// The document itself, in pieces.
    Pieces(&'a [&'a [u8]]),
    /// Its SHA-256.
    Sha256([u8; 32]),
}

/// Checks a detached signature over a document. Whether its certificates are trusted is another question
/// ([`crate::check::path`]).
pub fn verify(message: &[u8], document: &Document<'_>) -> Result<Held> {
    let (data, info) = open(message)?;
    if data.encap_content_info.econtent.is_some() {
        return Err(Broken("the signature is not detached"));
    }
    let digest = |hash: Hash| match document {
        Document::Pieces(pieces) => Some(hash.digest(pieces)),
        Document::Sha256(digest) => (hash == Hash::Sha256).then(|| digest.to_vec()),
    };
    let (signer, known, attributes) = holds(&data, &info, &digest)?;
    let said_at = value(attributes, rfc5911::ID_SIGNING_TIME)?
        .map(der::Any::decode_as::<Time>)
        .transpose()?
        .and_then(|time| moment(&time));
    let stamp = info.unsigned_attrs.as_ref().map(|all| value(all, TIME_STAMP)).transpose()?;
    let stamp = stamp
        .flatten()
        .map(|token| tsp::verify(&token.to_der()?, &[info.signature.as_bytes()]))
        .transpose()?;
    Ok(Held { signer, known, said_at, stamp })
}

pub(crate) fn moment(time: &Time) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
}

/// What stands inside a message, once its signature holds.
pub(crate) fn inside(
    message: &[u8],
    kind: ObjectIdentifier,
) -> Result<(Vec<u8>, Certificate, Vec<Certificate>)> {
    let (data, info) = open(message)?;
    let content = data.encap_content_info.econtent.as_ref();
    let content = content.filter(|_| data.encap_content_info.econtent_type == kind);
    let content = content.ok_or(Broken("not what should stand inside"))?;
    let bytes = content.decode_as::<OctetString>()?.as_bytes().to_vec();
    let (signer, known, _) = holds(&data, &info, &|hash| Some(hash.digest(&[&bytes])))?;
    Ok((bytes, signer, known))
}

fn holds<'a>(
    data: &SignedData,
    info: &'a SignerInfo,
    digest: &dyn Fn(Hash) -> Option<Vec<u8>>,
) -> Result<(Certificate, Vec<Certificate>, &'a Attributes)> {
    let known: Vec<Certificate> = data
        .certificates
        .iter()
        .flat_map(|set| set.0.iter())
        .filter_map(|one| match one {
            CertificateChoices::Certificate(one) => Some(one.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    let is_it = |one: &&Certificate| {
        let own = one.tbs_certificate();
        match &info.sid {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                id.issuer == *own.issuer() && id.serial_number == *own.serial_number()
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => own
                .get_extension::<SubjectKeyIdentifier>()
                .ok()
                .flatten()
                .is_some_and(|(_, own)| own == *id),
        }
    };
    let signer = known.iter().find(is_it).ok_or(Broken("the signer's certificate is missing"))?;
    let attributes = info.signed_attrs.as_ref().ok_or(Broken("no signed attributes"))?;
    let hash = Hash::of(info.digest_alg.oid).ok_or(Broken("a digest that is not checked here"))?;
    if !data.digest_algorithms.iter().any(|one| one.oid == info.digest_alg.oid) {
        return Err(Broken("the digest is not announced"));
    }
    let kind = value(attributes, rfc5911::ID_CONTENT_TYPE)?.ok_or(Broken("no content type"))?;
    if kind.decode_as::<ObjectIdentifier>()? != data.encap_content_info.econtent_type {
        return Err(Broken("another content type was signed"));
    }
    let signed_digest =
        value(attributes, rfc5911::ID_MESSAGE_DIGEST)?.ok_or(Broken("no digest was signed"))?;
    let expected = digest(hash).ok_or(Broken("the document's digest is not known"))?;
    if signed_digest.decode_as::<OctetString>()?.as_bytes() != expected {
        return Err(Broken("the document is not the one that was signed"));
    }
    // EN 319 102-1 §5.2.3: the certificate that signed is the one that the signer meant.
    if let Some(meant) = value(attributes, SIGNING_CERTIFICATE)? {
        let meant: Certificates<AnyCertificateId> = meant.decode_as()?;
        let first = meant.ids.first().ok_or(Broken("no certificate was meant"))?;
        let hash = first.algorithm.as_ref().map_or(Some(Hash::Sha256), |one| Hash::of(one.oid));
        let hash = hash.ok_or(Broken("a digest that is not checked here"))?;
        if hash.digest(&[&signer.to_der()?]) != first.digest.as_bytes() {
            return Err(Broken("another certificate was meant"));
        }
    }
    let how = (info.signature_algorithm.oid, Some(hash));
    if !signed(signer, how, &attributes.to_der()?, info.signature.as_bytes()) {
        return Err(Broken("the signature does not hold"));
    }
    Ok((signer.clone(), known.clone(), attributes))
}

impl Held {
    /// When it was signed, as far as it is proved: the time-stamp's time, else `now`.
    pub fn proved_at(&self, now: Timestamp) -> Timestamp {
        self.stamp.as_ref().map_or(now, |stamp| stamp.at)
    }

    /// Why a signature that holds is not to be accepted by who trusts these authorities, with their list of
    /// revoked certificates if there is one at hand.
    pub fn fault(
        &self,
        trusted: &[Certificate],
        list: Option<&CertificateList>,
        now: Timestamp,
    ) -> Option<Fault> {
        let named = list.map(|list| {
            trusted.iter().find_map(|issuer| pki::is_revoked(list, issuer, &self.signer))
        });
        if !self.is_trusted(trusted, now) {
            Some(Fault::Untrusted)
        } else if named == Some(None) {
            Some(Fault::List)
        } else if named == Some(Some(true)) {
            Some(Fault::Revoked)
        } else {
            self.stamp.is_none().then_some(Fault::Unstamped)
        }
    }

    /// Whether signer and time-stamp lead to these authorities, each good when it signed.
    pub fn is_trusted(&self, trusted: &[Certificate], now: Timestamp) -> bool {
        let at = self.proved_at(now);
        let stamped = self.stamp.as_ref().is_none_or(|stamp| stamp.is_trusted(trusted));
        stamped
            && good_at(&self.signer, at)
            && crate::check::path(&self.signer, &self.known, trusted, at).is_some()
    }
}

/// The message without its certificates.
pub(crate) fn bare(message: ContentInfo) -> Result<ContentInfo> {
    let data: SignedData = message.content.decode_as()?;
    wrap(&SignedData { certificates: None, ..data })
}

/// The certificates in a message, the signer's first.
pub fn certificates(message: &[u8]) -> Result<Vec<Certificate>> {
    let (data, info) = open(message)?;
    let all = data.certificates.iter().flat_map(|set| set.0.iter());
    let mut all: Vec<Certificate> = all
        .filter_map(|one| match one {
            CertificateChoices::Certificate(one) => Some(one.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    all.sort_by_key(|one| match &info.sid {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.serial_number != *one.tbs_certificate().serial_number()
        }
        SignerIdentifier::SubjectKeyIdentifier(_) => true,
    });
    Ok(all)
}

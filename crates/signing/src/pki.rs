//! Keys, names, certificates and revocation lists (RFC 5280): pure.

use crate::error::{Broken, Result};
use der::{
    Any, Decode, Encode,
    asn1::{BitString, Ia5String, OctetString, PrintableStringRef, Uint, Utf8StringRef},
    oid::{
        ObjectIdentifier,
        db::{rfc4519, rfc5912},
    },
};
use kernel::{Ctx, Timestamp};
use p256::{
    ecdsa::{DerSignature, SigningKey, signature::Signer},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding},
};
use std::time::Duration;
pub use x509_cert::Certificate;
use x509_cert::{
    SubjectPublicKeyInfo, Version,
    attr::AttributeTypeAndValue,
    builder::{Builder, CertificateBuilder, profile::BuilderProfile},
    certificate::TbsCertificate,
    crl::{CertificateList, RevokedCert, TbsCertList},
    ext::{
        Extension, ToExtension,
        pkix::{
            AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
            CrlDistributionPoints, CrlNumber, CrlReason, ExtendedKeyUsage, KeyUsage, KeyUsages,
            SubjectKeyIdentifier,
            crl::dp::DistributionPoint,
            name::{DistributionPointName, GeneralName},
        },
    },
    name::Name,
    serial_number::SerialNumber,
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoRef},
    time::{Time, Validity},
};

/// id-kp-timeStamping (RFC 3161 §2.3).
pub(crate) const TIME_STAMPING: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");

/// A P-256 key that signs.
#[derive(Clone)]
pub struct Key(SigningKey);

impl Key {
    /// A new one.
    pub fn generate(ctx: &Ctx) -> Result<Self> {
        // A number at or above the order comes once in 2^32.
        for _ in 0..8 {
            if let Ok(key) = SigningKey::from_slice(&ctx.random::<32>()) {
                return Ok(Self(key));
            }
        }
        Err(Broken("no key could be drawn"))
    }

    /// From PKCS#8 in DER.
    pub fn from_der(bytes: &[u8]) -> Result<Self> {
        SigningKey::from_pkcs8_der(bytes).map(Self).map_err(|_| Broken("not a P-256 key in PKCS#8"))
    }

    /// From PKCS#8 in PEM.
    pub fn from_pem(text: &str) -> Result<Self> {
        SigningKey::from_pkcs8_pem(text)
            .map(Self)
            .map_err(|_| Broken("not a P-256 key in PKCS#8 (PEM, `BEGIN PRIVATE KEY`)"))
    }

    /// As PKCS#8 in DER; keep it sealed.
    pub fn to_der(&self) -> Result<Vec<u8>> {
        let der = self.0.to_pkcs8_der().map_err(|_| Broken("key"))?;
        Ok(der.as_bytes().to_vec())
    }

    /// As PKCS#8 in PEM; keep it private.
    pub fn to_pem(&self) -> Result<String> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| Broken("key"))?;
        Ok(pem.as_str().to_owned())
    }

    /// An ECDSA signature over SHA-256 of `text`, in DER.
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(text);
        signature.as_bytes().to_vec()
    }

    /// The public half.
    pub fn public(&self) -> Result<SubjectPublicKeyInfo> {
        let der = self.0.verifying_key().to_public_key_der().map_err(|_| Broken("key"))?;
        Ok(SubjectPublicKeyInfo::from_der(der.as_bytes())?)
    }

    /// Whether a certificate is of this key.
    pub fn fits(&self, certificate: &Certificate) -> bool {
        self.public()
            .is_ok_and(|own| own == *certificate.tbs_certificate().subject_public_key_info())
    }
}

/// ecdsa-with-SHA256, the one algorithm we sign with.
pub(crate) fn ecdsa_sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: rfc5912::ECDSA_WITH_SHA_256, parameters: None }
}

/// Who a certificate is of.
pub struct Holder<'a> {
    /// The country, two letters.
    pub country: &'a str,
    /// The organisation, where there is one.
    pub organisation: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// What tells two of one name apart.
    pub number: Option<&'a str>,
}

impl Holder<'_> {
    fn name(&self) -> Result<Name> {
        let mut parts = vec![(rfc4519::C, Any::from(PrintableStringRef::new(self.country)?))];
        let utf8 = |text| Ok::<_, der::Error>(Any::from(Utf8StringRef::new(text)?));
        if let Some(text) = self.organisation {
            parts.push((rfc4519::O, utf8(text)?));
        }
        parts.push((rfc4519::CN, utf8(self.name)?));
        if let Some(text) = self.number {
            parts.push((rfc4519::SERIAL_NUMBER, Any::from(PrintableStringRef::new(text)?)));
        }
        let rdns = parts
            .into_iter()
            .map(|(oid, value)| {
                der::asn1::SetOfVec::from_iter([AttributeTypeAndValue { oid, value }])
            })
            .collect::<der::Result<Vec<_>>>()?;
        Ok(Name::from_der(&rdns.to_der()?)?)
    }
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Issues certificates.
    Authority,
    /// Signs documents.
    Documents,
    /// Signs time-stamps.
    Times,
}

/// What is to be certified.
pub struct Order<'a> {
    /// Of whom.
    pub holder: Holder<'a>,
    /// The public key.
    pub key: SubjectPublicKeyInfo,
    /// For what.
    pub purpose: Use,
    /// 1 to 19 random bytes.
    pub serial: [u8; 16],
    /// From when.
    pub from: Timestamp,
    /// For how many days.
    pub days: i64,
    /// Our public address: where the issuer's certificate and its list of revoked ones lie.
    pub base: &'a str,
}

/// A moment as certificates write it.
pub(crate) fn time(at: Timestamp) -> Result<Time> {
    Ok(Time::from(date_time(at)?))
}

pub(crate) fn date_time(at: Timestamp) -> Result<der::DateTime> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| Broken("a time before 1970"))?;
    Ok(der::DateTime::from_unix_duration(Duration::from_secs(seconds))?)
}

struct Plain {
    subject: Name,
    issuer: Name,
}

impl BuilderProfile for Plain {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(Vec::new())
    }
}

/// RFC 7093 §2, method 1: SHA-1 is not needed for a name.
fn key_id(key: &SubjectPublicKeyInfo) -> Result<OctetString> {
    let digest = wire::sha256(&[key.subject_public_key.raw_bytes()]);
    Ok(OctetString::new(&digest[..20])?)
}

fn at(url: String) -> Result<GeneralName> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(&url)?))
}

/// An authority: its certificate, its key.
pub struct Issuer {
    /// Its certificate.
    pub certificate: Certificate,
    /// Its key.
    pub key: Key,
}

/// Certifies; without an issuer the certificate is signed by its own key.
pub fn certify(
    order: Order<'_>,
    issuer: Option<&Issuer>,
    own: Option<&Key>,
) -> Result<Certificate> {
    let subject = order.holder.name()?;
    let key = issuer.map(|issuer| &issuer.key).or(own).ok_or(Broken("nobody to sign"))?;
    let authority = issuer.map(|issuer| issuer.certificate.tbs_certificate());
    let issuer = authority.map_or_else(|| subject.clone(), |one| one.subject().clone());
    let end = order.from.as_second().saturating_add(order.days.saturating_mul(86_400));
    let mut end = time(Timestamp::from_second(end).map_err(|_| Broken("a time too far off"))?)?;
    if let Some(last) = authority.map(|one| one.validity().not_after)
        && last.to_unix_duration() < end.to_unix_duration()
    {
        end = last;
    }
    let validity = Validity::new(time(order.from)?, end);
    let ids = SubjectKeyIdentifier(key_id(&order.key)?);
    let above = AuthorityKeyIdentifier {
        key_identifier: Some(key_id(&key.public()?)?),
        ..Default::default()
    };
    let profile = Plain { subject, issuer };
    let mut builder = CertificateBuilder::new(
        profile,
        SerialNumber::new(&positive(order.serial))?,
        validity,
        order.key,
    )
    .map_err(built)?;
    builder.add_extension(&ids)?;
    builder.add_extension(&above)?;
    match order.purpose {
        Use::Authority => {
            builder.add_extension(&BasicConstraints { ca: true, path_len_constraint: Some(0) })?;
            builder.add_extension(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
        }
        Use::Documents => builder
            .add_extension(&KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation))?,
        Use::Times => {
            builder.add_extension(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
            // RFC 3161 §2.3: critical, and nothing else.
            let sole = ExtendedKeyUsage(vec![TIME_STAMPING]);
            let (name, none) = (Name::default(), Vec::new());
            let extension = Extension { critical: true, ..(&sole).to_extension(&name, &none)? };
            builder.add_extension(extension)?;
        }
    }
    if order.purpose != Use::Authority {
        let lists =
            DistributionPointName::FullName(vec![at(format!("{}/sign/ca.crl", order.base))?]);
        let list =
            DistributionPoint { distribution_point: Some(lists), reasons: None, crl_issuer: None };
        builder.add_extension(&CrlDistributionPoints(vec![list]))?;
        builder.add_extension(&AuthorityInfoAccessSyntax(vec![
            x509_cert::ext::pkix::AccessDescription {
                access_method: CA_ISSUERS,
                access_location: at(format!("{}/sign/ca.cer", order.base))?,
            },
        ]))?;
    }
    builder.build::<_, DerSignature>(&key.0).map_err(built)
}

fn built(_: x509_cert::builder::Error) -> Broken {
    Broken("the certificate could not be made")
}

/// A serial number is positive and at most 20 bytes (RFC 5280 §4.1.2.2); no leading zero either.
fn positive(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[0] = bytes[0] & 0x7f | 0x40;
    bytes
}

/// A certificate's serial number in hexadecimal digits.
pub fn serial(certificate: &Certificate) -> String {
    hex(certificate.tbs_certificate().serial_number().as_bytes())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |all, d| all << 4 | d)).collect())
}

/// The certificate's common name.
pub fn common_name(certificate: &Certificate) -> String {
    common(certificate.tbs_certificate().subject())
}

/// The common name of who issued it.
pub fn issuer_name(certificate: &Certificate) -> String {
    common(certificate.tbs_certificate().issuer())
}

fn common(name: &Name) -> String {
    let name = name.common_name();
    name.ok().flatten().map(|name| name.value().into_owned()).unwrap_or_default()
}

/// A revoked certificate.
pub struct Revoked {
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not said.
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// It has another in its place.
    Superseded,
    /// It is needed no more.
    Ended,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::Unspecified, Self::KeyCompromise, Self::Superseded, Self::Ended];

    /// As it is written and kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key-compromise",
            Self::Superseded => "superseded",
            Self::Ended => "ended",
        }
    }

    /// From how it is written.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    const fn code(self) -> CrlReason {
        match self {
            Self::Unspecified => CrlReason::Unspecified,
            Self::KeyCompromise => CrlReason::KeyCompromise,
            Self::Superseded => CrlReason::Superseded,
            Self::Ended => CrlReason::CessationOfOperation,
        }
    }
}

/// The list of what an authority revoked, good for `days`, in DER.
pub fn crl(issuer: &Issuer, revoked: &[Revoked], now: Timestamp, days: i64) -> Result<Vec<u8>> {
    let own = issuer.certificate.tbs_certificate();
    let (name, none) = (own.subject().clone(), Vec::new());
    let above = AuthorityKeyIdentifier {
        key_identifier: Some(key_id(&issuer.key.public()?)?),
        ..Default::default()
    };
    // The number grows as the seconds do.
    let number = CrlNumber(Uint::new(&now.as_second().max(0).to_be_bytes())?);
    let entry = |one: &Revoked| {
        let bytes = unhex(&one.serial).ok_or(Broken("serial number"))?;
        // Unspecified is said by saying nothing.
        let reason = (one.reason != Reason::Unspecified)
            .then(|| (&one.reason.code()).to_extension(&name, &none))
            .transpose()?;
        Ok(RevokedCert {
            serial_number: SerialNumber::new(&bytes)?,
            revocation_date: time(one.at)?,
            crl_entry_extensions: reason.map(|one| vec![one]),
        })
    };
    let revoked = revoked.iter().map(entry).collect::<Result<Vec<_>>>()?;
    let next = Timestamp::from_second(now.as_second() + days * 86_400).unwrap_or(now);
    let tbs = TbsCertList {
        version: Version::V2,
        signature: ecdsa_sha256(),
        issuer: name.clone(),
        this_update: time(now)?,
        next_update: Some(time(next)?),
        revoked_certificates: (!revoked.is_empty()).then_some(revoked),
        crl_extensions: Some(vec![
            (&above).to_extension(&name, &none)?,
            (&number).to_extension(&name, &none)?,
        ]),
    };
    let signature = issuer.key.sign(&tbs.to_der()?);
    let list: CertificateList = CertificateList {
        tbs_cert_list: tbs,
        signature_algorithm: ecdsa_sha256(),
        signature: BitString::from_bytes(&signature)?,
    };
    Ok(list.to_der()?)
}

/// Whether a list that this issuer signed names a certificate; `None` where the list is not the issuer's.
pub fn is_revoked(
    list: &CertificateList,
    issuer: &Certificate,
    certificate: &Certificate,
) -> Option<bool> {
    let text = list.tbs_cert_list.to_der().ok()?;
    let signed = crate::check::signed_by(
        issuer,
        &list.signature_algorithm,
        &text,
        list.signature.as_bytes()?,
    );
    if !signed || list.tbs_cert_list.issuer != *issuer.tbs_certificate().subject() {
        return None;
    }
    let serial = certificate.tbs_certificate().serial_number();
    let revoked = list.tbs_cert_list.revoked_certificates.iter().flatten();
    Some(revoked.into_iter().any(|one| one.serial_number == *serial))
}

/// A list of revoked certificates.
pub type List = CertificateList;

/// One or more certificates in PEM.
pub fn read_pem(text: &str) -> Result<Vec<Certificate>> {
    let chain = Certificate::load_pem_chain(text.as_bytes())
        .map_err(|_| Broken("not certificates in PEM"))?;
    if chain.is_empty() { Err(Broken("no certificate in the file")) } else { Ok(chain) }
}

/// The DER of certificates, one after another.
pub(crate) fn join(chain: &[Certificate]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for one in chain {
        one.encode_to_vec(&mut all)?;
    }
    Ok(all)
}

/// What [`join`] wrote.
pub(crate) fn split(bytes: &[u8]) -> Result<Vec<Certificate>> {
    let mut reader = der::SliceReader::new(bytes)?;
    let mut all = Vec::new();
    while !der::Reader::is_finished(&reader) {
        all.push(Certificate::decode(&mut reader)?);
    }
    Ok(all)
}

/// As PEM with this label.
pub fn pem(label: &str, der: &[u8]) -> Result<String> {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).map_err(|_| Broken("PEM"))
}

/// A certificate as PEM.
pub fn certificate_pem(certificate: &Certificate) -> Result<String> {
    pem("CERTIFICATE", &certificate.to_der()?)
}

/// A list of revoked certificates, in DER or PEM.
pub fn read_crl(bytes: &[u8]) -> Result<CertificateList> {
    let der = match der::pem::decode_vec(bytes) {
        Ok((_, der)) => der,
        Err(_) => bytes.to_vec(),
    };
    CertificateList::from_der(&der).map_err(|_| Broken("not a list of revoked certificates"))
}

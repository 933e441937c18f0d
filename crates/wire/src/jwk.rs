//! JSON Web Keys (RFC 7517) of the kinds we use: P-256, Ed25519, and RSA for signatures alone.

use crate::{Error, Result, b64, sha256};
use aws_lc_rs::{
    encoding::AsBigEndian as _,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::fmt;

/// A set holds no more keys than this.
const MOST_KEYS: usize = 32;

/// What a public key is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Public {
    /// `kty` EC, `crv` P-256 (RFC 7518 §6.2): the uncompressed point, `04 ‖ x ‖ y`.
    P256([u8; 65]),
    /// `kty` OKP, `crv` Ed25519 (RFC 8037).
    Ed25519([u8; 32]),
    /// `kty` RSA (RFC 7518 §6.3) of 2048 to 4096 bits: modulus and exponent, big-endian without leading zeros.
    Rsa(Box<[u8]>, Box<[u8]>),
}

impl Public {
    /// The RFC 7638 thumbprint, base64url: what `jkt` and our key ids are.
    pub fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::P256(point) => {
                let (x, y) = (b64::encode(&point[1..33]), b64::encode(&point[33..]));
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Self::Ed25519(key) => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, b64::encode(key))
            }
            Self::Rsa(n, e) => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, b64::encode(e), b64::encode(n))
            }
        };
        b64::encode(sha256(&[canonical.as_bytes()]))
    }
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Public({})", self.thumbprint())
    }
}

/// A public key with what is said about it. Reading one that carries private members is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Jwk {
    /// The key.
    pub key: Public,
    /// `kid`.
    pub kid: Option<String>,
    /// `use`: `sig` or `enc`.
    pub usage: Option<String>,
    /// `alg`.
    pub alg: Option<String>,
}

impl Jwk {
    /// Reads a public key.
    pub fn parse(json: &[u8]) -> Result<Self> {
        parse_raw(json)?.public()
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<Public> for Jwk {
    fn from(key: Public) -> Self {
        Self { key, kid: None, usage: None, alg: None }
    }
}

/// A private key with its public part. Its `Debug` shows the public part alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct PrivateJwk {
    /// The public part, `kid` and `use`.
    pub public: Jwk,
    secret: [u8; 32],
}

impl fmt::Debug for PrivateJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateJwk").field("public", &self.public).finish_non_exhaustive()
    }
}

impl PrivateJwk {
    /// A new P-256 key; `usage` is `sig` or `enc`. Its `kid` is its thumbprint.
    pub fn generate_p256(usage: &str) -> Result<Self> {
        let pair =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| Error::Crypto)?;
        let secret = pair.private_key().as_be_bytes().map_err(|_| Error::Crypto)?;
        let point = pair.public_key().as_ref().try_into().map_err(|_| Error::Crypto)?;
        let alg = if usage == "enc" { "ECDH-ES" } else { "ES256" };
        Self::new(Public::P256(point), usage, alg, secret.as_ref())
    }

    /// A new Ed25519 key for signatures. Its `kid` is its thumbprint.
    pub fn generate_ed25519() -> Result<Self> {
        let pair = Ed25519KeyPair::generate().map_err(|_| Error::Crypto)?;
        let seed = pair.seed().and_then(|seed| seed.as_be_bytes()).map_err(|_| Error::Crypto)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| Error::Crypto)?;
        Self::new(Public::Ed25519(public), "sig", "EdDSA", seed.as_ref())
    }

    fn new(key: Public, usage: &str, alg: &str, secret: &[u8]) -> Result<Self> {
        let secret = secret.try_into().map_err(|_| Error::Crypto)?;
        let public = Jwk {
            kid: Some(key.thumbprint()),
            usage: Some(usage.to_owned()),
            alg: Some(alg.to_owned()),
            key,
        };
        Ok(Self { public, secret })
    }

    /// Reads a private key. That its two parts belong together is checked where it is put to use.
    pub fn parse(json: &[u8]) -> Result<Self> {
        parse_raw(json)?.private()
    }

    /// As JSON, the secret included.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The private scalar (P-256) or seed (Ed25519).
    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

/// A set of public keys. Keys of kinds we do not use are passed over (RFC 7517 §5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSet")]
pub struct Jwks {
    /// The keys we can use.
    pub keys: Vec<Jwk>,
}

impl Jwks {
    /// Reads a set; refuses private members in any key, and more than 32 keys.
    pub fn parse(json: &[u8]) -> Result<Self> {
        bounded(json, 65_536)?;
        serde_json::from_slice::<RawSet>(json).map_err(|_| Error::Malformed("JWKS"))?.try_into()
    }

    /// Keys for `usage`, or without a `use`.
    pub fn for_use<'a>(&'a self, usage: &'a str) -> impl Iterator<Item = &'a Jwk> {
        self.keys.iter().filter(move |jwk| jwk.usage.as_deref().is_none_or(|u| u == usage))
    }

    /// The P-256 key to encrypt to: `use` is `enc`.
    pub fn encryption_key(&self) -> Option<&Jwk> {
        self.keys
            .iter()
            .find(|jwk| jwk.usage.as_deref() == Some("enc") && matches!(jwk.key, Public::P256(_)))
    }
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<Raw>,
}

impl TryFrom<RawSet> for Jwks {
    type Error = Error;

    fn try_from(raw: RawSet) -> Result<Self> {
        if raw.keys.len() > MOST_KEYS {
            return Err(Error::TooLong("JWKS"));
        }
        let mut keys = Vec::new();
        for key in raw.keys {
            match key.public() {
                Ok(key) => keys.push(key),
                Err(Error::Unsupported(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { keys })
    }
}

/// A JWK as it is written. Unknown members are passed over; private ones are seen.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Raw {
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(skip_serializing)]
    k: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    p: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    q: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    dp: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    dq: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    qi: Option<IgnoredAny>,
    #[serde(skip_serializing)]
    oth: Option<IgnoredAny>,
}

impl Raw {
    fn public(self) -> Result<Jwk> {
        let others = [&self.k, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth];
        if self.d.is_some() || others.iter().any(|member| member.is_some()) {
            return Err(Error::PrivateMembers);
        }
        Ok(Jwk { key: self.key()?, kid: self.kid, usage: self.usage, alg: self.alg })
    }

    fn private(mut self) -> Result<PrivateJwk> {
        let secret =
            b64::decode_array(self.d.take().as_deref().ok_or(Error::Malformed("private JWK"))?)?;
        Ok(PrivateJwk { public: self.public()?, secret })
    }

    fn key(&self) -> Result<Public> {
        let member = |text: &Option<String>| {
            b64::decode_array::<32>(text.as_deref().ok_or(Error::Malformed("JWK"))?)
        };
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&member(&self.x)?);
                point[33..].copy_from_slice(&member(&self.y)?);
                Ok(Public::P256(point))
            }
            ("OKP", Some("Ed25519")) => Ok(Public::Ed25519(member(&self.x)?)),
            ("RSA", _) => {
                let number = |text: &Option<String>| {
                    b64::decode(text.as_deref().ok_or(Error::Malformed("JWK"))?)
                };
                let (n, e) = (number(&self.n)?, number(&self.e)?);
                // Of another size, or written with zeros before it: not one that we use.
                if !(256..=512).contains(&n.len()) || n[0] < 0x80 || !(1..=8).contains(&e.len()) {
                    return Err(Error::Unsupported("this kind of key"));
                }
                Ok(Public::Rsa(n.into(), e.into()))
            }
            _ => Err(Error::Unsupported("this kind of key")),
        }
    }
}

impl TryFrom<Raw> for Jwk {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        raw.public()
    }
}

impl TryFrom<Raw> for PrivateJwk {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        raw.private()
    }
}

impl From<Jwk> for Raw {
    fn from(jwk: Jwk) -> Self {
        let text = |bytes: &[u8]| Some(b64::encode(bytes));
        let raw = Self { kid: jwk.kid, usage: jwk.usage, alg: jwk.alg, ..Self::default() };
        match jwk.key {
            Public::P256(point) => Self {
                kty: "EC".to_owned(),
                crv: Some("P-256".to_owned()),
                x: text(&point[1..33]),
                y: text(&point[33..]),
                ..raw
            },
            Public::Ed25519(key) => Self {
                kty: "OKP".to_owned(),
                crv: Some("Ed25519".to_owned()),
                x: text(&key),
                ..raw
            },
            Public::Rsa(n, e) => Self { kty: "RSA".to_owned(), n: text(&n), e: text(&e), ..raw },
        }
    }
}

impl From<PrivateJwk> for Raw {
    fn from(jwk: PrivateJwk) -> Self {
        Self { d: Some(b64::encode(jwk.secret)), ..Self::from(jwk.public) }
    }
}

fn parse_raw(json: &[u8]) -> Result<Raw> {
    bounded(json, 8192)?;
    serde_json::from_slice(json).map_err(|_| Error::Malformed("JWK"))
}

fn bounded(json: &[u8], most: usize) -> Result<()> {
    if json.len() > most { Err(Error::TooLong("JWK")) } else { Ok(()) }
}

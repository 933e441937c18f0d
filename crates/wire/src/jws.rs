//! Compact signatures (RFC 7515): ES256 (RFC 7518 §3.4), EdDSA with Ed25519 (RFC 8037), PS256 of others and RS256
//! for ID tokens (RFC 7518 §3.5, §3.3).

use crate::{
    Error, Result, b64,
    jwk::{Jwk, Jwks, PrivateJwk, Public},
};
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    },
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::value::RawValue;

/// A signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alg {
    /// ECDSA over P-256 with SHA-256: what we sign with.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA with PSS and SHA-256: read from clients.
    Ps256,
    /// RSA as PKCS #1 has it, with SHA-256: for ID tokens to clients that read no other.
    Rs256,
}

/// What clients may sign with (FAPI 2.0 Security Profile §5.4.1).
pub const OF_CLIENTS: &[Alg] = &[Alg::Es256, Alg::EdDsa, Alg::Ps256];

impl Alg {
    /// As `alg` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    /// Whether a key of this kind makes such signatures.
    fn fits(self, key: &Public) -> bool {
        match key {
            Public::P256(_) => self == Self::Es256,
            Public::Ed25519(_) => self == Self::EdDsa,
            Public::Rsa(..) => matches!(self, Self::Ps256 | Self::Rs256),
        }
    }

    /// The algorithm of this name. `Ed25519` is RFC 9864's name for the same.
    fn named(name: &str) -> Result<Self> {
        match name {
            "ES256" => Ok(Self::Es256),
            "EdDSA" | "Ed25519" => Ok(Self::EdDsa),
            "PS256" => Ok(Self::Ps256),
            "RS256" => Ok(Self::Rs256),
            _ => Err(Error::Unsupported("this signature algorithm")),
        }
    }
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(rsa::KeyPair),
}

/// A new RSA key of 2048 bits, as PKCS #8.
pub fn generate_rsa() -> Result<Vec<u8>> {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| Error::Crypto)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Crypto)?;
    Ok(der.as_ref().to_vec())
}

/// A private key made ready once: signing parses nothing.
pub struct SigningKey {
    pair: Pair,
    public: Jwk,
    kid: String,
}

impl SigningKey {
    /// Makes a key ready; refuses one whose private and public parts do not belong together.
    ///
    /// Its id is the `kid`, or the thumbprint where there is none.
    pub fn new(jwk: &PrivateJwk) -> Result<Self> {
        let secret = jwk.secret();
        let pair = match &jwk.public.key {
            Public::P256(public) => Pair::P256(
                EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    secret,
                    public,
                )
                .map_err(|_| Error::Malformed("private JWK"))?,
            ),
            Public::Ed25519(public) => Pair::Ed25519(
                Ed25519KeyPair::from_seed_and_public_key(secret, public)
                    .map_err(|_| Error::Malformed("private JWK"))?,
            ),
            Public::Rsa(..) => return Err(Error::Unsupported("a private RSA key as JWK")),
        };
        let kid = jwk.public.kid.clone().unwrap_or_else(|| jwk.public.key.thumbprint());
        let public = Jwk { kid: Some(kid.clone()), ..jwk.public.clone() };
        Ok(Self { pair, public, kid })
    }

    /// Makes an RSA key ready, from PKCS #8: it signs by RS256. Its id is its thumbprint.
    pub fn rsa(pkcs8: &[u8]) -> Result<Self> {
        let pair = rsa::KeyPair::from_pkcs8(pkcs8).map_err(|_| Error::Malformed("RSA key"))?;
        // RFC 8017 A.1.1: of 2048 bits and with the usual exponent the numbers stand at fixed places.
        let bytes = pair.public_key().as_ref();
        let (Some(n), Some([2, 3, e @ ..]), 270) =
            (bytes.get(9..265), bytes.get(265..), bytes.len())
        else {
            return Err(Error::Unsupported("an RSA key of another size"));
        };
        let key = Public::Rsa(n.into(), e.into());
        let kid = key.thumbprint();
        let public = Jwk {
            kid: Some(kid.clone()),
            usage: Some("sig".to_owned()),
            alg: Some(Alg::Rs256.name().to_owned()),
            key,
        };
        Ok(Self { pair: Pair::Rsa(pair), public, kid })
    }

    /// Its `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its public part, for a JWKS.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// Its algorithm.
    pub fn alg(&self) -> Alg {
        match self.pair {
            Pair::P256(_) => Alg::Es256,
            Pair::Ed25519(_) => Alg::EdDsa,
            Pair::Rsa(_) => Alg::Rs256,
        }
    }

    /// The bytes of a signature over `message`: 64, or as many as an RSA key has.
    pub fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.pair {
            Pair::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|s| s.as_ref().to_vec())
                .map_err(|_| Error::Crypto),
            Pair::Ed25519(pair) => {
                pair.try_sign(message).map(|s| s.as_ref().to_vec()).map_err(|_| Error::Crypto)
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| Error::Crypto)?;
                Ok(signature)
            }
        }
    }

    /// A compact JWS with `alg`, `kid` and the members of `more` (a struct or map without those two) as its
    /// protected header, over exactly these payload bytes.
    pub fn sign<H: Serialize>(&self, more: &H, payload: &[u8]) -> Result<String> {
        #[derive(Serialize)]
        struct Protected<'a, H> {
            alg: &'static str,
            kid: &'a str,
            #[serde(flatten)]
            more: &'a H,
        }
        self.sign_header(&Protected { alg: self.alg().name(), kid: &self.kid, more }, payload)
    }

    /// A compact JWS with exactly this protected header, which must name our `alg`: for headers that carry
    /// `jwk` in place of `kid`.
    pub fn sign_header<H: Serialize>(&self, header: &H, payload: &[u8]) -> Result<String> {
        let header = serde_json::to_vec(header).map_err(|_| Error::Malformed("JWS header"))?;
        let mut token = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 96);
        b64::encode_into(&header, &mut token);
        token.push('.');
        b64::encode_into(payload, &mut token);
        let signature = self.sign_bytes(token.as_bytes())?;
        token.push('.');
        b64::encode_into(signature, &mut token);
        Ok(token)
    }
}

/// A public key made ready once.
#[derive(Debug)]
pub struct VerifyingKey {
    alg: Alg,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// Makes a key ready; refuses a point that is not on the curve. An RSA key verifies PS256.
    pub fn new(public: &Public) -> Result<Self> {
        let alg = match public {
            Public::P256(_) => Alg::Es256,
            Public::Ed25519(_) => Alg::EdDsa,
            Public::Rsa(..) => Alg::Ps256,
        };
        Self::of(public, alg)
    }

    /// Makes a key ready for one algorithm, which must be one of its kind.
    pub fn of(public: &Public, alg: Alg) -> Result<Self> {
        if !alg.fits(public) {
            return Err(Error::Unsupported("this signature algorithm"));
        }
        let bad = Error::Malformed("public key");
        let key = match public {
            Public::P256(point) => {
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| bad)
            }
            Public::Ed25519(key) => ParsedPublicKey::new(&ED25519, key).map_err(|_| bad),
            Public::Rsa(n, e) => {
                let padding = match alg {
                    Alg::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                    _ => &RSA_PSS_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(padding).map_err(|_| bad)
            }
        };
        Ok(Self { alg, key: key? })
    }

    /// The one algorithm this key verifies.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// Verifies the bytes of a signature over `message`.
    pub fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        self.key.verify_sig(message, signature).map_err(|_| Error::Signature)
    }
}

/// The members of a protected header that we act on; [`Parsed::header_as`] reads others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `alg`, one we know.
    pub alg: Alg,
    /// `kid`.
    pub kid: Option<String>,
    /// `typ`.
    pub typ: Option<String>,
    /// `cty`.
    pub cty: Option<String>,
    /// `jwk`, public.
    pub jwk: Option<Jwk>,
}

/// A compact JWS, read but **not yet verified**.
#[derive(Debug, Clone)]
pub struct Parsed<'a> {
    header: Header,
    header_json: Vec<u8>,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Parsed<'a> {
    /// Reads a token of at most `most` bytes: three parts, a known `alg` (never `none`), no `crit`
    /// (RFC 7515 §4.1.11: we understand no extension), no private `jwk`.
    pub fn new(token: &'a str, most: usize) -> Result<Self> {
        #[derive(Deserialize)]
        struct Raw<'h> {
            alg: String,
            kid: Option<String>,
            typ: Option<String>,
            cty: Option<String>,
            // Kept as text, so that a private key is told from a malformed one.
            #[serde(borrow)]
            jwk: Option<&'h RawValue>,
            crit: Option<IgnoredAny>,
            b64: Option<IgnoredAny>,
            zip: Option<IgnoredAny>,
        }
        if token.len() > most {
            return Err(Error::TooLong("JWS"));
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Error::Malformed("JWS"))?;
        let (header, payload) = signing_input.split_once('.').ok_or(Error::Malformed("JWS"))?;
        let header_json = b64::decode(header)?;
        let raw: Raw<'_> =
            serde_json::from_slice(&header_json).map_err(|_| Error::Malformed("JWS header"))?;
        if raw.crit.is_some() || raw.b64.is_some() || raw.zip.is_some() {
            return Err(Error::Unsupported("a critical header"));
        }
        let jwk = raw.jwk.map(|jwk| Jwk::parse(jwk.get().as_bytes())).transpose()?;
        let header =
            Header { alg: Alg::named(&raw.alg)?, kid: raw.kid, typ: raw.typ, cty: raw.cty, jwk };
        let signature = b64::decode(signature)?;
        let fits = match header.alg {
            Alg::Es256 | Alg::EdDsa => signature.len() == 64,
            Alg::Ps256 | Alg::Rs256 => (256..=512).contains(&signature.len()),
        };
        if !fits {
            return Err(Error::Malformed("JWS signature"));
        }
        Ok(Self { header, header_json, signing_input, payload: b64::decode(payload)?, signature })
    }

    /// The header, **unverified**: to find the key by.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload, **unverified**: to find the key by (an assertion's `iss`).
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload, if `key` signed it with one of the allowed algorithms, which the header must name.
    pub fn verify(&self, key: &VerifyingKey, allowed: &[Alg]) -> Result<&[u8]> {
        let alg = self.header.alg;
        if !allowed.contains(&alg) || alg != key.alg {
            return Err(Error::Unsupported("this signature algorithm"));
        }
        key.verify_bytes(self.signing_input.as_bytes(), &self.signature)?;
        Ok(&self.payload)
    }

    /// The payload, if the key of a set that the header's `kid` names signed it; without `kid`, any key that
    /// fits, of at most four tried. Keys for encryption are passed over.
    pub fn verify_by_set(&self, set: &Jwks, allowed: &[Alg]) -> Result<&[u8]> {
        let alg = self.header.alg;
        // A key may say what it is for (RFC 7517 §4.4): for RSA that is not plain from its kind.
        let fits = |jwk: &&Jwk| {
            let says = jwk.alg.as_deref().and_then(|name| Alg::named(name).ok());
            alg.fits(&jwk.key) && says.is_none_or(|says| says == alg)
        };
        let named = |jwk: &&Jwk| self.header.kid.is_none() || self.header.kid == jwk.kid;
        let mut outcome = Err(Error::NoKey);
        for jwk in set.for_use("sig").filter(fits).filter(named).take(4) {
            outcome = self.verify(&VerifyingKey::of(&jwk.key, alg)?, allowed);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// The protected header read as another type. Call [`Parsed::verify`] first.
    pub fn header_as<H: serde::de::DeserializeOwned>(&self) -> Result<H> {
        serde_json::from_slice(&self.header_json).map_err(|_| Error::Malformed("JWS header"))
    }
}

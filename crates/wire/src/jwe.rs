//! Compact encryption (RFC 7516): ECDH-ES over P-256, direct (RFC 7518 §4.6), with A256GCM.

use crate::{
    Error, Result, b64,
    jwk::{Jwk, PrivateJwk, Public},
};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, agree},
    digest::{Context, SHA256},
    encoding::{AsBigEndian as _, EcPublicKeyUncompressedBin},
    rand,
};
use serde::{Deserialize, Serialize, de::IgnoredAny};

const ALG: &str = "ECDH-ES";
const ENC: &str = "A256GCM";

/// A public key to encrypt to, made ready once.
pub struct Recipient {
    key: ParsedPublicKey,
    kid: Option<String>,
}

#[derive(Serialize)]
struct Protected<'a> {
    alg: &'static str,
    enc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    epk: Jwk,
}

impl Recipient {
    /// Makes a P-256 key ready; refuses a point that is not on the curve (RFC 7518 §4.6, invalid curve).
    pub fn new(jwk: &Jwk) -> Result<Self> {
        Ok(Self { key: peer(&jwk.key)?, kid: jwk.kid.clone() })
    }

    /// Encrypts under a fresh key; `cty` is `JWT` when the plaintext is a JWS.
    pub fn encrypt(&self, cty: Option<&str>, mut plaintext: Vec<u8>) -> Result<String> {
        let ours = PrivateKey::generate(&ECDH_P256).map_err(|_| Error::Crypto)?;
        let point: EcPublicKeyUncompressedBin<'_> = ours
            .compute_public_key()
            .and_then(|key| key.as_be_bytes())
            .map_err(|_| Error::Crypto)?;
        let epk = Jwk::from(Public::P256(point.as_ref().try_into().map_err(|_| Error::Crypto)?));
        let protected = Protected { alg: ALG, enc: ENC, kid: self.kid.as_deref(), cty, epk };
        let protected =
            serde_json::to_vec(&protected).map_err(|_| Error::Malformed("JWE header"))?;
        let mut token = String::with_capacity((protected.len() + plaintext.len()) * 4 / 3 + 64);
        b64::encode_into(protected, &mut token);
        let key = content_key(&ours, &self.key, &[], &[])?;
        let mut iv = [0; 12];
        rand::fill(&mut iv).map_err(|_| Error::Crypto)?;
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(iv),
                Aad::from(token.as_bytes()),
                &mut plaintext,
            )
            .map_err(|_| Error::Crypto)?;
        // Direct agreement: the encrypted key is empty.
        token.push_str("..");
        b64::encode_into(iv, &mut token);
        token.push('.');
        b64::encode_into(plaintext, &mut token);
        token.push('.');
        b64::encode_into(tag, &mut token);
        Ok(token)
    }
}

/// What was decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// `cty`.
    pub cty: Option<String>,
    /// The plaintext.
    pub plaintext: Vec<u8>,
}

/// A private key to decrypt with, made ready once.
pub struct OpeningKey {
    key: PrivateKey,
    kid: Option<String>,
}

impl OpeningKey {
    /// Makes a P-256 key ready.
    pub fn new(jwk: &PrivateJwk) -> Result<Self> {
        let Public::P256(_) = jwk.public.key else {
            return Err(Error::Unsupported("this kind of key"));
        };
        let key = PrivateKey::from_private_key(&ECDH_P256, jwk.secret())
            .map_err(|_| Error::Malformed("private JWK"))?;
        Ok(Self { key, kid: jwk.public.kid.clone() })
    }

    /// Its `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Decrypts a token of at most `most` bytes.
    pub fn decrypt(&self, token: &str, most: usize) -> Result<Opened> {
        let read = Read::new(token, most)?;
        let key = content_key(&self.key, &peer(&read.header.epk.key)?, &read.apu, &read.apv)?;
        let mut text = read.sealed;
        let aad = Aad::from(read.protected.as_bytes());
        let opened = key
            .open_in_place(Nonce::assume_unique_for_key(read.iv), aad, &mut text)
            .map_err(|_| Error::Decryption)?
            .len();
        text.truncate(opened);
        Ok(Opened { cty: read.header.cty, plaintext: text })
    }
}

/// `kid` of a token's header, unverified: to find the key by.
pub fn recipient_kid(token: &str, most: usize) -> Result<Option<String>> {
    Ok(Read::new(token, most)?.header.kid)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    kid: Option<String>,
    cty: Option<String>,
    epk: Jwk,
    apu: Option<String>,
    apv: Option<String>,
    crit: Option<IgnoredAny>,
    zip: Option<IgnoredAny>,
}

struct Read<'a> {
    header: Header,
    protected: &'a str,
    apu: Vec<u8>,
    apv: Vec<u8>,
    iv: [u8; 12],
    /// Ciphertext and tag.
    sealed: Vec<u8>,
}

impl<'a> Read<'a> {
    fn new(token: &'a str, most: usize) -> Result<Self> {
        if token.len() > most {
            return Err(Error::TooLong("JWE"));
        }
        let mut parts = token.split('.');
        let mut next = || parts.next().ok_or(Error::Malformed("JWE"));
        let (protected, encrypted_key, iv, text, tag) =
            (next()?, next()?, next()?, next()?, next()?);
        if parts.next().is_some() || !encrypted_key.is_empty() {
            return Err(Error::Malformed("JWE"));
        }
        let header: Header = serde_json::from_slice(&b64::decode(protected)?)
            .map_err(|_| Error::Malformed("JWE header"))?;
        if header.alg != ALG || header.enc != ENC || header.crit.is_some() || header.zip.is_some() {
            return Err(Error::Unsupported("this encryption"));
        }
        let info = |text: &Option<String>| text.as_deref().map_or(Ok(Vec::new()), b64::decode);
        let (apu, apv) = (info(&header.apu)?, info(&header.apv)?);
        let mut sealed = b64::decode(text)?;
        sealed.extend(b64::decode_array::<16>(tag)?);
        Ok(Self { header, protected, apu, apv, iv: b64::decode_array(iv)?, sealed })
    }
}

/// A point to agree with, proven to be on the curve.
fn peer(key: &Public) -> Result<ParsedPublicKey> {
    let Public::P256(point) = key else { return Err(Error::Unsupported("this kind of key")) };
    UnparsedPublicKey::new(&ECDH_P256, point).try_into().map_err(|_| Error::Malformed("public key"))
}

fn content_key(
    ours: &PrivateKey,
    theirs: &ParsedPublicKey,
    apu: &[u8],
    apv: &[u8],
) -> Result<LessSafeKey> {
    let key = agree(ours, theirs.clone(), Error::Crypto, |shared| {
        Ok(concat_kdf(shared, ENC, 256, apu, apv))
    })?;
    UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| Error::Crypto)
}

/// One round of the Concat KDF (NIST SP 800-56A §5.8.1) as RFC 7518 §4.6.2 feeds it: enough for 256 bits.
pub(crate) fn concat_kdf(shared: &[u8], enc: &str, bits: u32, apu: &[u8], apv: &[u8]) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    hash.update(&1u32.to_be_bytes());
    hash.update(shared);
    for field in [enc.as_bytes(), apu, apv] {
        hash.update(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(field);
    }
    hash.update(&bits.to_be_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(hash.finish().as_ref());
    key
}

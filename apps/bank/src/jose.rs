//! Keys, signatures and encryption as the bank reads and writes them: JWS with ES256 (RFC 7515), JWE with
//! ECDH-ES and A256GCM (RFC 7516, RFC 7518 §4.6), DPoP proofs (RFC 9449) and client assertions (RFC 7523).

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, ECDH_P256, UnparsedPublicKey},
    digest::{SHA256, digest},
    rand::{self, SystemRandom},
    signature::{
        self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// What a check gives, or which check failed.
pub(crate) type Checked<T> = Result<T, &'static str>;

/// An assertion lives this many seconds.
const ASSERTION_LIFE: i64 = 60;

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Checked<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "not base64url")
}

pub(crate) fn standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn from_standard(text: &str) -> Checked<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| "not base64")
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// 16 random bytes, base64url: an id nobody guesses.
pub(crate) fn random() -> Checked<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| "no randomness")?;
    Ok(b64(bytes))
}

fn member(jwk: &Value, name: &str) -> Checked<Vec<u8>> {
    let bytes = unb64(jwk[name].as_str().ok_or("a member of the key is missing")?)?;
    if bytes.len() == 32 { Ok(bytes) } else { Err("the key is not of P-256") }
}

/// The uncompressed point of a P-256 JWK.
fn point(jwk: &Value) -> Checked<Vec<u8>> {
    if jwk["kty"] != "EC" || jwk["crv"] != "P-256" {
        return Err("the key is not of P-256");
    }
    Ok([vec![4], member(jwk, "x")?, member(jwk, "y")?].concat())
}

/// A P-256 key that signs.
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    kid: Option<String>,
}

impl Signer {
    pub(crate) fn from_jwk(jwk: &Value) -> Checked<Self> {
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &member(jwk, "d")?,
            &point(jwk)?,
        );
        let pair = pair.map_err(|_| "the signing key cannot be read")?;
        Ok(Self { pair, kid: jwk["kid"].as_str().map(ToOwned::to_owned) })
    }

    pub(crate) fn generate() -> Checked<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Ok(Self { pair: pair.map_err(|_| "no key could be made")?, kid: None })
    }

    /// The public key as a JWK with the members RFC 7638 hashes.
    pub(crate) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({"crv": "P-256", "kty": "EC", "x": b64(&point[1..33]), "y": b64(&point[33..])})
    }

    /// RFC 7638.
    pub(crate) fn thumbprint(&self) -> Checked<String> {
        Ok(b64(sha256(crate::jcs::text(&self.public())?.as_bytes())))
    }

    fn jws(&self, header: &Value, claims: &Value) -> Checked<String> {
        let signed = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", b64(signature)))
    }

    /// `r ‖ s`.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Checked<Vec<u8>> {
        let signature =
            self.pair.sign(&SystemRandom::new(), bytes).map_err(|_| "signing failed")?;
        Ok(signature.as_ref().to_vec())
    }

    /// A proof that we hold this key, for one request (RFC 9449 §4.2).
    pub(crate) fn dpop(
        &self,
        (method, url): (&str, &str),
        token: Option<&str>,
        nonce: Option<&str>,
    ) -> Checked<String> {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.public()});
        let url = url.split(['?', '#']).next().unwrap_or(url);
        let mut claims =
            json!({"jti": random()?, "htm": method, "htu": url, "iat": crate::clock::seconds()});
        if let Some(token) = token {
            claims["ath"] = b64(sha256(token.as_bytes())).into();
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        self.jws(&header, &claims)
    }

    /// Our signed word that we are this client (RFC 7523 §3; the audience is the issuer alone).
    pub(crate) fn assertion(&self, client: &str, issuer: &str) -> Checked<String> {
        let now = crate::clock::seconds();
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": self.kid});
        let claims = json!({
            "iss": client, "sub": client, "aud": issuer, "jti": random()?,
            "iat": now, "exp": now + ASSERTION_LIFE,
        });
        self.jws(&header, &claims)
    }
}

/// Checks a raw ES256 signature (`r ‖ s`) by the key of this id in a JWKS.
pub(crate) fn check_by_kid(jwks: &Value, kid: &str, bytes: &[u8], signature: &[u8]) -> Checked<()> {
    let mut keys = jwks["keys"].as_array().ok_or("the key set is empty")?.iter();
    let jwk = keys.find(|jwk| jwk["kid"] == kid).ok_or("the signing key is not a published one")?;
    if jwk["use"] == "enc" {
        return Err("the key is not for signatures");
    }
    signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(jwk)?)
        .verify(bytes, signature)
        .map_err(|_| "the signature is false")
}

/// A verified JWS.
pub(crate) struct Signed {
    /// The protected header.
    pub(crate) header: Value,
    /// The exact payload.
    pub(crate) payload: Vec<u8>,
}

/// Verifies a compact ES256 JWS by the issuer's keys; `typ` must be the one expected.
pub(crate) fn verify(jws: &str, jwks: &Value, typ: &str) -> Checked<Signed> {
    let (signed, signature) = jws.rsplit_once('.').ok_or("not a JWS")?;
    let (header, payload) = signed.split_once('.').ok_or("not a JWS")?;
    let header: Value =
        serde_json::from_slice(&unb64(header)?).map_err(|_| "the header is not JSON")?;
    if header["alg"] != "ES256" || header["typ"] != typ || !header["crit"].is_null() {
        return Err("the JWS is of another kind");
    }
    let kid = header["kid"].as_str().ok_or("the JWS names no key")?;
    check_by_kid(jwks, kid, signed.as_bytes(), &unb64(signature)?)?;
    Ok(Signed { payload: unb64(payload)?, header })
}

/// The key that answers are encrypted to.
pub(crate) struct Opener(agreement::PrivateKey);

impl Opener {
    pub(crate) fn from_jwk(jwk: &Value) -> Checked<Self> {
        let key = agreement::PrivateKey::from_private_key(&ECDH_P256, &member(jwk, "d")?);
        Ok(Self(key.map_err(|_| "the encryption key cannot be read")?))
    }

    /// Decrypts a compact JWE made with ECDH-ES (direct) and A256GCM.
    pub(crate) fn decrypt(&self, jwe: &str) -> Checked<Vec<u8>> {
        let parts: Vec<&str> = jwe.trim().split('.').collect();
        let [protected, "", iv, text, tag] = parts[..] else { return Err("not a JWE") };
        let header: Value =
            serde_json::from_slice(&unb64(protected)?).map_err(|_| "the header is not JSON")?;
        let plain = header["crit"].is_null() && header["zip"].is_null();
        if header["alg"] != "ECDH-ES" || header["enc"] != "A256GCM" || !plain {
            return Err("the JWE is of another kind");
        }
        let info = |name: &str| header[name].as_str().map_or(Ok(Vec::new()), unb64);
        let key = self.agree(&header["epk"], "A256GCM", &info("apu")?, &info("apv")?)?;
        let iv: [u8; 12] = unb64(iv)?.try_into().map_err(|_| "the iv is not of 96 bits")?;
        let tag = unb64(tag)?;
        if tag.len() != AES_256_GCM.tag_len() {
            return Err("the tag is not of 128 bits");
        }
        let mut text = [unb64(text)?, tag].concat();
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| "the key is not of 256 bits")?;
        let opened = LessSafeKey::new(key)
            .open_in_place(
                Nonce::assume_unique_for_key(iv),
                Aad::from(protected.as_bytes()),
                &mut text,
            )
            .map_err(|_| "the JWE is not for our key, or was changed")?
            .len();
        text.truncate(opened);
        Ok(text)
    }

    /// The agreed secret through the Concat KDF (RFC 7518 §4.6.2), cut to the 32 bytes of one SHA-256 round.
    fn agree(&self, epk: &Value, enc: &str, apu: &[u8], apv: &[u8]) -> Checked<[u8; 32]> {
        let peer = UnparsedPublicKey::new(&ECDH_P256, point(epk)?);
        agreement::agree(&self.0, peer, "the ephemeral key is not on the curve", |secret| {
            Ok(concat_kdf(secret, enc, 256, apu, apv))
        })
    }
}

fn concat_kdf(secret: &[u8], enc: &str, bits: u32, apu: &[u8], apv: &[u8]) -> [u8; 32] {
    let mut input = 1_u32.to_be_bytes().to_vec();
    input.extend_from_slice(secret);
    for part in [enc.as_bytes(), apu, apv] {
        input.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        input.extend_from_slice(part);
    }
    input.extend_from_slice(&bits.to_be_bytes());
    sha256(&input)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7518 appendix C: Bob's private key and Alice's ephemeral key.
    fn appendix_c() -> (Opener, Value) {
        let bob = json!({
            "kty": "EC", "crv": "P-256",
            "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"
        });
        let epk = json!({
            "kty": "EC", "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"
        });
        (Opener::from_jwk(&bob).unwrap(), epk)
    }

    #[test]
    fn the_agreed_key_is_that_of_rfc_7518_appendix_c() {
        let (opener, epk) = appendix_c();
        let peer = UnparsedPublicKey::new(&ECDH_P256, point(&epk).unwrap());
        let key = agreement::agree(&opener.0, peer, "", |secret| {
            Ok(concat_kdf(secret, "A128GCM", 128, b"Alice", b"Bob"))
        });
        assert_eq!(b64(&key.unwrap()[..16]), "VqqN6vgjbSBcIijNcacQGg");
    }

    fn sealed(to: &Opener, text: &str) -> String {
        let ours = agreement::PrivateKey::generate(&ECDH_P256).unwrap();
        let public = ours.compute_public_key().unwrap();
        let theirs = to.0.compute_public_key().unwrap();
        let peer = UnparsedPublicKey::new(&ECDH_P256, theirs.as_ref());
        let key = agreement::agree(&ours, peer, "", |secret| {
            Ok(concat_kdf(secret, "A256GCM", 256, b"", b""))
        });
        let (x, y) = (b64(&public.as_ref()[1..33]), b64(&public.as_ref()[33..]));
        let header = json!({"alg": "ECDH-ES", "enc": "A256GCM", "epk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}});
        let header = b64(header.to_string());
        let mut bytes = text.as_bytes().to_vec();
        let tag = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key.unwrap()).unwrap())
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key([7; 12]),
                Aad::from(header.as_bytes()),
                &mut bytes,
            )
            .unwrap();
        format!("{header}..{}.{}.{}", b64([7; 12]), b64(bytes), b64(tag))
    }

    #[test]
    fn an_answer_opens_with_our_key_alone_and_only_unchanged() {
        let (opener, _) = appendix_c();
        let jwe = sealed(&opener, "records");
        assert_eq!(opener.decrypt(&jwe), Ok(b"records".to_vec()));
        let other = Opener(agreement::PrivateKey::generate(&ECDH_P256).unwrap());
        assert!(other.decrypt(&jwe).is_err());
        let (head, tag) = jwe.rsplit_once('.').unwrap();
        let mut tag = unb64(tag).unwrap();
        tag[0] ^= 1;
        assert!(opener.decrypt(&format!("{head}.{}", b64(&tag))).is_err());
        assert!(opener.decrypt(&format!("{head}.{}", b64(&tag[..8]))).is_err());
    }

    fn published(signer: &Signer) -> Value {
        let mut jwk = signer.public();
        jwk["kid"] = "k".into();
        json!({ "keys": [jwk] })
    }

    #[test]
    fn a_proof_carries_key_method_address_token_and_nonce() {
        let signer = Signer::generate().unwrap();
        let proof = signer
            .dpop(("POST", "https://praya.test/exchange/v1/records?x=1"), Some("at_1"), Some("n"))
            .unwrap();
        let parts: Vec<_> = proof.split('.').collect();
        let header: Value = serde_json::from_slice(&unb64(parts[0]).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&unb64(parts[1]).unwrap()).unwrap();
        assert_eq!(header["typ"], "dpop+jwt");
        assert_eq!(header["alg"], "ES256");
        assert_eq!(header["jwk"], signer.public());
        assert!(header["jwk"]["d"].is_null());
        assert_eq!(claims["htm"], "POST");
        assert_eq!(claims["htu"], "https://praya.test/exchange/v1/records");
        assert_eq!(claims["ath"], b64(sha256(b"at_1")));
        assert_eq!(claims["nonce"], "n");
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = unb64(parts[2]).unwrap();
        assert_eq!(check_by_kid(&published(&signer), "k", signed.as_bytes(), &signature), Ok(()));
    }

    #[test]
    fn a_release_verifies_by_the_issuers_key_and_by_no_other() {
        let (signer, other) = (Signer::generate().unwrap(), Signer::generate().unwrap());
        let header = json!({"alg": "ES256", "kid": "k", "typ": "praya-release+jwt"});
        let jws = signer.jws(&header, &json!({"iss": "x"})).unwrap();
        let signed = verify(&jws, &published(&signer), "praya-release+jwt").unwrap();
        assert_eq!(signed.payload, br#"{"iss":"x"}"#);
        assert!(verify(&jws, &published(&other), "praya-release+jwt").is_err());
        assert!(verify(&jws, &published(&signer), "dpop+jwt").is_err());
        let none = json!({"alg": "none", "kid": "k", "typ": "praya-release+jwt"});
        let unsigned = format!("{}.{}.", b64(none.to_string()), b64("{}"));
        assert!(verify(&unsigned, &published(&signer), "praya-release+jwt").is_err());
    }
}

//! Web Push: a message encrypted to one browser (RFC 8291 over RFC 8188), and the word of who sends it
//! (RFC 8292, VAPID).

use crate::{Error, Result, b64, jwk::PrivateJwk, jwk::Public, jws::SigningKey, sha256};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    encoding::{AsBigEndian as _, EcPublicKeyUncompressedBin},
    hkdf, rand,
};
use serde_json::json;

/// A push service takes no larger body than this (RFC 8030 §7.2); what we say is far shorter.
const MOST: usize = 3000;

fn point(key: &PrivateKey) -> Result<[u8; 65]> {
    let public: EcPublicKeyUncompressedBin<'_> =
        key.compute_public_key().and_then(|key| key.as_be_bytes()).map_err(|_| Error::Crypto)?;
    public.as_ref().try_into().map_err(|_| Error::Crypto)
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(from: &hkdf::Prk, info: &[&[u8]], out: &mut [u8]) -> Result<()> {
    let okm = from.expand(info, Length(out.len())).map_err(|_| Error::Crypto)?;
    okm.fill(out).map_err(|_| Error::Crypto)
}

/// Encrypts a message to a browser's subscription: its public key (`p256dh`) and its secret (`auth`).
pub fn encrypt(message: &[u8], p256dh: &[u8], auth: &[u8]) -> Result<Vec<u8>> {
    let ours = PrivateKey::generate(&ECDH_P256).map_err(|_| Error::Crypto)?;
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_| Error::Crypto)?;
    encrypt_with(message, p256dh, auth, &ours, salt)
}

fn encrypt_with(
    message: &[u8],
    p256dh: &[u8],
    auth: &[u8],
    ours: &PrivateKey,
    salt: [u8; 16],
) -> Result<Vec<u8>> {
    if message.len() > MOST {
        return Err(Error::TooLong("push message"));
    }
    if p256dh.len() != 65 || auth.len() != 16 {
        return Err(Error::Malformed("push subscription"));
    }
    let our_point = point(ours)?;
    let mut ikm = [0; 32];
    agree(ours, UnparsedPublicKey::new(&ECDH_P256, p256dh), Error::NoKey, |shared| {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, auth).extract(shared);
        expand(&prk, &[b"WebPush: info\0", p256dh, &our_point], &mut ikm)
    })?;
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&ikm);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    expand(&prk, &[b"Content-Encoding: aes128gcm\0"], &mut key)?;
    expand(&prk, &[b"Content-Encoding: nonce\0"], &mut nonce)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(|_| Error::Crypto)?);
    // One record, the last: a delimiter of 2 and no padding.
    let mut record = [message, &[2]].concat();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)
        .map_err(|_| Error::Crypto)?;
    let size = 4096_u32.to_be_bytes();
    Ok([&salt[..], &size, &[65], &our_point, &record].concat())
}

/// Says to push services who we are.
pub struct Vapid {
    key: SigningKey,
    public: String,
}

impl Vapid {
    /// The key is drawn from a seed, so that all nodes of an installation are one sender.
    pub fn new(seed: &[u8; 32]) -> Result<Self> {
        // One in 2³² seeds is no key of the curve: the next is drawn from it.
        let mut seed = *seed;
        let private = loop {
            match PrivateKey::from_private_key(&ECDH_P256, &seed) {
                Ok(private) => break private,
                Err(_) => seed = sha256(&[&seed]),
            }
        };
        let point = point(&private)?;
        let public = b64::encode(point);
        let (x, y) = (b64::encode(&point[1..33]), b64::encode(&point[33..]));
        let kid = Public::P256(point).thumbprint();
        let jwk = json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y, "d": b64::encode(seed)});
        let key = SigningKey::new(&PrivateJwk::parse(jwk.to_string().as_bytes())?)?;
        Ok(Self { key, public })
    }

    /// The public key, base64url, as a browser needs it to subscribe (`applicationServerKey`).
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The value of `Authorization` for a service at `origin`, good until `expires` (at most a day ahead).
    pub fn authorization(&self, origin: &str, contact: &str, expires: i64) -> Result<String> {
        let claims = json!({"aud": origin, "exp": expires, "sub": contact}).to_string();
        let header = json!({"typ": "JWT", "alg": "ES256"});
        let token = self.key.sign_header(&header, claims.as_bytes())?;
        Ok(format!("vapid t={token}, k={}", self.public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jws;

    /// RFC 8291, appendix A.
    #[test]
    fn the_example_of_the_standard_comes_out_byte_for_byte() {
        let plain = b"When I grow up, I want to be a watermelon";
        let ours = b64::decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let ours = PrivateKey::from_private_key(&ECDH_P256, &ours).unwrap();
        let theirs = b64::decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4").unwrap();
        let auth = b64::decode("BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        let salt = b64::decode("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let body = encrypt_with(plain, &theirs, &auth, &ours, salt).unwrap();
        assert_eq!(
            b64::encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn a_subscription_of_the_wrong_form_is_refused() {
        assert!(encrypt(b"x", &[4; 65], &[0; 16]).is_err(), "not on the curve");
        assert!(encrypt(b"x", &[4; 64], &[0; 16]).is_err());
        let key = point(&PrivateKey::generate(&ECDH_P256).unwrap()).unwrap();
        assert!(encrypt(b"x", &key, &[0; 15]).is_err());
        assert!(encrypt(&[0; MOST + 1], &key, &[0; 16]).is_err());
        assert!(encrypt(b"x", &key, &[0; 16]).is_ok());
    }

    #[test]
    fn every_node_of_an_installation_is_the_same_sender() {
        let one = Vapid::new(&[7; 32]).unwrap();
        assert_eq!(one.public(), Vapid::new(&[7; 32]).unwrap().public());
        // A seed above the curve's order is no key, and still gives one.
        assert!(Vapid::new(&[0xff; 32]).is_ok());
        let said = one.authorization("https://push.example", "mailto:a@b.example", 10).unwrap();
        let token = said.strip_prefix("vapid t=").unwrap().split(',').next().unwrap();
        let key = jws::VerifyingKey::new(&one.key.public().key).unwrap();
        let read = jws::Parsed::new(token, 2000).unwrap();
        assert!(read.verify(&key, &[jws::Alg::Es256]).is_ok());
    }
}

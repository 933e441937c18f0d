//! Secrets at rest: AES-256-GCM under the installation's key, bound to what they are for.

use crate::{Error, Result, sha256};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    rand,
};

/// Seals and opens secrets. Its key is drawn from the installation's secret for one purpose alone.
pub struct Sealer(LessSafeKey);

impl Sealer {
    /// From the installation's 32 secret, random bytes and the name of a purpose.
    pub fn new(secret: &[u8; 32], purpose: &str) -> Result<Self> {
        let key = derive(secret, purpose);
        UnboundKey::new(&AES_256_GCM, &key)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| Error::Crypto)
    }

    /// Nonce, ciphertext and tag. `about` (a key's id, say) must be given again to open it.
    pub fn seal(&self, about: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; 12];
        rand::fill(&mut nonce).map_err(|_| Error::Crypto)?;
        let mut text = secret.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_bytes()),
                &mut text,
            )
            .map_err(|_| Error::Crypto)?;
        Ok([&nonce[..], &text].concat())
    }

    /// What was sealed, if by this key and about this.
    pub fn open(&self, about: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, text) =
            sealed.split_first_chunk::<12>().ok_or(Error::Malformed("sealed secret"))?;
        let mut text = text.to_vec();
        let opened = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(about.as_bytes()),
                &mut text,
            )
            .map_err(|_| Error::Decryption)?
            .len();
        text.truncate(opened);
        Ok(text)
    }
}

/// Another 32 secret bytes for one purpose; the purposes do not betray one another.
pub fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    sha256(&[b"praya ", purpose.as_bytes(), b"\0", secret])
}

/// Compares two secrets of equal length in a time that does not tell where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_and_its_subject() {
        let sealer = Sealer::new(&[1; 32], "keys").unwrap();
        let sealed = sealer.seal("kid", b"secret").unwrap();
        assert_eq!(sealer.open("kid", &sealed).unwrap(), b"secret");
        assert!(sealer.open("other", &sealed).is_err());
        assert!(Sealer::new(&[1; 32], "cards").unwrap().open("kid", &sealed).is_err());
        assert!(Sealer::new(&[2; 32], "keys").unwrap().open("kid", &sealed).is_err());
        assert!(sealer.open("kid", &sealed[..11]).is_err());
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
    }
}

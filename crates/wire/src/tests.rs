mod assertion;
mod dpop;
mod http;
mod jose;
mod log;
mod robust;

use crate::{jwk::PrivateJwk, jws::SigningKey};

/// A fresh P-256 signing key.
fn p256() -> SigningKey {
    SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap()
}

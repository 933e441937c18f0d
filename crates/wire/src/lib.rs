//! Formats alone: JOSE, DPoP, client assertions, HTTP signatures, canonical JSON, the log's tiles and notes.
//!
//! Invariants: no I/O and no clock (times are passed in as seconds since 1970); every parser is bounded
//! before it allocates and never panics (the fuzz targets of `fuzz/` call them all); a verifier names the
//! algorithms it takes, so that a token can never choose its own. The only randomness is the
//! cryptographic library's own, for keys and nonces.

pub mod assertion;
pub mod b64;
pub mod dpop;
pub mod fuzz;
pub mod jcs;
pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod otp;
pub mod push;
pub mod request_object;
pub mod seal;
pub mod sig9421;
pub mod tlog;

/// Why something could not be read, made or verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not have the form its standard gives.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// It is longer than we read.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A key, curve, algorithm or extension we do not use.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// Private members where a public key belongs.
    #[error("a public key carries private members")]
    PrivateMembers,
    /// No key that fits.
    #[error("no key fits")]
    NoKey,
    /// The signature or proof does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The ciphertext cannot be opened.
    #[error("decryption failed")]
    Decryption,
    /// The cryptographic library refused.
    #[error("the cryptographic library refused")]
    Crypto,
}

/// What this crate gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// SHA-256 of the concatenated parts.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests;

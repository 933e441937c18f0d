//! Base64, written by one crate, for its speed, and read by another, for its strictness: the URL alphabet without padding (JOSE, RFC 7515 §2) and the standard one (C2SP notes).

use crate::{Error, Result};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Appends base64url to a text.
pub(crate) fn encode_into(bytes: impl AsRef<[u8]>, to: &mut String) {
    base64_simd::URL_SAFE_NO_PAD.encode_append(bytes, to);
}

/// Reads base64url; padding, other characters and stray trailing bits are refused.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Malformed("base64url"))
}

/// Reads base64url of exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut out = [0; N];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut out) {
        Ok(n) if n == N => Ok(out),
        _ => Err(Error::Malformed("base64url")),
    }
}

/// Standard base64 with padding.
pub fn standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64 with padding.
pub fn from_standard(text: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| Error::Malformed("base64"))
}

/// Reads one SHA-256 hash in standard base64.
pub fn hash_from_standard(text: &str) -> Result<[u8; 32]> {
    from_standard(text)?.try_into().map_err(|_| Error::Malformed("hash"))
}

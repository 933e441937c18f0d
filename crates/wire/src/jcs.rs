//! The one byte form of a JSON value (RFC 8785), over which digests are taken.

use crate::{Error, Result};
use serde::Serialize;

/// The canonical form: sorted members, shortest numbers, no white space.
///
/// Numbers beyond 2⁵³ lose digits, as the RFC says (I-JSON): send them as text.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json_canonicalizer::to_vec(value).map_err(|_| Error::Malformed("JSON"))
}

/// The canonical form as text.
pub fn to_string<T: Serialize>(value: &T) -> Result<String> {
    serde_json_canonicalizer::to_string(value).map_err(|_| Error::Malformed("JSON"))
}

//! A public entry, what opens it, and the receipt that proves it: pure.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::{b64, sha256};

/// The form of a public entry that this program writes.
pub(crate) const VERSION: u32 = 1;

/// A public entry, as its JSON says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Pack id of the department, or several joined by a space.
    pub department: String,
    /// base64url of SHA-256(salt ‖ JCS(record)).
    pub digest: String,
    /// RFC 3339, cut to the hour, so that a look cannot be told by its minute.
    pub hour: String,
    /// What was done: `look`, `consent-given`, `consent-revoked` …
    pub kind: String,
    /// 1.
    pub version: u32,
}

impl Entry {
    /// Reads an entry; only the canonical form of a version we know is one.
    pub fn parse(text: &str) -> wire::Result<Self> {
        let malformed = wire::Error::Malformed("log entry");
        let entry: Self = serde_json::from_str(text).map_err(|_| malformed)?;
        if entry.version != VERSION {
            return Err(wire::Error::Unsupported("this version of log entries"));
        }
        if wire::jcs::to_string(&entry)? == text { Ok(entry) } else { Err(malformed) }
    }

    /// Whether record and salt are what this entry committed to.
    pub fn is_opened_by(&self, record: &serde_json::Value, salt: &[u8]) -> bool {
        wire::jcs::to_vec(record).is_ok_and(|record| self.digest == digest(salt, &record))
    }
}

/// The digest of a record in its canonical form.
pub(crate) fn digest(salt: &[u8], record: &[u8]) -> String {
    b64::encode(sha256(&[salt, record]))
}

/// The canonical text of an entry. `None` where kind or department are not the plain words they must be:
/// then no character needs an escape and the text is canonical as written.
pub(crate) fn text(kind: &str, department: &str, now: Timestamp, digest: &str) -> Option<String> {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let plain = |text: &str, most: usize, also: u8| {
        (1..=most).contains(&text.len()) && text.bytes().all(|c| word(c) || c == also)
    };
    if !plain(kind, 64, b'-') || !plain(department, 1024, b' ') {
        return None;
    }
    let hour = Timestamp::from_second(now.as_second().div_euclid(3600) * 3600).ok()?;
    Some(format!(
        r#"{{"department":"{department}","digest":"{digest}","hour":"{hour}","kind":"{kind}","version":{VERSION}}}"#
    ))
}

/// What shows a public entry's content: only to whom it belongs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// The record, canonical JSON.
    pub record: Box<RawValue>,
    /// base64url.
    pub salt: String,
}

/// What proves offline, with the log's public key alone, that an entry is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The exact text of the public entry.
    pub entry: String,
    /// C2SP tlog-proof: index, inclusion proof, signed checkpoint.
    pub proof: String,
}

use crate::Entropy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A key of ours: a short prefix that says of what, and a UUID version 7 (RFC 9562), as `con_0198…`.
///
/// Version 7 begins with the time, so rows made together lie together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub String);

impl Id {
    /// Makes a new id with the time and randomness of the caller.
    pub fn new(prefix: &str, now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0; 10];
        entropy.fill(&mut random);
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        Self(format!("{prefix}_{}", uuid.simple()))
    }

    /// The text as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        Self(text)
    }
}

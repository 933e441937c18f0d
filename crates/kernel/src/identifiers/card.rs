use super::{Hkid, ResidentId, Wrong, identifier, masked_debug, plain};
use serde::{Deserialize, Serialize};

/// The number under which a person's records lie: of a Hong Kong identity card, or of a Mainland resident
/// identity card. The two have no number in common.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdentityCard(String);
identifier!(IdentityCard);
masked_debug!(IdentityCard);

impl IdentityCard {
    /// Reads one as people write it.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        // One begins with a letter, the other with a digit.
        if plain(text)?.starts_with(|c: char| c.is_ascii_digit()) {
            ResidentId::parse(text).map(|id| Self(id.into()))
        } else {
            Hkid::parse(text).map(|id| Self(id.into()))
        }
    }

    /// As people read it.
    pub fn pretty(&self) -> String {
        Hkid::parse(&self.0).map_or_else(|_| self.0.clone(), |id| id.pretty())
    }

    /// For pages and audit.
    pub fn masked(&self) -> String {
        let resident = || ResidentId::parse(&self.0).map(|id| id.masked());
        Hkid::parse(&self.0).map(|id| id.masked()).or_else(|_| resident()).unwrap_or_default()
    }
}

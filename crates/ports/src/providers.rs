//! Providers of other governments by which people sign in here.

use kernel::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A provider that is trusted to say who somebody is (`providers/<id>.toml`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its id here.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// Its issuer, exactly: what it says of itself is held against this.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// What each of its `acr` is worth here: `self-declared`, `remote` or `in-person`. One that is not in the
    /// table is worth nothing.
    pub levels: BTreeMap<String, String>,
    /// What it is asked to tell of a person who links their account there, if they say yes there: of
    /// [`ATTRIBUTES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
}

/// Claims (OpenID Connect Core §5.1) that another provider may be asked for. No document numbers: they would join
/// what is known of somebody here and there.
pub const ATTRIBUTES: [&str; 4] = ["name", "email", "phone_number", "address"];

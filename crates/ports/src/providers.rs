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
}

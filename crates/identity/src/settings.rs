//! What the domain is made of.

use crate::Keys;
use kernel::World;
use ports::Records;
use std::sync::Arc;
use store::Db;
use web::cookies::Cookies;

/// What [`Identity::new`] needs.
pub struct Settings {
    /// The database, migrated.
    pub db: Db,
    /// Clock and randomness.
    pub world: World,
    /// The issuer: our public base address, without a slash at its end.
    pub issuer: String,
    /// Where programs reach us that prove themselves by a TLS certificate (RFC 8705), if anywhere.
    pub mtls: Option<String>,
    /// The keys, from [`Keys::load`].
    pub keys: Arc<Keys>,
    /// The exchange.
    pub records: Arc<dyn Records>,
    /// The companies register.
    pub companies: Arc<dyn ports::Companies>,
    /// The providers by which people of elsewhere sign in.
    pub providers: Vec<ports::Provider>,
    /// What the other domains hold of people.
    pub holdings: Vec<Arc<dyn ports::Holdings>>,
    /// What people are told.
    pub inbox: Arc<dyn ports::Inbox>,
    /// What calls clients' own addresses: it follows no redirect and, outside the demonstration, reaches no
    /// address inside, also after a name was resolved.
    pub caller: reqwest::Client,
    /// How cookies are written.
    pub cookies: Cookies,
    /// Whether people are made up: the sign-in page lists them.
    pub demo: bool,
}

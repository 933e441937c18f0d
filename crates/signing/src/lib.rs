//! Signing documents: a person's signature over a document's hash or in a PDF, with a time-stamp, and the
//! small certification and time-stamping authorities behind it.
//!
//! Invariants: nothing is signed but what a person saw and confirmed, once; a person's key is drawn for one
//! signature and kept nowhere; what an authority did stands in the log.

pub mod authority;
mod check;
pub mod cms;
pub mod error;
mod pages;
pub mod pki;
mod sql;
#[cfg(test)]
mod tests;
pub mod tsp;

pub use pages::routes;
pub use sql::ALL;

use kernel::World;
use std::sync::Arc;
use store::Db;
use wire::seal::Sealer;

/// What [`Signing::new`] needs.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Clock and randomness.
    pub world: World,
    /// The installation's secret, the same on every node.
    pub secret: [u8; 32],
    /// Our public address, without a slash at its end.
    pub base: String,
}

/// The domain's state: cheap to clone.
#[derive(Clone)]
pub struct Signing(Arc<Inner>);

struct Inner {
    parts: Parts,
    sealer: Sealer,
}

impl std::ops::Deref for Signing {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl Signing {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Result<Self, wire::Error> {
        let sealer = authority::sealer(&parts.secret)?;
        Ok(Self(Arc::new(Inner { parts, sealer })))
    }
}

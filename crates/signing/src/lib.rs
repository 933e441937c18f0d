//! Signing documents: a person's signature over a document's hash or in a PDF, with a time-stamp, and the
//! small certification and time-stamping authorities behind it.
//!
//! Invariants: nothing is signed but what a person saw and confirmed, once; a person's key is drawn for one
//! signature and kept nowhere; what an authority did stands in the log.

mod api;
pub mod authority;
mod check;
pub mod cms;
pub mod error;
pub mod fuzz;
mod holdings;
pub mod model;
mod ops;
mod pages;
pub mod pdf;
pub mod pki;
pub mod rules;
mod sql;
mod stamping;
#[cfg(test)]
mod tests;
pub mod tsp;
pub mod verify;

pub use holdings::Holdings;
pub use pages::routes;
pub use sql::ALL;

use kernel::{Id, Problem, World};
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
    /// Who somebody is.
    pub directory: Arc<dyn ports::Directory>,
    /// What a service's token allows.
    pub authorizations: Arc<dyn ports::Authorizations>,
    /// What a person confirms with a passkey.
    pub signatures: Arc<dyn ports::Signatures>,
    /// How a person is told that a signature was made in their name.
    pub inbox: Arc<dyn ports::Inbox>,
    /// The nonces of proofs, the same as the authorisation server's.
    pub nonces: Arc<wire::dpop::Nonces>,
    /// A time-stamping authority elsewhere; without it ours stamps.
    pub tsa: Option<Tsa>,
}

/// A time-stamping authority elsewhere (RFC 3161).
pub struct Tsa {
    /// Where it is asked.
    pub url: url::Url,
    /// How it is called.
    pub client: reqwest::Client,
    /// To whom its certificate must lead.
    pub trusted: Vec<pki::Certificate>,
}

/// The domain's state: cheap to clone.
#[derive(Clone)]
pub struct Signing(Arc<Inner>);

struct Inner {
    parts: Parts,
    sealer: Sealer,
    documents: Sealer,
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
        let documents = Sealer::new(&parts.secret, "documents to sign")?;
        Ok(Self(Arc::new(Inner { parts, sealer, documents })))
    }

    /// Fetches time-stamps from elsewhere; ends what nobody answered, every minute.
    pub fn jobs(&self, runner: jobs::Runner) -> jobs::Runner {
        let signing = self.clone();
        let runner = runner.on(ops::STAMP, stamping::handler(self.clone()));
        runner.every("signing-sweep", 60, move || {
            let signing = signing.clone();
            Box::pin(async move {
                let now = signing.world.clock.now();
                let swept = signing.db.write(move |tx| ops::sweep(tx, now)).await;
                swept.map_err(|problem| problem.to_string())
            })
        })
    }

    fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    fn seal(&self, id: &Id, document: &[u8]) -> Result<Vec<u8>, Problem> {
        self.0.documents.seal(id.as_str(), document).map_err(Problem::internal)
    }

    fn open(&self, id: &Id, sealed: &[u8]) -> Result<Vec<u8>, Problem> {
        self.0.documents.open(id.as_str(), sealed).map_err(Problem::internal)
    }
}

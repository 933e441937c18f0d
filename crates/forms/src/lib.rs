//! Filling forms: the profile a person keeps, and the answers they give a service from it (what iAM Smart
//! calls e-ME).
//!
//! Invariants: what a register says is asked of it each time and never kept; every value that is given says
//! where it comes from and since when; answers are given once, and lie sealed until then; a form filled
//! without a name leaves no row, entry or token that names the person.

mod fields;
mod holdings;
mod ops;
mod pages;
mod port;
mod rules;
mod sql;
#[cfg(test)]
mod tests;

pub use holdings::Holdings;
pub use ops::particulars;
pub use pages::routes;
pub use rules::{Form, TYPE};
pub use sql::ALL;

use kernel::{Ctx, World};
use std::sync::Arc;
use store::Db;
use wire::seal::Sealer;

/// What [`Forms::new`] needs.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Clock and randomness.
    pub world: World,
    /// The installation's secret, the same on every node.
    pub secret: [u8; 32],
    /// Where the request waits, and how it is answered.
    pub authorizations: Arc<dyn ports::Authorizations>,
    /// The person's own records.
    pub records: Arc<dyn ports::OwnRecords>,
}

/// The domain's state: cheap to clone.
#[derive(Clone)]
pub struct Forms(Arc<Inner>);

struct Inner {
    parts: Parts,
    port: Port,
}

impl std::ops::Deref for Forms {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

/// How the authorisation server meets this domain: it opens answers when a code is redeemed.
#[derive(Clone)]
pub struct Port(Arc<Sealer>);

impl Port {
    /// With the installation's secret.
    pub fn new(secret: &[u8; 32]) -> Result<Self, wire::Error> {
        Ok(Self(Arc::new(Sealer::new(secret, "answers to forms")?)))
    }
}

impl Forms {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Result<Self, wire::Error> {
        let port = Port::new(&parts.secret)?;
        Ok(Self(Arc::new(Inner { parts, port })))
    }

    /// Forgets answers that nobody came for, every minute.
    pub fn jobs(&self, runner: jobs::Runner) -> jobs::Runner {
        let forms = self.clone();
        runner.every("forms-sweep", 60, move || {
            let forms = forms.clone();
            Box::pin(async move {
                let ctx =
                    Ctx::new(&forms.world, kernel::Actor::System("forms"), kernel::Locale::En);
                let swept = forms.db.write(move |tx| ops::sweep(tx, &ctx)).await;
                swept.map_err(|problem| problem.to_string())
            })
        })
    }
}

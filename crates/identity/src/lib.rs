//! People, companies, who may act for whom; how people sign in; the authorisation server.
//!
//! OAuth 2.1 as FAPI 2.0 narrows it: pushed requests (RFC 9126) with `authorization_details` (9396), PKCE S256,
//! `private_key_jwt`, DPoP with a server nonce (9449), `iss` (9207); opaque tokens.
//!
//! Invariants: a secret is handed out once and kept as its SHA-256 alone; a code, a `request_uri`, a proof, an
//! assertion and an invitation are good once, decided by one row in the transaction that answers; a token is
//! bound to its client and key; nothing is issued under a consent that does not allow it at that moment; a nonce
//! refusal burns nothing; nobody gives themselves a mandate.

mod error;
mod federation;
mod keys;
pub mod model;
mod oauth;
pub mod ops;
mod pages;
pub mod passkeys;
mod port;
pub mod rules;
mod settings;
mod slow;
mod sql;
mod tell;
mod upkeep;
pub mod verify;
mod visitor;

#[cfg(test)]
mod tests;

pub use error::{Code, Refusal};
pub use keys::{Keys, Us};
pub use pages::demo_routes;
pub use port::Port;
pub use settings::Settings;
pub use sql::ALL;

use kernel::{Actor, Ctx, Problem, Timestamp, World};
use passkeys::Passkeys;
use ports::Records;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::Db;
use web::{Limiter, cookies::Cookies};
use wire::jws::SigningKey;

/// The domain's state. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    db: Db,
    world: World,
    issuer: String,
    mtls: Option<String>,
    keys: Arc<Keys>,
    records: Arc<dyn Records>,
    companies: Arc<dyn ports::Companies>,
    providers: Vec<ports::Provider>,
    holdings: Arc<[Arc<dyn ports::Holdings>]>,
    inbox: Arc<dyn ports::Inbox>,
    cookies: Cookies,
    passkeys: Option<Passkeys>,
    per_client: Limiter,
    per_person: Limiter,
    per_account: Limiter,
    slow: slow::Slow,
    clients: oauth::Clients,
    caller: reqwest::Client,
    /// While the database was restored and nobody has said how far it may be trusted.
    held: AtomicBool,
    demo: bool,
}

impl Identity {
    /// Puts the domain together.
    pub fn new(settings: Settings) -> Self {
        let s = settings;
        Self(Arc::new(Inner {
            db: s.db,
            world: s.world,
            passkeys: Passkeys::new(&s.issuer),
            issuer: s.issuer,
            mtls: s.mtls,
            keys: s.keys,
            records: s.records,
            companies: s.companies,
            providers: s.providers,
            holdings: s.holdings.into(),
            inbox: s.inbox,
            cookies: s.cookies,
            per_client: Limiter::new(rules::CLIENT_BURST, rules::CLIENT_EVERY),
            per_person: Limiter::new(rules::companies::LOOKS, rules::companies::LOOK_EVERY),
            per_account: Limiter::new(rules::ACCOUNT_BURST, rules::ACCOUNT_EVERY),
            slow: slow::Slow::new(),
            clients: oauth::Clients::default(),
            caller: s.caller,
            held: AtomicBool::new(false),
            demo: s.demo,
        }))
    }

    /// The key that releases are signed with now; its public part is in `/oauth/jwks`.
    pub fn release_signer(&self) -> Result<Arc<SigningKey>, Problem> {
        self.0.keys.signer(self.now())
    }

    /// Our signing keys and nonces.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.0.keys
    }

    /// Looks whether issuing is held ([`ops::hold`]); at start, and whenever it may have changed.
    pub async fn heed(&self) -> Result<(), Problem> {
        let held = self.0.db.read(ops::held).await?;
        self.0.held.store(held.is_some(), Ordering::Relaxed);
        Ok(())
    }

    /// `503 restored` while issuing is held.
    fn may_issue(&self) -> Result<(), Problem> {
        if self.0.held.load(Ordering::Relaxed) {
            Err(Problem::new(503, "restored"))
        } else {
            Ok(())
        }
    }

    fn now(&self) -> Timestamp {
        self.0.world.clock.now()
    }

    /// A context for an endpoint that programs call.
    fn ctx(&self, actor: Actor) -> Ctx {
        Ctx::new(&self.0.world, actor, kernel::Locale::En)
    }
}

/// What this crate does later: tells services of sessions that ended.
pub fn jobs_of(identity: &Identity, runner: jobs::Runner) -> jobs::Runner {
    oauth::jobs_of(identity, runner)
}

/// Every route of this crate, each with its audience.
pub fn routes(identity: &Identity) -> web::Routes {
    oauth::routes(identity).merge(pages::routes(identity))
}

//! What the exchange is made of, and the port it offers to the authorisation server.

use crate::{
    gateway::ConsumerKeys,
    model::{DETAILS_TYPE, Request, Terms},
    ops,
    pack::{Pack, Purpose},
    rules,
    sources::Sources,
    tell,
};
use evidence::Log;
use kernel::{Ctx, Id, Problem, Text, Timestamp, World};
use ports::{Authorizations, Directory, Records, SubjectKind};
use serde_json::Value as Json;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use store::{Db, Tx};
use wire::{dpop::Nonces, jws::SigningKey};

/// The domains the exchange meets through ports.
#[derive(Clone)]
pub struct Deps {
    /// People, companies, mandates, clients.
    pub directory: Arc<dyn Directory>,
    /// Grants and tokens.
    pub authorizations: Arc<dyn Authorizations>,
    /// The signatures of consents.
    pub signatures: Arc<dyn ports::Signatures>,
    /// What people are told.
    pub inbox: Arc<dyn ports::Inbox>,
}

/// The key that signs answers and webhooks now; it changes with rotation.
pub trait Signer: Send + Sync {
    /// The current key, published at `/oauth/jwks`.
    fn current(&self, now: Timestamp) -> Result<Arc<SigningKey>, Problem>;
}

/// The exchange: cheap to clone, one for the process.
#[derive(Clone)]
pub struct Exchange(Arc<Parts>);

/// What an [`Exchange`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Clock and randomness.
    pub world: World,
    /// Our issuer URL, without a slash at the end.
    pub issuer: String,
    /// The definitions.
    pub pack: Arc<Pack>,
    /// The departments' records.
    pub sources: Arc<Sources>,
    /// The evidence log.
    pub log: Log,
    /// The other domains.
    pub deps: Deps,
    /// Signs answers.
    pub signer: Arc<dyn Signer>,
    /// DPoP nonces, under the key that all nodes share.
    pub nonces: Arc<Nonces>,
    /// Whether webhooks may go to private addresses (the demo alone).
    pub allow_private: bool,
    /// Consumers whose keys are ready.
    pub consumers: Cache,
}

impl std::ops::Deref for Exchange {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Exchange {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Forgets a consumer's keys when a notice says that the client changed.
    pub async fn follow_changes(self) {
        let mut notices = self.db.notices();
        loop {
            match notices.recv().await {
                Ok(notice) => {
                    if let Some(client) = notice.payload.strip_prefix("client:") {
                        self.consumers.forget(client);
                    }
                }
                // Missed some: any may have been about a client.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => self.consumers.clear(),
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

/// Consumers' keys by client id.
#[derive(Default)]
pub struct Cache(RwLock<HashMap<String, Arc<ConsumerKeys>>>);

impl Cache {
    pub(crate) fn get(&self, client: &str) -> Option<Arc<ConsumerKeys>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(client).cloned()
    }

    pub(crate) fn put(&self, client: &str, keys: Arc<ConsumerKeys>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(client.to_owned(), keys);
    }

    fn forget(&self, client: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(client);
    }

    fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The exchange as the authorisation server meets it; needs the definitions and who is told.
pub struct RecordsPort(pub Arc<Pack>, pub Deps);

impl Records for RecordsPort {
    fn check(&self, _client: &str, details: &Json, now: Timestamp) -> Result<(), Problem> {
        rules::check_request(&self.0, details, now).map(drop)
    }

    fn purposes(&self) -> Vec<(String, Text)> {
        let company = |purpose: &&Purpose| purpose.subjects.contains(&SubjectKind::Company);
        let all = self.0.purposes().filter(company);
        all.map(|purpose| (purpose.id.clone(), purpose.name.clone())).collect()
    }

    fn decide_at(&self, interaction: &Id, _: &Json) -> String {
        format!("/consent/{interaction}")
    }

    fn granted(
        &self,
        tx: &mut Tx<'_>,
        consent: &Id,
        now: Timestamp,
    ) -> Result<Option<Json>, Problem> {
        let found = ops::find(tx, consent)?;
        let lasting =
            matches!(found.state, crate::model::State::Active | crate::model::State::Paused)
                && found.terms.expires > now;
        lasting
            .then(|| {
                serde_json::to_value(found.terms.details(&self.0.zone())).map_err(Problem::internal)
            })
            .transpose()
    }

    fn deliver(&self, _: &mut Tx<'_>, _: &Ctx, _: &Id) -> Result<Option<Json>, Problem> {
        Ok(None)
    }

    fn give_back(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem> {
        let found = ops::find(tx, consent)?;
        if found.state.is_final() {
            return Ok(());
        }
        let departments = self.0.departments_of(&found.terms.registers);
        ops::change(tx, ctx, &found, &departments, crate::model::Event::Revoke)?;
        tell::consent(tx, ctx, &self.1, &self.0, &found.terms, tell::Became::Stopped)
    }
}

/// Consents and looks are signed and logged as they are: nothing goes over.
impl ports::Holdings for RecordsPort {
    fn theirs(&self) -> &'static [ports::Theirs] {
        &[]
    }

    /// Nobody is left to stop what the person agreed to of themselves. A company's consents go on.
    fn gone(&self, tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<(), Problem> {
        let departments = |terms: &Terms| self.0.departments_of(&terms.registers);
        ops::end_of_person(tx, ctx, self.1.authorizations.as_ref(), &departments, person)
    }
}

/// Reads a checked request back from an authorisation request.
pub(crate) fn request_of(details: &Json) -> Result<Request, Problem> {
    debug_assert_eq!(details["type"], DETAILS_TYPE);
    serde_json::from_value(details.clone()).map_err(Problem::internal)
}

/// The departments whose registers a consent names, joined as the public entry has them.
pub(crate) fn departments(pack: Arc<Pack>) -> impl Fn(&Terms) -> String + Send + Sync + 'static {
    move |terms| pack.departments_of(&terms.registers)
}

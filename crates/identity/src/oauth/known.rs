//! Clients as they were last read, with what costs to read: keys and hashes of secrets. Each use asks the database,
//! before or in its own transaction, whether the client is still as it was.

use crate::{error::Verdict, model::Client, ops};
use kernel::{Problem, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use store::Db;
use wire::{jwk::Jwks, seal};

/// So many are remembered; then all are forgotten, which costs one read each.
const MOST: usize = 10_000;

/// A client, read.
pub(crate) struct Known {
    pub(crate) client: Client,
    pub(crate) keys: Jwks,
    pub(crate) stamp: i64,
    /// When its keys were last read from its own address.
    pub(crate) keys_at: Option<Timestamp>,
    secrets: Vec<([u8; 32], Option<Timestamp>)>,
}

impl Known {
    /// Whether a secret is one of the client's and still good.
    pub(crate) fn holds(&self, secret: &str, now: Timestamp) -> bool {
        let hash = wire::sha256(&[secret.as_bytes()]);
        let good = |end: &Option<Timestamp>| end.is_none_or(|end| end > now);
        self.secrets.iter().any(|(known, end)| good(end) && seal::same(known, &hash))
    }
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct Clients(RwLock<HashMap<String, Arc<Known>>>);

impl Clients {
    /// A client as it was last read: for whoever asks in its own transaction whether it still stands.
    pub(crate) fn held(&self, id: &str) -> Option<Arc<Known>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// A client that is active, as the database has it now.
    pub(crate) async fn find(&self, db: &Db, id: &str) -> Verdict<Option<Arc<Known>>> {
        let held = self.held(id);
        let (key, stamp) = (id.to_owned(), held.as_ref().map(|known| known.stamp));
        let read = db.read(move |tx| {
            let now = ops::client_stamp(tx, &key)?;
            if now.is_none() || now == stamp {
                return Ok::<_, Problem>((now, None));
            }
            let (secrets, keys_at) = (ops::secrets(tx, &key)?, ops::keys_at(tx, &key)?);
            let client = ops::client_stamped(tx, &key)?;
            Ok((now, client.map(|(client, _)| (client, secrets, keys_at))))
        });
        let (now, read) = read.await?;
        let Some(stamp) = now else { return Ok(None) };
        let Some((client, secrets, keys_at)) = read else { return Ok(held) };
        let keys = Jwks::parse(client.jwks.to_string().as_bytes()).map_err(Problem::internal)?;
        let known = Arc::new(Known { client, keys, stamp, keys_at, secrets });
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(id.to_owned(), known.clone());
        Ok(Some(known))
    }
}

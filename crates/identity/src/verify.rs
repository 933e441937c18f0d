//! Whether a kept yes was signed by its person: an operator who can write rows cannot make one up, because
//! the passkey's registration would have to stand in the log.

use crate::{
    passkeys::{Passkeys, passkey_id},
    sql,
};
use kernel::{Id, Problem};
use serde_json::Value as Json;
use std::{collections::HashSet, sync::Arc};
use store::{Db, Tx};
use webauthn_rs::prelude::Passkey;

/// Every passkey as its registration stands in the log: person, id, SHA-256 of the public key.
#[derive(Clone)]
pub struct Registered(Arc<HashSet<[String; 3]>>);

impl Registered {
    /// Reads the whole log; away from the threads that serve.
    pub async fn read(db: &Db) -> Result<Self, Problem> {
        db.read_long(|tx| {
            let mut all = HashSet::new();
            evidence::for_each_record(tx, |_, logged| {
                let record =
                    logged.record.and_then(|text| serde_json::from_str::<Json>(&text).ok());
                let record = record.filter(|record| record["kind"] == "passkey-added");
                if let Some(record) = record {
                    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
                    all.insert(["person", "passkey", "public_key"].map(text));
                }
                Ok::<_, Problem>(())
            })?;
            Ok(Self(Arc::new(all)))
        })
        .await
    }

    /// What is wrong with a person's yes to `digest` as [`ports::Signatures::check`] gave it to keep; `None`
    /// when it holds. People who are made up agree without a passkey, nobody else.
    pub fn fault(
        &self,
        tx: &mut Tx<'_>,
        person: &Id,
        digest: &[u8; 32],
        kept: &Json,
    ) -> Result<Option<&'static str>, Problem> {
        if kept["kind"] == "demo" {
            let row = tx.query_opt(sql::MADE_UP, &[person.as_str().into()])?;
            let made_up = row.map_or(Ok(false), |row| row.bool(0))?;
            return Ok((!made_up).then_some("nobody signed it"));
        }
        Ok(if !holds(kept, digest) {
            Some("its signature does not hold")
        } else if self.has(person, kept) {
            None
        } else {
            Some("the passkey that signed it was never registered for that person")
        })
    }

    fn has(&self, person: &Id, kept: &Json) -> bool {
        let key = serde_json::from_value::<Passkey>(kept["passkey"].clone()).ok();
        key.and_then(|key| Some([person.to_string(), passkey_id(&key), public_digest(&key).ok()?]))
            .is_some_and(|key| self.0.contains(&key))
    }
}

/// A passkey's public key as the log names it.
pub(crate) fn public_digest(key: &Passkey) -> Result<String, Problem> {
    let public = serde_json::to_vec(key.get_public_key()).map_err(Problem::internal)?;
    Ok(wire::b64::encode(wire::sha256(&[&public])))
}

/// The browser said which site it was: a key signs for the one alone that it was made for.
fn holds(kept: &Json, digest: &[u8; 32]) -> bool {
    let site = || {
        let client = kept["answer"]["response"]["clientDataJSON"].as_str()?;
        let client: Json = serde_json::from_slice(&wire::b64::decode(client).ok()?).ok()?;
        Passkeys::new(client["origin"].as_str()?)
    };
    site().is_some_and(|site| site.holds(kept, digest))
}

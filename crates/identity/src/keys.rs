//! What this installation signs with, and the secrets it derives.

use crate::{
    Identity,
    model::{Asked, IdTokenAlg},
    ops, rules, sql,
};
use kernel::{Actor, Ctx, Locale, Problem, Timestamp, World, from_micros, micros};
use serde_json::{Value as Json, json};
use std::sync::{Arc, PoisonError, RwLock};
use store::{Db, Tx};
use wire::{
    dpop::Nonces,
    jws::SigningKey,
    seal::{Sealer, derive},
};

struct Held {
    key: Arc<SigningKey>,
    alg: IdTokenAlg,
    sign_from: Timestamp,
    retire_at: Option<Timestamp>,
}

/// The signing keys in memory, the DPoP nonces and the key of pairwise names.
pub struct Keys {
    sealer: Sealer,
    nonces: Nonces,
    pairwise: [u8; 32],
    documents: [u8; 32],
    held: RwLock<Vec<Held>>,
}

impl Keys {
    /// Opens the keys of a database; makes the first ones. `secret` is the installation's own, the same on
    /// every node: under another, the keys do not open and this fails.
    pub async fn load(db: &Db, world: &World, secret: &[u8; 32]) -> Result<Arc<Self>, Problem> {
        let sealer = || Sealer::new(secret, "identity signing keys").map_err(Problem::internal);
        let (ctx, mine) = (Ctx::new(world, Actor::System("keys"), Locale::En), sealer()?);
        db.write(move |tx| {
            let there = tx.query(sql::KEYS, &[micros(ctx.now).into()])?;
            let there: Vec<_> = there.iter().map(alg).collect::<Result<_, _>>()?;
            for alg in IdTokenAlg::ALL.into_iter().filter(|alg| !there.contains(alg)) {
                ops::add_key(tx, &ctx, &mine, alg, micros(ctx.now))?;
            }
            Ok::<_, Problem>(())
        })
        .await?;
        let keys = Self {
            sealer: sealer()?,
            nonces: Nonces::new(&derive(secret, "dpop nonces")),
            pairwise: derive(secret, "pairwise subjects"),
            documents: derive(secret, "numbers of documents"),
            held: RwLock::default(),
        };
        let keys = Arc::new(keys);
        keys.reload(db, world.clock.now()).await?;
        Ok(keys)
    }

    /// Reads the keys again: after a rotation, on every node.
    pub async fn reload(self: &Arc<Self>, db: &Db, now: Timestamp) -> Result<(), Problem> {
        let this = self.clone();
        let held = db.read(move |tx| this.read(tx, now)).await?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(())
    }

    fn read(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Held>, Problem> {
        let mut all = Vec::new();
        for row in tx.query(sql::KEYS, &[micros(now).into()])? {
            let opened = self.sealer.open(row.text(0)?, row.blob(1)?);
            let opened = opened.map_err(|_| {
                Problem::internal("a signing key does not open: is this the installation's secret?")
            })?;
            let alg = alg(&row)?;
            all.push(Held {
                key: Arc::new(ops::read_key(alg, &opened)?),
                alg,
                sign_from: from_micros(row.int(2)?),
                retire_at: row.opt_int(3)?.map(from_micros),
            });
        }
        Ok(all)
    }

    /// The key to sign with at `now`: the newest whose time has come.
    pub fn signer(&self, now: Timestamp) -> Result<Arc<SigningKey>, Problem> {
        self.signer_by(IdTokenAlg::Es256, now)
    }

    /// The same, for what a client reads by the algorithm that it registered.
    pub(crate) fn signer_by(
        &self,
        alg: IdTokenAlg,
        now: Timestamp,
    ) -> Result<Arc<SigningKey>, Problem> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let begun = held.iter().filter(|held| held.alg == alg && held.sign_from <= now);
        let current = begun.max_by_key(|held| held.sign_from);
        current.map(|held| held.key.clone()).ok_or_else(|| Problem::internal("no signing key"))
    }

    /// The public keys, those announced and those not yet retired among them (RFC 7517 §5).
    pub fn jwks(&self, now: Timestamp) -> Json {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = held
            .iter()
            .filter(|held| held.retire_at.is_none_or(|at| at > now))
            .map(|held| held.key.public())
            .collect();
        json!({"keys": keys})
    }

    /// The nonces of DPoP proofs, the same on every node.
    pub fn nonces(&self) -> &Nonces {
        &self.nonces
    }

    /// Seals private keys; for [`ops::rotate_keys`].
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Under which numbers of documents are kept.
    pub(crate) fn documents(&self) -> &[u8; 32] {
        &self.documents
    }

    pub(crate) fn pairwise(&self) -> &[u8; 32] {
        &self.pairwise
    }
}

fn alg(row: &store::Row) -> Result<IdTokenAlg, Problem> {
    let name = row.text(4)?;
    let known = IdTokenAlg::ALL.into_iter().find(|alg| alg.name() == name);
    known.ok_or_else(|| Problem::internal("a signing key of a kind that is not known"))
}

/// Who answers: the issuer, with what it signs by and names people by.
#[derive(Clone)]
pub struct Us {
    /// The issuer.
    pub issuer: String,
    /// Its keys.
    pub keys: Arc<Keys>,
}

impl Identity {
    /// Who answers.
    pub fn us(&self) -> Us {
        Us { issuer: self.0.issuer.clone(), keys: self.0.keys.clone() }
    }
}

impl Us {
    /// Where a browser goes with an answer: in the open (RFC 6749 §4.1.2), or signed (JARM §2.3.1).
    pub(crate) fn answer_at(
        &self,
        client: &str,
        asked: &Asked,
        now: Timestamp,
        pairs: &[(&str, &str)],
    ) -> Result<String, Problem> {
        let state = asked.state.as_deref();
        if !asked.signed_answer {
            return Ok(rules::answer_at(&asked.redirect_uri, &self.issuer, state, pairs));
        }
        let mut claims = json!({
            "iss": self.issuer, "aud": client, "exp": now.as_second() + rules::SIGNED_ANSWER_LIFE,
        });
        for (name, value) in pairs.iter().copied().chain(state.map(|state| ("state", state))) {
            claims[name] = value.into();
        }
        let token =
            self.keys.signer(now)?.sign(&json!({"typ": "JWT"}), claims.to_string().as_bytes());
        let token = token.map_err(Problem::internal)?;
        Ok(rules::with_query(&asked.redirect_uri, &[("response", &token)]))
    }
}

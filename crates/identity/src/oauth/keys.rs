//! Keys that a client publishes itself (`jwks_uri`): read when it is registered, each hour, and when a signature
//! names one that we do not know.

use super::known::Known;
use crate::{Identity, ops, rules};
use kernel::{Actor, Problem};
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};
use wire::jwk::Jwks;

/// Keys are read again after this long, in seconds.
const OLD: i64 = 3600;
/// But for a key that we do not know no sooner than this, in seconds: anyone may send one.
const SOONEST: i64 = 60;
/// Longest set read, in bytes.
const LONGEST: usize = 64 * 1024;

/// Reads a set of public keys from an address that was given to us.
pub(crate) async fn fetch(identity: &Identity, address: &str) -> Result<Json, Problem> {
    let wrong = || Problem::new(400, "client-refused").field("jwks_uri", "client-keys-unread");
    let url = rules::safe_url(address, identity.0.demo).map_err(|_| {
        Problem::new(400, "client-refused").field("jwks_uri", "client-keys-address")
    })?;
    let call = identity.0.caller.get(url).timeout(Duration::from_secs(5)).send();
    let mut answer = call.await.map_err(|error| {
        tracing::info!(%error, address, "a client's keys could not be read");
        wrong()
    })?;
    if answer.status() != 200 {
        return Err(wrong());
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|_| wrong())? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(wrong());
        }
    }
    let keys = Jwks::parse(&body).map_err(|_| wrong())?;
    if keys.for_use("sig").next().is_none() {
        return Err(wrong());
    }
    serde_json::from_slice(&body).map_err(|_| wrong())
}

/// Whether a client's keys may have changed: `unknown`, a signature did not fit.
pub(crate) fn stale(identity: &Identity, known: &Known, unknown: bool) -> bool {
    let since = known.keys_at.map(|at| identity.now().as_second() - at.as_second());
    let after = if unknown { SOONEST } else { OLD };
    known.client.terms.jwks_uri.is_some() && since.is_none_or(|since| since >= after)
}

/// The client with its keys read again. Where they cannot be read those that we have stand.
pub(crate) async fn renewed(identity: &Identity, known: Arc<Known>) -> Result<Arc<Known>, Problem> {
    let Some(address) = known.client.terms.jwks_uri.as_deref() else { return Ok(known) };
    let keys = fetch(identity, address).await.unwrap_or_else(|_| known.client.jwks.clone());
    let (ctx, id, stamp) =
        (identity.ctx(Actor::System("keys")), known.client.id.clone(), known.stamp);
    let kept = id.clone();
    let keep = move |tx: &mut store::Tx<'_>| ops::keep_keys(tx, &ctx, (&kept, stamp), &keys);
    identity.0.db.write(keep).await?;
    let found = identity.0.clients.find(&identity.0.db, &id).await;
    Ok(found.ok().flatten().unwrap_or(known))
}

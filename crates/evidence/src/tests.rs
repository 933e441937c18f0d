mod edge;
mod entry;
mod log;
mod tamper;

use crate::{Log, Ticket, append};
use kernel::{Actor, Ctx, FixedClock, Locale, SeededEntropy, World};
use serde_json::{Value, json};
use std::sync::Arc;
use store::Db;
use wire::jwk::PrivateJwk;

const ORIGIN: &str = "log.praya.example/test";

fn ctx(seed: u64) -> Ctx {
    let at = "2026-11-23T04:37:11Z".parse().unwrap();
    let world = World {
        clock: Arc::new(FixedClock::new(at)),
        entropy: Arc::new(SeededEntropy::new(seed)),
        zone: kernel::Zone::utc(),
        currency: kernel::Currency::NONE,
    };
    Ctx::new(&world, Actor::System("test"), Locale::En)
}

fn key() -> PrivateJwk {
    PrivateJwk::generate_ed25519().unwrap()
}

fn record(n: u64) -> Value {
    json!({"subject": format!("per_{n}"), "fields": ["name", "number"], "digest": "…"})
}

async fn add(db: &Db, n: u64) -> Ticket {
    let ctx = ctx(n);
    db.write(move |tx| append(tx, &ctx, "look", "ird cr", &record(n))).await.unwrap()
}

/// A log of `n` entries, appended in a few transactions.
async fn filled(db: &Db, key: &PrivateJwk, n: u64) -> Log {
    let log = Log::open(db.clone(), key, ORIGIN).await.unwrap();
    let mut from = 0;
    while from < n {
        let to = (from + 97).min(n);
        let ctx = ctx(from);
        let write = move |tx: &mut store::Tx<'_>| {
            (from..to)
                .map(|n| append(tx, &ctx, "look", "ird", &record(n)))
                .collect::<store::Result<Vec<_>>>()
        };
        let tickets = db.write(write).await.unwrap();
        log.receipt(tickets.last().unwrap()).await.unwrap();
        from = to;
    }
    log
}

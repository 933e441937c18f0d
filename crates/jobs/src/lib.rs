//! What must happen later: an outbox in the transaction that decides it, retries with back-off,
//! dead letters that an administrator sees, and schedules that run once for all nodes.
//!
//! Invariant: a job runs at least once. A handler must bear to run twice.
//!
//! ```text
//! waiting --claim--> running --done--> (row removed)
//!    ^                  |--failed, tries left--> waiting, later each time
//!    |                  |--failed, no tries left--> dead --retry (administrator)--> waiting
//!    '--lease ran out---'
//! ```

mod runner;
mod sql;

pub use runner::{Handler, Runner};
pub use sql::ALL;

use kernel::{Ctx, Entropy, Id, Timestamp, from_micros, micros};
use serde_json::Value as Json;
use store::{Result, Tx};

/// A job fails for good after this many tries: about two days in all.
pub const TRIES: i64 = 12;

/// Seconds until the next try: doubling from 5 s to at most 12 hours.
pub fn back_off(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 14)).unwrap_or(14);
    (5_i64 << doublings).min(12 * 3600)
}

/// Microseconds until the next try: up to a quarter more than [`back_off`], so that what failed together
/// does not all come back together.
pub fn spread(attempts: i64, entropy: &dyn Entropy) -> i64 {
    let mut share = [0; 2];
    entropy.fill(&mut share);
    let wait = back_off(attempts) * 1_000_000;
    wait + wait / 4 * i64::from(u16::from_le_bytes(share)) / 65_536
}

/// Puts a job into the outbox of this transaction.
pub fn enqueue(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: &'static str,
    payload: &Json,
    run_at: Timestamp,
) -> Result<Id> {
    let id = ctx.id("job");
    let args = [
        id.as_str().into(),
        kind.into(),
        payload.to_string().into(),
        micros(run_at).into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD, &args)?;
    tx.notify("praya_change", "job")?;
    Ok(id)
}

/// A job that failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The job.
    pub id: Id,
    /// What it was to do.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last try failed.
    pub error: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The newest dead letters, at most a hundred.
pub fn dead_letters(tx: &mut Tx<'_>) -> Result<Vec<DeadLetter>> {
    let rows = tx.query(sql::DEAD, &[])?;
    let read = |row: &store::Row| {
        Ok(DeadLetter {
            id: row.text(0)?.into(),
            kind: row.text(1)?.to_owned(),
            attempts: row.int(2)?,
            error: row.opt_text(3)?.unwrap_or_default().to_owned(),
            created_at: from_micros(row.int(4)?),
        })
    };
    rows.iter().map(read).collect()
}

/// Puts a dead letter back to be tried at once. False when it is not dead.
pub fn retry(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<bool> {
    let changed = tx.execute(sql::REVIVE, &[id.as_str().into(), micros(ctx.now).into()])?;
    tx.notify("praya_change", "job")?;
    Ok(changed == 1)
}

/// How many jobs wait and how many are dead.
pub fn counts(tx: &mut Tx<'_>) -> Result<(i64, i64)> {
    let row = tx.query_opt(sql::COUNTS, &[])?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

#[cfg(test)]
mod tests;

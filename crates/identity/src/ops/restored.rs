//! A database that was put back from an older copy: what was ended since lives in it again. So nothing that was
//! given before is good any more, and nothing is given until an operator says how far the database may be trusted.

use super::{log, operator};
use crate::sql;
use kernel::{Ctx, Problem, micros};
use serde_json::json;
use store::Tx;

/// How far a restored database's log reaches, and how far it was known to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Entries in the log of this database.
    pub size: i64,
    /// Entries that there were.
    pub had: i64,
}

/// How far the log of this database reaches.
pub fn log_size(tx: &mut Tx<'_>) -> Result<i64, Problem> {
    let head = tx.query_opt(evidence::sql::HEAD, &[])?;
    Ok(head.map(|row| row.int(0)).transpose()?.unwrap_or(0))
}

/// Ends every session, code, token and open request, and holds all issuing: the database was restored.
/// `had`: how far the log was known to reach.
pub fn hold(tx: &mut Tx<'_>, ctx: &Ctx, had: i64) -> Result<(), Problem> {
    operator(ctx)?;
    let size = log_size(tx)?;
    tx.execute(sql::HOLD, &[size.into(), had.max(size).into(), micros(ctx.now).into()])?;
    for statement in [
        sql::DROP_SESSIONS,
        sql::DROP_ACCESSES,
        sql::DROP_REFRESHES,
        sql::DROP_CODES,
        sql::DROP_INTERACTIONS,
        sql::DROP_CEREMONIES,
        sql::DROP_INVITATIONS,
        sql::DROP_REGISTRATION_TOKENS,
    ] {
        tx.execute(statement, &[])?;
    }
    tx.notify("praya_change", "restored")?;
    Ok(())
}

/// Whether issuing is held, and since which point of the log.
pub fn held(tx: &mut Tx<'_>) -> Result<Option<Restored>, Problem> {
    let row = tx.query_opt(sql::HELD, &[])?;
    row.map(|row| Ok(Restored { size: row.int(0)?, had: row.int(1)? })).transpose()
}

/// The operator has compared the log with a witness or monitor, and says that the database may be trusted up to
/// this many entries: as many as it had when it was restored, or `409`. What came after is for people to do again.
pub fn trust(tx: &mut Tx<'_>, ctx: &Ctx, size: i64) -> Result<(), Problem> {
    operator(ctx)?;
    let held = held(tx)?.ok_or_else(|| Problem::new(404, "not-found"))?;
    if held.size != size {
        return Err(Problem::new(409, "restored-size"));
    }
    tx.execute(sql::LET_GO, &[])?;
    tx.notify("praya_change", "restored")?;
    log(tx, ctx, "restored-trusted", json!({"size": held.size, "had": held.had}))
}

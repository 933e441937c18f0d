//! The end of data life: the consumer told, its attestation or its silence.

use super::{Result, changing::note, find};
use crate::sql;
use kernel::{Actor, Ctx, Id, Problem, Timestamp, from_micros, micros};
use serde_json::{Value as Json, json};
use store::{Row, Tx};

/// Tells consumers whose data life is over, and begins to wait for their attestation.
pub fn end_data_life(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize> {
    let rows = tx.query(sql::DELETIONS_DUE, &[micros(ctx.now).into()])?;
    for row in &rows {
        let (id, due) = (Id::from(row.text(0)?), row.int(1)?);
        let consent = find(tx, &id)?;
        tx.execute(sql::DELETION_TOLD, &[id.as_str().into(), due.into()])?;
        tx.execute(
            sql::ADD_DELETION,
            &[
                ctx.id("del").as_str().into(),
                id.as_str().into(),
                due.into(),
                micros(ctx.now).into(),
            ],
        )?;
        let notice = json!({"consumer": consent.terms.consumer, "event": "data_life_ended", "consent": id, "state": consent.state.name(), "at": ctx.now});
        jobs::enqueue(tx, ctx, crate::webhooks::JOB, &notice, ctx.now)?;
    }
    Ok(rows.len())
}

/// The consumer says that it has deleted what it held; written into the log and shown to the subject.
pub fn attest(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &Id,
    departments: &str,
    statement: &Json,
) -> Result<()> {
    let Actor::Client { id: client } = &ctx.actor else {
        return Err(Problem::new(401, "invalid-client"));
    };
    let consent = find(tx, id)?;
    if consent.terms.consumer != *client {
        return Err(Problem::new(404, "consent-unknown"));
    }
    let changed = tx.execute(
        sql::ATTEST,
        &[id.as_str().into(), micros(ctx.now).into(), statement.to_string().into()],
    )?;
    if changed == 0 {
        // Deleted before it was asked to: noted all the same.
        tx.execute(
            sql::ADD_DELETION,
            &[
                ctx.id("del").as_str().into(),
                id.as_str().into(),
                micros(ctx.now).into(),
                micros(ctx.now).into(),
            ],
        )?;
        tx.execute(
            sql::ATTEST,
            &[id.as_str().into(), micros(ctx.now).into(), statement.to_string().into()],
        )?;
    }
    tx.execute(
        sql::DELETION_TOLD,
        &[id.as_str().into(), consent.delete_due.map_or(0, micros).into()],
    )?;
    note(tx, ctx, &consent.terms, &consent.digest, departments, "deletion-attested", consent.state)
}

/// An end of data life: due, told, attested.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// By when it was to be deleted.
    pub due_at: Timestamp,
    /// When the consumer was told.
    pub told_at: Timestamp,
    /// When it attested; silence if `None`.
    pub attested_at: Option<Timestamp>,
}

/// The ends of data life under a consent, newest first.
pub fn deletions(tx: &mut Tx<'_>, id: &Id) -> Result<Vec<Deletion>> {
    let deletion = |row: &Row| {
        Ok(Deletion {
            due_at: from_micros(row.int(0)?),
            told_at: from_micros(row.int(1)?),
            attested_at: row.opt_int(2)?.map(from_micros),
        })
    };
    tx.query(sql::DELETIONS_OF, &[id.as_str().into()])?.iter().map(deletion).collect()
}

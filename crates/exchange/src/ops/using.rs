//! Using a consent: the read before the sources are asked, and the row that decides.

use super::{Result, reading};
use crate::{
    model::{State, Terms},
    sql,
};
use kernel::{Ctx, Problem, Timestamp, from_micros, micros};
use ports::Access;
use std::sync::Arc;
use store::Tx;

/// What the gateway reads before it asks any source.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What was agreed.
    pub terms: Arc<Terms>,
    /// SHA-256 of the terms.
    pub digest: Vec<u8>,
    /// Where it stands.
    pub state: State,
    /// The window of the last look.
    pub window_start: Timestamp,
    /// Looks in it.
    pub window_used: i64,
}

/// The consent of an access token, as it stands.
pub fn standing(tx: &mut Tx<'_>, access: &Access) -> Result<Standing> {
    let id = access.consent.as_ref().ok_or_else(|| Problem::new(403, "insufficient-scope"))?;
    let row = tx
        .query_opt(sql::TERMS, &[id.as_str().into()])?
        .ok_or_else(|| Problem::new(404, "consent-unknown"))?;
    Ok(Standing {
        terms: Arc::new(reading::terms(row.text(0)?)?),
        digest: row.blob(1)?.to_vec(),
        state: reading::state(row.text(2)?)?,
        window_start: from_micros(row.int(3)?),
        window_used: row.int(4)?,
    })
}

/// Uses the consent once, or says why it may not be used: the only place that allows a release.
pub fn use_consent(tx: &mut Tx<'_>, ctx: &Ctx, terms: &Terms) -> Result<()> {
    let (window, next) = terms.frequency.window(terms.start, ctx.now, &ctx.zone);
    let due = ctx.zone.end_of(terms.data_life.last_day(ctx.now, &ctx.zone));
    let args = [
        terms.id.as_str().into(),
        micros(ctx.now).into(),
        micros(window).into(),
        terms.frequency.times.into(),
        micros(due).into(),
    ];
    if tx.execute(sql::USE, &args)? == 1 {
        return Ok(());
    }
    let row = tx
        .query_opt(sql::TERMS, &[terms.id.as_str().into()])?
        .ok_or_else(|| Problem::new(404, "consent-unknown"))?;
    Err(crate::rules::may_look(
        terms,
        reading::state(row.text(2)?)?,
        from_micros(row.int(3)?),
        row.int(4)?,
        ctx.now,
        &ctx.zone,
    )
    .err()
    .unwrap_or_else(|| crate::rules::too_often(next, ctx.now)))
}

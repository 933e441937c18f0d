//! A screen without a passkey, and the phone that says yes for it.

use super::{after, hash, log, name, secret};
use crate::{rules, sql};
use kernel::{Ctx, Id, Problem, Text, Timestamp, from_micros, micros};
use serde_json::json;
use store::Tx;

/// What a screen that waits shows.
pub(crate) struct Waiting {
    /// What its browser keeps.
    pub(crate) secret: String,
    /// What the QR code holds.
    pub(crate) shown: String,
    /// The four digits on both screens.
    pub(crate) code: String,
    /// Until when.
    pub(crate) until: Timestamp,
}

/// Begins: for which service, from which browser, at which address.
pub(crate) fn begin_approval(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    service: &Text,
    device: &str,
    network: &str,
) -> Result<Waiting, Problem> {
    let (mine, shown) = (secret(ctx, "apb"), secret(ctx, "apq"));
    let code = format!("{:04}", u32::from_be_bytes(ctx.random::<4>()) % 10_000);
    let until = after(ctx, rules::APPROVAL_LIFE);
    let args = [
        hash(&mine),
        hash(&shown),
        (&code).into(),
        (&service.en).into(),
        (&service.tc).into(),
        (&service.sc).into(),
        device.into(),
        network.into(),
        micros(ctx.now).into(),
        until.into(),
    ];
    tx.execute(sql::ADD_APPROVAL, &args)?;
    Ok(Waiting { secret: mine, shown, code, until: from_micros(until) })
}

/// What a phone is asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) code: String,
    pub(crate) service: Text,
    pub(crate) device: String,
    pub(crate) network: String,
    pub(crate) at: Timestamp,
}

fn over() -> Problem {
    Problem::new(404, "approval-over")
}

/// What the person signed in is asked by a QR code; `404 approval-over` once it was answered or is too old.
pub(crate) fn approval(tx: &mut Tx<'_>, ctx: &Ctx, shown: &str) -> Result<Question, Problem> {
    ctx.person()?;
    let row = tx.query_opt(sql::APPROVAL, &[hash(shown), micros(ctx.now).into()])?;
    let row = row.ok_or_else(over)?;
    Ok(Question {
        code: row.text(0)?.to_owned(),
        service: name(&row, 1)?,
        device: row.text(4)?.to_owned(),
        network: row.text(5)?.to_owned(),
        at: from_micros(row.int(6)?),
    })
}

/// The person's answer. A yes needs a passkey, used a moment ago; a no stands in the log.
pub(crate) fn answer_approval(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    shown: &str,
    yes: bool,
) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    let asked = approval(tx, ctx, shown)?;
    if yes {
        if !super::security::by_passkey(tx, ctx)? {
            return Err(Problem::new(403, "approval-needs-passkey"));
        }
        super::security::changing(tx, ctx)?;
    }
    let state = if yes { "approved" } else { "refused" };
    let args = [hash(shown), state.into(), person.as_str().into(), micros(ctx.now).into()];
    if tx.execute(sql::ANSWER_APPROVAL, &args)? == 0 {
        return Err(over());
    }
    let kind = if yes { "sign-in-approved" } else { "sign-in-refused" };
    let what = json!({"person": person, "service": asked.service.en, "device": asked.device, "network": asked.network});
    log(tx, ctx, kind, what)
}

/// How far a waiting screen has come: `waiting`, `approved`, `refused`, or `over`.
pub(crate) fn approval_state(
    tx: &mut Tx<'_>,
    secret: &str,
    now: Timestamp,
) -> Result<&'static str, Problem> {
    let row = tx.query_opt(sql::APPROVAL_STATE, &[hash(secret), micros(now).into()])?;
    let state = row.map(|row| row.text(0).map(str::to_owned)).transpose()?;
    let known = ["waiting", "approved", "refused"];
    Ok(known.into_iter().find(|one| state.as_deref() == Some(one)).unwrap_or("over"))
}

/// Whom the waiting browser may be signed in as: once.
pub(crate) fn use_approval(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    secret: &str,
) -> Result<Option<Id>, Problem> {
    let row = tx.query_opt(sql::USE_APPROVAL, &[hash(secret), micros(ctx.now).into()])?;
    Ok(row.map(|row| row.text(0).map(Id::from)).transpose()?)
}

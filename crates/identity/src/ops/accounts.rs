//! One person, one account: duplicates found and merged; the way back in; closing.

use super::{
    after,
    assurance::handle_of,
    hash,
    holdings::{self, Moved},
    log, name, on_duty, secret,
};
use crate::{
    model::{DuplicateView, Duty, State},
    rules, sql,
};
use kernel::{Ctx, Id, Problem, from_micros, micros};
use ports::Holdings;
use serde_json::json;
use std::sync::Arc;
use store::{Tx, Value};

/// The account that counts for a person who signs in: that which theirs was merged into. `403 account-closed`
/// for one that is closed.
pub(super) fn standing(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<Id, Problem> {
    let row = tx.query_opt(sql::STANDING, &[person.as_str().into()])?;
    let row = row.ok_or_else(|| Problem::new(404, "not-found"))?;
    let over = row.opt_int(1)?.is_some_and(|at| at <= micros(ctx.now));
    if over || row.opt_int(2)?.is_some() {
        return Err(Problem::new(403, "account-closed"));
    }
    Ok(row.text(0)?.into())
}

/// Writes down that a document belongs to other accounts too. For the operation that saw it.
pub(super) fn find_duplicates(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    document: &[u8; 32],
    hkid: Option<&str>,
    by: &Id,
) -> Result<(), Problem> {
    let args = [(&document[..]).into(), hkid.unwrap_or_default().into(), person.as_str().into()];
    for row in tx.query(sql::OTHERS_OF_DOCUMENT, &args)? {
        let other = row.text(0)?;
        let (first, second) = if other < person.as_str() {
            (other, person.as_str())
        } else {
            (person.as_str(), other)
        };
        let id = ctx.id("dup");
        let args = [
            id.as_str().into(),
            first.into(),
            second.into(),
            by.as_str().into(),
            micros(ctx.now).into(),
        ];
        if tx.execute(sql::ADD_DUPLICATE, &args)? == 1 {
            log(
                tx,
                ctx,
                "duplicate-found",
                json!({"duplicate": id, "first": first, "second": second}),
            )?;
        }
    }
    Ok(())
}

/// What a reviewer decides on, and what can still be undone. Looking is logged.
pub fn duplicates(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<DuplicateView>, Problem> {
    on_duty(tx, ctx, Duty::Reviewer)?;
    let mut all = Vec::new();
    for row in tx.query(sql::DUPLICATES, &[micros(ctx.now).into()])? {
        all.push(DuplicateView {
            id: row.text(0)?.into(),
            accounts: [
                (row.text(1)?.into(), row.text(2)?.to_owned(), name(&row, 3)?),
                (row.text(6)?.into(), row.text(7)?.to_owned(), name(&row, 8)?),
            ],
            state: State::parse(row.text(11)?).unwrap_or(State::Open),
            found: from_micros(row.int(12)?),
            kept: row.opt_text(13)?.map(Id::from),
            reason: row.text(14)?.to_owned(),
            undo_until: row.opt_int(15)?.map(from_micros),
        });
    }
    let shown: Vec<_> = all.iter().map(|one| one.id.clone()).collect();
    log(tx, ctx, "duplicates-seen", json!({"duplicates": shown}))?;
    Ok(all)
}

/// What a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They are two people.
    Apart,
    /// They are one, and this account is kept.
    Merge(Id),
    /// It was wrong.
    Undo,
}

/// A reviewer decides, with a reason; never who found it, nor about their own account. Gives the account that
/// is told, and until when it can be undone, if two became one.
pub fn decide_duplicate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &Id,
    (verdict, reason): (&Verdict, &str),
    all: &[Arc<dyn Holdings>],
) -> Result<Option<(Id, kernel::Timestamp)>, Problem> {
    on_duty(tx, ctx, Duty::Reviewer)?;
    let by = ctx.person()?.clone();
    let reason = reason.trim();
    if !(10..=500).contains(&reason.chars().count()) {
        return Err(Problem::new(422, "reason-form").field("reason", "reason-form"));
    }
    let row = tx.query_opt(sql::DUPLICATE, &[id.as_str().into()])?;
    let row = row.ok_or_else(|| Problem::new(404, "not-found"))?;
    let (first, second) = (Id::from(row.text(0)?), Id::from(row.text(1)?));
    let state = State::parse(row.text(2)?).ok_or_else(|| Problem::new(404, "not-found"))?;
    let (found_by, kept) = (row.text(3)?.to_owned(), row.opt_text(4)?.map(Id::from));
    let (moved, until) = (row.opt_text(5)?.map(str::to_owned), row.opt_int(6)?);
    if found_by == by.as_str() || first == by || second == by {
        return Err(Problem::new(403, "duplicate-not-yours"));
    }
    let next = match verdict {
        Verdict::Apart => State::Apart,
        Verdict::Merge(_) => State::Merged,
        Verdict::Undo => State::Undone,
    };
    let late = *verdict == Verdict::Undo && until.is_none_or(|until| until <= micros(ctx.now));
    if !state.may_become(next) || late {
        return Err(Problem::new(409, "duplicate-decided"));
    }
    let mut args: [Value; 8] = [
        id.as_str().into(),
        next.as_str().into(),
        by.as_str().into(),
        micros(ctx.now).into(),
        reason.into(),
        Value::Null,
        Value::Null,
        Value::Null,
    ];
    let mut told = None;
    match (verdict, kept, moved) {
        (Verdict::Apart, ..) => {}
        (Verdict::Merge(keep), ..) => {
            let gone = match keep {
                keep if *keep == first => second,
                keep if *keep == second => first,
                _ => return Err(Problem::new(404, "not-found")),
            };
            let moved = merge(tx, ctx, all, keep, &gone)?;
            let until = after(ctx, rules::UNDO_MERGE);
            args[5] = keep.as_str().into();
            args[6] = serde_json::to_string(&moved).map_err(Problem::internal)?.into();
            args[7] = until.into();
            told = Some((keep.clone(), from_micros(until)));
        }
        (Verdict::Undo, Some(keep), Some(moved)) => {
            let gone = if keep == first { second } else { first };
            let moved = serde_json::from_str(&moved).map_err(Problem::internal)?;
            undo(tx, ctx, all, (&keep, &gone), &moved)?;
        }
        _ => return Err(Problem::new(409, "duplicate-decided")),
    }
    tx.execute(sql::DECIDE_DUPLICATE, &args)?;
    let what = json!({"duplicate": id, "verdict": next.as_str(), "reason": reason});
    log(tx, ctx, "duplicate-decided", what)?;
    Ok(told)
}

fn merge(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    all: &[Arc<dyn Holdings>],
    keep: &Id,
    gone: &Id,
) -> Result<Moved, Problem> {
    // An officer's account is never made an alias, and nothing is merged into what no longer stands by itself.
    let officer = tx.query_opt(sql::OFFICER, &[gone.as_str().into()])?.is_some();
    if officer || standing(tx, ctx, keep)? != *keep || standing(tx, ctx, gone)? != *gone {
        return Err(Problem::new(409, "merge-refused"));
    }
    let moved = holdings::hand_over(tx, all, gone, keep)?;
    super::end_sessions_of(tx, ctx, gone, "")?;
    Ok(moved)
}

fn undo(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    all: &[Arc<dyn Holdings>],
    (keep, gone): (&Id, &Id),
    moved: &Moved,
) -> Result<(), Problem> {
    // What was merged last is undone first, or what moved twice would come back to the wrong place.
    let row = tx.query_opt(sql::STANDING, &[keep.as_str().into()])?;
    let stands = row.map(|row| row.text(0).map(|id| id == keep.as_str())).transpose()?;
    if stands != Some(true) {
        return Err(Problem::new(409, "merge-later"));
    }
    holdings::hand_back(tx, all, moved, keep, gone)?;
    super::end_sessions_of(tx, ctx, keep, "")
}

/// Ten new recovery codes of the person signed in, seen this once; those before are good no more.
pub(crate) fn new_recovery_codes(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<String>, Problem> {
    let person = super::security::changing(tx, ctx)?;
    tx.execute(sql::DROP_RECOVERY_CODES, &[person.as_str().into()])?;
    let mut all = Vec::new();
    for _ in 0..rules::RECOVERY_CODES {
        let code = rules::joining::recovery_code(&ctx.random::<10>());
        tx.execute(sql::ADD_RECOVERY_CODE, &[hash(&plain(&code)), person.as_str().into()])?;
        all.push(code);
    }
    log(tx, ctx, "recovery-codes", json!({"person": person}))?;
    Ok(all)
}

fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// How many recovery codes a person has left, and from when somebody may come back with one, if they asked.
pub(crate) fn recovery_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
) -> Result<(i64, Option<kernel::Timestamp>), Problem> {
    let person = ctx.person()?;
    let left = tx.query_opt(sql::RECOVERY_CODES_LEFT, &[person.as_str().into()])?;
    let args = [person.as_str().into(), micros(ctx.now).into()];
    let waits = tx.query_opt(sql::RECOVERY_WAITS, &args)?;
    Ok((
        left.map_or(Ok(0), |row| row.int(0))?,
        waits.map(|row| row.int(0)).transpose()?.map(from_micros),
    ))
}

/// Somebody who lost every passkey asks to come back, with a recovery code: they may make a new one in three
/// days, if the person does not stop it. An unknown account and a wrong code look alike.
pub(crate) fn begin_recovery(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    account: &str,
    code: &str,
) -> Result<(Id, String, kernel::Timestamp), Problem> {
    let refused = || Problem::new(403, "recovery-refused");
    let row = tx.query_opt(sql::PERSON_BY_HANDLE, &[account.trim().into()])?;
    let found = row.map(|row| row.text(0).map(Id::from)).transpose()?;
    let person = found.clone().unwrap_or_else(|| Id::from("per_nobody"));
    let args = [hash(&plain(code)), person.as_str().into(), micros(ctx.now).into()];
    let used = tx.execute(sql::USE_RECOVERY_CODE, &args)?;
    if used == 0 || found.is_none() {
        return Err(refused());
    }
    let person = standing(tx, ctx, &person)?;
    let ready = after(ctx, rules::RECOVERY_WAIT);
    let token = secret(ctx, "inv");
    let args = [
        hash(&token),
        person.as_str().into(),
        micros(ctx.now).into(),
        after(ctx, rules::RECOVERY_WAIT + rules::RECOVERY_LIFE).into(),
        ready.into(),
    ];
    tx.execute(sql::ADD_LATER_INVITATION, &args)?;
    log(
        tx,
        ctx,
        "recovery-begun",
        json!({"person": person, "ready": from_micros(ready).to_string()}),
    )?;
    Ok((person, token, from_micros(ready)))
}

/// The person stops every way back that was begun.
pub(crate) fn stop_recovery(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    let person = ctx.person()?;
    tx.execute(sql::STOP_RECOVERY, &[person.as_str().into()])?;
    log(tx, ctx, "recovery-stopped", json!({"person": person}))
}

/// The person closes their account: for thirty days they can come back. Gives when it is closed for good.
pub(crate) fn close_account(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<kernel::Timestamp, Problem> {
    let person = super::security::changing(tx, ctx)?;
    if tx.query_opt(sql::OFFICER, &[person.as_str().into()])?.is_some() {
        return Err(Problem::new(409, "officer-stays"));
    }
    let at = after(ctx, rules::CLOSING);
    tx.execute(sql::SET_CLOSING, &[person.as_str().into(), at.into()])?;
    super::end_other_sessions(tx, ctx)?;
    log(tx, ctx, "account-closing", json!({"person": person, "at": from_micros(at).to_string()}))?;
    Ok(from_micros(at))
}

/// The person keeps it after all.
pub(crate) fn keep_account(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    let person = ctx.person()?;
    tx.execute(sql::SET_CLOSING, &[person.as_str().into(), Value::Null])?;
    log(tx, ctx, "account-kept", json!({"person": person}))
}

/// When the account of the person signed in is closed, if they close it.
pub(crate) fn closing(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Option<kernel::Timestamp>, Problem> {
    let row = tx.query_opt(sql::STANDING, &[ctx.person()?.as_str().into()])?;
    Ok(row.map(|row| row.opt_int(1)).transpose()?.flatten().map(from_micros))
}

/// Closes for good what is due, here and in every domain. Who they were, and what was done under the account, is
/// kept as long as the law asks.
pub(super) fn close_due(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    all: &[Arc<dyn Holdings>],
) -> Result<(), Problem> {
    for row in tx.query(sql::CLOSING_DUE, &[micros(ctx.now).into()])? {
        let person = Id::from(row.text(0)?);
        holdings::let_go(tx, ctx, all, &person, &micros(ctx.now).into())?;
        let handle = handle_of(tx, &person)?;
        log(tx, ctx, "account-closed", json!({"person": person, "account": handle}))?;
    }
    Ok(())
}

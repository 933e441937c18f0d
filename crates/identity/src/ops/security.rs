//! How a person signs in, as they see and change it themselves.

use super::{Ceremony, passkeys};
use crate::{
    model::{PasskeyView, SessionView},
    passkeys::Passkeys,
    rules, sql,
};
use kernel::{Actor, Ctx, Id, Problem, from_micros, micros};
use serde_json::{Value as Json, json};
use store::{Row, Tx};

/// The person signed in and their session.
fn own(ctx: &Ctx) -> Result<(&Id, &Id), Problem> {
    match &ctx.actor {
        Actor::Person { id, session } | Actor::Officer { id, session, .. } => Ok((id, session)),
        _ => Err(Problem::new(401, "sign-in-required")),
    }
}

/// Whether the person has just signed in.
pub(crate) fn recently_signed_in(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<bool, Problem> {
    let (person, session) = own(ctx)?;
    let args = [session.as_str().into(), person.as_str().into()];
    let Some(row) = tx.query_opt(sql::SESSION_BEGUN, &args)? else { return Ok(false) };
    // Who came by another provider changes nothing of how one signs in here.
    Ok(!row.text(1)?.starts_with("federated:") && rules::recent(from_micros(row.int(0)?), ctx.now))
}

/// Whether this session was begun with a passkey; in the demonstration a press stands for it.
pub(super) fn by_passkey(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<bool, Problem> {
    let (person, session) = own(ctx)?;
    let args = [session.as_str().into(), person.as_str().into()];
    let method = tx.query_opt(sql::SESSION_BEGUN, &args)?.map(|row| row.text(1).map(str::to_owned));
    Ok(matches!(method.transpose()?.as_deref(), Some("passkey" | "persona")))
}

/// Whether how the person signs in may be changed now: soon after a sign-in with a passkey.
pub(crate) fn may_change(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<bool, Problem> {
    Ok(recently_signed_in(tx, ctx)? && by_passkey(tx, ctx)?)
}

/// The person, if they have just signed in, and by more than what could be lured out of them; `401 sign-in-again` otherwise.
pub(super) fn changing<'a>(tx: &mut Tx<'_>, ctx: &'a Ctx) -> Result<&'a Id, Problem> {
    if may_change(tx, ctx)? { ctx.person() } else { Err(Problem::new(401, "sign-in-again")) }
}

/// The passkeys and sessions of the person signed in.
pub(crate) fn security(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
) -> Result<(Vec<PasskeyView>, Vec<SessionView>), Problem> {
    let (person, this) = own(ctx)?;
    let passkey = |row: &Row| {
        Ok::<_, Problem>(PasskeyView {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            added: from_micros(row.int(2)?),
            used: row.opt_int(3)?.map(from_micros),
        })
    };
    let passkeys = tx.query(sql::PASSKEY_LIST, &[person.as_str().into()])?;
    let idle = micros(ctx.now) - rules::SESSION_IDLE * 1_000_000;
    let args = [person.as_str().into(), micros(ctx.now).into(), idle.into()];
    let session = |row: &Row| {
        Ok::<_, Problem>(SessionView {
            id: row.text(0)?.into(),
            this: row.text(0)? == this.as_str(),
            device: row.text(1)?.to_owned(),
            since: from_micros(row.int(2)?),
            seen: from_micros(row.int(3)?),
        })
    };
    let sessions = tx.query(sql::SESSIONS_OF, &args)?;
    Ok((
        passkeys.iter().map(passkey).collect::<Result<_, _>>()?,
        sessions.iter().map(session).collect::<Result<_, _>>()?,
    ))
}

/// Begins a further passkey.
pub(crate) fn begin_passkey(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
) -> Result<(Id, Json), Problem> {
    let person = changing(tx, ctx)?;
    passkeys::ask_new(tx, ctx, site, person)
}

/// Keeps it.
pub(crate) fn add_passkey(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    ceremony: &Ceremony,
    answer: &str,
    name: &str,
) -> Result<(), Problem> {
    let person = changing(tx, ctx)?;
    passkeys::take_new(tx, ctx, site, person, ceremony, answer, name)
}

/// Calls a passkey something else.
pub(crate) fn name_passkey(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    passkey: &str,
    name: &str,
) -> Result<(), Problem> {
    let person = ctx.person()?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > rules::PASSKEY_NAME {
        return Err(Problem::new(422, "passkey-name").field("name", "passkey-name"));
    }
    let args = [passkey.into(), person.as_str().into(), name.into()];
    match tx.execute(sql::NAME_PASSKEY, &args)? {
        0 => Err(Problem::new(404, "not-found")),
        _ => Ok(()),
    }
}

/// Removes a passkey, never the last, and ends every other session: whoever holds the device is out.
pub(crate) fn remove_passkey(tx: &mut Tx<'_>, ctx: &Ctx, passkey: &str) -> Result<(), Problem> {
    let person = changing(tx, ctx)?;
    if tx.execute(sql::REMOVE_PASSKEY, &[passkey.into(), person.as_str().into()])? == 0 {
        let last = tx
            .query_opt(sql::PASSKEY, &[passkey.into()])?
            .is_some_and(|row| row.text(0).is_ok_and(|holder| holder == person.as_str()));
        return Err(if last {
            Problem::new(409, "passkey-last")
        } else {
            Problem::new(404, "not-found")
        });
    }
    end_other_sessions(tx, ctx)?;
    super::log(tx, ctx, "passkey-removed", json!({"person": person, "passkey": passkey}))
}

/// Ends one session of the person.
pub(crate) fn end_own_session(tx: &mut Tx<'_>, ctx: &Ctx, session: &Id) -> Result<(), Problem> {
    let person = ctx.person()?;
    let args = [session.as_str().into(), person.as_str().into()];
    tx.query_opt(sql::END_OWN_SESSION, &args)?.ok_or_else(|| Problem::new(404, "not-found"))?;
    super::sessions::end_one(tx, ctx, session)
}

/// Ends every session of the person but this.
pub(crate) fn end_other_sessions(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    let (person, session) = own(ctx)?;
    super::end_sessions_of(tx, ctx, &person.clone(), session.as_str())
}

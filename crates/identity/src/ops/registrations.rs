//! Clients that a creator registers and another person approves. Secrets are made once the client counts.

use super::{
    after,
    clients::{judge, make_secret, put, set_active},
    hash, log, name, operator, secret,
};
use crate::{
    model::{Client, ClientRole, Progress, RegistrationView},
    rules, sql,
};
use kernel::{Ctx, Id, Problem, from_micros, micros};
use serde_json::json;
use store::{Row, Tx};

/// Lets a person register clients for an organisation, or approve what others registered; `None` takes it back.
/// For an administrator, and never for themselves.
pub fn set_client_role(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    role: ClientRole,
    organisation: Option<&str>,
) -> Result<(), Problem> {
    operator(ctx)?;
    if ctx.person().is_ok_and(|me| me == person) {
        return Err(Problem::new(403, "client-role-to-self"));
    }
    let (who, what) = (person.as_str().into(), role.as_str().into());
    match organisation {
        Some(organisation) => {
            let args = [who, what, organisation.into(), micros(ctx.now).into()];
            tx.execute(sql::SET_CLIENT_ROLE, &args)?
        }
        None => tx.execute(sql::DROP_CLIENT_ROLE, &[who, what])?,
    };
    let what = json!({"person": person, "role": role.as_str(), "organisation": organisation});
    log(tx, ctx, "client-role", what)
}

/// The organisation that the person signed in has this role for, if they have it.
fn held(tx: &mut Tx<'_>, ctx: &Ctx, role: ClientRole) -> Result<Option<String>, Problem> {
    let person = ctx.person()?;
    let row = tx.query_opt(sql::CLIENT_ROLE, &[person.as_str().into(), role.as_str().into()])?;
    Ok(row.map(|row| row.text(0).map(ToOwned::to_owned)).transpose()?)
}

fn needs(tx: &mut Tx<'_>, ctx: &Ctx, role: ClientRole) -> Result<String, Problem> {
    held(tx, ctx, role)?.ok_or_else(|| Problem::new(403, "client-role-needed"))
}

/// What the person signed in may do: create for which organisation, approve.
pub fn client_roles(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(Option<String>, bool), Problem> {
    Ok((held(tx, ctx, ClientRole::Creator)?, held(tx, ctx, ClientRole::Approver)?.is_some()))
}

/// A creator asks that a client be registered, or changed if it is their organisation's already.
pub fn ask_client(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    client: &Client,
    allow_loopback: bool,
) -> Result<Id, Problem> {
    let organisation = needs(tx, ctx, ClientRole::Creator)?;
    judge(client, allow_loopback)?;
    if [&client.name.en, &client.name.tc, &client.name.sc].iter().any(|name| name.trim().is_empty())
    {
        return Err(Problem::new(400, "client-refused").field("name", "client-name"));
    }
    let taken = || Problem::new(400, "client-refused").field("client_id", "client-id-taken");
    if client.node.is_some() {
        // Another node's rights are the operator's to give.
        return Err(Problem::new(400, "client-refused").field("node", "client-node-form"));
    }
    let known = tx.query_opt(sql::CLIENT_ORGANISATION, &[(&client.id).into()])?;
    let theirs = known.map(|row| row.opt_text(0).map(|one| one == Some(organisation.as_str())));
    if theirs.transpose()? == Some(false)
        || tx.query_opt(sql::REGISTRATION_WAITS, &[(&client.id).into()])?.is_some()
    {
        return Err(taken());
    }
    let (id, person) = (ctx.id("reg"), ctx.person()?);
    let asked = serde_json::to_string(client).map_err(Problem::internal)?;
    let args = [
        id.as_str().into(),
        (&client.id).into(),
        organisation.as_str().into(),
        asked.into(),
        person.as_str().into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD_REGISTRATION, &args)?;
    log(tx, ctx, "client-asked", json!({"registration": id, "client": client}))?;
    Ok(id)
}

/// A client of the creator's organisation as it is registered now.
pub fn registered_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<Option<Client>, Problem> {
    let organisation = needs(tx, ctx, ClientRole::Creator)?;
    let row = tx.query_opt(sql::CLIENT_ORGANISATION, &[id.into()])?;
    let theirs =
        row.is_some_and(|row| row.opt_text(0).is_ok_and(|one| one == Some(organisation.as_str())));
    if theirs { super::client(tx, id) } else { Ok(None) }
}

/// A registration as it is kept: the organisation, what is asked, its state, who asked.
struct Kept {
    organisation: String,
    asked: Client,
    state: Progress,
    by: Id,
}

fn kept(tx: &mut Tx<'_>, id: &Id) -> Result<Kept, Problem> {
    let row = tx.query_opt(sql::REGISTRATION, &[id.as_str().into()])?;
    let row = row.ok_or_else(|| Problem::new(404, "not-found"))?;
    Ok(Kept {
        organisation: row.text(2)?.to_owned(),
        asked: serde_json::from_str(row.text(3)?).map_err(Problem::internal)?,
        state: progress(&row, 4)?,
        by: row.text(5)?.into(),
    })
}

fn progress(row: &Row, column: usize) -> Result<Progress, Problem> {
    Progress::parse(row.text(column)?).ok_or_else(|| Problem::internal("a registration's state"))
}

fn advance(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id, to: Progress, reason: &str) -> Result<(), Problem> {
    let person = ctx.person()?.as_str();
    let args = [
        id.as_str().into(),
        to.as_str().into(),
        person.into(),
        micros(ctx.now).into(),
        reason.into(),
    ];
    match tx.execute(sql::MOVE_REGISTRATION, &args)? {
        1 => Ok(()),
        _ => Err(Problem::new(409, "client-decided")),
    }
}

/// Another person than who asked decides. A yes makes the client as it was asked; a no says why.
pub fn decide_client(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &Id,
    yes: bool,
    reason: &str,
    allow_loopback: bool,
) -> Result<(), Problem> {
    needs(tx, ctx, ClientRole::Approver)?;
    let kept = kept(tx, id)?;
    if kept.by == *ctx.person()? {
        return Err(Problem::new(403, "client-four-eyes"));
    }
    let reason = reason.trim();
    if !yes && (reason.is_empty() || reason.chars().count() > 500) {
        return Err(Problem::new(400, "client-refused").field("reason", "client-reason"));
    }
    let (to, kind) = if yes {
        (Progress::Approved, "client-approved")
    } else {
        (Progress::Refused, "client-refused")
    };
    advance(tx, ctx, id, to, if yes { "" } else { reason })?;
    if yes {
        // The rules may have changed while it waited.
        judge(&kept.asked, allow_loopback)?;
        put(tx, ctx, &kept.asked)?;
        let args = [(&kept.asked.id).into(), kept.organisation.as_str().into()];
        tx.execute(sql::SET_CLIENT_ORGANISATION, &args)?;
    }
    log(tx, ctx, kind, json!({"registration": id, "client": kept.asked.id, "reason": reason}))
}

/// A creator of the organisation takes a registration back that waits.
pub fn withdraw_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<(), Problem> {
    let organisation = needs(tx, ctx, ClientRole::Creator)?;
    let kept = kept(tx, id)?;
    if kept.organisation != organisation {
        return Err(Problem::new(404, "not-found"));
    }
    advance(tx, ctx, id, Progress::Withdrawn, "")?;
    log(tx, ctx, "client-withdrawn", json!({"registration": id, "client": kept.asked.id}))
}

/// The client of a registration that was approved, if it is the organisation's of whoever asks.
fn own_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<String, Problem> {
    let organisation = needs(tx, ctx, ClientRole::Creator)?;
    let kept = kept(tx, id)?;
    if kept.organisation != organisation || kept.state != Progress::Approved {
        return Err(Problem::new(404, "not-found"));
    }
    Ok(kept.asked.id)
}

/// A creator gets a new secret of their client, to be seen this once: [`super::new_secret`].
pub fn rotate_secret(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<String, Problem> {
    let client = own_client(tx, ctx, id)?;
    make_secret(tx, ctx, &client)
}

/// A creator of the organisation, or an approver, stops a client at once.
pub fn suspend_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<(), Problem> {
    let client = match held(tx, ctx, ClientRole::Approver)? {
        Some(_) => kept(tx, id)?.asked.id,
        None => own_client(tx, ctx, id)?,
    };
    set_active(tx, ctx, &client, false)?;
    log(tx, ctx, "client-suspended", json!({"client": client}))
}

/// An approver lets a stopped client act again; never one who registered it.
pub fn resume_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<(), Problem> {
    needs(tx, ctx, ClientRole::Approver)?;
    let kept = kept(tx, id)?;
    if kept.by == *ctx.person()? {
        return Err(Problem::new(403, "client-four-eyes"));
    }
    if kept.state != Progress::Approved {
        return Err(Problem::new(409, "client-decided"));
    }
    set_active(tx, ctx, &kept.asked.id, true)?;
    log(tx, ctx, "client-resumed", json!({"client": kept.asked.id}))
}

/// What a creator's program may register with for a day, in the creator's name; seen this once.
pub fn registration_token(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<String, Problem> {
    needs(tx, ctx, ClientRole::Creator)?;
    let token = secret(ctx, "crt");
    let person = ctx.person()?.as_str().into();
    let args = [hash(&token), person, after(ctx, rules::REGISTRATION_TOKEN_LIFE).into()];
    tx.execute(sql::ADD_REGISTRATION_TOKEN, &args)?;
    log(tx, ctx, "client-token", json!({}))?;
    Ok(token)
}

/// Whose registration token this is.
pub(crate) fn registrar(tx: &mut Tx<'_>, ctx: &Ctx, token: &str) -> Result<Option<Id>, Problem> {
    let args = [hash(token), micros(ctx.now).into()];
    let row = tx.query_opt(sql::REGISTRATION_TOKEN, &args)?;
    Ok(row.map(|row| row.text(0).map(Id::from)).transpose()?)
}

/// The registrations that concern the person signed in: their organisation's, or all for an approver.
pub fn registrations(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<RegistrationView>, Problem> {
    let me = ctx.person()?.as_str().to_owned();
    let (organisation, approver) = client_roles(tx, ctx)?;
    if organisation.is_none() && !approver {
        return Err(Problem::new(403, "client-role-needed"));
    }
    let args = [organisation.unwrap_or_default().into(), approver.into()];
    let read = |row: &Row| {
        let state = progress(row, 3)?;
        let newest = state == Progress::Approved && row.bool(14)?;
        Ok(RegistrationView {
            id: row.text(0)?.into(),
            organisation: row.text(1)?.to_owned(),
            asked: serde_json::from_str(row.text(2)?).map_err(Problem::internal)?,
            state,
            mine: row.text(4)? == me,
            at: from_micros(row.int(5)?),
            reason: row.text(6)?.to_owned(),
            by: name(row, 7)?,
            decided_by: if row.is_null(10)? { None } else { Some(name(row, 10)?) },
            active: if newest { Some(row.bool(13)?) } else { None },
        })
    };
    tx.query(sql::REGISTRATIONS, &args)?.iter().map(read).collect()
}

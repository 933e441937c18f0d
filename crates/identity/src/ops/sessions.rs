//! Sessions: a random token in a cookie, its hash here.

use super::{after, hash, name, secret};
use crate::{model::Method, rules, sql};
use kernel::{Actor, Ctx, Id, Problem, Role, Timestamp, from_micros, micros};
use std::sync::Arc;
use store::Tx;
use web::UserView;

/// Begins a session for a person who has just proved to be themselves. The one this browser had ends if it was
/// another's; their own goes on under a new token, so that the services signed in to hear nothing. The token goes
/// into the cookie and is never kept.
pub(crate) fn sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    method: Method,
    device: &str,
) -> Result<String, Problem> {
    let person = &super::accounts::standing(tx, ctx, person)?;
    let token = secret(ctx, "ses");
    let facts: [store::Value; 5] = [
        hash(&token),
        method.as_str().into(),
        micros(ctx.now).into(),
        after(ctx, rules::SESSION_LIFE).into(),
        device.into(),
    ];
    if let Actor::Person { id, session } | Actor::Officer { id, session, .. } = &ctx.actor
        && id == person
    {
        let args = [vec![session.as_str().into(), person.as_str().into()], facts.to_vec()].concat();
        if tx.execute(sql::RENEW_SESSION, &args)? == 1 {
            let end = after(ctx, rules::SESSION_LIFE);
            tx.execute(sql::KEEP_SERVICE_SESSIONS, &[session.as_str().into(), end.into()])?;
            return Ok(token);
        }
    }
    end_session(tx, ctx)?;
    let [hash, method, now, end, device] = facts;
    let id = ctx.id("ses");
    let args = [id.as_str().into(), hash, person.as_str().into(), method, now, end, device];
    tx.execute(sql::ADD_SESSION, &args)?;
    Ok(token)
}

/// Ends the session of this request, if it has one.
pub(crate) fn end_session(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    if let Actor::Person { session, .. } | Actor::Officer { session, .. } = &ctx.actor {
        end_one(tx, ctx, session)?;
    }
    Ok(())
}

/// Ends the sessions of a person, but for `kept`. The caller has authorised it.
pub(crate) fn end_sessions_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    kept: &str,
) -> Result<(), Problem> {
    for row in tx.query(sql::OTHER_SESSIONS, &[person.as_str().into(), kept.into()])? {
        end_one(tx, ctx, &row.text(0)?.into())?;
    }
    Ok(())
}

pub(super) fn end_one(tx: &mut Tx<'_>, ctx: &Ctx, session: &Id) -> Result<(), Problem> {
    super::logout::tell(tx, ctx, session)?;
    tx.execute(sql::END_SESSION, &[session.as_str().into()])?;
    Ok(())
}

/// Who a session's token belongs to, how the header shows them, and when the session was last used.
/// `None` when it is unknown, ended, idle for 30 minutes or 12 hours old.
pub(crate) fn visitor(
    tx: &mut Tx<'_>,
    token: &str,
    now: Timestamp,
) -> Result<Option<(Actor, UserView, Timestamp)>, Problem> {
    let idle = micros(now) - rules::SESSION_IDLE * 1_000_000;
    let Some(row) = tx.query_opt(sql::VISITOR, &[hash(token), micros(now).into(), idle.into()])?
    else {
        return Ok(None);
    };
    let (session, id) = (Id::from(row.text(0)?), Id::from(row.text(2)?));
    let name = name(&row, 3)?;
    let (actor, user) = match row.opt_text(6)? {
        Some(department) => {
            let admin = row.text(7)? == "admin";
            let role = if admin { Role::Admin } else { Role::Officer };
            let actor = Actor::Officer { id, session, department: department.to_owned(), role };
            (actor, UserView { name, officer: true, admin, unread: 0 })
        }
        None => (
            Actor::Person { id, session },
            UserView { name, officer: false, admin: false, unread: 0 },
        ),
    };
    Ok(Some((actor, user, from_micros(row.int(1)?))))
}

/// Writes down that a session was used.
pub(crate) fn touch(tx: &mut Tx<'_>, session: &Id, now: Timestamp) -> Result<(), Problem> {
    tx.execute(sql::TOUCH_SESSION, &[session.as_str().into(), micros(now).into()])?;
    Ok(())
}

/// Forgets what can no longer be used, at most [`SWEPT`] rows of a kind, so that nobody waits for it. True
/// when there may be more.
pub fn sweep(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holdings: &[Arc<dyn ports::Holdings>],
) -> Result<bool, Problem> {
    super::accounts::close_due(tx, ctx, holdings)?;
    let now = micros(ctx.now);
    // A used code is remembered past its life, so that a late second use still ends what came of it.
    let an_hour_ago = now - 3_600_000_000;
    let mut most = 0;
    for (statement, before) in [
        (sql::SWEEP_CEREMONIES, now),
        (sql::SWEEP_TRIES, now),
        (sql::SWEEP_INVITATIONS, now),
        (sql::SWEEP_APPROVALS, an_hour_ago),
        (sql::SWEEP_REGISTRATION_TOKENS, now),
        (sql::SWEEP_INTERACTIONS, an_hour_ago),
        (sql::SWEEP_CODES, an_hour_ago),
        (sql::SWEEP_ACCESS, now),
        (sql::SWEEP_REFRESH, now),
        // A session past its twelve hours is no longer touched, so this finds it too.
        (sql::SWEEP_SESSIONS, now - rules::SESSION_IDLE * 1_000_000),
        (sql::SWEEP_SERVICE_SESSIONS, now),
        (sql::SWEEP_SPENT, ctx.now.as_second() - 240),
    ] {
        most = most.max(tx.execute(statement, &[before.into()])?);
    }
    Ok(most >= SWEPT)
}

/// As the statements of `sql.rs` say.
const SWEPT: u64 = 500;

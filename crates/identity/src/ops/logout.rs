//! A session ends: its services hear of it (OpenID Back-Channel Logout), and what should not outlast it ends too.

use super::after;
use crate::{
    model::Terms,
    rules::{self, logout::Wish},
    sql,
};
use kernel::{Ctx, Id, Problem};
use serde_json::json;
use store::Tx;

/// The kind of job that tells one service.
pub(crate) const JOB: &str = "backchannel-logout";

/// Remembers that a session signed its person in to a service.
pub(super) fn remember(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    session: &Id,
    client: &str,
    grant: &Id,
) -> Result<(), Problem> {
    let end = after(ctx, rules::SESSION_LIFE);
    tx.execute(
        sql::ADD_SERVICE_SESSION,
        &[session.as_str().into(), client.into(), grant.as_str().into(), end.into()],
    )?;
    Ok(())
}

/// Tells the services of a session that ends, and ends the tokens that were not asked for to outlast it.
pub(super) fn tell(tx: &mut Tx<'_>, ctx: &Ctx, session: &Id) -> Result<(), Problem> {
    let mut told: Option<String> = None;
    for row in tx.query(sql::SERVICE_SESSIONS, &[session.as_str().into()])? {
        let (client, grant) = (row.text(0)?, row.text(1)?);
        if row.is_null(5)? && !rules::has_scope(row.text(2)?, rules::OFFLINE) {
            super::end(tx, ctx, grant)?;
        }
        let terms: Terms = serde_json::from_str(row.text(4)?).map_err(Problem::internal)?;
        if terms.backchannel_logout_uri.is_some() && told.as_deref() != Some(client) {
            let what = json!({"client": client, "person": row.opt_text(3)?, "session": session});
            jobs::enqueue(tx, ctx, JOB, &what, ctx.now)?;
            told = Some(client.to_owned());
        }
    }
    tx.execute(sql::DROP_SERVICE_SESSIONS, &[session.as_str().into()])?;
    Ok(())
}

/// Where the browser goes after signing out, if its client registered the address (RP-Initiated Logout §3).
/// `None`: to a page of ours.
pub(crate) fn way_back(tx: &mut Tx<'_>, wish: &Wish) -> Result<Option<String>, Problem> {
    let Some(to) = &wish.redirect_uri else { return Ok(None) };
    let known = match &wish.client {
        Some(client) => super::client(tx, client)?.filter(|client| client.active),
        None => None,
    };
    match known {
        Some(known) if known.terms.post_logout_redirect_uris.contains(to) => {
            Ok(Some(rules::logout::back(to, wish.state.as_deref())))
        }
        _ => Err(Problem::new(400, "sign-out-address")),
    }
}

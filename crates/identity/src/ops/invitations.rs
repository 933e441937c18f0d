//! Invitations: how a person comes to their first passkey.

use super::{after, hash, operator, secret};
use crate::{rules, sql};
use kernel::{Ctx, Id, Problem, micros};
use store::Tx;

/// Makes an invitation for a person; its token belongs into a link to `/invitation/{token}`, given to
/// them alone. Good once, for seven days.
pub fn invite(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<String, Problem> {
    operator(ctx)?;
    let token = secret(ctx, "inv");
    let args = [hash(&token), person.as_str().into(), micros(ctx.now).into(), after(ctx, rules::INVITATION_LIFE).into()];
    tx.execute(sql::ADD_INVITATION, &args)?;
    Ok(token)
}

/// Whom an invitation is for; `404 invitation-over` when it is unknown, used or too old.
pub fn invitation(tx: &mut Tx<'_>, ctx: &Ctx, token: &str) -> Result<Id, Problem> {
    let row = tx.query_opt(sql::INVITATION, &[hash(token), micros(ctx.now).into()])?;
    row.map_or_else(|| Err(Problem::new(404, "invitation-over")), |row| Ok(row.text(0)?.into()))
}

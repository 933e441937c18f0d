//! Invitations: how a person comes to their first passkey.

use super::{NewPerson, after, hash, operator, secret};
use crate::{rules, sql};
use kernel::{Ctx, Id, Problem, Role, Text, micros};
use store::Tx;

/// Makes an invitation for a person; its token belongs into a link to `/invitation/{token}`, given to
/// them alone. Good once, for a day.
pub fn invite(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<String, Problem> {
    operator(ctx)?;
    make(tx, ctx, person)
}

/// The same, for operations that have authorised it.
pub(super) fn make(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<String, Problem> {
    let token = secret(ctx, "inv");
    let args = [
        hash(&token),
        person.as_str().into(),
        micros(ctx.now).into(),
        after(ctx, rules::INVITATION_LIFE).into(),
    ];
    tx.execute(sql::ADD_INVITATION, &args)?;
    Ok(token)
}

/// Makes an administrator of a department, or a new invitation for one who exists: the path of the link.
/// Their handle is made of the name.
pub fn invite_admin(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    name: &str,
    department: &str,
) -> Result<String, Problem> {
    operator(ctx)?;
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let handle = words.join("-");
    if handle.is_empty() || handle.len() > 100 {
        return Err(Problem::new(400, "name-unreadable").field("name", "name-unreadable"));
    }
    let person = match super::person_by_handle(tx, &handle)? {
        Some(known) => known.id,
        None => super::add_person(
            tx,
            ctx,
            &NewPerson {
                id: None,
                handle,
                name: Text::same(name.trim()),
                hkid: None,
                made_up: false,
            },
        )?,
    };
    super::add_officer(tx, ctx, &person, department, Role::Admin)?;
    Ok(format!("/invitation/{}", invite(tx, ctx, &person)?))
}

/// Whom an invitation is for; `404 invitation-over` when it is unknown, used or too old.
pub fn invitation(tx: &mut Tx<'_>, ctx: &Ctx, token: &str) -> Result<Id, Problem> {
    let row = tx.query_opt(sql::INVITATION, &[hash(token), micros(ctx.now).into()])?;
    let row = row.ok_or_else(|| Problem::new(404, "invitation-over"))?;
    if row.int(1)? > micros(ctx.now) {
        return Err(Problem::new(403, "invitation-later"));
    }
    Ok(row.text(0)?.into())
}

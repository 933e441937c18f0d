//! Officers: an officer's account is a person's account with duties at a department, given by another person.

use super::{assurance::duties, log, name};
use crate::{
    model::{Duty, OfficerView},
    sql,
};
use kernel::{Ctx, Id, Problem, Role, micros};
use serde_json::json;
use store::Tx;

/// The department for which the officer signed in has this duty; `403 duty-needed` without it. The row is read
/// here, so what was taken back a moment ago no longer counts.
pub fn on_duty(tx: &mut Tx<'_>, ctx: &Ctx, duty: Duty) -> Result<String, Problem> {
    let (person, _) = ctx.officer()?;
    let row = tx.query_opt(sql::OFFICER, &[person.as_str().into()])?;
    let department = row.ok_or_else(|| Problem::new(403, "officers-only"))?.text(0)?.to_owned();
    if duties(tx, person)?.contains(&duty) {
        Ok(department)
    } else {
        Err(Problem::new(403, "duty-needed"))
    }
}

/// Every officer, for an administrator.
pub fn officers(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<OfficerView>, Problem> {
    ctx.admin()?;
    let mut all: Vec<OfficerView> = Vec::new();
    for row in tx.query(sql::OFFICERS, &[])? {
        if all.last().is_none_or(|last| last.id.as_str() != row.text(0).unwrap_or_default()) {
            all.push(OfficerView {
                id: row.text(0)?.into(),
                handle: row.text(1)?.to_owned(),
                name: name(&row, 2)?,
                department: row.text(5)?.to_owned(),
                admin: row.text(6)? == "admin",
                duties: Vec::new(),
            });
        }
        if let (Some(duty), Some(last)) = (row.opt_text(7)?.and_then(Duty::parse), all.last_mut()) {
            last.duties.push((duty, name(&row, 8)?));
        }
    }
    Ok(all)
}

/// Makes a person an officer of a department, by the name of their account.
pub fn appoint(tx: &mut Tx<'_>, ctx: &Ctx, account: &str, department: &str) -> Result<(), Problem> {
    let by = ctx.admin()?.clone();
    let unknown = || Problem::new(422, "account-unknown").field("account", "account-unknown");
    let person = super::person_by_handle(tx, account.trim())?.ok_or_else(unknown)?.id;
    let form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if department.is_empty() || department.len() > 40 || !department.bytes().all(form) {
        return Err(Problem::new(422, "department-form").field("department", "department-form"));
    }
    // Whoever is one already keeps what they are: an administrator is not made less by this form.
    if person == by || tx.query_opt(sql::OFFICER, &[person.as_str().into()])?.is_some() {
        return Err(Problem::new(409, "officer-already"));
    }
    tx.execute(sql::DROP_DUTIES, &[person.as_str().into()])?;
    super::add_officer(tx, ctx, &person, department, Role::Officer)?;
    log(tx, ctx, "officer-appointed", json!({"person": person, "department": department}))
}

/// An officer leaves: no longer one, without duties, and signed out everywhere. Nobody dismisses themselves.
pub fn dismiss(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<(), Problem> {
    another(ctx, person)?;
    tx.execute(sql::DROP_DUTIES, &[person.as_str().into()])?;
    super::stop_officer(tx, ctx, person)?;
    log(tx, ctx, "officer-dismissed", json!({"person": person}))
}

/// Gives an officer a duty, or takes it back. Nobody gives themselves one.
pub fn set_duty(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    duty: Duty,
    has: bool,
) -> Result<(), Problem> {
    let by = another(ctx, person)?;
    let (who, what) = (person.as_str().into(), duty.as_str().into());
    if has {
        if tx.query_opt(sql::OFFICER, &[person.as_str().into()])?.is_none() {
            return Err(Problem::new(404, "not-found"));
        }
        tx.execute(sql::GIVE_DUTY, &[who, what, by.as_str().into(), micros(ctx.now).into()])?;
    } else {
        tx.execute(sql::TAKE_DUTY, &[who, what])?;
    }
    let what = json!({"person": person, "duty": duty.as_str(), "has": has});
    log(tx, ctx, "officer-duty", what)
}

/// The administrator, if it is about somebody else.
fn another(ctx: &Ctx, person: &Id) -> Result<Id, Problem> {
    let by = ctx.admin()?;
    if by == person { Err(Problem::new(403, "duty-to-self")) } else { Ok(by.clone()) }
}

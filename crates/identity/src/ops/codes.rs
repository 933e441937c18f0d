//! The fallback for who has no passkey at hand: a password and the code of an app. Worth less than a passkey: it
//! changes nothing of how one signs in, and no officer works under it.

use super::{assurance::handle_of, log, security::changing};
use crate::{model::Method, rules, sql};
use kernel::{Ctx, Id, Problem, micros};
use serde_json::json;
use store::Tx;
use wire::{otp, seal::Sealer};

/// How many bits an app's secret has: RFC 4226 §4 R6 wants 160.
type Secret = [u8; 20];

fn about(person: &Id) -> String {
    format!("totp {person}")
}

fn refused() -> Problem {
    Problem::new(403, "code-refused")
}

/// How far it has come for the person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeLogin {
    /// They have none.
    None,
    /// They sign in by it.
    Good,
    /// Too many codes were wrong: it must be set up anew.
    Blocked,
}

/// Whether the person signed in has this way to sign in.
pub(crate) fn code_login(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<CodeLogin, Problem> {
    let row = tx.query_opt(sql::CODE_LOGIN, &[ctx.person()?.as_str().into()])?;
    let Some(row) = row else { return Ok(CodeLogin::None) };
    Ok(match (row.bool(3)?, row.int(4)? < rules::WRONG_CODES) {
        (false, _) => CodeLogin::None,
        (true, true) => CodeLogin::Good,
        (true, false) => CodeLogin::Blocked,
    })
}

/// Begins it, in place of what there was: the secret for the app, and what the account is called. It counts once a
/// first code has shown that the app has it.
pub(crate) fn begin_code(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    password: &str,
) -> Result<(Vec<u8>, String), Problem> {
    let person = changing(tx, ctx)?;
    let secret: Secret = ctx.random();
    let sealed = sealer.seal(&about(person), &secret).map_err(Problem::internal)?;
    tx.execute(sql::DROP_CODE_LOGIN, &[person.as_str().into()])?;
    let args = [person.as_str().into(), password.into(), sealed.into(), micros(ctx.now).into()];
    tx.execute(sql::ADD_CODE_LOGIN, &args)?;
    Ok((secret.to_vec(), handle_of(tx, person)?))
}

/// What [`begin_code`] gave, while no code has confirmed it.
pub(crate) fn begun_code(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
) -> Result<Option<(Vec<u8>, String)>, Problem> {
    let person = changing(tx, ctx)?;
    let row = tx.query_opt(sql::CODE_LOGIN, &[person.as_str().into()])?;
    let Some(row) = row.filter(|row| row.bool(3).is_ok_and(|confirmed| !confirmed)) else {
        return Ok(None);
    };
    let secret = sealer.open(&about(person), row.blob(1)?).map_err(Problem::internal)?;
    Ok(Some((secret, handle_of(tx, person)?)))
}

/// The first code: from now on it counts.
pub(crate) fn confirm_code(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    code: &str,
) -> Result<(), Problem> {
    let person = changing(tx, ctx)?;
    if !spend(tx, ctx, sealer, person, code, false)? {
        return Err(refused());
    }
    tx.execute(sql::CONFIRM_CODE_LOGIN, &[person.as_str().into()])?;
    super::end_other_sessions(tx, ctx)?;
    log(tx, ctx, "code-added", json!({"person": person}))
}

/// Ends it, and every other session.
pub(crate) fn remove_code(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    let person = changing(tx, ctx)?;
    if tx.execute(sql::DROP_CODE_LOGIN, &[person.as_str().into()])? == 0 {
        return Err(Problem::new(404, "not-found"));
    }
    super::end_other_sessions(tx, ctx)?;
    log(tx, ctx, "code-removed", json!({"person": person}))
}

/// Whose account it is, and its kept password, if it has this way to sign in. An account is known by its name
/// alone: a mail address is nobody's proof, and would tell who has an account.
pub(crate) fn password_of(tx: &mut Tx<'_>, account: &str) -> Result<Option<(Id, String)>, Problem> {
    let found = super::person_by_handle(tx, account.trim())?.map(|found| found.id);
    // Looked for also when there is no account: the same statements for everyone.
    let person = found.unwrap_or_else(|| Id::from("per_nobody"));
    let row = tx.query_opt(sql::CODE_LOGIN, &[person.as_str().into()])?;
    let Some(row) = row else { return Ok(None) };
    Ok(if row.bool(3)? { Some((person, row.text(0)?.to_owned())) } else { None })
}

/// Signs in who brought the right password (`None`: it was not) and a code that is good; `None` if it is not, and
/// that is written down.
pub(crate) fn code_sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    person: Option<&Id>,
    code: &str,
    device: &str,
) -> Result<Option<(Id, String)>, Problem> {
    let nobody = Id::from("per_nobody");
    let who = person.unwrap_or(&nobody);
    if !spend(tx, ctx, sealer, who, code, true)? {
        tx.execute(sql::WRONG_CODE, &[who.as_str().into()])?;
        return Ok(None);
    }
    let token = super::sign_in(tx, ctx, who, Method::Code, device)?;
    Ok(Some((who.clone(), token)))
}

/// Uses a code up: good once, and none before it.
fn spend(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    person: &Id,
    code: &str,
    confirmed: bool,
) -> Result<bool, Problem> {
    let row = tx.query_opt(sql::CODE_LOGIN, &[person.as_str().into()])?;
    let Some(row) = row else { return Ok(false) };
    if row.bool(3)? != confirmed || row.int(4)? >= rules::WRONG_CODES {
        return Ok(false);
    }
    let secret = sealer.open(&about(person), row.blob(1)?).map_err(Problem::internal)?;
    let plain: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(step) = otp::good(&secret, &plain, ctx.now.as_second(), row.int(2)?) else {
        return Ok(false);
    };
    Ok(tx.execute(sql::SPEND_CODE, &[person.as_str().into(), step.into()])? == 1)
}

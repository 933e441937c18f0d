//! A token and a session without the dance, for the benchmark's data alone.

use super::{after, hash, operator, secret};
use crate::{model::Method, sql};
use kernel::{Ctx, Id, Problem, micros};
use store::Tx;

/// A grant under a consent and an access token of a day, bound to the key `jkt`. For the program itself.
pub fn bench_access(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    client: &str,
    subject: &Id,
    consent: &Id,
    jkt: &str,
) -> Result<String, Problem> {
    operator(ctx)?;
    let (grant, token, now) = (ctx.id("gra"), secret(ctx, "at"), micros(ctx.now));
    let args = [
        grant.as_str().into(),
        client.into(),
        subject.as_str().into(),
        "company".into(),
        subject.as_str().into(),
        consent.as_str().into(),
        "records".into(),
        "[]".into(),
        now.into(),
        store::Value::Null,
    ];
    tx.execute(sql::ADD_GRANT, &args)?;
    let args = [
        hash(&token),
        grant.as_str().into(),
        client.into(),
        jkt.into(),
        "records".into(),
        now.into(),
        after(ctx, 86_400).into(),
    ];
    tx.execute(sql::ADD_ACCESS, &args)?;
    Ok(token)
}

/// An open session of a person: its token. For the program itself.
pub fn bench_session(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<String, Problem> {
    operator(ctx)?;
    super::sign_in(tx, ctx, person, Method::Persona, "bench")
}

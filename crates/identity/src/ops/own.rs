//! A client's token in its own name (RFC 6749 §4.4).

use crate::{
    error::{Code, Refusal, Verdict},
    rules, sql,
};
use kernel::{Ctx, Problem, micros};
use store::{Tx, Value};

/// Keeps a client's own token, bound to the key `jkt` or, if that is empty, to none; the grant it is under.
/// The client has authenticated and was as `stamp` says; its assertion and proof are spent.
pub(crate) fn issue_own(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (client, stamp): (&str, i64),
    hash: &Value,
    jkt: &str,
    scope: &str,
) -> Result<Verdict<String>, Problem> {
    let args = [
        hash.clone(),
        client.into(),
        jkt.into(),
        scope.into(),
        micros(ctx.now).into(),
        super::after(ctx, rules::ACCESS_LIFE).into(),
        stamp.into(),
    ];
    for _ in 0..2 {
        if let Some(row) = tx.query_opt(sql::ADD_OWN_ACCESS, &args)? {
            return Ok(Ok(row.text(0)?.to_owned()));
        }
        if !super::client_stands(tx, client, stamp)? {
            break;
        }
        // Its first token.
        let (id, none) = (ctx.id("gra"), Value::Null);
        let grant = [
            id.as_str().into(),
            client.into(),
            none.clone(),
            none.clone(),
            none.clone(),
            none.clone(),
            "".into(),
            none,
            micros(ctx.now).into(),
            Value::Null,
        ];
        tx.execute(sql::ADD_GRANT, &grant)?;
    }
    Ok(Err(Refusal::new(Code::InvalidClient, "the client was changed or stopped a moment ago")))
}

//! OAuth clients.

use super::{after, hash, log, name, operator, secret};
use crate::{
    model::{Auth, Client, Profile},
    rules, sql,
};
use kernel::{Ctx, Problem, Timestamp, from_micros, micros};
use store::{Row, Tx};

fn read(row: &Row) -> Result<Client, Problem> {
    let json = |column| serde_json::from_str(row.text(column)?).map_err(Problem::internal);
    Ok(Client {
        id: row.text(0)?.to_owned(),
        name: name(row, 1)?,
        redirect_uris: serde_json::from_str(row.text(4)?).map_err(Problem::internal)?,
        jwks: json(5)?,
        profile: if row.text(6)? == Profile::Public.as_str() {
            Profile::Public
        } else {
            Profile::Confidential
        },
        webhook: row.opt_text(7)?.map(ToOwned::to_owned),
        scopes: row.text(8)?.to_owned(),
        active: row.bool(9)?,
        node: row.opt_text(11)?.map(serde_json::from_str).transpose().map_err(Problem::internal)?,
        terms: serde_json::from_str(row.text(12)?).map_err(Problem::internal)?,
    })
}

/// A client. For other domains and for authentication itself.
pub fn client(tx: &mut Tx<'_>, id: &str) -> Result<Option<Client>, Problem> {
    tx.query_opt(sql::CLIENT, &[id.into()])?.as_ref().map(read).transpose()
}

/// A client with a stamp that changes whenever it is registered anew, stopped or started.
pub(crate) fn client_stamped(tx: &mut Tx<'_>, id: &str) -> Result<Option<(Client, i64)>, Problem> {
    let Some(row) = tx.query_opt(sql::CLIENT, &[id.into()])? else { return Ok(None) };
    Ok(Some((read(&row)?, row.int(10)?)))
}

/// Whether a client that was read before this transaction is active and as it was then.
pub(crate) fn client_stands(tx: &mut Tx<'_>, id: &str, stamp: i64) -> Result<bool, Problem> {
    Ok(client_stamp(tx, id)? == Some(stamp))
}

/// Every client, by name.
pub fn clients(tx: &mut Tx<'_>) -> Result<Vec<Client>, Problem> {
    tx.query(sql::CLIENTS, &[])?.iter().map(read).collect()
}

fn columns(ctx: &Ctx, client: &Client) -> [store::Value; 12] {
    let n = &client.name;
    [
        (&client.id).into(),
        (&n.en).into(),
        (&n.tc).into(),
        (&n.sc).into(),
        serde_json::json!(client.redirect_uris).to_string().into(),
        client.jwks.to_string().into(),
        client.profile.as_str().into(),
        client.webhook.as_deref().into(),
        (&client.scopes).into(),
        micros(ctx.now).into(),
        client.node.as_ref().map(|node| serde_json::json!(node).to_string()).into(),
        serde_json::json!(client.terms).to_string().into(),
    ]
}

/// Registers a client, or changes one that exists, after [`rules::registration`]: `400 client-refused`
/// names the field. `allow_loopback` lets a webhook stay on this machine (the demonstration).
pub fn register_client(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    client: &Client,
    allow_loopback: bool,
) -> Result<(), Problem> {
    operator(ctx)?;
    judge(client, allow_loopback)?;
    put(tx, ctx, client)
}

/// `400 client-refused` with the field, for a client that may not be registered as given.
pub(super) fn judge(client: &Client, allow_loopback: bool) -> Result<(), Problem> {
    rules::registration(client, allow_loopback)
        .map_err(|(field, code)| Problem::new(400, "client-refused").field(field, code))
}

/// Writes a client down. The caller has authorised and judged it.
pub(super) fn put(tx: &mut Tx<'_>, ctx: &Ctx, client: &Client) -> Result<(), Problem> {
    let columns = columns(ctx, client);
    if tx.execute(sql::CHANGE_CLIENT, &columns)? == 0 {
        tx.execute(sql::ADD_CLIENT, &columns)?;
    }
    tx.notify("praya_change", &format!("client:{}", client.id))?;
    Ok(())
}

/// Registers a client of the demonstration, whose webhook may stay on this machine.
pub fn add_client(tx: &mut Tx<'_>, ctx: &Ctx, client: &Client) -> Result<(), Problem> {
    register_client(tx, ctx, client, true)
}

/// Makes a new secret for a client that proves itself by one: it is seen here and never again. Until
/// [`rules::SECRET_OVERLAP`] has passed the one before is good as well, so that a client changes without a gap.
pub fn new_secret(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<String, Problem> {
    operator(ctx)?;
    make_secret(tx, ctx, id)
}

/// See [`new_secret`]. The caller has authorised it.
pub(super) fn make_secret(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<String, Problem> {
    let found = client(tx, id)?.ok_or_else(|| Problem::new(404, "not-found"))?;
    if found.profile == Profile::Public || found.terms.auth != Auth::ClientSecretBasic {
        return Err(Problem::new(409, "client-needs-no-secret"));
    }
    let secret = secret(ctx, "cs");
    tx.execute(sql::END_SECRETS, &[id.into(), after(ctx, rules::SECRET_OVERLAP).into()])?;
    tx.execute(sql::ADD_SECRET, &[hash(&secret), id.into(), micros(ctx.now).into()])?;
    tx.execute(sql::STAMP_CLIENT, &[id.into(), micros(ctx.now).into()])?;
    log(tx, ctx, "client-secret", serde_json::json!({"client": id}))?;
    Ok(secret)
}

/// The hash of a secret, and its end.
pub(crate) type Secret = ([u8; 32], Option<Timestamp>);

/// The hashes of a client's secrets.
pub(crate) fn secrets(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Secret>, Problem> {
    let rows = tx.query(sql::SECRETS, &[id.into()])?;
    let read = |row: &Row| {
        let hash = row.blob(0)?.try_into().map_err(|_| Problem::internal("a secret's hash"))?;
        Ok((hash, row.opt_int(1)?.map(from_micros)))
    };
    rows.iter().map(read).collect()
}

/// Keeps the keys that were read from a client's own address, if it still stands as it was. For the program itself.
pub(crate) fn keep_keys(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (id, stamp): (&str, i64),
    keys: &serde_json::Value,
) -> Result<(), Problem> {
    operator(ctx)?;
    if client_stands(tx, id, stamp)? {
        let args = [id.into(), keys.to_string().into(), micros(ctx.now).into()];
        tx.execute(sql::SET_CLIENT_KEYS, &args)?;
    }
    Ok(())
}

/// When a client's keys were last read from its own address.
pub(crate) fn keys_at(tx: &mut Tx<'_>, id: &str) -> Result<Option<Timestamp>, Problem> {
    let row = tx.query_opt(sql::CLIENT_KEYS_AT, &[id.into()])?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().map(from_micros))
}

/// What changes whenever a client is changed; none where it is unknown or stopped.
pub(crate) fn client_stamp(tx: &mut Tx<'_>, id: &str) -> Result<Option<i64>, Problem> {
    let Some(row) = tx.query_opt(sql::CLIENT_STATE, &[id.into()])? else { return Ok(None) };
    Ok(if row.bool(0)? { Some(row.int(1)?) } else { None })
}

/// Stops a client: from the commit on, none of its requests and tokens is accepted.
pub fn stop_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<(), Problem> {
    set_client_active(tx, ctx, id, false)
}

/// Lets a stopped client act again.
pub fn start_client(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<(), Problem> {
    set_client_active(tx, ctx, id, true)
}

/// Stops or starts a client: [`stop_client`], [`start_client`].
pub fn set_client_active(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    active: bool,
) -> Result<(), Problem> {
    operator(ctx)?;
    set_active(tx, ctx, id, active)
}

/// See [`set_client_active`]. The caller has authorised it.
pub(super) fn set_active(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    active: bool,
) -> Result<(), Problem> {
    if tx.execute(sql::SET_CLIENT_ACTIVE, &[id.into(), active.into(), micros(ctx.now).into()])? == 0
    {
        return Err(Problem::new(404, "not-found"));
    }
    tx.notify("praya_change", &format!("client:{id}"))?;
    Ok(())
}

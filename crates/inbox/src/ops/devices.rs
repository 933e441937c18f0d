//! The browsers that a person asked to be told by.

use crate::sql;
use kernel::{Ctx, Id, Locale, Problem, Timestamp, from_micros, micros};
use store::Tx;

/// A browser that receives notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) since: Timestamp,
}

/// The browsers of a person.
pub(crate) fn devices(tx: &mut Tx<'_>, person: &Id) -> Result<Vec<Device>, Problem> {
    let rows = tx.query(sql::SUBSCRIPTIONS, &[person.as_str().into()])?;
    rows.iter()
        .map(|row| {
            Ok(Device {
                id: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                since: from_micros(row.int(2)?),
            })
        })
        .collect()
}

/// Keeps the subscription of this browser for the person signed in. The endpoint has been checked.
pub(crate) fn subscribe(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (endpoint, p256dh, auth): (&str, &[u8], &[u8]),
    device: &str,
) -> Result<(), Problem> {
    let person = ctx.person()?;
    // A person has few browsers; a list without an end would be a way to make us call out.
    if devices(tx, person)?.len() >= 10 {
        return Err(Problem::new(409, "push-too-many"));
    }
    let args = [
        ctx.id("psh").as_str().into(),
        person.as_str().into(),
        ctx.locale.code().into(),
        endpoint.into(),
        p256dh.into(),
        auth.into(),
        device.into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::SUBSCRIBE, &args)?;
    let record = serde_json::json!({"kind": "push-added", "person": person, "at": ctx.now});
    evidence::append(tx, ctx, "push-added", "inbox", &record)?;
    Ok(())
}

/// Endpoint, keys and language of a subscription.
pub(crate) type Subscription = (String, Vec<u8>, Vec<u8>, Locale);

/// One subscription, for the job that calls it.
pub(crate) fn subscription(tx: &mut Tx<'_>, id: &str) -> Result<Option<Subscription>, Problem> {
    let Some(row) = tx.query_opt(sql::SUBSCRIPTION, &[id.into()])? else { return Ok(None) };
    let locale = Locale::parse(row.text(3)?).unwrap_or_default();
    Ok(Some((row.text(0)?.to_owned(), row.blob(1)?.to_vec(), row.blob(2)?.to_vec(), locale)))
}

/// Ends a subscription of the person signed in.
pub(crate) fn unsubscribe(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<(), Problem> {
    let person = ctx.person()?;
    if tx.execute(sql::UNSUBSCRIBE, &[id.into(), person.as_str().into()])? == 0 {
        return Err(Problem::new(404, "push-unknown"));
    }
    let record = serde_json::json!({"kind": "push-removed", "person": person, "at": ctx.now});
    evidence::append(tx, ctx, "push-removed", "inbox", &record)?;
    Ok(())
}

/// Forgets a subscription that its push service no longer knows.
pub(crate) fn gone(tx: &mut Tx<'_>, id: &str) -> Result<(), Problem> {
    tx.execute(sql::GONE, &[id.into()])?;
    Ok(())
}

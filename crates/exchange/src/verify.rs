//! Cross-checks of the exchange's rows against what the log committed to: a row edited by hand is found.

use crate::{model::Terms, ops};
use kernel::{Id, Problem};
use serde_json::Value as Json;
use std::collections::HashMap;
use store::{Db, Sql, Tx};

const CONSENTS: Sql = Sql::both(
    "select id, subject, consumer, purpose, terms, digest from consent where id > $1 order by id limit 1000",
);
const STATES: Sql = Sql::both(
    "select consent, state from consent_state where consent > $1 order by consent limit 1000",
);
const EVENTS: Sql = Sql::both(
    "select id, consent, event, state, ticket from consent_event where id > $1 order by id limit 1000",
);
const LOOKS: Sql = Sql::both(
    "select id, kind, subject, consent, consumer, purpose, fields, ticket from look where id > $1 order by id limit 1000",
);

const NODE_LOOKS: Sql = Sql::both(
    "select n.look, n.client, n.consent, n.register, n.question, l.ticket from node_look n join look l on l.id = n.look
     where n.look > $1 order by n.look limit 1000",
);

/// Every statement of this module.
pub const ALL: &[Sql] = &[CONSENTS, STATES, EVENTS, LOOKS, NODE_LOOKS];

/// Reads every consent, its state, every yes, every event and every look, and compares each with its log
/// entry. Gives one line a disagreement; empty when all agree. `fault` says what is wrong with a person's
/// kept yes to a digest. Runs away from the threads that serve.
pub async fn rows<F>(db: &Db, mut fault: F) -> Result<Vec<String>, Problem>
where
    F: FnMut(&mut Tx<'_>, &Id, &[u8; 32], &Json) -> Result<Option<&'static str>, Problem>
        + Send
        + 'static,
{
    db.read_long(move |tx| {
        let mut found = Vec::new();
        let states = events(tx, &mut found)?;
        consents(tx, &mut found)?;
        yeses(tx, &mut found, &mut fault)?;
        standing(tx, &states, &mut found)?;
        looks(tx, &mut found)?;
        node_looks(tx, &mut found)?;
        Ok(found)
    })
    .await
}

/// Gives every row of a table in order of its key, a thousand in memory at a time.
fn each(
    tx: &mut Tx<'_>,
    sql: Sql,
    mut f: impl FnMut(&mut Tx<'_>, &store::Row) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut after = String::new();
    loop {
        let rows = tx.query(sql, &[after.as_str().into()])?;
        let Some(last) = rows.last() else { return Ok(()) };
        last.text(0)?.clone_into(&mut after);
        for row in &rows {
            f(tx, row)?;
        }
    }
}

fn record(tx: &mut Tx<'_>, ticket: i64) -> Result<Option<Json>, Problem> {
    Ok(evidence::logged(tx, ticket)?.and_then(|logged| serde_json::from_str(&logged.record?).ok()))
}

fn consents(tx: &mut Tx<'_>, found: &mut Vec<String>) -> Result<(), Problem> {
    each(tx, CONSENTS, |_, row| {
        let id = row.text(0)?;
        let digest = wire::sha256(&[row.text(4)?.as_bytes()]);
        let terms: Option<Terms> = serde_json::from_str(row.text(4)?).ok();
        let agrees = terms.is_some_and(|terms| {
            (
                terms.id.as_str(),
                terms.subject.as_str(),
                terms.consumer.as_str(),
                terms.purpose.as_str(),
            ) == (
                id,
                row.text(1).unwrap_or_default(),
                row.text(2).unwrap_or_default(),
                row.text(3).unwrap_or_default(),
            )
        });
        if digest != *row.blob(5)? || !agrees {
            found.push(format!("consent {id}: its row is not what was agreed to"));
        }
        Ok(())
    })
}

/// Every consent has the yes of who represents its subject, and each yes is of who it says.
fn yeses<F>(tx: &mut Tx<'_>, found: &mut Vec<String>, fault: &mut F) -> Result<(), Problem>
where
    F: FnMut(&mut Tx<'_>, &Id, &[u8; 32], &Json) -> Result<Option<&'static str>, Problem>,
{
    each(tx, CONSENTS, |tx, row| {
        let (id, text) = (row.text(0)?.into(), row.text(4)?);
        let digest = wire::sha256(&[text.as_bytes()]);
        let yeses = ops::yeses(tx, &id)?;
        let first = serde_json::from_str(text).ok().map(|terms: Terms| terms.representative);
        if !yeses.iter().any(|(person, ..)| Some(person) == first.as_ref()) {
            found.push(format!("consent {id}: who gave it did not say yes"));
        }
        for (person, kept, _) in yeses {
            if let Some(why) = fault(tx, &person, &digest, &kept)? {
                found.push(format!("consent {id}: the yes of {person}: {why}"));
            }
        }
        Ok(())
    })
}

/// Checks every event against its entry; gives the state that the log last said of each consent.
fn events(
    tx: &mut Tx<'_>,
    found: &mut Vec<String>,
) -> Result<HashMap<String, (i64, String)>, Problem> {
    let mut states: HashMap<String, (i64, String)> = HashMap::new();
    each(tx, EVENTS, |tx, row| {
        let (id, consent, event, state, ticket) =
            (row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?, row.int(4)?);
        let Some(record) = record(tx, ticket)? else {
            found.push(format!("event {id}: its log entry {ticket} is missing or erased"));
            return Ok(());
        };
        let digest = tx
            .query_opt(crate::sql::CONSENT, &[consent.into()])?
            .map(|row| row.blob(1).map(wire::b64::encode))
            .transpose()?;
        if record["consent"] != consent
            || record["kind"] != event
            || record["state"] != state
            || record["consent_digest"].as_str() != digest.as_deref()
        {
            found.push(format!(
                "event {id} of consent {consent}: its row does not agree with log entry {ticket}"
            ));
        }
        let newest = states.entry(consent.to_owned()).or_insert((ticket, state.to_owned()));
        if newest.0 < ticket {
            *newest = (ticket, state.to_owned());
        }
        Ok(())
    })?;
    Ok(states)
}

fn standing(
    tx: &mut Tx<'_>,
    states: &HashMap<String, (i64, String)>,
    found: &mut Vec<String>,
) -> Result<(), Problem> {
    each(tx, STATES, |_, row| {
        let (consent, state) = (row.text(0)?, row.text(1)?);
        if states.get(consent).is_none_or(|(_, logged)| logged != state) {
            found.push(format!(
                "consent {consent}: the row says {state}, the log says {}",
                states.get(consent).map_or("nothing", |(_, logged)| logged)
            ));
        }
        Ok(())
    })
}

fn looks(tx: &mut Tx<'_>, found: &mut Vec<String>) -> Result<(), Problem> {
    each(tx, LOOKS, |tx, row| {
        let (id, ticket) = (row.text(0)?, row.int(7)?);
        let fields: ops::Fields = serde_json::from_str(row.text(6)?).unwrap_or_default();
        let Some(record) = record(tx, ticket)? else {
            found.push(format!("look {id}: its log entry {ticket} is missing or erased"));
            return Ok(());
        };
        let agrees = record["look"] == id
            && record["kind"] == row.text(1)?
            && record["subject"] == row.text(2)?
            && record["consent"].as_str() == row.opt_text(3)?
            && record["consumer"] == row.text(4)?
            && record["purpose"] == row.text(5)?
            && record["fields"] == serde_json::json!(fields);
        if !agrees {
            found.push(format!("look {id}: its row does not agree with log entry {ticket}"));
        }
        Ok(())
    })
}

/// What other nodes asked, held against what was logged of it.
fn node_looks(tx: &mut Tx<'_>, found: &mut Vec<String>) -> Result<(), Problem> {
    each(tx, NODE_LOOKS, |tx, row| {
        let look = row.text(0)?;
        let agrees = record(tx, row.int(5)?)?.is_some_and(|record| {
            record["consumer"] == row.text(1).unwrap_or_default()
                && record["node"]["consent"]["id"].as_str() == row.opt_text(2).unwrap_or_default()
                && record["fields"].get(row.text(3).unwrap_or_default()).is_some()
                && record["node"]["question"]
                    == crate::node::digest(row.text(4).unwrap_or_default())
        });
        if !agrees {
            found.push(format!("look {look}: the node's question is not what was logged"));
        }
        Ok(())
    })
}

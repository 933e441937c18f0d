//! Consents as they are stored, and what happened to them.

use super::Result;
use crate::{
    model::{State, Terms},
    sql,
};
use kernel::{Id, Problem, Timestamp, from_micros};
use serde_json::Value as Json;
use store::{Row, Tx};

/// A consent with where it stands.
#[derive(Debug, Clone)]
pub struct Consent {
    /// What was agreed.
    pub terms: Terms,
    /// SHA-256 of the terms as RFC 8785 text.
    pub digest: Vec<u8>,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub changed_at: Timestamp,
    /// How many must say yes.
    pub needs: i64,
    /// How many have.
    pub yeses: i64,
    /// The window of the last look.
    pub window_start: Timestamp,
    /// Looks in it.
    pub window_used: i64,
    /// Looks in all.
    pub used_total: i64,
    /// The last look.
    pub last_used: Option<Timestamp>,
    /// When the consumer must have deleted what it received.
    pub delete_due: Option<Timestamp>,
}

pub(super) fn terms(text: &str) -> Result<Terms> {
    serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("a stored consent is unreadable: {error}")))
}

pub(super) fn state(name: &str) -> Result<State> {
    State::parse(name)
        .ok_or_else(|| Problem::internal(format!("a consent has the unknown state {name}")))
}

fn consent(row: &Row) -> Result<Consent> {
    Ok(Consent {
        terms: terms(row.text(0)?)?,
        digest: row.blob(1)?.to_vec(),
        state: state(row.text(2)?)?,
        changed_at: from_micros(row.int(3)?),
        needs: row.int(4)?,
        window_start: from_micros(row.int(5)?),
        window_used: row.int(6)?,
        used_total: row.int(7)?,
        last_used: row.opt_int(8)?.map(from_micros),
        delete_due: row.opt_int(9)?.map(from_micros),
        yeses: row.int(10)?,
    })
}

/// One consent, for whoever the caller has authorised; `404 consent-unknown`.
pub fn find(tx: &mut Tx<'_>, id: &Id) -> Result<Consent> {
    let row = tx.query_opt(sql::CONSENT, &[id.as_str().into()])?;
    row.as_ref().map_or_else(|| Err(Problem::new(404, "consent-unknown")), consent)
}

/// The newest consents about somebody.
pub fn of_subject(tx: &mut Tx<'_>, subject: &Id) -> Result<Vec<Consent>> {
    tx.query(sql::CONSENTS_OF_SUBJECT, &[subject.as_str().into()])?.iter().map(consent).collect()
}

/// The newest consents of all, for the administration.
pub fn newest(tx: &mut Tx<'_>) -> Result<Vec<Consent>> {
    tx.query(sql::NEWEST_CONSENTS, &[])?.iter().map(consent).collect()
}

/// How many consents stand where.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(State, i64)>> {
    tx.query(sql::STATES, &[])?.iter().map(|row| Ok((state(row.text(0)?)?, row.int(1)?))).collect()
}

/// A line of a consent's history.
#[derive(Debug, Clone)]
pub struct HistoryLine {
    /// `consent-paused` …
    pub event: String,
    /// Where it led.
    pub state: String,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// The key of its log entry.
    pub ticket: i64,
}

/// Everything that happened to a consent, oldest first.
pub fn history(tx: &mut Tx<'_>, id: &Id) -> Result<Vec<HistoryLine>> {
    let line = |row: &Row| {
        Ok(HistoryLine {
            event: row.text(0)?.to_owned(),
            state: row.text(1)?.to_owned(),
            actor: row.text(2)?.to_owned(),
            at: from_micros(row.int(3)?),
            ticket: row.int(4)?,
        })
    };
    tx.query(sql::EVENTS, &[id.as_str().into()])?.iter().map(line).collect()
}

/// Who said yes, with the signature of each.
pub fn yeses(tx: &mut Tx<'_>, id: &Id) -> Result<Vec<(Id, Json, Timestamp)>> {
    let yes = |row: &Row| {
        Ok((
            row.text(0)?.into(),
            serde_json::from_str(row.text(1)?).unwrap_or(Json::Null),
            from_micros(row.int(2)?),
        ))
    };
    tx.query(sql::YESES_OF, &[id.as_str().into()])?.iter().map(yes).collect()
}

/// The consent that waits under an interaction, if the person has said yes already.
pub fn consent_of(tx: &mut Tx<'_>, interaction: &Id) -> Result<Option<Id>> {
    Ok(tx
        .query_opt(sql::CONSENT_OF_INTERACTION, &[interaction.as_str().into()])?
        .map(|row| row.text(0).map(Id::from))
        .transpose()?)
}

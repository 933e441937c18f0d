//! Looks: written for the subject and, as an entry, for everyone.

use super::Result;
use crate::{
    node::{self, Question, Why},
    sql,
};
use evidence::{Draft, Ticket};
use kernel::{Ctx, Id, Problem, Timestamp, from_micros, micros};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use store::{Row, Tx};

/// Fields by register, as looks and the log name them.
pub type Fields = BTreeMap<String, Vec<String>>;

/// What kind of look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookKind {
    /// Records left for a consumer.
    Release,
    /// The person saw them before deciding.
    Preview,
    /// An officer opened them.
    Officer,
    /// A copy was made.
    Export,
    /// An operator's query.
    Query,
}

impl LookKind {
    /// As the database, the log and texts name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Preview => "preview",
            Self::Officer => "officer",
            Self::Export => "export",
            Self::Query => "query",
        }
    }

    fn parse(name: &str) -> Self {
        [Self::Release, Self::Preview, Self::Officer, Self::Export]
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or(Self::Query)
    }
}

/// One look at somebody's records.
#[derive(Debug, Clone)]
pub struct Look {
    /// `look_…`.
    pub id: Id,
    /// What kind.
    pub kind: LookKind,
    /// Whose records.
    pub subject: Id,
    /// Under which consent.
    pub consent: Option<Id>,
    /// Who looked: a client, a person or an officer.
    pub consumer: String,
    /// For which purpose.
    pub purpose: String,
    /// At which fields.
    pub fields: Fields,
    /// When.
    pub at: Timestamp,
    /// The key of its entry in the evidence log.
    pub ticket: i64,
}

fn look(row: &Row) -> Result<Look> {
    Ok(Look {
        id: row.text(0)?.into(),
        kind: LookKind::parse(row.text(1)?),
        subject: row.text(2)?.into(),
        consent: row.opt_text(3)?.map(Into::into),
        consumer: row.text(4)?.to_owned(),
        purpose: row.text(5)?.to_owned(),
        fields: serde_json::from_str(row.text(6)?).map_err(Problem::internal)?,
        at: from_micros(row.int(7)?),
        ticket: row.int(8)?,
    })
}

/// The newest looks at somebody's records before a time, at most 200.
pub fn looks_of(tx: &mut Tx<'_>, subject: &Id, before: Timestamp) -> Result<Vec<Look>> {
    tx.query(sql::LOOKS_OF, &[subject.as_str().into(), micros(before).into()])?
        .iter()
        .map(look)
        .collect()
}

/// One look; `404 look-unknown`.
pub fn find_look(tx: &mut Tx<'_>, id: &Id) -> Result<Look> {
    let row = tx.query_opt(sql::LOOK, &[id.as_str().into()])?;
    row.as_ref().map_or_else(|| Err(Problem::new(404, "look-unknown")), look)
}

/// What is about to be released, previewed or opened, as the log commits to it.
#[derive(Debug, Clone)]
pub struct Sight {
    /// `look_…`.
    pub id: Id,
    /// What kind.
    pub kind: LookKind,
    /// Whose records.
    pub subject: Id,
    /// Under which consent, and its digest.
    pub consent: Option<(Id, Vec<u8>)>,
    /// Who looks.
    pub consumer: String,
    /// The consumer's key, by its RFC 7638 thumbprint.
    pub key: Option<String>,
    /// For which purpose.
    pub purpose: String,
    /// At which fields, before minimisation took any away for want of rows.
    pub fields: Fields,
    /// SHA-256 of the exact plaintext.
    pub payload: [u8; 32],
    /// The departments whose records these are.
    pub departments: String,
}

/// What an entry of a look commits to.
#[derive(Serialize)]
struct Record<'a> {
    at: Timestamp,
    consent: Option<&'a Id>,
    consent_digest: Option<String>,
    consumer: &'a str,
    consumer_key: Option<&'a str>,
    digest: String,
    fields: &'a Fields,
    kind: &'static str,
    look: &'a Id,
    purpose: &'a str,
    subject: &'a Id,
}

impl Sight {
    fn record(&self, now: Timestamp) -> Record<'_> {
        Record {
            at: now,
            consent: self.consent.as_ref().map(|(id, _)| id),
            consent_digest: self.consent.as_ref().map(|(_, digest)| wire::b64::encode(digest)),
            consumer: &self.consumer,
            consumer_key: self.key.as_deref(),
            digest: wire::b64::encode(self.payload),
            fields: &self.fields,
            kind: self.kind.name(),
            look: &self.id,
            purpose: &self.purpose,
            subject: &self.subject,
        }
    }
}

/// A look ready to be written; see [`Draft`].
#[derive(Debug, Clone)]
pub struct LookDraft {
    sight: Sight,
    fields: String,
    at: Timestamp,
    entry: Draft,
}

impl Sight {
    /// Makes everything that writing it needs.
    pub fn draft(self, ctx: &Ctx) -> Result<LookDraft> {
        let entry = self.entry(ctx, &self.record(ctx.now))?;
        self.with(ctx, entry)
    }

    /// The same for a look that another node asks for: the entry names its question, and the consent that
    /// it claims.
    pub fn draft_of_node(self, ctx: &Ctx, question: &Question, token: &str) -> Result<LookDraft> {
        let mut record = serde_json::to_value(self.record(ctx.now)).map_err(Problem::internal)?;
        record["node"] = json!({"question": node::digest(token)});
        if let Why::Consent(claim) = &question.why {
            record["node"]["consent"] = json!(claim);
        }
        let entry = self.entry(ctx, &record)?;
        self.with(ctx, entry)
    }

    fn entry(&self, ctx: &Ctx, record: &impl Serialize) -> Result<Draft> {
        let kind = format!("look-{}", self.kind.name());
        Ok(Draft::new(ctx, &kind, &self.departments, record)?)
    }

    fn with(self, ctx: &Ctx, entry: Draft) -> Result<LookDraft> {
        let fields = serde_json::to_string(&self.fields).map_err(Problem::internal)?;
        Ok(LookDraft { sight: self, fields, at: ctx.now, entry })
    }
}

/// Writes a look that another node asked for, with its question word for word; `429` where it has asked
/// under this consent as often as it says the consent allows.
pub fn note_node_look(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    look: &LookDraft,
    question: &Question,
    token: &str,
) -> Result<Ticket> {
    let register = question.request.registers.first().map_or("", |one| one.register.as_str());
    let mut consent = None;
    if let Why::Consent(claim) = &question.why {
        let frequency = question.request.frequency;
        let (window, next) = frequency.window(claim.start, ctx.now, &ctx.zone);
        let args = [
            question.iss.as_str().into(),
            claim.id.as_str().into(),
            register.into(),
            micros(window).into(),
        ];
        let used = tx.query_opt(sql::NODE_LOOKS_SINCE, &args)?.map_or(Ok(0), |row| row.int(0))?;
        if used >= i64::from(frequency.times) {
            return Err(crate::rules::too_often(next, ctx.now));
        }
        consent = Some(claim.id.as_str());
    }
    let ticket = note_look(tx, look)?;
    tx.execute(
        sql::ADD_NODE_LOOK,
        &[
            look.sight.id.as_str().into(),
            question.iss.as_str().into(),
            consent.into(),
            register.into(),
            micros(ctx.now).into(),
            token.into(),
        ],
    )?;
    Ok(ticket)
}

/// Writes a look: its row for the subject, its entry for everyone.
pub fn note_look(tx: &mut Tx<'_>, look: &LookDraft) -> Result<Ticket> {
    let ticket = look.entry.append(tx)?;
    let sight = &look.sight;
    tx.execute(
        sql::ADD_LOOK,
        &[
            sight.id.as_str().into(),
            sight.kind.name().into(),
            sight.subject.as_str().into(),
            sight.consent.as_ref().map(|(id, _)| id.as_str()).into(),
            sight.consumer.as_str().into(),
            sight.purpose.as_str().into(),
            look.fields.as_str().into(),
            micros(look.at).into(),
            ticket.seq.into(),
        ],
    )?;
    Ok(ticket)
}

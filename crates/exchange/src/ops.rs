//! What happens to consents and looks: one function an operation, inside the caller's transaction.

use crate::{
    model::{Event, State, Terms},
    sql,
};
use evidence::Ticket;
use kernel::{Actor, Ctx, Id, Problem, Timestamp, from_micros, micros};
use ports::{Access, Authorizations, Directory, SubjectKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::{Row, Tx};

type Result<T> = std::result::Result<T, Problem>;

/// Fields by register, as looks and the log name them.
pub type Fields = BTreeMap<String, Vec<String>>;

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

fn terms(text: &str) -> Result<Terms> {
    serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("a stored consent is unreadable: {error}")))
}

fn state(name: &str) -> Result<State> {
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

/// The newest consents given to a consumer.
pub fn of_consumer(tx: &mut Tx<'_>, consumer: &str) -> Result<Vec<Consent>> {
    tx.query(sql::CONSENTS_OF_CONSUMER, &[consumer.into()])?.iter().map(consent).collect()
}

/// The newest consents of all, for the administration.
pub fn newest(tx: &mut Tx<'_>) -> Result<Vec<Consent>> {
    tx.query(sql::NEWEST_CONSENTS, &[])?.iter().map(consent).collect()
}

/// How many consents stand where.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(State, i64)>> {
    tx.query(sql::STATES, &[])?.iter().map(|row| Ok((state(row.text(0)?)?, row.int(1)?))).collect()
}

/// May the person decide for this subject now? For themselves, or by a mandate for the company.
pub fn may_decide(
    tx: &mut Tx<'_>,
    directory: &dyn Directory,
    person: &Id,
    subject: &Id,
    now: Timestamp,
) -> Result<()> {
    if person == subject
        || directory
            .authorities(tx, person, now)?
            .iter()
            .any(|authority| authority.company.id == *subject)
    {
        return Ok(());
    }
    // Not 403: who may not know that it exists learns nothing.
    Err(Problem::new(404, "consent-unknown"))
}

/// Everyone whose records the person may see: themselves and the companies they act for.
pub fn subjects(
    tx: &mut Tx<'_>,
    directory: &dyn Directory,
    person: &Id,
    now: Timestamp,
) -> Result<Vec<ports::Subject>> {
    let own = directory.subject(tx, person)?;
    let mut all: Vec<_> = own
        .into_iter()
        .chain(
            directory.authorities(tx, person, now)?.into_iter().map(|authority| authority.company),
        )
        .collect();
    all.dedup_by(|a, b| a.id == b.id);
    Ok(all)
}

/// A yes: stores the terms, waiting if more than one must agree. The caller has checked the authority.
pub fn give(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    terms: &Terms,
    departments: &str,
    needs: u32,
    signature: &Json,
    interaction: Option<&Id>,
) -> Result<State> {
    let text = wire::jcs::to_string(terms).map_err(Problem::internal)?;
    let digest = wire::sha256(&[text.as_bytes()]);
    let id = terms.id.as_str();
    let kind = match terms.subject_kind {
        SubjectKind::Company => "company",
        SubjectKind::Person => "person",
    };
    tx.execute(
        sql::ADD_CONSENT,
        &[
            id.into(),
            terms.number.into(),
            terms.previous.as_ref().map(Id::as_str).into(),
            kind.into(),
            terms.subject.as_str().into(),
            terms.representative.as_str().into(),
            terms.mandate.as_ref().map(Id::as_str).into(),
            terms.consumer.as_str().into(),
            terms.purpose.as_str().into(),
            text.as_str().into(),
            digest.into(),
            micros(terms.given).into(),
        ],
    )?;
    let stands = if needs > 1 { State::Waiting } else { State::Active };
    tx.execute(
        sql::ADD_STATE,
        &[
            id.into(),
            stands.name().into(),
            micros(ctx.now).into(),
            micros(terms.start).into(),
            micros(terms.expires).into(),
            needs.into(),
        ],
    )?;
    tx.execute(
        sql::ADD_YES,
        &[
            id.into(),
            terms.representative.as_str().into(),
            signature.to_string().into(),
            micros(ctx.now).into(),
        ],
    )?;
    if let Some(interaction) = interaction {
        tx.execute(sql::ADD_INTERACTION, &[id.into(), interaction.as_str().into()])?;
    }
    let event = if stands == State::Waiting { "consent-waiting" } else { Event::Approve.kind() };
    note(tx, ctx, terms, &digest, departments, event, stands)?;
    Ok(stands)
}

/// A further yes for a waiting consent. Active once enough have said it.
pub fn second(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &Id,
    departments: &str,
    signature: &Json,
) -> Result<State> {
    let person = ctx.person()?;
    let consent = find(tx, id)?;
    if consent.state != State::Waiting {
        return Err(Problem::new(409, "state-not-allowed"));
    }
    let said = tx.execute(
        sql::ADD_YES,
        &[
            id.as_str().into(),
            person.as_str().into(),
            signature.to_string().into(),
            micros(ctx.now).into(),
        ],
    );
    match said {
        Err(store::Error::Unique(_)) => return Err(Problem::new(409, "yes-said-already")),
        other => other?,
    };
    let yeses = tx.query_opt(sql::YESES, &[id.as_str().into()])?.map_or(Ok(0), |row| row.int(0))?;
    if yeses >= consent.needs {
        return change(tx, ctx, &consent, departments, Event::Approve);
    }
    note(tx, ctx, &consent.terms, &consent.digest, departments, "consent-waiting", State::Waiting)?;
    Ok(State::Waiting)
}

/// Moves a consent along its transition table, notes it in the log and tells the consumer.
pub fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    consent: &Consent,
    departments: &str,
    event: Event,
) -> Result<State> {
    let refused = || Problem::new(409, "state-not-allowed").arg("state", consent.state.name());
    let to = consent.state.after(event).ok_or_else(refused)?;
    // The row first, the log entry after: entries of one consent follow the order of its row.
    let args = [
        consent.terms.id.as_str().into(),
        consent.state.name().into(),
        to.name().into(),
        micros(ctx.now).into(),
    ];
    if tx.execute(sql::CHANGE, &args)? == 0 {
        return Err(Problem::new(409, "state-changed-meanwhile"));
    }
    note(tx, ctx, &consent.terms, &consent.digest, departments, event.kind(), to)?;
    Ok(to)
}

/// The log entry, the history row and the webhook of one change.
fn note(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    terms: &Terms,
    digest: &[u8],
    departments: &str,
    event: &str,
    to: State,
) -> Result<()> {
    let actor = actor(ctx);
    let record = json!({
        "kind": event, "consent": terms.id, "consent_digest": wire::b64::encode(digest), "subject": terms.subject,
        "consumer": terms.consumer, "purpose": terms.purpose, "actor": actor, "state": to.name(), "at": ctx.now,
    });
    let ticket = evidence::append(tx, ctx, event, departments, &record)?;
    let args = [
        ctx.id("evt").as_str().into(),
        terms.id.as_str().into(),
        event.into(),
        to.name().into(),
        actor.into(),
        micros(ctx.now).into(),
        ticket.seq.into(),
    ];
    tx.execute(sql::ADD_EVENT, &args)?;
    let notice = json!({"consumer": terms.consumer, "event": event, "consent": terms.id, "state": to.name(), "at": ctx.now});
    jobs::enqueue(tx, ctx, crate::webhooks::JOB, &notice, ctx.now)?;
    Ok(())
}

fn actor(ctx: &Ctx) -> String {
    match &ctx.actor {
        Actor::Anonymous => "nobody".to_owned(),
        Actor::Person { id, .. } | Actor::Officer { id, .. } => id.to_string(),
        Actor::Client { id } => format!("client:{id}"),
        Actor::System(name) => format!("system:{name}"),
    }
}

/// Revokes, and ends the grant and its tokens in the same transaction.
pub fn revoke(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    authorizations: &dyn Authorizations,
    consent: &Consent,
    departments: &str,
) -> Result<State> {
    let to = change(tx, ctx, consent, departments, Event::Revoke)?;
    authorizations.end_grant(tx, ctx, &consent.terms.id)?;
    Ok(to)
}

/// Puts `new` in the place of `old`, at once: no moment has both or neither.
pub fn amend(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    authorizations: &dyn Authorizations,
    old: &Consent,
    new: &Terms,
    departments: &str,
    signature: &Json,
) -> Result<()> {
    change(tx, ctx, old, departments, Event::Amend)?;
    give(tx, ctx, new, departments, 1, signature, None)?;
    if old.state == State::Paused {
        let given = find(tx, &new.id)?;
        change(tx, ctx, &given, departments, Event::Pause)?;
    }
    let details = serde_json::to_value(new.details()).map_err(Problem::internal)?;
    authorizations.move_grant(tx, &old.terms.id, &new.id, &details)
}

/// What the gateway reads before it asks any source.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What was agreed.
    pub terms: Terms,
    /// SHA-256 of the terms.
    pub digest: Vec<u8>,
    /// Where it stands.
    pub state: State,
    /// The window of the last look.
    pub window_start: Timestamp,
    /// Looks in it.
    pub window_used: i64,
}

/// The consent of an access token, as it stands.
pub fn standing(tx: &mut Tx<'_>, access: &Access) -> Result<Standing> {
    let id = access.consent.as_ref().ok_or_else(|| Problem::new(403, "insufficient-scope"))?;
    let row = tx
        .query_opt(sql::TERMS, &[id.as_str().into()])?
        .ok_or_else(|| Problem::new(404, "consent-unknown"))?;
    Ok(Standing {
        terms: terms(row.text(0)?)?,
        digest: row.blob(1)?.to_vec(),
        state: state(row.text(2)?)?,
        window_start: from_micros(row.int(3)?),
        window_used: row.int(4)?,
    })
}

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

impl Sight {
    fn record(&self, now: Timestamp) -> Json {
        json!({
            "kind": self.kind.name(), "look": self.id, "subject": self.subject,
            "consent": self.consent.as_ref().map(|(id, _)| id),
            "consent_digest": self.consent.as_ref().map(|(_, digest)| wire::b64::encode(digest)),
            "consumer": self.consumer, "consumer_key": self.key, "purpose": self.purpose,
            "fields": self.fields, "digest": wire::b64::encode(self.payload), "at": now,
        })
    }
}

/// Writes a look: its row for the subject, its entry for everyone.
pub fn note_look(tx: &mut Tx<'_>, ctx: &Ctx, sight: &Sight) -> Result<Ticket> {
    let kind = format!("look-{}", sight.kind.name());
    let ticket = evidence::append(tx, ctx, &kind, &sight.departments, &sight.record(ctx.now))?;
    let fields = serde_json::to_string(&sight.fields).map_err(Problem::internal)?;
    tx.execute(
        sql::ADD_LOOK,
        &[
            sight.id.as_str().into(),
            sight.kind.name().into(),
            sight.subject.as_str().into(),
            sight.consent.as_ref().map(|(id, _)| id.as_str()).into(),
            sight.consumer.as_str().into(),
            sight.purpose.as_str().into(),
            fields.into(),
            micros(ctx.now).into(),
            ticket.seq.into(),
        ],
    )?;
    Ok(ticket)
}

/// Uses the consent once, or says why it may not be used: the only place that allows a release.
pub fn use_consent(tx: &mut Tx<'_>, ctx: &Ctx, terms: &Terms) -> Result<()> {
    let (window, next) = terms.frequency.window(terms.start, ctx.now);
    let due = end_of(terms.data_life.last_day(ctx.now));
    let args = [
        terms.id.as_str().into(),
        micros(ctx.now).into(),
        micros(window).into(),
        terms.frequency.times.into(),
        micros(due).into(),
    ];
    if tx.execute(sql::USE, &args)? == 1 {
        return Ok(());
    }
    let row = tx
        .query_opt(sql::TERMS, &[terms.id.as_str().into()])?
        .ok_or_else(|| Problem::new(404, "consent-unknown"))?;
    Err(crate::rules::may_look(
        terms,
        state(row.text(2)?)?,
        from_micros(row.int(3)?),
        row.int(4)?,
        ctx.now,
    )
    .err()
    .unwrap_or_else(|| crate::rules::too_often(next, ctx.now)))
}

/// The first moment after a day, in Hong Kong.
pub fn end_of(day: kernel::Date) -> Timestamp {
    let next = day.tomorrow().unwrap_or(day);
    jiff::tz::Offset::constant(8).to_timestamp(next.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

/// Lets consents whose time is over expire; how many did.
pub fn expire(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    authorizations: &dyn Authorizations,
    departments: &dyn Fn(&Terms) -> String,
) -> Result<usize> {
    let rows = tx.query(sql::OVERDUE, &[micros(ctx.now).into()])?;
    for row in &rows {
        let consent = find(tx, &row.text(0)?.into())?;
        change(tx, ctx, &consent, &departments(&consent.terms), Event::Expire)?;
        authorizations.end_grant(tx, ctx, &consent.terms.id)?;
    }
    Ok(rows.len())
}

/// Tells consumers whose data life is over, and begins to wait for their attestation.
pub fn end_data_life(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize> {
    let rows = tx.query(sql::DELETIONS_DUE, &[micros(ctx.now).into()])?;
    for row in &rows {
        let (id, due) = (Id::from(row.text(0)?), row.int(1)?);
        let consent = find(tx, &id)?;
        tx.execute(sql::DELETION_TOLD, &[id.as_str().into(), due.into()])?;
        tx.execute(
            sql::ADD_DELETION,
            &[
                ctx.id("del").as_str().into(),
                id.as_str().into(),
                due.into(),
                micros(ctx.now).into(),
            ],
        )?;
        let notice = json!({"consumer": consent.terms.consumer, "event": "data_life_ended", "consent": id, "state": consent.state.name(), "at": ctx.now});
        jobs::enqueue(tx, ctx, crate::webhooks::JOB, &notice, ctx.now)?;
    }
    Ok(rows.len())
}

/// The consumer says that it has deleted what it held; written into the log and shown to the subject.
pub fn attest(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &Id,
    departments: &str,
    statement: &Json,
) -> Result<()> {
    let Actor::Client { id: client } = &ctx.actor else {
        return Err(Problem::new(401, "invalid-client"));
    };
    let consent = find(tx, id)?;
    if consent.terms.consumer != *client {
        return Err(Problem::new(404, "consent-unknown"));
    }
    let changed = tx.execute(
        sql::ATTEST,
        &[id.as_str().into(), micros(ctx.now).into(), statement.to_string().into()],
    )?;
    if changed == 0 {
        // Deleted before it was asked to: noted all the same.
        tx.execute(
            sql::ADD_DELETION,
            &[
                ctx.id("del").as_str().into(),
                id.as_str().into(),
                micros(ctx.now).into(),
                micros(ctx.now).into(),
            ],
        )?;
        tx.execute(
            sql::ATTEST,
            &[id.as_str().into(), micros(ctx.now).into(), statement.to_string().into()],
        )?;
    }
    tx.execute(
        sql::DELETION_TOLD,
        &[id.as_str().into(), consent.delete_due.map_or(0, micros).into()],
    )?;
    note(tx, ctx, &consent.terms, &consent.digest, departments, "deletion-attested", consent.state)
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

/// An end of data life: due, told, attested.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// By when it was to be deleted.
    pub due_at: Timestamp,
    /// When the consumer was told.
    pub told_at: Timestamp,
    /// When it attested; silence if `None`.
    pub attested_at: Option<Timestamp>,
}

/// The ends of data life under a consent, newest first.
pub fn deletions(tx: &mut Tx<'_>, id: &Id) -> Result<Vec<Deletion>> {
    let deletion = |row: &Row| {
        Ok(Deletion {
            due_at: from_micros(row.int(0)?),
            told_at: from_micros(row.int(1)?),
            attested_at: row.opt_int(2)?.map(from_micros),
        })
    };
    tx.query(sql::DELETIONS_OF, &[id.as_str().into()])?.iter().map(deletion).collect()
}

/// The interaction a consent answers, and the consent that answers an interaction.
pub fn interaction_of(tx: &mut Tx<'_>, consent: &Id) -> Result<Option<Id>> {
    Ok(tx
        .query_opt(sql::INTERACTION_OF, &[consent.as_str().into()])?
        .map(|row| row.text(0).map(Id::from))
        .transpose()?)
}

/// The consent that waits under an interaction, if the person has said yes already.
pub fn consent_of(tx: &mut Tx<'_>, interaction: &Id) -> Result<Option<Id>> {
    Ok(tx
        .query_opt(sql::CONSENT_OF_INTERACTION, &[interaction.as_str().into()])?
        .map(|row| row.text(0).map(Id::from))
        .transpose()?)
}

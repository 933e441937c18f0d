//! What happens to a consent: yes, no, pause, resume, stop, amend, expire.

use super::{Consent, Result, find};
use crate::{
    model::{Event, State, Terms},
    sql,
};
use kernel::{Actor, Ctx, Id, Problem, Timestamp, micros};
use ports::{Authorizations, Directory, SubjectKind};
use serde_json::{Value as Json, json};
use store::Tx;

/// May the person decide for this subject and purpose now? For themselves, or by a mandate for the company.
pub fn may_decide(
    tx: &mut Tx<'_>,
    directory: &dyn Directory,
    person: &Id,
    (subject, purpose): (&Id, &str),
    now: Timestamp,
) -> Result<()> {
    if directory.selves(tx, person)?.contains(subject)
        || directory
            .authorities(tx, person, now)?
            .iter()
            .any(|authority| authority.company.id == *subject && authority.extent.covers(purpose))
    {
        return Ok(());
    }
    // Not 403: who may not know that it exists learns nothing.
    Err(Problem::new(404, "consent-unknown"))
}

/// Somebody whose records a person may see.
pub struct Reach {
    /// Who: the person, or a company they act for.
    pub subject: ports::Subject,
    /// By which mandates; none for oneself.
    mandates: Vec<ports::Authority>,
}

impl Reach {
    /// Whether what was done for a purpose may be seen.
    pub fn covers(&self, purpose: &str) -> bool {
        self.mandates.is_empty()
            || self.mandates.iter().any(|mandate| mandate.extent.covers(purpose))
    }
}

/// Everyone whose records the person may see: themselves and the companies they act for.
pub fn subjects(
    tx: &mut Tx<'_>,
    directory: &dyn Directory,
    person: &Id,
    now: Timestamp,
) -> Result<Vec<Reach>> {
    let mut all = Vec::new();
    for account in directory.selves(tx, person)? {
        let own = directory.subject(tx, &account)?;
        all.extend(own.map(|subject| Reach { subject, mandates: Vec::new() }));
    }
    for authority in directory.authorities(tx, person, now)? {
        if let Some(reach) = all.iter_mut().find(|one| one.subject.id == authority.company.id) {
            reach.mandates.push(authority);
        } else {
            all.push(Reach { subject: authority.company.clone(), mandates: vec![authority] });
        }
    }
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
pub(super) fn note(
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
    let details = serde_json::to_value(new.details(&ctx.zone)).map_err(Problem::internal)?;
    authorizations.move_grant(tx, &old.terms.id, &new.id, &details)
}

/// Stops whatever a person who leaves agreed to about their own records: nobody is left to stop it.
pub fn end_of_person(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    authorizations: &dyn Authorizations,
    departments: &dyn Fn(&Terms) -> String,
    person: &Id,
) -> Result<()> {
    for row in tx.query(sql::OWN_STANDING, &[person.as_str().into()])? {
        let found = find(tx, &row.text(0)?.into())?;
        revoke(tx, ctx, authorizations, &found, &departments(&found.terms))?;
    }
    Ok(())
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

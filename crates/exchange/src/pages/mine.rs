//! One consent: what was agreed, its history, and pause, resume, stop, strike out, second yes.

use crate::{
    Exchange,
    model::{Event, State, Terms},
    ops::{self, Consent, Deletion, HistoryLine},
    pages::{colour, consumer_name, sign::Signing},
    rules,
    state::Deps,
    tell::Became,
};
use axum::{
    Json,
    extract::{Path, Query, State as Extract},
    response::{Html, IntoResponse, Redirect, Response},
};
use kernel::{Ctx, Id, Problem, Text};
use serde::Deserialize;
use serde_json::Value;
use web::{Outcome, Shell, Visit, page};

#[derive(Deserialize)]
pub(crate) struct Ask {
    /// Ask before stopping for good.
    #[serde(default)]
    confirm: Option<String>,
    #[serde(default)]
    done: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "mine.html")]
struct ConsentPage {
    shell: Shell,
    consent: Consent,
    consumer: String,
    subject: String,
    state: String,
    colour: &'static str,
    facts: Vec<web::Row>,
    /// What may be seen, a line per register.
    lines: Vec<(String, String)>,
    /// The same, to strike out: each register with its fields' ids and names.
    sheets: Vec<(String, Vec<(String, String)>)>,
    history: Vec<(String, String)>,
    due: Option<String>,
    deletions: Vec<Deletion>,
    yeses: Vec<(String, String, String)>,
    mine: bool,
    confirm: bool,
    done: String,
    challenge: Option<String>,
}

struct Found {
    consent: Consent,
    history: Vec<HistoryLine>,
    deletions: Vec<Deletion>,
    yeses: Vec<(Id, Value, kernel::Timestamp)>,
    consumer: Text,
    subject: Text,
    names: Vec<Text>,
}

async fn find(exchange: &Exchange, ctx: &Ctx, id: Id) -> Result<Found, Problem> {
    let (whole, ctx) = (exchange.clone(), ctx.clone());
    exchange
        .db
        .read(move |tx| {
            let consent = ops::find(tx, &id)?;
            let directory = whole.deps.directory.as_ref();
            let about = (&consent.terms.subject, consent.terms.purpose.as_str());
            ops::may_decide(tx, directory, ctx.person()?, about, ctx.now)?;
            let yeses = ops::yeses(tx, &id)?;
            let name = |tx: &mut store::Tx<'_>, id: &Id| {
                Ok::<_, Problem>(
                    directory
                        .subject(tx, id)?
                        .map_or_else(|| Text::same(id.as_str()), |subject| subject.name),
                )
            };
            let names =
                yeses.iter().map(|(person, ..)| name(tx, person)).collect::<Result<_, _>>()?;
            Ok(Found {
                history: ops::history(tx, &id)?,
                deletions: ops::deletions(tx, &id)?,
                consumer: consumer_name(&whole, tx, &consent.terms.consumer),
                subject: name(tx, &consent.terms.subject)?,
                names,
                yeses,
                consent,
            })
        })
        .await
}

/// `GET /my/consents/{id}`.
pub(crate) async fn show(
    Extract(exchange): Extract<Exchange>,
    visit: Visit,
    Path(id): Path<Id>,
    Query(ask): Query<Ask>,
) -> Outcome<Html<String>> {
    let found = find(&exchange, &visit.ctx, id).await?;
    render(&exchange, &visit, found, &ask, None)
}

fn render(
    exchange: &Exchange,
    visit: &Visit,
    found: Found,
    ask: &Ask,
    challenge: Option<String>,
) -> Outcome<Html<String>> {
    let shell = visit.shell("mine-title");
    let terms = &found.consent.terms;
    let sheets = terms.registers.iter().filter_map(|selection| {
        let register = exchange.pack.register(&selection.register)?;
        let fields = selection.fields.iter().filter_map(|field| {
            let name = &rules::field_of(register, field)?.name;
            Some((format!("{}.{field}", selection.register), shell.of(name).to_owned()))
        });
        Some((shell.of(&register.name).to_owned(), fields.collect()))
    });
    let person = visit.ctx.person()?;
    let history = found
        .history
        .iter()
        .map(|line| (shell.moment(&line.at), shell.t(&format!("event-{}", line.event))));
    let yeses = found.yeses.iter().zip(&found.names).map(|((_, signature, at), name)| {
        let kind = signature["kind"].as_str().unwrap_or("demo");
        (shell.of(name).to_owned(), shell.moment(at), shell.t(&format!("signature-{kind}")))
    });
    page(&ConsentPage {
        consumer: shell.of(&found.consumer).to_owned(),
        subject: shell.of(&found.subject).to_owned(),
        state: shell.t(&format!("state-{}", found.consent.state.name())),
        colour: colour(found.consent.state),
        facts: super::facts(exchange, &shell, terms),
        sheets: sheets.collect(),
        lines: super::selected(exchange, &shell, &terms.registers),
        history: history.collect(),
        mine: found.yeses.iter().any(|(who, ..)| who == person),
        yeses: yeses.collect(),
        due: found.consent.delete_due.map(|at| shell.date(&super::last_day(&shell, at))),
        deletions: found.deletions,
        confirm: ask.confirm.is_some(),
        done: ask
            .done
            .as_deref()
            .filter(|done| {
                ["paused", "resumed", "revoked", "approved", "refused", "amended"].contains(done)
            })
            .map_or_else(String::new, |done| shell.t(&format!("done-{done}"))),
        challenge,
        consent: found.consent,
        shell,
    })
}

#[derive(Deserialize)]
pub(crate) struct Act {
    #[serde(default)]
    field: Vec<String>,
    #[serde(default)]
    credential: Option<String>,
    /// The amended terms as they were shown to be signed.
    #[serde(default)]
    draft: Option<String>,
}

/// `POST /my/consents/{id}/{action}`: `pause`, `resume`, `revoke`, `approve`, `refuse`, `amend`.
pub(crate) async fn act(
    Extract(exchange): Extract<Exchange>,
    visit: Visit,
    Path((id, action)): Path<(Id, String)>,
    web::Form(act): web::Form<Act>,
) -> Outcome<Response> {
    let visit = visit.at(format!("/my/consents/{id}"));
    let assertion = act
        .credential
        .as_deref()
        .map(serde_json::from_str::<Value>)
        .transpose()
        .map_err(|_| Problem::new(400, "form-unreadable"))?;
    if action == "approve" && assertion.is_none() {
        let found = find(&exchange, &visit.ctx, id.clone()).await?;
        let digest = rules::digest(&found.consent.terms)?;
        if let Some(challenge) = challenge(&exchange, &visit.ctx, digest).await? {
            return Ok(render(
                &exchange,
                &visit,
                found,
                &Ask { confirm: None, done: None },
                Some(challenge.to_string()),
            )?
            .into_response());
        }
    }
    if action == "amend" {
        return amend(&exchange, &visit, id, act.field, act.draft, assertion).await;
    }
    let (whole, ctx) = (exchange.clone(), visit.ctx.clone());
    let to = exchange
        .db
        .write(move |tx| change(tx, &whole, &ctx, &id, &action, assertion.as_ref()))
        .await?;
    Ok(Redirect::to(&to).into_response())
}

/// What the person's passkeys are asked to sign; `None` where people are made up and have none.
async fn challenge(
    exchange: &Exchange,
    ctx: &Ctx,
    digest: [u8; 32],
) -> Result<Option<Value>, Problem> {
    let (deps, person) = (exchange.deps.clone(), ctx.person()?.clone());
    exchange.db.write(move |tx| deps.signatures.challenge(tx, &person, &digest)).await
}

/// Fewer fields: another consent, signed as the first was, takes the place of this one.
async fn amend(
    exchange: &Exchange,
    visit: &Visit,
    id: Id,
    ticked: Vec<String>,
    draft: Option<String>,
    assertion: Option<Value>,
) -> Outcome<Response> {
    let found = find(exchange, &visit.ctx, id.clone()).await?;
    let (ctx, person) = (visit.ctx.clone(), visit.ctx.person()?.clone());
    let kept = rules::keep(&found.consent.terms.registers, &ticked);
    let terms = rules::amended(&found.consent.terms, kept, ctx.id("con"), ctx.now, &person)?;
    let terms = match &draft {
        Some(shown) => rules::same_draft(shown, terms, ctx.now)?,
        None => terms,
    };
    let digest = rules::digest(&terms)?;
    if assertion.is_none()
        && let Some(challenge) = challenge(exchange, &ctx, digest).await?
    {
        let signing = Signing {
            action: format!("/my/consents/{id}/amend"),
            own: &[],
            consumer: found.consumer.get(ctx.locale).to_owned(),
            subject: found.subject.get(ctx.locale).to_owned(),
            terms: &terms,
            challenge,
        };
        return Ok(signing.page(exchange, visit, ticked)?.into_response());
    }
    let whole = exchange.clone();
    let to = exchange
        .db
        .write(move |tx| {
            let old = ops::find(tx, &id)?;
            let Deps { directory, authorizations, signatures, .. } = &whole.deps;
            let about = (&old.terms.subject, old.terms.purpose.as_str());
            ops::may_decide(tx, directory.as_ref(), &person, about, ctx.now)?;
            let signature = signatures.check(tx, &ctx, &person, &digest, assertion.as_ref())?;
            let departments = whole.pack.departments_of(&old.terms.registers);
            ops::amend(tx, &ctx, authorizations.as_ref(), &old, &terms, &departments, &signature)?;
            Ok::<_, Problem>(format!("/my/consents/{}?done=amended", terms.id))
        })
        .await?;
    Ok(Redirect::to(&to).into_response())
}

fn tell(
    tx: &mut store::Tx<'_>,
    exchange: &Exchange,
    ctx: &Ctx,
    terms: &Terms,
    became: Became,
) -> Result<(), Problem> {
    crate::tell::consent(tx, ctx, &exchange.deps, &exchange.pack, terms, became)
}

/// Does one action and says where the browser goes.
fn change(
    tx: &mut store::Tx<'_>,
    exchange: &Exchange,
    ctx: &Ctx,
    id: &Id,
    action: &str,
    assertion: Option<&Value>,
) -> Result<String, Problem> {
    let person = ctx.person()?;
    let consent = ops::find(tx, id)?;
    let (directory, authorizations) =
        (exchange.deps.directory.as_ref(), exchange.deps.authorizations.as_ref());
    let about = (&consent.terms.subject, consent.terms.purpose.as_str());
    ops::may_decide(tx, directory, person, about, ctx.now)?;
    let departments = exchange.pack.departments_of(&consent.terms.registers);
    let done = match action {
        "pause" => ops::change(tx, ctx, &consent, &departments, Event::Pause).map(|_| "paused")?,
        "resume" => {
            ops::change(tx, ctx, &consent, &departments, Event::Resume).map(|_| "resumed")?
        }
        "revoke" => {
            ops::revoke(tx, ctx, authorizations, &consent, &departments)?;
            tell(tx, exchange, ctx, &consent.terms, Became::Stopped)?;
            "revoked"
        }
        "refuse" => {
            ops::change(tx, ctx, &consent, &departments, Event::Refuse).map(|_| "refused")?
        }
        "approve" => {
            let digest = rules::digest(&consent.terms)?;
            let signature = exchange.deps.signatures.check(tx, ctx, person, &digest, assertion)?;
            if ops::second(tx, ctx, id, &departments, &signature)? == State::Active {
                tell(tx, exchange, ctx, &consent.terms, Became::Given)?;
            }
            "approved"
        }
        _ => return Err(Problem::new(404, "not-found")),
    };
    Ok(format!("/my/consents/{id}?done={done}"))
}

/// `GET /my/consents/{id}/receipt`: the machine-readable receipt, for the person.
pub(crate) async fn receipt(
    Extract(exchange): Extract<Exchange>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Json<Value>> {
    let found = find(&exchange, &visit.ctx, id).await?;
    Ok(Json(crate::receipts::consent_record(&exchange, &found.consent, &found.history)))
}

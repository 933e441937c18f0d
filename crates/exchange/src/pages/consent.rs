//! The consent page: for whom, what, why, how long, with the values; yes and no.

use crate::{
    Exchange,
    gateway::{Part, fields},
    model::{self, Request, Selection, Terms},
    node::Why,
    ops::{self, LookKind, Sight},
    pages::{Line, Sheet, sign::Signing, value_text},
    rules,
    state::request_of,
    tell::{self, Became},
};
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Ctx, Id, Problem};
use ports::{Authority, Pending, Subject, SubjectKind};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use web::{LeadsAway, Outcome, Shell, Visit, page};

/// For whom the person decides: themselves, or a company by a mandate.
#[derive(Clone)]
struct Capacity {
    subject: Subject,
    authority: Option<Authority>,
}

/// What the page needs to know of a pending request.
struct Asked {
    pending: Pending,
    request: Request,
    capacities: Vec<Capacity>,
    waiting: Option<Id>,
}

#[derive(Deserialize)]
pub(crate) struct For {
    #[serde(rename = "for")]
    subject: Option<Id>,
}

#[derive(askama::Template)]
#[template(path = "choose.html")]
struct ChoosePage {
    shell: Shell,
    consumer: String,
    interaction: Id,
    choices: Vec<(Id, String, String)>,
}

#[derive(askama::Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    shell: Shell,
    interaction: Id,
    consumer: String,
    subject: Subject,
    role: String,
    needs: u32,
    why: String,
    facts: Vec<web::Row>,
    asked: String,
    sheets: Vec<Sheet>,
    draft: String,
}

async fn asked(exchange: &Exchange, ctx: &Ctx, interaction: &Id) -> Result<Asked, Problem> {
    let person = ctx.person()?.clone();
    let (deps, ctx, interaction) = (exchange.deps.clone(), ctx.clone(), interaction.clone());
    exchange
        .db
        .read(move |tx| {
            let pending = deps
                .authorizations
                .pending(tx, &ctx, &interaction)?
                .ok_or_else(|| Problem::new(404, "interaction-unknown"))?;
            let request = request_of(&pending.details)?;
            let capacities = match request.subject {
                SubjectKind::Person => deps
                    .directory
                    .subject(tx, &person)?
                    .into_iter()
                    .map(|subject| Capacity { subject, authority: None })
                    .collect(),
                SubjectKind::Company => {
                    let capacity = |authority: Authority| Capacity {
                        subject: authority.company.clone(),
                        authority: Some(authority),
                    };
                    deps.directory
                        .authorities(tx, &person, ctx.now)?
                        .into_iter()
                        .filter(|authority| authority.extent.covers(&request.purpose))
                        .map(capacity)
                        .collect()
                }
            };
            Ok(Asked { pending, request, capacities, waiting: ops::consent_of(tx, &interaction)? })
        })
        .await
}

/// `GET /consent/{interaction}`: choose for whom, then see what is asked.
pub(crate) async fn show(
    State(exchange): State<Exchange>,
    visit: Visit,
    Path(interaction): Path<Id>,
    Query(chosen): Query<For>,
) -> Outcome<Response> {
    let asked = asked(&exchange, &visit.ctx, &interaction).await?;
    if let Some(consent) = &asked.waiting {
        return super::waiting::answer(&exchange, &visit, &interaction, consent).await;
    }
    let person_asked = asked.request.subject == SubjectKind::Person;
    let picked = match &chosen.subject {
        Some(id) => asked.capacities.iter().find(|capacity| capacity.subject.id == *id),
        None if person_asked => asked.capacities.first(),
        None => None,
    };
    let Some(capacity) = picked else {
        let shell = visit.shell("consent-choose-title");
        let role = |capacity: &Capacity| {
            capacity
                .authority
                .as_ref()
                .map_or_else(String::new, |authority| role_text(&shell, &authority.role))
        };
        let choices = asked
            .capacities
            .iter()
            .map(|capacity| {
                (
                    capacity.subject.id.clone(),
                    shell.of(&capacity.subject.name).to_owned(),
                    role(capacity),
                )
            })
            .collect();
        let consumer = shell.of(&asked.pending.client_name).to_owned();
        return Ok((LeadsAway, page(&ChoosePage { shell, consumer, interaction, choices })?)
            .into_response());
    };
    decide(&exchange, &visit, &asked, capacity).await
}

fn role_text(shell: &Shell, role: &str) -> String {
    let key = format!("role-{role}");
    if web::has_text(&key) { shell.t(&key) } else { role.to_owned() }
}

/// The page itself, with a preview; the preview is a look, and is logged before it is shown.
async fn decide(
    exchange: &Exchange,
    visit: &Visit,
    asked: &Asked,
    capacity: &Capacity,
) -> Outcome<Response> {
    let (subject, request) = (&capacity.subject, &asked.request);
    let asking = exchange.asking(&visit.ctx, subject, request.clone(), Why::Preview)?;
    let parts = exchange.fetch(&request.registers, &subject.key, request.range, Some(asking)).await;
    let preview = serde_json::to_vec(&parts).map_err(Problem::internal)?;
    note_preview(exchange, &visit.ctx, asked, capacity, &preview).await?;
    let terms = draft(exchange, &visit.ctx, asked, capacity, asked.request.registers.clone())?;
    let shell = visit.titled(web::text(
        visit.ctx.locale,
        "consent-title",
        &[("consumer", visit_text(visit, &asked.pending.client_name).into())],
    ));
    let sheets = sheets(exchange, &shell, &asked.request.registers, &parts);
    let purpose = exchange.pack.purpose(&asked.request.purpose).ok_or_else(|| {
        Problem::internal("a pending request has a purpose that is not in the pack")
    })?;
    let page_data = ConsentPage {
        interaction: asked.pending.id.clone(),
        consumer: shell.of(&asked.pending.client_name).to_owned(),
        subject: capacity.subject.clone(),
        role: capacity.authority.as_ref().map_or_else(
            || shell.t("consent-for-yourself"),
            |authority| role_text(&shell, &authority.role),
        ),
        needs: capacity.authority.as_ref().map_or(1, |authority| authority.extent.needs),
        why: shell.of(&purpose.why).to_owned(),
        facts: super::facts(exchange, &shell, &terms),
        asked: how_much(&shell, &sheets),
        sheets,
        draft: wire::b64::encode(serde_json::to_vec(&terms).map_err(Problem::internal)?),
        shell,
    };
    Ok((LeadsAway, page(&page_data)?).into_response())
}

/// How much is asked, in one sentence.
fn how_much(shell: &Shell, sheets: &[Sheet]) -> String {
    let departments: BTreeSet<_> = sheets.iter().map(|sheet| &sheet.department).collect();
    let count = |of: usize| i64::try_from(of).unwrap_or(i64::MAX);
    web::text(
        shell.locale,
        "consent-asked",
        &[
            ("fields", count(sheets.iter().map(|sheet| sheet.lines.len()).sum()).into()),
            ("registers", count(sheets.len()).into()),
            ("departments", count(departments.len()).into()),
        ],
    )
}

fn visit_text(visit: &Visit, text: &kernel::Text) -> String {
    text.get(visit.ctx.locale).to_owned()
}

async fn note_preview(
    exchange: &Exchange,
    ctx: &Ctx,
    asked: &Asked,
    capacity: &Capacity,
    preview: &[u8],
) -> Result<(), Problem> {
    let sight = Sight {
        id: ctx.id("look"),
        kind: LookKind::Preview,
        subject: capacity.subject.id.clone(),
        consent: None,
        consumer: ctx.person()?.to_string(),
        key: None,
        purpose: asked.request.purpose.clone(),
        fields: fields(&asked.request.registers),
        payload: wire::sha256(&[preview]),
        departments: exchange.pack.departments_of(&asked.request.registers),
    };
    let look = sight.draft(ctx)?;
    let ticket = exchange.db.write(move |tx| ops::note_look(tx, &look)).await?;
    exchange.log.receipt(&ticket).await.map(drop).map_err(Problem::internal)
}

/// The terms as they would be agreed to.
fn draft(
    exchange: &Exchange,
    ctx: &Ctx,
    asked: &Asked,
    capacity: &Capacity,
    registers: Vec<Selection>,
) -> Result<Terms, Problem> {
    let purpose = exchange.pack.purpose(&asked.request.purpose).ok_or_else(|| {
        Problem::internal("a pending request has a purpose that is not in the pack")
    })?;
    let start = asked
        .request
        .start
        .map_or(ctx.now, |day| ctx.zone.end_of(day.yesterday().unwrap_or(day)).max(ctx.now));
    Ok(Terms {
        version: 1,
        id: ctx.id("con"),
        number: 1,
        previous: None,
        subject_kind: capacity.subject.kind,
        subject: capacity.subject.id.clone(),
        representative: ctx.person()?.clone(),
        mandate: capacity.authority.as_ref().map(|authority| authority.mandate.clone()),
        consumer: asked.pending.client.clone(),
        purpose: asked.request.purpose.clone(),
        purpose_hash: purpose.hash.clone(),
        registers,
        range: asked.request.range,
        frequency: asked.request.frequency,
        data_life: asked.request.data_life,
        mode: asked.request.mode,
        start,
        expires: ctx.zone.end_of(asked.request.expires),
        given: ctx.now,
    })
}

/// So many records of a register stand beside each other.
const SHOWN: usize = 12;

/// One card a register: its office, its fields with the values, or that it does not answer now.
fn sheets(
    exchange: &Exchange,
    shell: &Shell,
    selections: &[Selection],
    parts: &[Part<'_>],
) -> Vec<Sheet> {
    let sheet = |(selection, part): (&Selection, &Part<'_>)| {
        let register = exchange.pack.register(&selection.register)?;
        let department = exchange.pack.department(&register.department)?;
        let lines = selection.fields.iter().filter_map(|id| {
            let field = register.fields.iter().find(|field| field.id == *id)?;
            let values = part.rows.iter().take(SHOWN).map(|row| {
                row.get(id)
                    .map_or_else(|| shell.t("value-none"), |value| value_text(shell, field, value))
            });
            Some(Line {
                id: format!("{}.{}", register.id, field.id),
                name: shell.of(&field.name).to_owned(),
                sensitive: field.sensitive,
                values: values.collect(),
            })
        });
        Some(Sheet {
            register: shell.of(&register.name).to_owned(),
            department: shell.of(&department.name).to_owned(),
            status: part.status,
            count: part.rows.len(),
            lines: lines.collect(),
            more: part.rows.len().saturating_sub(SHOWN),
        })
    };
    selections.iter().zip(parts).filter_map(sheet).collect()
}

#[derive(Deserialize)]
pub(crate) struct Decision {
    action: String,
    #[serde(rename = "for")]
    subject: Id,
    draft: String,
    #[serde(default)]
    field: Vec<String>,
    #[serde(default)]
    credential: Option<String>,
}

/// `POST /consent/{interaction}`: yes to what is ticked, or no.
pub(crate) async fn answer(
    State(exchange): State<Exchange>,
    visit: Visit,
    Path(interaction): Path<Id>,
    web::Form(decision): web::Form<Decision>,
) -> Outcome<Response> {
    let asked = asked(&exchange, &visit.ctx, &interaction).await?;
    if decision.action != "allow" {
        let (deps, ctx) = (exchange.deps.clone(), visit.ctx.clone());
        let away =
            exchange.db.write(move |tx| deps.authorizations.refuse(tx, &ctx, &interaction)).await?;
        return Ok(see_other(&away));
    }
    if asked.waiting.is_some() {
        return Err(Problem::new(409, "state-not-allowed").into());
    }
    let capacity = asked
        .capacities
        .iter()
        .find(|capacity| capacity.subject.id == decision.subject)
        .ok_or_else(|| Problem::new(403, "mandate-missing"))?
        .clone();
    let ticked = decision.field;
    let registers = rules::keep(&asked.request.registers, &ticked);
    if registers.is_empty() {
        return Err(Problem::new(422, "nothing-ticked").into());
    }
    let terms = rules::same_draft(
        &decision.draft,
        draft(&exchange, &visit.ctx, &asked, &capacity, registers)?,
        visit.ctx.now,
    )?;
    let digest = rules::digest(&terms)?;
    let (deps, person) = (exchange.deps.clone(), visit.ctx.person()?.clone());
    if decision.credential.is_none() {
        let signer = person.clone();
        let challenge =
            exchange.db.write(move |tx| deps.signatures.challenge(tx, &signer, &digest)).await?;
        if let Some(challenge) = challenge {
            let consumer = visit_text(&visit, &asked.pending.client_name);
            let subject = visit_text(&visit, &capacity.subject.name);
            let own = [("action", "allow"), ("for", terms.subject.as_str())];
            let action = format!("/consent/{interaction}");
            let asked = Signing { action, own: &own, consumer, subject, terms: &terms, challenge };
            return Ok((LeadsAway, asked.page(&exchange, &visit, ticked)?).into_response());
        }
    }
    let assertion = decision
        .credential
        .map(|text| serde_json::from_str::<Json>(&text))
        .transpose()
        .map_err(|_| Problem::new(400, "form-unreadable"))?;
    let (exchange, ctx) = (exchange.clone(), visit.ctx.clone());
    let db = exchange.db.clone();
    let needs = capacity.authority.as_ref().map_or(1, |authority| authority.extent.needs);
    let away = db
        .write(move |tx| {
            let signature =
                exchange.deps.signatures.check(tx, &ctx, &person, &digest, assertion.as_ref())?;
            // The authority is read again here: a mandate that ended meanwhile gives nothing away.
            ops::may_decide(
                tx,
                exchange.deps.directory.as_ref(),
                &person,
                (&terms.subject, &terms.purpose),
                ctx.now,
            )?;
            let departments = exchange.pack.departments_of(&terms.registers);
            let state =
                ops::give(tx, &ctx, &terms, &departments, needs, &signature, Some(&interaction))?;
            let became =
                if state == model::State::Waiting { Became::Waiting } else { Became::Given };
            tell::consent(tx, &ctx, &exchange.deps, &exchange.pack, &terms, became)?;
            if state == model::State::Waiting {
                return Ok(format!("/consent/{interaction}"));
            }
            approve(tx, &exchange, &ctx, &interaction, &capacity.subject, &terms)
        })
        .await?;
    Ok(see_other(&away))
}

/// Ends the interaction with a code; used by the last yes, whoever says it.
pub(crate) fn approve(
    tx: &mut store::Tx<'_>,
    exchange: &Exchange,
    ctx: &Ctx,
    interaction: &Id,
    subject: &Subject,
    terms: &Terms,
) -> Result<String, Problem> {
    let details = json!([terms.details(&ctx.zone)]);
    exchange.deps.authorizations.approve(tx, ctx, interaction, subject, &terms.id, &details)
}

/// A redirect after a form; it may lead to the consumer's own address.
pub(crate) fn see_other(to: &str) -> Response {
    (LeadsAway, Redirect::to(to)).into_response()
}

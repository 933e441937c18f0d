//! My data: who has looked, who may look; one look with its proof.

use crate::{
    Exchange,
    model::State,
    ops::{self, Consent, Look},
    pages::{colour, consumer_name},
};
use axum::{
    Json,
    extract::{Path, Query, State as Extract},
    response::{Html, IntoResponse, Response},
};
use jiff::ToSpan;
use kernel::{Id, Problem, Text, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use web::{
    Outcome, Shell, Visit,
    chart::{Bar, Month, TreeStep},
    page,
};

#[derive(Deserialize)]
pub(crate) struct Before {
    /// Only looks before this time, in microseconds: the next page.
    before: Option<i64>,
    /// Only looks at this company's or person's records.
    of: Option<Id>,
}

/// So many looks are listed on a page; the pictures count more of them.
const LINES: usize = 12;

/// A look as the page shows it.
struct LookLine {
    look: Look,
    who: String,
    what: Vec<(String, String)>,
    when: String,
    purpose: String,
    subject: String,
}

/// A consent as the page shows it.
struct MayLook {
    id: Id,
    consumer: String,
    subject: String,
    purpose: String,
    until: String,
    state: State,
    colour: &'static str,
    used: i64,
    last: String,
}

#[derive(askama::Template)]
#[template(path = "data.html")]
struct DataPage {
    shell: Shell,
    looks: Vec<LookLine>,
    may: Vec<MayLook>,
    waiting: Vec<MayLook>,
    ended: Vec<MayLook>,
    timeline: web::Html,
    offices: web::Html,
    older: String,
    subjects: Vec<(Id, String)>,
    of: Option<Id>,
}

/// `GET /my/data`.
pub(crate) async fn show(
    Extract(exchange): Extract<Exchange>,
    visit: Visit,
    Query(query): Query<Before>,
) -> Outcome<Html<String>> {
    let (whole, ctx, only) = (exchange.clone(), visit.ctx.clone(), query.of.clone());
    let before = query.before.map_or(Timestamp::MAX, kernel::from_micros);
    let (subjects, looks, consents, names) = exchange
        .db
        .read(move |tx| {
            let subjects =
                ops::subjects(tx, whole.deps.directory.as_ref(), ctx.person()?, ctx.now)?;
            let (mut looks, mut consents, mut names) = (Vec::new(), Vec::new(), BTreeMap::new());
            for reach in subjects
                .iter()
                .filter(|reach| only.as_ref().is_none_or(|id| *id == reach.subject.id))
            {
                let subject = &reach.subject.id;
                let seen = ops::looks_of(tx, subject, before)?;
                looks.extend(seen.into_iter().filter(|look| reach.covers(&look.purpose)));
                let given = ops::of_subject(tx, subject)?;
                consents.extend(given.into_iter().filter(|one| reach.covers(&one.terms.purpose)));
            }
            let subjects: Vec<_> = subjects.into_iter().map(|reach| reach.subject).collect();
            looks.sort_by_key(|look| std::cmp::Reverse(look.at));
            looks.truncate(100);
            for who in looks
                .iter()
                .map(|look| &look.consumer)
                .chain(consents.iter().map(|consent| &consent.terms.consumer))
            {
                if !names.contains_key(who) {
                    names.insert(who.clone(), who_is(&whole, tx, who)?);
                }
            }
            Ok::<_, Problem>((subjects, looks, consents, names))
        })
        .await?;
    let shell = visit.shell("data-title");
    let named =
        |who: &str| names.get(who).map_or_else(|| who.to_owned(), |name| shell.of(name).to_owned());
    let subject_name = |id: &Id| {
        subjects
            .iter()
            .find(|subject| subject.id == *id)
            .map_or_else(String::new, |subject| shell.of(&subject.name).to_owned())
    };
    let (timeline, offices) =
        (timeline(&shell, &looks, visit.ctx.now), offices(&exchange, &shell, &looks));
    let older = (looks.len() > LINES).then(|| &looks[LINES - 1]).map_or_else(String::new, |last| {
        let of = query.of.as_ref().map_or_else(String::new, |of| format!("&of={of}"));
        format!("/my/data?before={}{of}#looked", last.at.as_microsecond())
    });
    let lines = looks
        .into_iter()
        .take(LINES)
        .map(|look| line(&exchange, &shell, look, &named, &subject_name))
        .collect();
    let shown = |consent: &Consent| may_look(&exchange, &shell, consent, &named, &subject_name);
    let standing = |states: &[State]| {
        consents.iter().filter(|one| states.contains(&one.state)).map(shown).collect::<Vec<_>>()
    };
    let subjects = subjects
        .iter()
        .map(|subject| (subject.id.clone(), shell.of(&subject.name).to_owned()))
        .collect();
    page(&DataPage {
        looks: lines,
        may: standing(&[State::Active, State::Paused]),
        waiting: standing(&[State::Waiting]),
        ended: standing(&[State::Revoked, State::Expired, State::Refused])
            .into_iter()
            .take(20)
            .collect(),
        timeline,
        offices,
        older,
        subjects,
        of: query.of,
        shell,
    })
}

/// The name of whoever looked: a client, or a person or officer in the directory.
fn who_is(exchange: &Exchange, tx: &mut store::Tx<'_>, who: &str) -> Result<Text, Problem> {
    if who.starts_with("per_") {
        return Ok(exchange
            .deps
            .directory
            .subject(tx, &who.into())?
            .map_or_else(|| Text::same(who), |person| person.name));
    }
    Ok(consumer_name(exchange, tx, who))
}

/// A purpose that is no pack's: ours, or one that is gone.
fn own_purpose(shell: &Shell, id: &str) -> String {
    let key = format!("purpose-{id}");
    if web::has_text(&key) { shell.t(&key) } else { id.to_owned() }
}

fn purpose_name(exchange: &Exchange, shell: &Shell, id: &str) -> String {
    exchange
        .pack
        .purpose(id)
        .map_or_else(|| own_purpose(shell, id), |purpose| shell.of(&purpose.name).to_owned())
}

fn line(
    exchange: &Exchange,
    shell: &Shell,
    look: Look,
    named: &dyn Fn(&str) -> String,
    subject: &dyn Fn(&Id) -> String,
) -> LookLine {
    let selections: Vec<_> = look
        .fields
        .iter()
        .map(|(register, fields)| crate::model::Selection {
            register: register.clone(),
            fields: fields.clone(),
        })
        .collect();
    LookLine {
        who: named(&look.consumer),
        what: super::selected(exchange, shell, &selections),
        when: shell.moment(&look.at),
        purpose: purpose_name(exchange, shell, &look.purpose),
        subject: subject(&look.subject),
        look,
    }
}

fn may_look(
    exchange: &Exchange,
    shell: &Shell,
    consent: &Consent,
    named: &dyn Fn(&str) -> String,
    subject: &dyn Fn(&Id) -> String,
) -> MayLook {
    MayLook {
        id: consent.terms.id.clone(),
        consumer: named(&consent.terms.consumer),
        subject: subject(&consent.terms.subject),
        purpose: purpose_name(exchange, shell, &consent.terms.purpose),
        until: shell.date(&super::last_day(shell, consent.terms.expires)),
        state: consent.state,
        colour: colour(consent.state),
        used: consent.used_total,
        last: consent.last_used.map_or_else(String::new, |at| shell.moment(&at)),
    }
}

/// A dot per look, for each of the last twelve months.
fn timeline(shell: &Shell, looks: &[Look], now: Timestamp) -> web::Html {
    let month_of = |at: Timestamp| shell.zone.day(at).first_of_month();
    let this = month_of(now);
    let months: Vec<_> = (0..12)
        .rev()
        .filter_map(|back| this.checked_sub(back.months()).ok())
        .map(|month| {
            let looks = looks.iter().filter(|look| month_of(look.at) == month).count();
            // The year once, where it begins: twelve whole dates do not fit beside each other.
            let name = match (shell.locale, month.month()) {
                (kernel::Locale::En, 1) => month.strftime("%Y"),
                (kernel::Locale::En, _) => month.strftime("%b"),
                (_, 1) => month.strftime("%Y年"),
                _ => month.strftime("%-m月"),
            };
            let name = name.to_string();
            Month { name, looks: u32::try_from(looks).unwrap_or(u32::MAX) }
        })
        .collect();
    web::chart::timeline(shell.locale, "looks-by-month", &shell.t("data-by-month"), &months)
}

/// Looks by department.
fn offices(exchange: &Exchange, shell: &Shell, looks: &[Look]) -> web::Html {
    let mut offices: BTreeMap<String, u64> = BTreeMap::new();
    for register in looks.iter().flat_map(|look| look.fields.keys()) {
        let department = exchange
            .pack
            .register(register)
            .and_then(|register| exchange.pack.department(&register.department));
        if let Some(department) = department {
            *offices.entry(shell.of(&department.name).to_owned()).or_default() += 1;
        }
    }
    let mut bars: Vec<_> =
        offices.into_iter().map(|(office, count)| Bar::new(office, count)).collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    let heads = [shell.t("data-office"), shell.t("admin-looks")];
    web::chart::bars(
        shell.locale,
        "looks-by-office",
        &shell.t("data-by-office"),
        [&heads[0], &heads[1]],
        &bars,
    )
}

#[derive(askama::Template)]
#[template(path = "look.html")]
struct LookPage {
    shell: Shell,
    line: LookLine,
    kind: String,
    proof: Proof,
    receipt: String,
    log_key: String,
}

/// What a receipt says, for reading.
struct Proof {
    entry: String,
    checkpoint: String,
    hashes: Vec<String>,
    tree: web::Html,
}

async fn find(exchange: &Exchange, visit: &Visit, id: Id) -> Result<(Look, Text, Text), Problem> {
    let (whole, ctx) = (exchange.clone(), visit.ctx.clone());
    exchange
        .db
        .read(move |tx| {
            let look = ops::find_look(tx, &id)?;
            ops::may_decide(
                tx,
                whole.deps.directory.as_ref(),
                ctx.person()?,
                (&look.subject, &look.purpose),
                ctx.now,
            )?;
            let who = who_is(&whole, tx, &look.consumer)?;
            let subject = whole
                .deps
                .directory
                .subject(tx, &look.subject)?
                .map_or_else(|| Text::same(look.subject.as_str()), |subject| subject.name);
            Ok((look, who, subject))
        })
        .await
}

/// `GET /my/data/looks/{id}`: one look, its entry and proof, checked by this browser.
pub(crate) async fn look(
    Extract(exchange): Extract<Exchange>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Response> {
    let (look, who, subject) = find(&exchange, &visit, id).await?;
    let receipt = exchange.log.receipt_of(look.ticket).await.map_err(Problem::internal)?;
    let parsed = wire::tlog::TlogProof::parse(&receipt.proof).map_err(Problem::internal)?;
    let checkpoint = wire::tlog::Checkpoint::verify(&parsed.checkpoint, exchange.log.verifier())
        .map_err(Problem::internal)?;
    let shell = visit.shell("look-title");
    let kind = shell.t(&format!("look-kind-{}", look.kind.name()));
    let short = |hash: &[u8]| wire::b64::standard(hash).chars().take(8).collect::<String>();
    let values: Vec<_> = parsed.hashes.iter().map(|hash| short(hash)).collect();
    let leaf = wire::tlog::leaf_hash(receipt.entry.as_bytes());
    let steps = TreeStep::of_proof(parsed.index, checkpoint.size, &values);
    let proof = Proof {
        tree: web::chart::tree(
            shell.locale,
            "proof-tree",
            parsed.index,
            checkpoint.size,
            &short(&leaf),
            &steps,
            &short(&checkpoint.root),
        ),
        entry: receipt.entry.clone(),
        checkpoint: parsed.checkpoint.clone(),
        hashes: parsed.hashes.iter().map(wire::b64::standard).collect(),
    };
    let line = line(&exchange, &shell, look, &|_| shell.of(&who).to_owned(), &|_| {
        shell.of(&subject).to_owned()
    });
    let receipt = json!(receipt).to_string();
    Ok(page(&LookPage {
        line,
        kind,
        proof,
        receipt,
        log_key: exchange.log.key().to_owned(),
        shell,
    })?
    .into_response())
}

/// `GET /my/data/looks/{id}/receipt`: the receipt with what opens it, to keep or to check with `praya verify`.
pub(crate) async fn receipt(
    Extract(exchange): Extract<Exchange>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Json<Value>> {
    let (look, ..) = find(&exchange, &visit, id).await?;
    let receipt = exchange.log.receipt_of(look.ticket).await.map_err(Problem::internal)?;
    let seq = look.ticket;
    let opening = exchange
        .db
        .read(move |tx| evidence::logged(tx, seq))
        .await
        .map_err(Problem::from)?
        .and_then(|logged| logged.opening());
    Ok(Json(json!({"receipt": receipt, "opening": opening, "log_key": exchange.log.key()})))
}

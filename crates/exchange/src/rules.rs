//! Decisions, pure: may this be asked, may this be looked at, what is kept. Every no has a code.

use crate::{
    model::{DETAILS_TYPE, Frequency, Request, Selection, State, Terms},
    node::{self, Question, Why},
    pack::{Field, Pack, Purpose, Register, SourceKind},
};
use jiff::{SignedDuration, ToSpan};
use kernel::{
    Date, Problem, Timestamp, Zone,
    identifiers::{Brn, IdentityCard},
};
use ports::{NodeRights, SubjectKind};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A request may name this many registers.
const REGISTERS: usize = 20;

/// Reads and checks one `authorization_details` element (RFC 9396) against the purpose's fair use.
/// The problem names every refused field as a JSON pointer into the element.
pub fn check_request(pack: &Pack, details: &Json, now: Timestamp) -> Result<Request, Problem> {
    let unreadable = |error: serde_json::Error| Problem {
        internal: Some(error.to_string()),
        ..Problem::new(400, "request-unreadable")
    };
    let request: Request = serde_json::from_value(details.clone()).map_err(unreadable)?;
    if request.kind != DETAILS_TYPE || request.consent.is_some() {
        return Err(Problem::new(400, "request-unreadable").field(
            if request.consent.is_some() { "/consent" } else { "/type" },
            "not-allowed-here",
        ));
    }
    let Some(purpose) = pack.purpose(&request.purpose) else {
        return Err(Problem::new(400, "purpose-unknown").field("/purpose", "purpose-unknown"));
    };
    let mut problem = Problem::new(400, "request-refused");
    check_limits(purpose, &request, pack.zone().day(now), &mut problem);
    if request.registers.is_empty() || request.registers.len() > REGISTERS {
        problem = problem.field("/registers", "registers-count");
    }
    for (i, selection) in request.registers.iter().enumerate() {
        let twice =
            request.registers.iter().take(i).any(|earlier| earlier.register == selection.register);
        match pack.register(&selection.register) {
            None => problem = problem.field(format!("/registers/{i}/register"), "register-unknown"),
            Some(_) if twice => {
                problem = problem.field(format!("/registers/{i}/register"), "register-twice");
            }
            Some(register) => {
                check_selection(purpose, &request, i, selection, register, &mut problem);
            }
        }
    }
    if problem.fields.is_empty() { Ok(request) } else { Err(problem) }
}

fn refuse(problem: &mut Problem, field: impl Into<String>, code: &'static str) {
    problem.fields.push(kernel::FieldError { field: field.into(), code });
}

fn check_limits(purpose: &Purpose, request: &Request, today: Date, problem: &mut Problem) {
    let limits = &purpose.limits;
    if !purpose.subjects.contains(&request.subject) {
        refuse(problem, "/subject", "purpose-not-allowed");
    }
    if !limits.modes.contains(&request.mode) {
        refuse(problem, "/mode", "mode-not-allowed");
    }
    if request.frequency.times == 0 || more_often(request.frequency, limits.frequency) {
        refuse(problem, "/frequency", "frequency-too-high");
    }
    if request.data_life.value == 0 || request.data_life.days() > limits.data_life.days() {
        refuse(problem, "/data_life", "data-life-too-long");
    }
    if request.start.is_some_and(|start| start < today) {
        refuse(problem, "/start", "date-in-past");
    }
    let start = request.start.unwrap_or(today);
    if request.expires < start {
        refuse(problem, "/expires", "date-in-past");
    } else if start
        .checked_add(i64::from(limits.length_days).days())
        .is_ok_and(|latest| request.expires > latest)
    {
        refuse(problem, "/expires", "consent-too-long");
    }
    if let Some(range) = request.range {
        let earliest =
            today.checked_sub(i64::from(limits.look_back_days).days()).unwrap_or(kernel::Date::MIN);
        if range.from > range.to {
            refuse(problem, "/range", "range-backwards");
        } else if range.from < earliest {
            refuse(problem, "/range/from", "look-back-too-long");
        }
    }
}

fn check_selection(
    purpose: &Purpose,
    request: &Request,
    i: usize,
    selection: &Selection,
    register: &Register,
    problem: &mut Problem,
) {
    if register.subject != request.subject || !register.purposes.contains(&purpose.id) {
        refuse(problem, format!("/registers/{i}/register"), "purpose-not-allowed");
        return;
    }
    if selection.fields.is_empty() {
        refuse(problem, format!("/registers/{i}/fields"), "fields-empty");
    }
    for (j, field) in selection.fields.iter().enumerate() {
        let twice = selection.fields.iter().take(j).any(|earlier| earlier == field);
        let known = register.fields.iter().any(|known| known.id == *field);
        let code = match (known, purpose.allows(&register.id, field), twice) {
            (false, ..) => "field-unknown",
            (_, false, _) => "field-not-allowed",
            (.., true) => "field-twice",
            _ => continue,
        };
        refuse(problem, format!("/registers/{i}/fields/{j}"), code);
    }
}

/// May another node ask this? It is held to what it is registered for, and then to the same rule as a
/// consumer here, as it was when the consent was given.
pub fn may_ask(
    pack: &Pack,
    rights: &NodeRights,
    question: &Question,
    now: Timestamp,
) -> Result<(), Problem> {
    let request = &question.request;
    let [selection] = request.registers.as_slice() else {
        return Err(Problem::new(400, "request-refused").field("/registers", "registers-count"));
    };
    let not_allowed =
        |field| Problem::new(403, "node-not-allowed").field(field, "node-not-allowed");
    if !rights.registers.contains(&selection.register) {
        return Err(not_allowed("/registers/0/register"));
    }
    if !rights.purposes.contains(&request.purpose) {
        return Err(not_allowed("/purpose"));
    }
    let late = now + SignedDuration::from_secs(node::SKEW);
    let given = match &question.why {
        Why::Preview => now,
        Why::Consent(claim) if claim.given > late => {
            return Err(Problem::new(400, "request-refused").field("/given", "date-in-future"));
        }
        Why::Consent(claim) if claim.start > late => {
            return Err(Problem::new(403, "consent-not-begun"));
        }
        Why::Consent(claim) => claim.given,
    };
    check_request(pack, &serde_json::to_value(request).map_err(Problem::internal)?, given)?;
    if pack.zone().end_of(request.expires) <= now {
        return Err(Problem::new(403, "consent-expired"));
    }
    let key = question.subject.key.as_str();
    let whole = match request.subject {
        SubjectKind::Company => Brn::parse(key).is_ok_and(|brn| brn.as_str() == key),
        SubjectKind::Person => IdentityCard::parse(key).is_ok_and(|card| card.as_str() == key),
    };
    if !whole {
        return Err(Problem::new(400, "request-unreadable").field("/subject/key", "key-form"));
    }
    // A chain of nodes would hide from the last who asks.
    let source = pack.register(&selection.register).and_then(|one| pack.source(&one.source));
    if source.is_some_and(|source| matches!(source.kind, SourceKind::Node { .. })) {
        return Err(Problem::new(403, "node-chain"));
    }
    Ok(())
}

/// Whether `asked` is more looks in any stretch of time than `limit`.
fn more_often(asked: Frequency, limit: Frequency) -> bool {
    // Once is the least of all; otherwise neither the rate nor the burst may be higher.
    let rate =
        |f: Frequency| (u64::from(f.times), u64::try_from(f.unit.hours()).unwrap_or(u64::MAX));
    let ((asked_times, asked_hours), (limit_times, limit_hours)) = (rate(asked), rate(limit));
    match (asked.unit, limit.unit) {
        (crate::model::Period::Once, _) => asked_times > limit_times,
        (_, crate::model::Period::Once) => true,
        _ => asked_times * limit_hours > limit_times * asked_hours || asked_times > limit_times,
    }
}

/// May the consumer look now? The last word is the row's own (`ops::use_consent`); this says why not.
pub fn may_look(
    terms: &Terms,
    state: State,
    window_start: Timestamp,
    window_used: i64,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), Problem> {
    let refused = |code| Err(Problem::new(403, code));
    match state {
        State::Active if now < terms.start => return refused("consent-not-begun"),
        State::Active if now < terms.expires => {}
        State::Active | State::Expired => return refused("consent-expired"),
        State::Paused => return refused("consent-paused"),
        State::Revoked => return refused("consent-revoked"),
        State::Refused => return refused("consent-refused"),
        State::Waiting => return refused("consent-waiting"),
    }
    let (begun, next) = terms.frequency.window(terms.start, now, zone);
    if begun == window_start && window_used >= i64::from(terms.frequency.times) {
        return Err(too_often(next, now));
    }
    Ok(())
}

/// `429 frequency-exceeded`, with when to come back.
pub fn too_often(next: Option<Timestamp>, now: Timestamp) -> Problem {
    let problem = Problem::new(429, "frequency-exceeded");
    match next {
        Some(at) => problem
            .header("retry-after", (at.as_second() - now.as_second()).max(1))
            .arg("retry", at),
        None => problem.arg("retry", "never"),
    }
}

/// The fields a fetch asks for, all consented ones if it names none; a field beyond them is refused.
pub fn narrow<'a>(
    consented: &'a [Selection],
    asked: Option<&'a [Selection]>,
) -> Result<&'a [Selection], Problem> {
    let Some(asked) = asked else { return Ok(consented) };
    let mut problem = Problem::new(403, "field-not-consented");
    for (i, selection) in asked.iter().enumerate() {
        match consented.iter().find(|allowed| allowed.register == selection.register) {
            None => refuse(&mut problem, format!("/registers/{i}/register"), "field-not-consented"),
            Some(allowed) => {
                for (j, field) in selection.fields.iter().enumerate() {
                    if !allowed.fields.contains(field) {
                        refuse(
                            &mut problem,
                            format!("/registers/{i}/fields/{j}"),
                            "field-not-consented",
                        );
                    }
                }
            }
        }
    }
    if problem.fields.is_empty() && !asked.is_empty() { Ok(asked) } else { Err(problem) }
}

/// What the person left ticked, `register.field`, in the order that was asked.
pub fn keep(asked: &[Selection], ticked: &[String]) -> Vec<Selection> {
    let kept = |selection: &Selection| {
        let fields: Vec<_> = selection
            .fields
            .iter()
            .filter(|field| ticked.contains(&format!("{}.{field}", selection.register)))
            .cloned()
            .collect();
        (!fields.is_empty()).then(|| Selection { register: selection.register.clone(), fields })
    };
    asked.iter().filter_map(kept).collect()
}

/// A form carries the terms as they were shown, so that what is signed is what was seen: the same but
/// for what the person struck out. `shown` must have been made in the last half hour.
pub fn same_draft(shown: &str, now_built: Terms, now: Timestamp) -> Result<Terms, Problem> {
    let stale = || Problem::new(409, "form-stale");
    let shown: Terms = wire::b64::decode(shown)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(stale)?;
    let age = now.as_second() - shown.given.as_second();
    let start = if shown.start == shown.given { shown.given } else { now_built.start };
    let agreed = Terms { id: shown.id.clone(), given: shown.given, start, ..now_built };
    let same = Terms { registers: shown.registers.clone(), ..agreed.clone() } == shown;
    if same && (0..1800).contains(&age) { Ok(agreed) } else { Err(stale()) }
}

/// SHA-256 of the terms as RFC 8785 text: what a yes signs.
pub fn digest(terms: &Terms) -> Result<[u8; 32], Problem> {
    let text = wire::jcs::to_string(terms).map_err(Problem::internal)?;
    Ok(wire::sha256(&[text.as_bytes()]))
}

/// The terms of an amendment: fewer fields, everything else as it was.
pub fn amended(
    old: &Terms,
    registers: Vec<Selection>,
    id: kernel::Id,
    now: Timestamp,
    person: &kernel::Id,
) -> Result<Terms, Problem> {
    let fewer: BTreeMap<_, _> =
        old.registers.iter().map(|selection| (&selection.register, &selection.fields)).collect();
    let within = registers.iter().all(|selection| {
        fewer
            .get(&selection.register)
            .is_some_and(|fields| selection.fields.iter().all(|field| fields.contains(field)))
    });
    if !within || registers.is_empty() || registers == old.registers {
        return Err(Problem::new(422, "nothing-ticked"));
    }
    Ok(Terms {
        id,
        number: old.number + 1,
        previous: Some(old.id.clone()),
        registers,
        representative: person.clone(),
        given: now,
        ..old.clone()
    })
}

/// A field of a register by its id.
pub fn field_of<'a>(register: &'a Register, id: &str) -> Option<&'a Field> {
    register.fields.iter().find(|field| field.id == id)
}

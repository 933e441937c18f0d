//! Purposes: what they ask for, and the limits of fair use.

use super::{Definitions, Finder};
use crate::{
    model::LifeUnit,
    pack::{Allowed, Limits, Purpose},
};

/// No limit is longer than this, in days.
const TEN_YEARS: i64 = 3_660;

pub(super) fn check(finder: &mut Finder<'_>, purpose: &Purpose, all: &Definitions<'_>) {
    finder.id("id", &purpose.id, '-');
    for (pointer, text) in
        [("name", &purpose.name), ("why", &purpose.why), ("basis", &purpose.basis)]
    {
        finder.text(pointer, text);
    }
    if finder.place.has("hash") {
        finder.say("hash", "a hash is written", "take it out: it is computed from the file");
    }
    if purpose.subjects.is_empty() {
        finder.say("subjects", "nobody's records", "name \"company\", \"person\" or both");
    }
    if purpose.registers.is_empty() {
        finder.say("registers", "no register", "name the registers it may ask for");
    }
    for (id, allowed) in &purpose.registers {
        let pointer = format!("registers/{id}");
        let Some(register) = all.registers.get(id) else {
            if !all.registers.has(id) {
                finder.say(
                    &pointer,
                    format!("no register {id:?}"),
                    format!("write registers/{id}.toml or take it out"),
                );
            }
            continue;
        };
        if !register.purposes.contains(&purpose.id) {
            finder.say(
                &pointer,
                format!("register {id:?} does not serve {:?}", purpose.id),
                format!(
                    "add {:?} to the purposes of registers/{id}.toml, or take it out here",
                    purpose.id
                ),
            );
        }
        if !purpose.subjects.contains(&register.subject) {
            finder.say(
                &pointer,
                format!("register {id:?} holds records of others than the subjects"),
                "add its kind of subject, or take it out",
            );
        }
        if let Allowed::Fields(fields) = allowed {
            if fields.is_empty() {
                finder.say(&pointer, "no field", "list its fields, or write \"all\"");
            }
            finder.twice(&format!("{pointer}/{{}}"), fields.iter().map(String::as_str));
            for (i, field) in fields
                .iter()
                .enumerate()
                .filter(|(_, id)| register.fields.iter().all(|field| field.id != **id))
            {
                finder.say(
                    &format!("{pointer}/{i}"),
                    format!("register {id:?} has no field {field:?}"),
                    "correct the name, or take it out",
                );
            }
        }
    }
    check_limits(finder, &purpose.limits);
}

fn check_limits(finder: &mut Finder<'_>, limits: &Limits) {
    finder.within("limits/frequency/times", limits.frequency.times.into(), 1_000, "times");
    let unit = match limits.data_life.unit {
        LifeUnit::Day => "days",
        LifeUnit::Month => "months",
        LifeUnit::Year => "years",
    };
    let each = limits.data_life.days() / i64::from(limits.data_life.value.max(1));
    finder.within(
        "limits/data_life/value",
        limits.data_life.value.into(),
        TEN_YEARS / each.max(1),
        unit,
    );
    finder.within("limits/look_back_days", limits.look_back_days.into(), TEN_YEARS, "days");
    finder.within("limits/length_days", limits.length_days.into(), TEN_YEARS, "days");
    if limits.modes.is_empty() {
        finder.say("limits/modes", "no mode", "name \"look\", \"store\" or both");
    }
    finder.twice("limits/modes/{}", limits.modes.iter().map(|mode| mode.name()));
}

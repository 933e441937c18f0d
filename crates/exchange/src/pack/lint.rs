//! What a reader cannot see: empty words, references that lead nowhere, limits and examples out of bounds.

mod purpose;
mod source;

use super::{
    CompanyRegisters, Definitions, Field, FieldType, Government, Mistake, Place, Register,
};
use kernel::{
    Text,
    identifiers::{Brn, Hkid, ResidentId},
};
use ports::SubjectKind;
use std::collections::{BTreeMap, HashSet};

/// Mistakes of one definition.
struct Finder<'a> {
    place: &'a Place<'a>,
    found: Vec<Mistake>,
}

impl Finder<'_> {
    fn say(&mut self, pointer: &str, what: impl Into<String>, advice: impl Into<String>) {
        self.found.push(self.place.mistake(pointer, what, advice));
    }

    fn text(&mut self, pointer: &str, text: &Text) {
        for (language, words) in [("en", &text.en), ("tc", &text.tc), ("sc", &text.sc)] {
            if words.trim().is_empty() {
                self.say(
                    &format!("{pointer}/{language}"),
                    format!("nothing written in {language}"),
                    "write it in this language",
                );
            }
        }
    }

    fn id(&mut self, pointer: &str, id: &str, between: char) {
        let right = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == between);
        if !right {
            self.say(
                pointer,
                format!("id {id:?}"),
                format!("begin with a letter and use a-z, 0-9 and {between} alone"),
            );
        }
    }

    fn twice<'t>(&mut self, pointer: &str, items: impl IntoIterator<Item = &'t str>) {
        let mut seen = HashSet::new();
        for (i, item) in items.into_iter().enumerate() {
            if !seen.insert(item) {
                self.say(
                    &pointer.replace("{}", &i.to_string()),
                    format!("{item:?} a second time"),
                    "take one of them out",
                );
            }
        }
    }

    fn within(&mut self, pointer: &str, value: i64, most: i64, unit: &str) {
        if !(1..=most).contains(&value) {
            self.say(pointer, format!("{value} {unit}"), format!("write 1 to {most}"));
        }
    }
}

/// The government's own file.
pub(super) fn government(government: &Government, place: &Place<'_>) -> Vec<Mistake> {
    let mut finder = Finder { place, found: Vec::new() };
    finder.id("id", &government.id, '-');
    finder.text("name", &government.name);
    if kernel::Zone::named(&government.time_zone).is_none() {
        finder.say(
            "time_zone",
            format!("time zone {:?}", government.time_zone),
            "write an IANA name such as \"Asia/Hong_Kong\"",
        );
    }
    if government.currency.len() != 3
        || !government.currency.chars().all(|c| c.is_ascii_uppercase())
    {
        finder.say(
            "currency",
            format!("currency {:?}", government.currency),
            "write three letters of ISO 4217 such as \"HKD\"",
        );
    }
    finder.found
}

/// The registers that companies and their officers are read from.
pub(super) fn companies(companies: &CompanyRegisters, all: &Definitions<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    let mut say = |what, advice: &str| found.push(Mistake::of_file("pack.toml", what, advice));
    for (id, fields) in companies.fields() {
        let Some(register) = all.registers.get(id) else {
            if !all.registers.has(id) {
                say(format!("companies: no register {id:?}"), "name one that there is");
            }
            continue;
        };
        if register.subject != SubjectKind::Company {
            say(format!("companies: register {id:?} is not of companies"), "name another");
        }
        for field in fields {
            if !register.fields.iter().any(|known| known.id == field) {
                say(
                    format!("companies: register {id:?} has no field {field:?}"),
                    "name one of its fields",
                );
            }
        }
    }
    found
}

/// Everything else, each with the others.
pub(super) fn all(all: &Definitions<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for (department, place) in all.departments.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        finder.id("id", &department.id, '-');
        finder.text("name", &department.name);
        found.extend(finder.found);
    }
    let mut served: BTreeMap<&str, &Register> = BTreeMap::new();
    for (register, place) in all.registers.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        check_register(&mut finder, register, all);
        if let Some(other) = served.insert(&register.source, register) {
            finder.say(
                "source",
                format!("source {:?} serves {:?} already", register.source, other.id),
                "give each register a source of its own",
            );
        }
        found.extend(finder.found);
    }
    for (provider, place) in all.providers.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        finder.id("id", &provider.id, '-');
        finder.text("name", &provider.name);
        if !["https://", "http://localhost", "http://127.0.0.1"]
            .iter()
            .any(|start| provider.issuer.starts_with(start))
        {
            finder.say(
                "issuer",
                format!("issuer {:?}", provider.issuer),
                "write its https address",
            );
        }
        for (i, claim) in provider.attributes.iter().enumerate() {
            if !ports::ATTRIBUTES.contains(&claim.as_str()) {
                finder.say(
                    &format!("attributes/{i}"),
                    format!("attribute {claim:?}"),
                    format!("write one of {}", ports::ATTRIBUTES.join(", ")),
                );
            }
        }
        for (acr, level) in &provider.levels {
            if !["self-declared", "remote", "in-person"].contains(&level.as_str()) {
                finder.say(
                    &format!("levels/{acr}"),
                    format!("level {level:?}"),
                    "write self-declared, remote or in-person",
                );
            }
        }
        found.extend(finder.found);
    }
    for (purpose, place) in all.purposes.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        purpose::check(&mut finder, purpose, all);
        found.extend(finder.found);
    }
    for (source, place) in all.sources.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        finder.id("id", &source.id, '-');
        match served.get(source.id.as_str()) {
            Some(register) => source::check_mapping(&mut finder, source, register),
            None if all.registers.broken.is_empty() => finder.say(
                "id",
                format!("no register is read from source {:?}", source.id),
                "name it in a register's source, or take the file out",
            ),
            None => {}
        }
        source::check(&mut finder, source);
        found.extend(finder.found);
    }
    found
}

fn check_register(finder: &mut Finder<'_>, register: &Register, all: &Definitions<'_>) {
    finder.id("id", &register.id, '-');
    finder.text("name", &register.name);
    finder.text("description", &register.description);
    if !all.departments.has(&register.department) {
        finder.say(
            "department",
            format!("no department {:?}", register.department),
            format!("write departments/{}.toml or name another", register.department),
        );
    }
    if !all.sources.has(&register.source) {
        finder.say(
            "source",
            format!("no source {:?}", register.source),
            format!("write sources/{}.toml or name another", register.source),
        );
    }
    let wanted = key_types(register.subject);
    match register.fields.iter().find(|field| field.id == register.key) {
        None => finder.say(
            "key",
            format!("key {:?} is not among the fields", register.key),
            "add the field, or name one that is there",
        ),
        Some(field) if !wanted.0.contains(&field.kind) || field.optional => finder.say(
            "key",
            format!("key {:?} cannot find its subject", register.key),
            format!("make it a field of type {} that is not optional", wanted.1),
        ),
        Some(_) => {}
    }
    for (i, id) in register.purposes.iter().enumerate() {
        let pointer = format!("purposes/{i}");
        match all.purposes.get(id) {
            Some(purpose) if !purpose.registers.contains_key(&register.id) => {
                finder.say(
                    &pointer,
                    format!("purpose {id:?} does not ask for {:?}", register.id),
                    format!(
                        "add {} to the registers of purposes/{id}.toml, or take it out here",
                        register.id
                    ),
                );
            }
            None if !all.purposes.has(id) => finder.say(
                &pointer,
                format!("no purpose {id:?}"),
                format!("write purposes/{id}.toml or take it out"),
            ),
            _ => {}
        }
    }
    finder.twice("purposes/{}", register.purposes.iter().map(String::as_str));
    if register.purposes.is_empty() {
        finder.say(
            "purposes",
            "serves no purpose",
            "name one that asks for it, or take the register out",
        );
    }
    check_fields(finder, register);
    if register.examples.is_empty() {
        finder.say(
            "id",
            "no example",
            "add a made-up record as [[examples]], so that it can be tried",
        );
    }
    for (i, example) in register.examples.iter().enumerate() {
        check_example(finder, &format!("examples/{i}"), register, example);
    }
}

const fn key_types(subject: SubjectKind) -> (&'static [FieldType], &'static str) {
    match subject {
        SubjectKind::Company => (&[FieldType::Brn], "\"brn\""),
        SubjectKind::Person => {
            (&[FieldType::Hkid, FieldType::ResidentId], "\"hkid\" or \"resident_id\"")
        }
    }
}

fn check_fields(finder: &mut Finder<'_>, register: &Register) {
    finder.twice("fields/{}/id", register.fields.iter().map(|field| field.id.as_str()));
    let mut dated = None;
    for (i, field) in register.fields.iter().enumerate() {
        let at = format!("fields/{i}");
        finder.id(&format!("{at}/id"), &field.id, '_');
        finder.text(&format!("{at}/name"), &field.name);
        match (field.kind == FieldType::Choice, field.choices.is_empty()) {
            (true, true) => finder.say(
                &at,
                format!("field {:?} is a choice of nothing", field.id),
                "list its choices",
            ),
            (false, false) => finder.say(
                &format!("{at}/choices"),
                format!("field {:?} has choices but is none", field.id),
                "make its type \"choice\", or take the choices out",
            ),
            _ => check_choices(finder, &at, field),
        }
        if field.date_field {
            let pointer = format!("{at}/date_field");
            if field.kind != FieldType::Date || field.optional {
                finder.say(
                    &pointer,
                    format!("a range cannot filter by {:?}", field.id),
                    "choose a field of type \"date\" that is not optional",
                );
            }
            if let Some(first) = dated.replace(&field.id) {
                finder.say(
                    &pointer,
                    format!("{first:?} is the date of this register already"),
                    "keep date_field at one field",
                );
            }
        }
    }
}

fn check_choices(finder: &mut Finder<'_>, at: &str, field: &Field) {
    finder.twice(&format!("{at}/choices/{{}}"), field.choices.iter().map(String::as_str));
    for (i, choice) in
        field.choices.iter().enumerate().filter(|(_, choice)| !field.labels.contains_key(*choice))
    {
        finder.say(
            &format!("{at}/choices/{i}"),
            format!("no words for choice {choice:?}"),
            "write them in three languages under [fields.labels]",
        );
    }
    for (choice, words) in &field.labels {
        let pointer = format!("{at}/labels/{choice}");
        if !field.choices.contains(choice) {
            finder.say(
                &pointer,
                format!("words for {choice:?}, which is no choice"),
                "add the choice, or take this out",
            );
        }
        finder.text(&pointer, words);
    }
}

fn check_example(
    finder: &mut Finder<'_>,
    at: &str,
    register: &Register,
    example: &BTreeMap<String, toml::Value>,
) {
    for (id, value) in example {
        let pointer = format!("{at}/{id}");
        match register.fields.iter().find(|field| field.id == *id) {
            None => {
                finder.say(&pointer, format!("no field {id:?}"), "add the field, or take this out");
            }
            Some(field) => {
                if let Some(wanted) = misfit(field, value) {
                    finder.say(
                        &pointer,
                        format!("{value} does not fit {id:?}"),
                        format!("write {wanted}"),
                    );
                }
            }
        }
    }
    for field in
        register.fields.iter().filter(|field| !field.optional && !example.contains_key(&field.id))
    {
        finder.say(
            at,
            format!("no value for {:?}", field.id),
            "add it, or make the field optional",
        );
    }
}

/// What should stand there instead, when a value does not fit.
fn misfit(field: &Field, value: &toml::Value) -> Option<String> {
    let text = value.as_str();
    let (fits, wanted) = match field.kind {
        FieldType::Text => (text.is_some_and(|text| !text.trim().is_empty()), "a text".to_owned()),
        FieldType::Number => (value.is_integer() || value.is_float(), "a number".to_owned()),
        FieldType::Money => (value.is_integer(), "cents, a whole number".to_owned()),
        FieldType::Boolean => (value.is_bool(), "true or false".to_owned()),
        FieldType::Date => (
            text.is_some_and(|text| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()),
            "a date such as \"2026-11-30\"".to_owned(),
        ),
        // A choice of nothing is told at the field.
        FieldType::Choice => (
            field.choices.is_empty()
                || text.is_some_and(|text| field.choices.iter().any(|choice| choice == text)),
            format!("one of {}", field.choices.join(", ")),
        ),
        FieldType::Hkid => (
            text.is_some_and(|text| Hkid::parse(text).is_ok_and(|id| id.as_str() == text)),
            "an identity card number such as \"A1234563\", its check digit right".to_owned(),
        ),
        FieldType::ResidentId => (
            text.is_some_and(|text| ResidentId::parse(text).is_ok_and(|id| id.as_str() == text)),
            "a Mainland resident number such as \"440101199003070050\", its check character right"
                .to_owned(),
        ),
        FieldType::Brn => (
            text.is_some_and(|text| Brn::parse(text).is_ok_and(|brn| brn.as_str() == text)),
            "a business registration number such as \"12345678\"".to_owned(),
        ),
    };
    (!fits).then_some(wanted)
}

//! What a reader cannot see: empty words, references that lead nowhere, limits and examples out of bounds.

use super::{
    Allowed, Definitions, Field, FieldType, FileFormat, Government, Header, Limits, Mistake, Place,
    Purpose, Register, Source, SourceKind,
};
use crate::model::LifeUnit;
use kernel::{
    Text,
    hk::{Brn, Hkid},
};
use ports::SubjectKind;
use std::collections::{BTreeMap, HashSet};

/// No limit and no time-out is longer than this.
const TEN_YEARS: i64 = 3_660;

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
    if !government.time_zone.contains('/') && government.time_zone != "UTC" {
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
    for (purpose, place) in all.purposes.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        check_purpose(&mut finder, purpose, all);
        found.extend(finder.found);
    }
    for (source, place) in all.sources.good.values() {
        let mut finder = Finder { place, found: Vec::new() };
        finder.id("id", &source.id, '-');
        match served.get(source.id.as_str()) {
            Some(register) => check_mapping(&mut finder, source, register),
            None if all.registers.broken.is_empty() => finder.say(
                "id",
                format!("no register is read from source {:?}", source.id),
                "name it in a register's source, or take the file out",
            ),
            None => {}
        }
        check_source(&mut finder, source);
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
    let wanted = key_type(register.subject);
    match register.fields.iter().find(|field| field.id == register.key) {
        None => finder.say(
            "key",
            format!("key {:?} is not among the fields", register.key),
            "add the field, or name one that is there",
        ),
        Some(field) if field.kind != wanted.0 || field.optional => finder.say(
            "key",
            format!("key {:?} cannot find its subject", register.key),
            format!("make it a field of type \"{}\" that is not optional", wanted.1),
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
        finder.say("purposes", "serves no purpose", "name one that asks for it, or take the register out");
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

const fn key_type(subject: SubjectKind) -> (FieldType, &'static str) {
    match subject {
        SubjectKind::Company => (FieldType::Brn, "brn"),
        SubjectKind::Person => (FieldType::Hkid, "hkid"),
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
                finder.say(&pointer, format!("no field {id:?}"), "add the field, or take this out")
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
        FieldType::Choice => (
            text.is_some_and(|text| field.choices.iter().any(|choice| choice == text)),
            format!("one of {}", field.choices.join(", ")),
        ),
        FieldType::Hkid => (
            text.is_some_and(|text| Hkid::parse(text).is_some_and(|id| id.as_str() == text)),
            "an identity card number such as \"A1234563\", its check digit right".to_owned(),
        ),
        FieldType::Brn => (
            text.is_some_and(|text| Brn::parse(text).is_some_and(|brn| brn.as_str() == text)),
            "a business registration number such as \"12345678\"".to_owned(),
        ),
    };
    (!fits).then_some(wanted)
}

fn check_purpose(finder: &mut Finder<'_>, purpose: &Purpose, all: &Definitions<'_>) {
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

fn check_mapping(finder: &mut Finder<'_>, source: &Source, register: &Register) {
    for (field, from) in &source.mapping {
        let pointer = format!("mapping/{field}");
        if register.fields.iter().all(|known| known.id != *field) {
            finder.say(
                &pointer,
                format!("register {:?} has no field {field:?}", register.id),
                "correct the name, or take it out",
            );
        }
        let pointed = matches!(source.kind, SourceKind::Http { .. });
        if from.is_empty() || (pointed && !from.starts_with('/')) {
            finder.say(
                &pointer,
                format!("{field:?} is read from {from:?}"),
                if pointed {
                    "write a JSON pointer within a row, such as \"/name/en\""
                } else {
                    "name a column"
                },
            );
        }
    }
    if let SourceKind::Sql { query, .. } = &source.kind
        && let Some(columns) = columns(query)
    {
        for field in register.fields.iter().filter(|field| !columns.contains(&source.column(&field.id).to_lowercase())) {
            let pointer = if source.mapping.contains_key(&field.id) { format!("mapping/{}", field.id) } else { "query".to_owned() };
            finder.say(&pointer, format!("the query gives no column {:?} for {:?}", source.column(&field.id), field.id), "select it, or map the field to a column that is selected");
        }
    }
    if let Some(key) = &source.probe_key {
        let fits = match register.subject {
            SubjectKind::Company => Brn::parse(key).is_some(),
            SubjectKind::Person => Hkid::parse(key).is_some(),
        };
        if !fits {
            finder.say(
                "probe_key",
                format!("probe key {key:?} has not the form of {:?}", register.key),
                "write a made-up key of the right form",
            );
        }
    }
}

/// The columns a query gives, in lower case: the last word of each, after `as` or not. `None` when that
/// cannot be seen (`select *`, no `from`): then only the source itself can tell.
fn columns(query: &str) -> Option<Vec<String>> {
    let words = query.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let list = words.strip_prefix("select ")?;
    let (mut depth, mut ends, mut end) = (0_i32, vec![0], None);
    for (i, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => ends.push(i + 1),
            ' ' if depth == 0 && list.get(i..).is_some_and(|rest| rest.starts_with(" from ")) => {
                end = Some(i);
                break;
            }
            _ => {}
        }
    }
    ends.push(end? + 1);
    let name = |item: &str| item.split([' ', '.', '"']).rfind(|word| !word.is_empty()).unwrap_or_default().to_owned();
    let names: Vec<_> = ends.windows(2).map(|pair| name(list.get(pair[0]..pair[1] - 1).unwrap_or_default())).collect();
    names.iter().all(|name| name != "*").then_some(names)
}

fn check_source(finder: &mut Finder<'_>, source: &Source) {
    finder.within(
        "timeout_ms",
        i64::try_from(source.timeout_ms).unwrap_or(i64::MAX),
        60_000,
        "milliseconds",
    );
    if source.retries > 5 {
        finder.say("retries", format!("{} retries", source.retries), "write 0 to 5");
    }
    if source.allow_private.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        finder.say(
            "allow_private",
            "no reason",
            "write why it may lie at a private address, or take it out",
        );
    }
    match &source.kind {
        SourceKind::Sql { url, query } => {
            if !["sqlite:", "postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
            {
                finder.say("url", format!("database {url:?}"), "begin with sqlite: or postgres://");
            }
            placeholders(finder, "url", url, &["data"]);
            check_query(finder, query);
        }
        SourceKind::Http { url, rows, client_certificate, client_key, max_bytes, .. } => {
            address(
                finder,
                url,
                source.allow_private.is_some() || url.starts_with("{department_api}"),
            );
            placeholders(finder, "url", url, &["department_api", "key"]);
            if !url.contains("{key}") {
                finder.say(
                    "url",
                    "the subject's key is not in the address",
                    "put {key} where it belongs",
                );
            }
            json_pointer(finder, rows);
            if client_certificate.is_some() != client_key.is_some() {
                finder.say(
                    if client_key.is_some() { "client_key" } else { "client_certificate" },
                    "half of a client certificate",
                    "name both client_certificate and client_key, or neither",
                );
            }
            finder.within(
                "max_bytes",
                i64::try_from(*max_bytes).unwrap_or(i64::MAX),
                104_857_600,
                "bytes",
            );
        }
        SourceKind::File { path, format, rows, header, key, .. } => {
            placeholders(finder, "path", path, &["data"]);
            for (pointer, value) in [("path", path), ("key", key)] {
                if value.trim().is_empty() {
                    finder.say(pointer, format!("no {pointer}"), "write it");
                }
            }
            match format {
                FileFormat::Json => json_pointer(finder, rows),
                FileFormat::Csv if !rows.is_empty() => {
                    finder.say("rows", "a CSV has no pointer to its rows", "take it out")
                }
                FileFormat::Csv if *header == Header::FirstObject => finder.say(
                    "header",
                    "a CSV has no first object",
                    "write \"first-row\", or take it out",
                ),
                FileFormat::Csv => {}
            }
        }
        SourceKind::Node { url, client_id, issuer, log_key, register } => {
            address(finder, url, source.allow_private.is_some());
            for (pointer, value) in [
                ("client_id", client_id),
                ("issuer", issuer),
                ("log_key", log_key),
                ("register", register),
            ] {
                if value.trim().is_empty() {
                    finder.say(pointer, format!("no {pointer}"), "write it");
                }
            }
        }
    }
}

fn check_query(finder: &mut Finder<'_>, query: &str) {
    let words = query.trim().to_lowercase();
    if !words.starts_with("select ") && !words.starts_with("select\n") {
        finder.say("query", "the query does not begin with select", "write one select statement");
    }
    if query.contains(';') {
        finder.say("query", "the query holds a semicolon", "write one statement without it");
    }
    let parameters: Vec<_> = query
        .match_indices('$')
        .map(|(i, _)| {
            query
                .get(i + 1..)
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
        })
        .collect();
    if parameters != ["1"] {
        finder.say(
            "query",
            "the query has not exactly one $1",
            "write $1 once, where the subject's key belongs, and no other parameter",
        );
    }
}

fn address(finder: &mut Finder<'_>, url: &str, private: bool) {
    if !url.starts_with("https://")
        && !(private && (url.starts_with("http://") || url.starts_with("{department_api}")))
    {
        finder.say(
            "url",
            format!("address {url:?}"),
            "begin with https://, or say in allow_private why not",
        );
    }
}

fn json_pointer(finder: &mut Finder<'_>, rows: &str) {
    if !rows.is_empty() && !rows.starts_with('/') {
        finder.say(
            "rows",
            format!("{rows:?} is no JSON pointer"),
            "begin with /, or leave it empty for the whole",
        );
    }
}

/// Whether every `{word}` is one that is filled in.
fn placeholders(finder: &mut Finder<'_>, pointer: &str, text: &str, known: &[&str]) {
    for word in text.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        if !known.contains(&word) {
            finder.say(
                pointer,
                format!("nothing fills in {{{word}}}"),
                format!(
                    "use {}",
                    known.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(", ")
                ),
            );
        }
    }
}

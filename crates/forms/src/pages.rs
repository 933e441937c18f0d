//! `/my/profile`: what a person says of themselves; `/fill/{interaction}`: a service asks, the person chooses.

mod fill;
mod profile;

use crate::{
    Forms,
    fields::{FIELDS, Field, Kind},
};
use axum::routing::{get, post};
use kernel::{
    Ctx, Problem,
    identifiers::{Hkid, Phone},
};
use ports::{Own, OwnValue};
use std::collections::BTreeMap;
use web::{Audience, Routes, Shell};

/// Every route of this crate, each with its audience.
pub fn routes(forms: &Forms) -> Routes {
    let with = |handler: axum::routing::MethodRouter<Forms>| handler.with_state(forms.clone());
    Routes::new()
        .route("GET", "/my/profile", Audience::Person, with(get(profile::show)))
        .route("POST", "/my/profile", Audience::Person, with(post(profile::keep)))
        .route("GET", "/fill/{interaction}", Audience::Person, with(get(fill::show)))
        .route("POST", "/fill/{interaction}", Audience::Person, with(post(fill::answer)))
}

/// What registers say of the person signed in, for these fields.
async fn registered<'a>(
    forms: &Forms,
    ctx: &Ctx,
    wanted: impl Iterator<Item = &'a Field>,
) -> Result<Own, Problem> {
    let mut registers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (register, field) in wanted.filter_map(|field| field.register) {
        registers.entry(register).or_default().push(field.to_owned());
    }
    if registers.is_empty() {
        return Ok(Own::default());
    }
    let registers: Vec<_> =
        registers.into_iter().map(|(register, fields)| (register.to_owned(), fields)).collect();
    forms.records.own(ctx, &registers).await
}

/// What a register said for a field.
fn value_of<'a>(own: &'a Own, field: &Field) -> Option<&'a OwnValue> {
    let (register, name) = field.register?;
    own.values.iter().find(|value| value.register == register && value.field == name)
}

/// The name of a field, in the reader's language.
fn named(shell: &Shell, field: &Field) -> String {
    shell.t(&format!("field-{}", field.id))
}

/// A value that a person wrote, as it is read.
fn own_said(shell: &Shell, field: &Field, value: &str) -> String {
    match field.kind {
        Kind::Choice(_) => shell.t(&format!("field-{}-{value}", field.id)),
        Kind::Phone => Phone::parse(value).map_or_else(|_| value.to_owned(), |one| one.pretty()),
        _ => value.to_owned(),
    }
}

/// A value of a register, as it is read.
fn said(shell: &Shell, field: &Field, value: &OwnValue) -> String {
    let plain = value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
    match (&value.said, field.kind) {
        (Some(said), _) => shell.of(said).to_owned(),
        (None, Kind::Hkid) => Hkid::parse(&plain).map_or(plain, |hkid| hkid.pretty()),
        (None, Kind::Date) => plain.parse::<kernel::Date>().map_or(plain, |date| shell.date(&date)),
        _ => plain,
    }
}

/// One field in which a person writes.
struct Input {
    id: String,
    name: String,
    hint: String,
    value: String,
    error: String,
    /// Empty unless one is chosen from a list.
    choices: Vec<web::Choice>,
    lines: bool,
    kind: &'static str,
    width: &'static str,
    autocomplete: &'static str,
}

/// The input of a field; `id` is its name in the form.
fn input(
    shell: &Shell,
    field: &Field,
    id: String,
    value: &str,
    hint: String,
    error: &str,
) -> Input {
    let choices = match field.kind {
        Kind::Choice(all) => {
            let none = web::Choice::new("", shell.t("field-none")).checked(value.is_empty());
            let one = |choice: &&str| {
                web::Choice::new(*choice, own_said(shell, field, choice)).checked(*choice == value)
            };
            std::iter::once(none).chain(all.iter().map(one)).collect()
        }
        _ => Vec::new(),
    };
    let value = if choices.is_empty() { own_said(shell, field, value) } else { value.to_owned() };
    Input {
        name: named(shell, field),
        hint,
        value,
        error: error.to_owned(),
        choices,
        lines: field.kind == Kind::Lines,
        kind: match field.kind {
            Kind::Phone => "tel",
            Kind::Mail => "email",
            _ => "text",
        },
        width: if field.kind == Kind::Phone { "20" } else { "30" },
        autocomplete: match field.id {
            "name-en" => "name",
            "mobile" => "tel",
            "email" => "email",
            "address-en" => "street-address",
            _ => "",
        },
        id,
    }
}

/// Every field a person may say themselves.
fn own_fields() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| field.own)
}

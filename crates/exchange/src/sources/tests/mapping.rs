//! The mapping alone: what goes in is typed, what comes out was asked for.

use super::pack_with;
use crate::{
    pack::{Pack, Register, Source},
    sources::{
        SourceError,
        mapping::{Mapping, Named, key, map_row},
    },
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const SOURCE: &str = "id = \"thing\"\nkind = \"sql\"\nurl = \"sqlite:x\"\nquery = \"select * from thing where brn = $1\"\n[mapping]\nname = \"/names/0/en~1US\"\n";

fn pack(name: &str) -> Arc<Pack> {
    let (pack, folder) = pack_with(name, SOURCE);
    std::fs::remove_dir_all(folder).unwrap();
    pack
}

fn parts(pack: &Pack) -> (Register, &Source) {
    (pack.register("thing").unwrap().clone(), pack.sources().next().unwrap())
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!("12345678")),
        Just(json!("2024-02-30")),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

proptest! {
    #[test]
    fn whatever_a_source_says_only_typed_fields_that_were_asked_for_come_out(
        brn in any_json(), name in any_json(), shares in any_json(), made_on in any_json(), extra in any_json(),
        wanted in prop::sample::subsequence(vec!["brn", "name", "shares", "made_on"], 0..=4),
    ) {
        thread_local! { static PACK: Arc<Pack> = pack("any"); }
        let (register, source) = PACK.with(|pack| {
            let (register, source) = parts(pack);
            (register, source.clone())
        });
        let raw = object(json!({"brn": brn, "names": [{"en/US": name}], "shares": shares, "made_on": made_on, "extra": extra}));
        let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        if let Ok(row) = map_row(&register, &source, &raw, "12345678", &wanted) {
            let mut expected = wanted.clone();
            expected.sort();
            prop_assert_eq!(row.keys().cloned().collect::<Vec<_>>(), expected);
            prop_assert!(raw["brn"].as_str().unwrap().trim().starts_with("12345678"));
            for (field, value) in &row {
                let typed = match field.as_str() {
                    "shares" => value.is_number(),
                    "made_on" => value.is_null() || value.as_str().unwrap().parse::<kernel::Date>().is_ok(),
                    _ => value.as_str().is_some_and(|text| !text.trim().is_empty()),
                };
                prop_assert!(typed, "{field}: {value}");
            }
        }
    }
}

#[test]
fn each_type_takes_what_it_is_and_refuses_the_rest() {
    let pack = pack("types");
    let (mut register, source) = parts(&pack);
    let date = register.fields.remove(3);
    let cases: [(&str, Value, Result<Value, &str>); 16] = [
        ("number", json!(1.5), Ok(json!(1.5))),
        ("number", json!("1.5"), Ok(json!(1.5))),
        ("number", json!("1e5"), Err("not a number")),
        ("number", json!("inf"), Err("not a number")),
        ("money", json!("1.5"), Err("not a number")),
        ("money", json!(1.5), Err("of another type")),
        ("money", json!(150), Ok(json!(150))),
        ("number", json!(u64::MAX), Err("of another type")),
        ("boolean", json!(1), Ok(json!(true))),
        ("boolean", json!(2), Err("of another type")),
        ("date", json!("2024-02-29"), Ok(json!("2024-02-29"))),
        ("date", json!("2023-02-29"), Err("not a date")),
        ("date", json!(20_240_229), Err("of another type")),
        ("hkid", json!("a123456(3)"), Ok(json!("A1234563"))),
        ("hkid", json!("A1234564"), Err("not an identity card number")),
        ("text", json!(5), Err("of another type")),
    ];
    for (kind, value, expected) in cases {
        let mut field = date.clone();
        field.kind = serde_json::from_value(json!(kind)).unwrap();
        register.fields.truncate(3);
        register.fields.push(field);
        let raw = object(json!({"brn": "12345678", "made_on": value}));
        let found = map_row(&register, source, &raw, "12345678", &["made_on".to_owned()])
            .map(|row| row["made_on"].clone());
        let expected = expected.map_err(|what| SourceError::BadShape {
            field: "made_on".to_owned(),
            what: leak(what),
        });
        assert_eq!(found, expected, "{kind} {raw:?}");
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn a_range_keeps_its_days_and_a_date_that_is_none_is_not_lost_silently() {
    let pack = pack("range");
    let (mut register, source) = parts(&pack);
    register.fields[3].date_field = true;
    let range = Some(("2024-01-01".parse().unwrap(), "2024-12-31".parse().unwrap()));
    let mapping = Mapping::new(&register, source, &[]);
    let of = |date: Value| {
        mapping.in_range(&Named::new(&object(json!({"made_on": date})), &mapping), range)
    };
    for (date, kept) in
        [("2023-12-31", false), ("2024-01-01", true), ("2024-12-31", true), ("2025-01-01", false)]
    {
        assert_eq!(of(json!(date)), Ok(kept), "{date}");
    }
    assert_eq!(of(Value::Null), Ok(false));
    assert_eq!(of(json!("1 Jan 2024")).unwrap_err().code(), "bad-shape");
}

#[test]
fn a_key_is_the_same_however_it_is_written() {
    use crate::pack::FieldType::{Brn, Hkid, Text};
    for (kind, text, expected) in [
        (Hkid, " a123456(3) ", "A1234563"),
        (Hkid, "nobody", "nobody"),
        (Brn, "12345678-000-01-26-1", "12345678"),
        (Text, " 000001C ", "000001C"),
    ] {
        assert_eq!(key(kind, text), expected);
    }
}

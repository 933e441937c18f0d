use crate::entry::{Entry, digest, text};
use serde_json::json;

#[test]
fn an_entry_says_what_the_contract_says_and_nothing_finer_than_the_hour() {
    let at = "2026-11-23T04:59:59.999Z".parse().unwrap();
    let written = text("look", "ird cr", at, "abc").unwrap();
    assert_eq!(
        written,
        r#"{"department":"ird cr","digest":"abc","hour":"2026-11-23T04:00:00Z","kind":"look","version":1}"#
    );
    assert_eq!(Entry::parse(&written).unwrap().kind, "look");
    assert!(
        text("look", "ird", "1969-12-31T23:10:00Z".parse().unwrap(), "")
            .unwrap()
            .contains("T23:00:00Z")
    );
}

#[test]
fn words_that_would_need_an_escape_are_refused() {
    let at = "2026-11-23T04:00:00Z".parse().unwrap();
    for (kind, department) in [
        ("", "ird"),
        ("look", ""),
        ("a\"b", "ird"),
        ("look", "香港"),
        ("Look", "ird"),
        ("look", "a\\"),
    ] {
        assert!(text(kind, department, at, "").is_none(), "{kind} {department}");
    }
}

#[test]
fn only_the_canonical_form_is_an_entry() {
    let good = r#"{"department":"ird","digest":"abc","hour":"2026-11-23T04:00:00Z","kind":"look","version":1}"#;
    assert!(Entry::parse(good).is_ok());
    for bad in [
        good.replace(":1}", ":2}"),
        good.replace(":1}", ": 1}"),
        good.replace(":1}", r#":1,"who":"me"}"#),
        good.replace(r#""department":"ird","#, ""),
        String::new(),
    ] {
        assert!(Entry::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn an_entry_is_opened_by_its_record_and_salt_alone() {
    let (record, salt) = (json!({"b": 1, "a": "x"}), [3; 16]);
    let said = digest(&salt, br#"{"a":"x","b":1}"#);
    let entry = Entry {
        department: "ird".into(),
        digest: said,
        hour: String::new(),
        kind: "look".into(),
        version: 1,
    };
    assert!(entry.is_opened_by(&record, &salt));
    assert!(!entry.is_opened_by(&json!({"b": 2, "a": "x"}), &salt));
    assert!(!entry.is_opened_by(&record, &[4; 16]));
}

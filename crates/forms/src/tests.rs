use crate::{
    fields::{FIELDS, field},
    rules::Form,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn form() -> Json {
    let words = |text: &str| json!({"en": text, "tc": text, "sc": text});
    json!({"type": "praya_form", "form": words("Library card"), "why": words("To write to you"),
        "fields": ["name-en", "mobile"]})
}

#[test]
fn a_form_that_asks_wrongly_is_refused_with_each_member_named() {
    assert!(Form::read(&form()).is_ok());
    let long = "x".repeat(201);
    let many: Vec<_> = std::iter::repeat_n("mobile", 21).collect();
    for (pointer, value, refused, code) in [
        ("/fields", json!([]), "/fields", "fields-empty"),
        ("/fields", json!(many), "/fields", "fields-many"),
        ("/fields/1", json!("shoe-size"), "/fields/1", "field-unknown"),
        ("/fields/1", json!("name-en"), "/fields/1", "field-twice"),
        ("/why/tc", json!(" "), "/why/tc", "words-form"),
        ("/form/sc", json!(long), "/form/sc", "words-form"),
        ("/form/en", json!("a\nb"), "/form/en", "words-form"),
    ] {
        let mut bad = form();
        *bad.pointer_mut(pointer).unwrap() = value;
        let problem = Form::read(&bad).unwrap_err();
        assert!(
            problem.fields.iter().any(|field| field.field == refused && field.code == code),
            "{problem}"
        );
    }
    for (member, value) in
        [("type", json!("praya_records")), ("shoes", json!(1)), ("why", json!("x"))]
    {
        let mut bad = form();
        bad[member] = value;
        assert!(Form::read(&bad).is_err(), "{member}");
    }
}

#[test]
fn a_form_without_a_name_may_not_ask_for_the_number_that_names() {
    let mut nameless = form();
    nameless["anonymous"] = true.into();
    assert!(Form::read(&nameless).is_ok());
    nameless["fields"] = json!(["mobile", "hkid"]);
    let problem = Form::read(&nameless).unwrap_err();
    assert_eq!(problem.fields[0].code, "field-names");
}

#[test]
fn what_a_person_writes_is_kept_in_one_form_or_refused_with_its_rule() {
    let read = |id: &str, typed: &str| field(id).unwrap().read(typed);
    assert_eq!(read("mobile", "５１２３ 4567").unwrap().as_deref(), Some("+85251234567"));
    assert_eq!(read("mobile", "12345678"), Err("phone-hong-kong"));
    assert_eq!(read("email", " a@b.hk "), Ok(Some("a@b.hk".to_owned())));
    for bad in [
        "a",
        "a@b",
        "@b.hk",
        "a@b..hk",
        "a b@c.hk",
        "a@b@c.hk",
        "<a@b.hk>",
        "a@b.hk\r\nBcc: c@d.hk",
    ] {
        assert!(read("email", bad).is_err(), "{bad}");
    }
    assert_eq!(read("postal-address", "1\r\n2"), Ok(Some("1\n2".to_owned())));
    assert_eq!(read("name-en", "a\nb"), Err("value-form"));
    assert_eq!(read("title", "lord"), Err("value-form"));
    assert_eq!(read("hkid", "A123456(3)"), Err("value-form"), "a register alone says it");
    assert_eq!(read("occupation", "   "), Ok(None));
}

#[test]
fn every_field_and_choice_has_its_words() {
    for one in FIELDS {
        assert!(web::has_text(&format!("field-{}", one.id)), "{}", one.id);
        if let crate::fields::Kind::Choice(choices) = one.kind {
            for choice in choices {
                assert!(web::has_text(&format!("field-{}-{choice}", one.id)), "{choice}");
            }
        }
        assert!(one.own || one.register.is_some(), "{} can be said by nobody", one.id);
    }
}

proptest! {
    #[test]
    fn what_is_kept_is_kept_again_as_the_same(at in 0..FIELDS.len(), typed in "\\PC{0,40}|[+0-9 ]{6,14}|[a-z]{1,6}@[a-z.]{3,9}") {
        let field = FIELDS[at];
        if let Ok(Some(kept)) = field.read(&typed) {
            prop_assert_eq!(field.read(&kept), Ok(Some(kept)));
        }
    }
}

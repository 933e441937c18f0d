//! A service asks a person to fill a form: what they chose arrives, once, with where it comes from.

use crate::demo::{Browser, Consumer, Demo, code_of, form};
use serde_json::{Value, json};

pub(crate) fn details(anonymous: bool) -> Value {
    json!([{
        "type": "praya_form", "anonymous": anonymous,
        "form": {"en": "Library card", "tc": "圖書證申請", "sc": "图书证申请"},
        "why": {"en": "To write to you about books", "tc": "用作通知借書事宜", "sc": "用于通知借书事宜"},
        "fields": ["name-en", "mobile", "address-en", "education"],
    }])
}

/// Fills the form: the name from the register, the telephone in own words, the rest left out. The token response.
async fn filled(bank: &Consumer, browser: &Browser, anonymous: bool) -> Value {
    let (address, verifier) = bank.push_scoped(&details(anonymous), "forms").await;
    let page = browser.follow(&address).await;
    assert!(
        page.body.contains("Library card") && page.body.contains("Immigration Department"),
        "{}",
        page.body
    );
    assert_eq!(page.body.contains("will not be told who you are"), anonymous);
    assert!(!page.body.contains(" checked"), "nothing is chosen beforehand");
    let form = form(&page.body, "/fill/");
    let shown = form.fields.iter().find(|(name, _)| name == "shown-name-en").unwrap().1.clone();
    let none = browser.post(&form.action, &[("action", "give")]).await;
    assert_eq!(none.status, 422, "{}", none.body);
    let wrong = [("action", "give"), ("use-mobile", "own"), ("own-mobile", "12345678")];
    let wrong = browser.post(&form.action, &wrong).await;
    assert!(
        wrong.status == 422 && wrong.body.contains("does not begin with 0 or 1"),
        "{}",
        wrong.body
    );
    let stale = [("action", "give"), ("use-name-en", "register"), ("shown-name-en", "other")];
    assert_eq!(browser.post(&form.action, &stale).await.status, 409);
    let given = [
        ("action", "give"),
        ("use-name-en", "register"),
        ("shown-name-en", &shown),
        ("use-mobile", "own"),
        ("own-mobile", "5123 4567"),
        ("use-address-en", "none"),
        ("own-education", "degree"),
    ];
    let away = browser.post(&form.action, &given).await;
    assert_eq!(away.status, 303, "{}", away.body);
    let code = code_of(away.location.as_deref().unwrap());
    let (status, body) = bank.redeem_raw(&code, &verifier).await;
    assert_eq!(status, 200, "{body}");
    if !anonymous {
        let (status, again) = bank.redeem_raw(&code, &verifier).await;
        assert_eq!(status, 400, "answers are given once: {again}");
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_the_answers_a_person_chose_once_with_their_source_and_nothing_that_joins_nameless_ones()
 {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let browser = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let kept = browser.post("/my/profile", &[("mobile", "5123 4567"), ("email", "x")]).await;
    assert_eq!(kept.status, 422, "{}", kept.body);
    let kept = browser.post("/my/profile", &[("mobile", "5123 4567"), ("title", "ms")]).await;
    assert_eq!(kept.status, 303, "{}", kept.body);

    let named = filled(&bank, &browser, false).await;
    let element = &named["authorization_details"][0];
    let answers = element["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 2, "{element}");
    assert_eq!(
        (&answers[0]["field"], &answers[0]["value"]),
        (&json!("name-en"), &json!("Chan Mei Ling"))
    );
    assert_eq!(
        (&answers[0]["source"], &answers[0]["register"]),
        (&json!("register"), &json!("identity-particulars"))
    );
    assert_eq!(
        (&answers[1]["value"], &answers[1]["source"]),
        (&json!("+85251234567"), &json!("self-declared"))
    );
    assert!(answers.iter().all(|answer| answer["at"].is_string()));
    assert!(named["refresh_token"].is_null(), "there is nothing to come back for");
    let profile = browser.get("/my/profile").await.body;
    assert!(profile.contains("Library card") && profile.contains("+852 5123 4567"), "{profile}");

    let (one, other) = (filled(&bank, &browser, true).await, filled(&bank, &browser, true).await);
    let profile = browser.get("/my/profile").await.body;
    assert_eq!(profile.matches("Library card").count(), 1, "nameless ones are not remembered");
    // Everything but the answers and the words of the form is drawn anew each time.
    let flat = |body: &Value| {
        let mut element = body["authorization_details"][0].clone();
        for member in ["answers", "form", "why", "fields", "type", "anonymous"] {
            element.as_object_mut().unwrap().remove(member);
        }
        (element, body["grant_id"].clone(), body["access_token"].clone())
    };
    let (one, other) = (flat(&one), flat(&other));
    assert!(one.0 != other.0 && one.1 != other.1 && one.2 != other.2, "{one:?} {other:?}");
    let mut subs = Vec::new();
    for token in [&one.2, &other.2] {
        let token = token.as_str().unwrap();
        let (status, said) = bank.oauth("/oauth/introspect", &[("token", token)]).await;
        assert_eq!(status, 200, "{said}");
        subs.push(said["sub"].clone());
    }
    assert_ne!(subs[0], subs[1], "a subject that is nobody's for longer than one form");
    let said = bank.push_refused(&details(false), "records").await;
    assert_eq!(said["error"], "invalid_authorization_details", "{said}");
}

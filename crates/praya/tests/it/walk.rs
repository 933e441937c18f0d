//! The walk, from outside: a company lets its bank fetch its records, and can prove what was fetched.

use crate::demo::{Browser, Consumer, Demo, code_of, fields, form, say_yes};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_fetches_what_the_director_consented_to_and_nothing_else() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let struck = format!("annual-returns.{}", fields("annual-returns", 2)[1]);
    let tokens = bank.consented("chan-mei-ling", &[&struck]).await;
    let records = bank.fetch(&tokens.access, None).await.unwrap();
    bank.check(&records, demo.description()["log_key"].as_str().unwrap()).await;
    let registers = records.claims["registers"].as_array().unwrap();
    assert_eq!(registers.len(), 2);
    let returns = registers.iter().find(|part| part["register"] == "annual-returns").unwrap();
    assert_eq!(returns["status"], "ok");
    let field = struck.split_once('.').unwrap().1;
    assert!(
        returns["rows"].as_array().unwrap().iter().all(|row| row.get(field).is_none()),
        "a struck field never leaves"
    );
    let beyond = json!({"registers": [{"register": "annual-returns", "fields": [field]}]});
    let (status, problem) = bank.fetch(&tokens.access, Some(beyond)).await.unwrap_err();
    assert_eq!((status, problem["code"].as_str()), (403, Some("field-not-consented")));
    let (status, _) = bank
        .oauth(
            "/oauth/token",
            &[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)],
        )
        .await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_director_sees_every_look_and_a_stop_stops_the_next_fetch() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    let records = bank.fetch(&tokens.access, None).await.unwrap();
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let mine = director.get("/my/data").await;
    let look = records.claims["jti"].as_str().unwrap();
    assert!(mine.body.contains(&format!("/my/data/looks/{look}")), "every look is listed");
    let page = director.get(&format!("/my/data/looks/{look}")).await;
    assert_eq!(page.status, 200);
    let receipt = director.get(&format!("/my/data/looks/{look}/receipt")).await;
    let file = demo.file("receipt.json");
    std::fs::write(&file, &receipt.body).unwrap();
    let (good, said) = demo.praya(&[
        "verify",
        file.to_str().unwrap(),
        "--log-key",
        demo.description()["log_key"].as_str().unwrap(),
    ]);
    assert!(good && said.contains("genuine"), "{said}");

    for (action, code) in [("pause", "consent-paused"), ("resume", ""), ("revoke", "invalid-token")]
    {
        let page = director.post(&format!("/my/consents/{}/{action}", tokens.consent), &[]).await;
        assert_eq!(page.status, 303, "{}", page.body);
        match bank.fetch(&tokens.access, None).await {
            Ok(_) => assert_eq!(code, ""),
            Err((_, problem)) => assert_eq!(problem["code"], code, "after {action}"),
        }
    }
    let (status, body) = bank
        .oauth(
            "/oauth/token",
            &[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)],
        )
        .await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_directors_must_agree_and_the_first_one_waits() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let (address, verifier) = bank.push(&Consumer::details()).await;
    let first = Browser::as_persona(&demo.base, "wong-ka-ho").await;
    let waiting = say_yes(&first, &address, &[]).await;
    assert!(waiting.starts_with("/consent/"), "{waiting}");
    let page = first.get(&waiting).await;
    assert_eq!(page.status, 200, "still waiting");
    let second = Browser::as_persona(&demo.base, "lam-wing-yan").await;
    let data = second.get("/my/data").await;
    let link = crate::demo::links(&data.body)
        .into_iter()
        .find(|link| link.starts_with("/my/consents/con_"))
        .unwrap();
    let page = second.get(&link).await;
    let approve = form(&page.body, &format!("{link}/approve"));
    assert_eq!(second.post(&approve.action, &[]).await.status, 303);
    let done = first.get(&waiting).await;
    let tokens = bank.redeem(&code_of(&done.location.unwrap()), &verifier).await;
    bank.fetch(&tokens.access, None).await.unwrap();
    let outsider = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    assert_eq!(outsider.get(&link).await.status, 404, "whoever may not know of it learns nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_goes_back_to_the_bank_and_shares_nothing() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let (address, _) = bank.push(&Consumer::details()).await;
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let page = director.follow(&address).await;
    let link =
        crate::demo::links(&page.body).into_iter().find(|link| link.contains("?for=")).unwrap();
    let page = director.follow(&link).await;
    let form = form(&page.body, "/consent/");
    let mut fields: Vec<_> =
        form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("action", "refuse"));
    let away = director.post(&form.action, &fields).await.location.unwrap();
    assert!(away.contains("error=access_denied") && away.contains("iss="), "{away}");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_too_often_is_refused_with_when_to_come_back() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    for _ in 0..8 {
        bank.fetch(&tokens.access, None).await.unwrap();
    }
    let (status, problem) = bank.fetch(&tokens.access, None).await.unwrap_err();
    assert_eq!((status, problem["code"].as_str()), (429, Some("frequency-exceeded")));
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_fields_take_the_place_of_a_consent_and_the_token_goes_on_under_them() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let address = format!("/my/consents/{}", tokens.consent);
    director.get(&address).await;
    let (kept, struck) = {
        let names = fields("annual-returns", 2);
        (format!("annual-returns.{}", names[0]), names[1].clone())
    };
    let nothing = director.post(&format!("{address}/amend"), &[]).await;
    assert_eq!(nothing.status, 422, "to share nothing is to stop");
    let more = [("field", kept.as_str()), ("field", "vehicles.chassis_number")];
    let done = director.post(&format!("{address}/amend"), &more).await;
    let new = done.location.unwrap();
    assert!(new.contains("done=amended") && !new.contains(&tokens.consent), "{new}");
    let page = director.get(&new).await.body;
    assert!(page.contains(&kept) && !page.contains(&struck) && !page.contains("chassis"), "{page}");
    let records = bank.fetch(&tokens.access, None).await.unwrap();
    let rows = records.claims["registers"][0]["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.get(&struck).is_none()));
    assert_eq!(
        director.post(&format!("{address}/pause"), &[]).await.status,
        409,
        "the old is over"
    );
}

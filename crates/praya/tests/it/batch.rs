//! Many consents in one request: each answer stands alone.

use crate::demo::{Browser, Consumer, Demo};
use serde_json::{Value, json};

const PATH: &str = "/exchange/v1/batch";

/// A token of the client itself, for batches.
async fn token(bank: &Consumer) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", "exchange:batch")];
    let (status, body) = bank.oauth("/oauth/token", &form).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Asks with a fresh proof; again once if a nonce is wanted.
async fn ask(bank: &Consumer, token: &str, consents: &[String]) -> (u16, Value) {
    let body = json!({ "consents": consents });
    loop {
        let proof = bank.proof("POST", PATH, Some(token));
        let (status, text) = bank.send(PATH, token, &proof, Some(&body)).await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        if answer["code"] != "use-dpop-nonce" {
            return (status, answer);
        }
    }
}

/// People who decide alone for one company.
fn directors(demo: &Demo) -> Vec<String> {
    let description = demo.description();
    let personas = description["personas"].as_array().unwrap().iter();
    personas
        .filter(|persona| persona["companies"][0]["needs"] == 1)
        .map(|persona| persona["key"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_batch_each_subject_has_its_answer_and_one_refused_refuses_no_other() {
    let demo = Demo::start().await;
    let log_key = demo.description()["log_key"].as_str().unwrap().to_owned();
    let bank = Consumer::bank(&demo);
    let directors = directors(&demo);
    assert!(directors.len() >= 3, "{directors:?}");
    let mut consents = Vec::new();
    for director in directors.iter().take(3) {
        consents.push(bank.consented(director, &[]).await.consent);
    }
    let stopping = Browser::as_persona(&demo.base, &directors[1]).await;
    let stopped = stopping.post(&format!("/my/consents/{}/revoke", consents[1]), &[]).await;
    assert_eq!(stopped.status, 303);
    consents.push("con_nobody".to_owned());
    let token = token(&bank).await;
    let (status, body) = ask(&bank, &token, &consents).await;
    assert_eq!(status, 200, "{body}");
    let answers = body["answers"].as_array().unwrap();
    let said: Vec<_> = answers
        .iter()
        .map(|one| (one["consent"].as_str().unwrap(), one["status"].as_u64().unwrap()))
        .collect();
    let asked: Vec<_> = consents.iter().map(String::as_str).zip([200, 403, 200, 404]).collect();
    assert_eq!(said, asked, "{body}");
    assert_eq!(answers[1]["code"], "consent-revoked");
    let mut subjects = Vec::new();
    for (answer, consent) in [(&answers[0], &consents[0]), (&answers[2], &consents[2])] {
        let records = bank.open(answer["jwt"].as_str().unwrap());
        assert_eq!(records.claims["consent"], consent.as_str());
        bank.check(&records, &log_key).await;
        subjects.push(records.claims["registers"][0]["rows"][0].clone());
    }
    assert_ne!(subjects[0], subjects[1], "two subjects, two records");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_spends_its_proof_once_and_has_a_limit() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let consented = bank.consented("chan-mei-ling", &[]).await;
    let token = token(&bank).await;
    let one = [consented.consent.clone()];
    assert_eq!(ask(&bank, &token, &one).await.0, 200);
    let proof = bank.proof("POST", PATH, Some(&token));
    let body = json!({ "consents": one });
    let (first, _) = bank.send(PATH, &token, &proof, Some(&body)).await.unwrap();
    let (again, text) = bank.send(PATH, &token, &proof, Some(&body)).await.unwrap();
    assert!((first, again) == (200, 401) && text.contains("proof-replayed"), "{first} {text}");

    for count in [0, 101] {
        let many = vec![consented.consent.clone(); count];
        let (status, body) = ask(&bank, &token, &many).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("batch-too-large")), "{count}");
    }
    // A hundred are read; one consent named a hundred times gives no more than its frequency allows.
    let (status, body) = ask(&bank, &token, &vec![consented.consent.clone(); 100]).await;
    let given = body["answers"].as_array().unwrap().iter().filter(|one| one["status"] == 200);
    assert_eq!((status, given.count()), (200, 6), "eight a day, of which two were fetched");
    // A person's token is for that consent alone.
    let (status, body) = ask(&bank, &consented.access, &one).await;
    assert_eq!((status, body["code"].as_str()), (403, Some("insufficient-scope")));
}

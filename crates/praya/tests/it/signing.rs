//! A service asks for a signature; the person sees name, hash and code, signs once, and the service fetches it.

use crate::demo::{Browser, Consumer, Demo, form};
use serde_json::{Value, json};

pub(crate) const PATH: &str = "/signing/v1/requests";

pub(crate) async fn token(bank: &Consumer, scope: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    let (status, body) = bank.oauth("/oauth/token", &form).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Asks or fetches with a fresh proof; again once if a nonce is wanted.
pub(crate) async fn call(
    bank: &Consumer,
    token: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    loop {
        let method = if body.is_some() { "POST" } else { "GET" };
        let proof = bank.proof(method, path, Some(token));
        let (status, text) = match body {
            Some(body) => bank.send(path, token, &proof, Some(body)).await.unwrap(),
            None => bank.read(path, token, &proof).await,
        };
        let answer: Value = serde_json::from_str(&text).unwrap();
        if answer["code"] != "use-dpop-nonce" {
            return (status, answer);
        }
    }
}

pub(crate) async fn asked(bank: &Consumer, token: &str, document: Value) -> (String, Value) {
    let (status, answer) = call(bank, token, PATH, Some(&json!({ "document": document }))).await;
    assert_eq!(status, 201, "{answer}");
    (format!("/sign/{}", answer["id"].as_str().unwrap()), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_a_signature_once_the_person_saw_name_hash_and_code_and_said_yes_once() {
    sign_once(Demo::start().await).await;
    if let Some(database) = store::testing::postgres().await.unwrap() {
        sign_once(Demo::on(Some(database.url.clone())).await).await;
    }
}

async fn sign_once(demo: Demo) {
    let bank = Consumer::bank(&demo);
    let token = token(&bank, "signing").await;
    let digest = "ab".repeat(32);
    let document = json!({"name": "Loan agreement 17", "sha256": digest});
    let (page, answer) = asked(&bank, &token, document.clone()).await;
    let own = format!("{PATH}/{}", answer["id"].as_str().unwrap());
    let (status, waiting) = call(&bank, &token, &own, None).await;
    assert_eq!((status, waiting["state"].as_str().unwrap()), (200, "asked"));
    assert!(waiting["signature"].is_null());

    let (chan, wong) = (
        Browser::as_persona(&demo.base, "chan-mei-ling").await,
        Browser::as_persona(&demo.base, "wong-ka-ho").await,
    );
    let shown = chan.get(&page).await.body;
    for word in ["Loan agreement 17", "abababab abababab", answer["code"].as_str().unwrap()] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let action = form(&shown, "/sign/").action;
    assert_eq!(chan.post(&action, &[]).await.status, 303);
    assert!(chan.get(&page).await.body.contains("You have signed"));
    let again = chan.post(&action, &[]).await;
    assert_eq!(again.status, 409, "a yes is good once: {}", again.body);
    let no = chan.post(&action, &[("action", "refuse")]).await;
    assert_eq!(no.status, 409, "{}", no.body);
    assert_eq!(wong.get(&page).await.status, 404, "nobody else sees it");
    assert_eq!(wong.post(&action, &[]).await.status, 404);

    let (status, signed) = call(&bank, &token, &own, None).await;
    assert_eq!((status, signed["state"].as_str().unwrap()), (200, "signed"), "{signed}");
    assert!(signed["signature"].as_str().unwrap().len() > 1000);
    assert!(signed["certificates"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE"));
    let mine = chan.get("/my/signatures").await.body;
    assert!(
        mine.contains("Loan agreement 17") && mine.contains(signed["serial"].as_str().unwrap())
    );
    assert!(chan.get("/my/inbox").await.body.contains("You signed a document"));
    let disown = form(&mine, "/my/signatures/sig_").action;
    assert_eq!(wong.post(&disown, &[]).await.status, 404, "nobody disowns another's signature");
    assert_eq!(chan.post(&disown, &[]).await.status, 303);
    assert!(chan.get("/my/signatures").await.body.contains("Its certificate is revoked"));
    assert!(!wong.get("/my/signatures").await.body.contains("Loan agreement 17"));
    // The page shows what stands in the tree; a moment may pass until it does.
    let mut log = chan.get("/log").await.body;
    for _ in 0..100 {
        if log.contains("Document signed") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        log = chan.get("/log").await.body;
    }
    for word in ["Signature asked for", "Signature agreed to", "Document signed"] {
        assert!(log.contains(word), "{word}: {log}");
    }

    let (page, answer) = asked(&bank, &token, document).await;
    assert_eq!(wong.post(&page, &[("action", "refuse")]).await.status, 303);
    let (_, refused) =
        call(&bank, &token, &format!("{PATH}/{}", answer["id"].as_str().unwrap()), None).await;
    assert_eq!(refused["state"], "refused");
    assert!(refused["signature"].is_null());
    assert_eq!(wong.post(&page, &[]).await.status, 409, "no stays no");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_may_not_ask_for_signing_is_refused_with_its_code() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let signing = token(&bank, "signing").await;
    let digest = "ab".repeat(32);
    for (document, field, code) in [
        (json!({"name": "x", "sha256": "ab"}), "/document/sha256", "digest-form"),
        (json!({"name": "a\nb", "sha256": digest}), "/document/name", "document-name"),
        (json!({"name": "x\u{202e}y", "sha256": digest}), "/document/name", "document-name"),
        (json!({"name": "x"}), "/document", "document-one"),
        (json!({"name": "x", "sha256": digest, "pdf": "JVBERi0="}), "/document", "document-one"),
        (json!({"name": "x", "pdf": "%"}), "/document/pdf", "base64-form"),
    ] {
        let (status, said) =
            call(&bank, &signing, PATH, Some(&json!({ "document": document }))).await;
        assert_eq!(status, 400, "{said}");
        let told = said["errors"].as_array().unwrap();
        assert!(told.iter().any(|one| one["field"] == field || one["pointer"] == field), "{said}");
        assert!(said.to_string().contains(code), "{said}");
    }
    let (status, said) =
        call(&bank, &signing, PATH, Some(&json!({"document": {"name": "x", "pdf": "JVBERi0="}})))
            .await;
    assert_eq!((status, said["code"].as_str().unwrap()), (422, "pdf-damaged"));
    let batch = token(&bank, "exchange:batch").await;
    let document = json!({"document": {"name": "x", "sha256": digest}});
    let (status, said) = call(&bank, &batch, PATH, Some(&document)).await;
    assert_eq!((status, said["code"].as_str().unwrap()), (403, "insufficient-scope"));
    let meant = json!({"document": {"name": "x", "sha256": digest},
        "signer": {"salt": "0123456789abcdef", "hkid_digest": "cd".repeat(32)}});
    let (status, said) = call(&bank, &signing, PATH, Some(&meant)).await;
    assert_eq!(status, 201, "{said}");
    let chan = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let page = chan.get(&format!("/sign/{}", said["id"].as_str().unwrap())).await;
    assert_eq!(page.status, 403, "the service means somebody else: {}", page.body);
}

//! What people are told, as it happens.

use crate::demo::{Browser, Consumer, Demo, say_yes};
use std::time::Duration;

/// Waits until a person's inbox says something.
async fn told(browser: &Browser, words: &str) -> String {
    let mut page = String::new();
    for _ in 0..300 {
        page = browser.get("/my/inbox").await.body;
        if page.contains(words) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody said {words:?}: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_given_used_and_stopped_is_told_to_whom_it_concerns() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let chosen = [("told", "looks"), ("mail", "security")];
    director.post("/my/inbox/settings", &chosen).await;
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    let page = told(&director, "Harbour Bank may now see records of").await;
    assert!(
        page.contains("Messages (") && page.contains("Your account was signed in to"),
        "{page}"
    );
    assert!(!page.contains("looked at records"), "{page}");
    bank.fetch(&tokens.access, None).await.unwrap();
    told(&director, "Harbour Bank looked at records of").await;
    director.post(&format!("/my/consents/{}/revoke", tokens.consent), &[]).await;
    told(&director, "Harbour Bank can no longer see records of").await;

    // Where two must agree, the other is asked; both are told once it stands.
    let first = Browser::as_persona(&demo.base, "wong-ka-ho").await;
    let (address, _) = bank.push(&Consumer::details()).await;
    say_yes(&first, &address, &[]).await;
    let second = Browser::as_persona(&demo.base, "lam-wing-yan").await;
    told(&second, "your answer is needed").await;
    let page = first.get("/my/inbox").await.body;
    assert!(!page.contains("your answer is needed"), "who has answered is not asked: {page}");
    assert!(!page.contains("may now see"), "{page}");
}

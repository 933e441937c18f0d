//! The end of data life, lived through: `ahead.c`, preloaded into the program, moves its clock.

use crate::{
    demo::{Browser, Consumer, Demo, links},
    unsynced::layer,
};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// Longer than the bank may keep what it fetches, in the tests' consent and in the demo's history.
const AHEAD: u64 = 130 * 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn when_data_life_ends_the_bank_deletes_and_attests_and_the_subject_sees_who_did_and_who_is_silent()
 {
    let built = TempDir::new().unwrap();
    let Some(clock) = layer("ahead", built.path()) else { return };
    let mut demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    bank.fetch(&tokens.access, None).await.unwrap();
    let ours = format!("/my/consents/{}", tokens.consent);
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let before = director.get(&ours).await;
    assert!(
        before.body.contains("They must have deleted what they received by"),
        "{}",
        before.body
    );

    demo.kill();
    demo.wrapper =
        ["env".to_owned(), format!("LD_PRELOAD={clock}"), format!("CLOCK_AHEAD={AHEAD}")].into();
    demo.again().await;
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let mut page = String::new();
    for _ in 0..100 {
        page = director.get(&ours).await.body;
        if page.contains("they state that they deleted it on") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(page.contains("Told to delete on") && page.contains("they state that they"), "{page}");
    assert!(!page.contains("no answer yet"), "{page}");

    // The department that looked at her licence has no address for notices, and has said nothing.
    let all: BTreeSet<_> = links(&director.get("/my/data").await.body).into_iter().collect();
    let mut silent = Vec::new();
    for link in all.into_iter().filter(|link| link.starts_with("/my/consents/con_")) {
        let page = director.get(&link).await.body;
        if page.contains("Told to delete on") && page.contains("no answer yet") {
            silent.push(page);
        }
    }
    assert!(silent.len() == 1 && silent[0].contains("Transport Department"), "{silent:?}");
    let attested = director.get("/log").await;
    assert!(
        attested.body.contains("Deletion attested"),
        "the statement has its entry: {}",
        attested.body
    );
    demo.kill();
    let (good, said) = demo.praya(&["verify", "--data", demo.folder.path().to_str().unwrap()]);
    assert!(good, "{said}");
}

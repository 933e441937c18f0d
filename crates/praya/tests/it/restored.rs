//! A database put back from an older copy, by the operator's own commands.

use crate::demo::{Browser, Consumer, Demo};
use std::time::Duration;

async fn token(bank: &Consumer) -> (u16, serde_json::Value) {
    let form = [("grant_type", "client_credentials"), ("scope", "signing")];
    bank.oauth("/oauth/token", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_installation_gives_nothing_until_its_operator_says_how_far_to_trust_it() {
    let mut demo = Demo::start().await;
    let data = demo.folder.path().to_str().unwrap().to_owned();
    let bank = Consumer::bank(&demo);
    let before = bank.consented("chan-mei-ling", &[]).await;
    bank.fetch(&before.access, None).await.unwrap();
    let copy = demo.file("copy.sqlite");
    let copy = copy.to_str().unwrap();
    let (good, said) = demo.praya(&["backup", "--data", &data, copy]);
    assert!(good, "{said}");

    // After the copy she stops it; the copy does not know.
    let browser = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let stop = format!("/my/consents/{}/revoke", before.consent);
    assert_eq!(browser.post(&stop, &[]).await.status, 303);
    assert_eq!(bank.fetch(&before.access, None).await.unwrap_err().0, 401);

    demo.kill();
    let (good, said) = demo.praya(&["restore", "--data", &data, copy]);
    assert!(good, "{said}");
    let size = said.split("--log-size ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    demo.again().await;
    let (status, answer) = token(&bank).await;
    assert_eq!((status, &answer["error"]), (503, &"temporarily_unavailable".into()), "{answer}");
    assert_eq!(bank.fetch(&before.access, None).await.unwrap_err().0, 401, "it had ended before");
    let press = [("persona", "chan-mei-ling"), ("next", "/my/data")];
    let stranger = Browser::new(&demo.base);
    stranger.get("/sign-in").await;
    assert_eq!(stranger.post("/sign-in/persona", &press).await.status, 503);

    let config = demo.file("praya.toml");
    let database = demo.file("praya.sqlite");
    std::fs::write(&config, format!("database = \"sqlite:{}\"\n", database.display())).unwrap();
    let trust = |size: &str| {
        demo.praya(&["trust", "--config", config.to_str().unwrap(), "--log-size", size])
    };
    let (good, said) = trust("1");
    assert!(!good && said.contains(&size), "a number that somebody guessed: {said}");
    let (good, said) = trust(&size);
    assert!(good, "{said}");
    let mut answer = token(&bank).await;
    for _ in 0..200 {
        if answer.0 == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = token(&bank).await;
    }
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert_eq!(bank.fetch(&before.access, None).await.unwrap_err().0, 401, "never again");
    let again = bank.consented("chan-mei-ling", &[]).await;
    bank.fetch(&again.access, None).await.unwrap();
    demo.kill();
    let (good, said) = demo.praya(&["verify", "--data", &data]);
    assert!(good, "{said}");
}

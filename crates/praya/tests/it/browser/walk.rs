//! The main job as a person does it.

use super::chromium::Chromium;
use crate::demo::{Demo, client};
use serde_json::Value;
use thirtyfour::By;

#[tokio::test(flavor = "multi_thread")]
async fn a_director_lets_the_bank_look_checks_the_proof_and_stops_it() {
    walk(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_walk_works_without_javascript() {
    walk(false).await;
}

async fn walk(script: bool) {
    let Some(browser) = Chromium::start(script).await else { return };
    let demo = Demo::start().await;
    let mark = if script { "walk" } else { "plain" };
    let shot = async |name: &str| browser.shot(&format!("{mark}-{name}")).await;
    browser.open(&demo.bank).await;
    shot("1-bank").await;
    let struck = apply(&browser, mark).await;

    browser.find(".ticks").await;
    shot("5-records").await;
    assert!(browser.url().await.starts_with(&demo.bank), "back at the bank");
    assert_eq!(
        (browser.all(".ticks .pass").await.len(), browser.all(".ticks .fail").await.len()),
        (3, 0),
        "{}",
        browser.text(".proof").await
    );
    assert!(browser.all(".register.ok").await.len() > 1, "{}", browser.text("main").await);
    let (register, field) = names(&demo, &struck).await;
    for part in browser.all(".register").await {
        let text = part.text().await.unwrap();
        assert!(
            !text.starts_with(&register) || !text.contains(&field),
            "the struck {field} arrived: {text}"
        );
    }

    browser.open(&format!("{}/my/data", demo.base)).await;
    shot("6-my-data").await;
    let first = browser.text(".praya-looks > li").await;
    assert!(first.contains("Harbour Bank"), "the newest look is the bank's: {first}");
    browser.click(".praya-looks > li a[href^='/my/data/looks/']").await;
    if script {
        browser.find("#proof[data-outcome]").await;
        shot("7-look").await;
        assert_eq!(browser.attr("#proof", "data-outcome").await, "good");
        assert_eq!(browser.text("#proof-outcome").await, browser.attr("#proof", "data-good").await);
    } else {
        browser.find("#proof").await;
        shot("7-look").await;
        assert!(!browser.has("#proof[data-outcome]").await, "no script runs");
        assert!(browser.has("a[download='receipt.json']").await);
    }

    browser.open(&format!("{}/my/data", demo.base)).await;
    let stop = browser.web.find(By::LinkText("Stop Harbour Bank")).await.unwrap();
    stop.click().await.unwrap();
    shot("8-confirm").await;
    browser.click("form[action$='/revoke'] button").await;
    browser.find(".govuk-notification-banner").await;
    shot("9-stopped").await;

    browser.open(&format!("{}/application", demo.bank)).await;
    assert!(!browser.has(".panel.wrong").await);
    browser.click("form[action='/application/fetch'] button").await;
    browser.find(".panel.wrong").await;
    shot("10-refused").await;
    let why = browser.text(".panel.wrong").await;
    assert!(
        why.contains("permission") || why.contains("withdrawn") || why.contains("stopped"),
        "the bank shows why: {why}"
    );
    browser.quit().await;
}

/// From the bank's form to the yes; which field was struck.
pub(super) async fn apply(browser: &Chromium, mark: &str) -> String {
    browser.write("#amount", "500000").await;
    browser.write("#reason", "A second shop").await;
    browser.click("form[action='/apply'] button").await;
    browser.find("button[value='chan-mei-ling']").await;
    browser.shot(&format!("{mark}-2-sign-in")).await;
    browser.click("button[value='chan-mei-ling']").await;
    browser.find("main h1").await;
    if browser.has(".praya-choice").await {
        browser.shot(&format!("{mark}-3-choose")).await;
        browser.click(".praya-choice").await;
    }
    browser.find("input[name='field']").await;
    browser.shot(&format!("{mark}-4-consent")).await;
    let registers = browser.all(".praya-register summary").await;
    let register = registers.last().unwrap();
    register.scroll_into_view().await.unwrap();
    register.click().await.unwrap();
    let boxes = browser.all("input[name='field']").await;
    let last = boxes.last().unwrap().attr("value").await.unwrap().unwrap();
    browser.click(&format!("label[for='{last}']")).await;
    browser.click("button[value='allow']").await;
    last
}

/// What a register and its field are called.
async fn names(demo: &Demo, id: &str) -> (String, String) {
    let (register, field) = id.split_once('.').unwrap();
    let registers: Value = client()
        .get(format!("{}/exchange/v1/registers", demo.base))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let named = |list: &Value, id: &str| {
        list.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    let register = named(&registers, register);
    let field = named(&register["fields"], field);
    (
        register["name"]["en"].as_str().unwrap().to_owned(),
        field["name"]["en"].as_str().unwrap().to_owned(),
    )
}

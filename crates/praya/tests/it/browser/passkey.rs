//! A passkey made, used to sign in, and used to sign a consent, with a key that the browser pretends to hold.

use super::chromium::Chromium;
use crate::demo::{Consumer, Demo, code_of, fields, now};
use serde_json::json;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_adds_a_passkey_signs_in_with_it_and_signs_a_consent_and_its_amendment() {
    let Some(browser) = Chromium::start(true).await else { return };
    let demo = Demo::start().await;
    browser.add_authenticator("internal").await;
    browser.open(&format!("{}{}", demo.base, invitation(&demo))).await;
    browser.shot("passkey-1-invitation").await;
    browser.click("form[data-passkey='create'] button").await;
    browser.find("form[action='/sign-out'] button").await;
    browser.click("form[action='/sign-out'] button").await;
    browser.find("a[href^='/sign-in']").await;

    let bank = Consumer::bank(&demo);
    let mut details = Consumer::details();
    details[0]["purpose"] = "account-opening".into();
    details[0]["subject"] = "person".into();
    details[0]["expires"] = kernel::from_micros((now() + 30 * 86_400) * 1_000_000)
        .to_string()
        .chars()
        .take(10)
        .collect::<String>()
        .into();
    details[0]["frequency"] = json!({"unit": "once", "times": 1});
    details[0]["registers"] =
        json!([{"register": "identity-particulars", "fields": fields("identity-particulars", 2)}]);
    let (address, verifier) = bank.push(&details).await;
    browser.open(&format!("{}{address}", demo.base)).await;
    browser.click("form[data-passkey='get'] button").await;
    browser.find("button[value='allow']").await;
    browser.shot("passkey-2-consent").await;
    browser.click("button[value='allow']").await;
    browser.find("form[data-passkey='get'][data-options] button").await;
    browser.shot("passkey-3-sign").await;
    browser.click("form[data-passkey='get'][data-options] button").await;
    // The bank did not begin this in this browser, so that it shows an error; the code is in its address.
    browser.find("a.brand").await;
    let tokens = bank.redeem(&code_of(&browser.url().await), &verifier).await;

    browser.open(&format!("{}/my/consents/{}", demo.base, tokens.consent)).await;
    browser.shot("passkey-4-given").await;
    let page = browser.text("main").await;
    assert!(page.contains("passkey") && !page.contains("without a signature"), "{page}");

    // Fewer fields: her passkey signs the new terms, too.
    browser.click("main > .govuk-details summary").await;
    browser.click("label[for='identity-particulars.name_en']").await;
    browser.click("form[action$='/amend'] button").await;
    browser.find("form[data-passkey='get'][data-options] button").await;
    browser.shot("passkey-5-sign-fewer").await;
    browser.click("form[data-passkey='get'][data-options] button").await;
    browser.find(".govuk-notification-banner").await;
    browser.shot("passkey-6-fewer").await;
    let page = browser.text("main").await;
    assert!(page.contains("signed with a passkey") && !page.contains("English name"), "{page}");
    assert!(!browser.url().await.contains(&tokens.consent), "another consent took its place");

    // She names her passkey, adds another on another device, and removes the first.
    browser.open(&format!("{}/my/security", demo.base)).await;
    assert!(!browser.has("a[href*='?remove=']").await, "the only one cannot be removed");
    browser.click(".praya-card summary").await;
    let name = browser.find(".praya-card input[name='name']").await;
    name.clear().await.unwrap();
    name.send_keys("My phone").await.unwrap();
    browser.click(".praya-card form button").await;
    browser.find(".govuk-notification-banner").await;
    assert!(browser.text("main").await.contains("My phone"));
    browser.add_authenticator("usb").await;
    browser.click("form[data-passkey='create'] button").await;
    browser.find("a[href*='?remove=']").await;
    browser.shot("passkey-7-two").await;
    browser.click("a[href*='?remove=']").await;
    browser.shot("passkey-8-remove").await;
    browser.click("form[action$='/remove'] button").await;
    browser.find(".govuk-notification-banner").await;
    browser.shot("passkey-9-removed").await;
    let page = browser.text("main").await;
    assert!(!page.contains("My phone") && page.contains("only passkey"), "{page}");
    browser.quit().await;
}

/// The path of the link that `praya admin invite` prints for somebody new.
pub(super) fn invitation(demo: &Demo) -> String {
    let database = format!("sqlite:{}", demo.file("praya.sqlite").display());
    let out = Command::new(env!("CARGO_BIN_EXE_praya"))
        .args(["admin", "invite", "Ho Tin Yau"])
        .env("PRAYA_DATABASE", database)
        .env("PRAYA_BASE_URL", &demo.base)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    let link = said.lines().find(|line| line.contains("/invitation/")).unwrap();
    link[link.find("/invitation/").unwrap()..].to_owned()
}

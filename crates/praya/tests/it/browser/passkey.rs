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

/// Whether the passkey of this browser signs in; where it does not, that is said.
async fn signs_in(browser: &Chromium, demo: &Demo) -> bool {
    browser.open(&format!("{}/sign-in", demo.base)).await;
    browser.click("form[data-passkey='get'] button").await;
    // Signed in, refused by the server, or by the browser itself.
    browser
        .find("form[action='/sign-out'] button, .praya-reference, [data-passkey-failed]:not([hidden])")
        .await;
    browser.open(&format!("{}/my/security", demo.base)).await;
    browser.find("h1").await;
    browser.has("form[action='/sign-out']").await
}

async fn sign_out(browser: &Chromium) {
    browser.click("form[action='/sign-out'] button").await;
    browser.find("a[href^='/sign-in']").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_lies_to_a_real_browser_signs_nobody_in() {
    let Some(browser) = Chromium::start(true).await else { return };
    let demo = Demo::start().await;
    let device = browser.add_authenticator("internal").await;
    browser.open(&format!("{}{}", demo.base, invitation(&demo))).await;
    browser.click("form[data-passkey='create'] button").await;
    browser.find("form[action='/sign-out'] button").await;
    sign_out(&browser).await;
    assert!(signs_in(&browser, &demo).await, "an honest one does");
    sign_out(&browser).await;

    let own = json!({"authenticatorId": device});
    let with = |more: serde_json::Value| {
        let mut all = own.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    for lie in ["isBogusSignature", "isBadUV", "isBadUP"] {
        for (told, signs) in [(true, false), (false, true)] {
            let bits = with(json!({ lie: told }));
            browser.devtools("WebAuthn.setResponseOverrideBits", bits).await;
            assert_eq!(signs_in(&browser, &demo).await, signs, "{lie} {told}");
            if signs {
                sign_out(&browser).await;
            }
        }
    }
    for (verified, signs) in [(false, false), (true, true)] {
        let who = with(json!({"isUserVerified": verified}));
        browser.devtools("WebAuthn.setUserVerified", who).await;
        assert_eq!(signs_in(&browser, &demo).await, signs, "the person was verified: {verified}");
    }
    sign_out(&browser).await;

    // A copy of the passkey, made before the last sign-ins: its counter gives it away.
    let held = browser.devtools("WebAuthn.getCredentials", own.clone()).await;
    let mut copy = held["credentials"][0].clone();
    assert!(copy["signCount"].as_i64().unwrap() > 2, "{held}");
    copy["signCount"] = 1.into();
    browser
        .devtools("WebAuthn.removeCredential", with(json!({"credentialId": copy["credentialId"]})))
        .await;
    browser.devtools("WebAuthn.addCredential", with(json!({"credential": copy}))).await;
    assert!(!signs_in(&browser, &demo).await, "a copy does not sign in");
    browser.quit().await;
}

//! A document signed by a passkey, and a signed PDF checked by somebody without an account.

use super::{chromium::Chromium, passkey::invitation};
use crate::{
    demo::{Consumer, Demo},
    signing::{PATH, asked, call, token},
};
use serde_json::json;
use std::fmt::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_a_document_once_and_anybody_checks_a_signed_pdf() {
    let Some(browser) = Chromium::start(true).await else { return };
    let demo = Demo::start().await;
    browser.add_authenticator("internal").await;
    browser.open(&format!("{}{}", demo.base, invitation(&demo))).await;
    browser.click("form[data-passkey='create'] button").await;
    browser.find("form[action='/sign-out'] button").await;

    let bank = Consumer::bank(&demo);
    let token = token(&bank, "signing").await;
    let document = json!({"name": "Loan agreement 17", "sha256": "ab".repeat(32)});
    let (page, answer) = asked(&bank, &token, document).await;
    browser.open(&format!("{}{page}", demo.base)).await;
    browser.shot("signing-1-asked").await;
    let shown = browser.text("main").await;
    for word in ["Loan agreement 17", "abababab abababab", answer["code"].as_str().unwrap()] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    browser.click("form[data-passkey='get'] button").await;
    browser.find("main a[href='/my/signatures']").await;
    browser.shot("signing-2-signed").await;
    let own = format!("{PATH}/{}", answer["id"].as_str().unwrap());
    let (_, signed) = call(&bank, &token, &own, None).await;
    assert_eq!(signed["state"], "signed", "{signed}");
    // What the passkey said stands beside it, and `verify` holds it against the registration.
    let (good, said) = demo.praya(&["verify", "--data", demo.folder.path().to_str().unwrap()]);
    assert!(good, "{said}");
    let request = answer["id"].as_str().unwrap();
    rename(&demo, request, "Loan agreement 18").await;
    let (good, said) = demo.praya(&["verify", "--data", demo.folder.path().to_str().unwrap()]);
    assert!(!good && said.contains("its signature does not hold"), "{said}");
    rename(&demo, request, "Loan agreement 17").await;

    // A PDF of her own, signed the same way and fetched.
    let path = demo.file("letter.pdf");
    let file = path.to_str().unwrap();
    std::fs::write(&path, letter()).unwrap();
    browser.open(&format!("{}/my/signatures", demo.base)).await;
    browser.find("#file").await.send_keys(file).await.unwrap();
    browser.click("form[action='/my/signatures'] button").await;
    browser.click("form[data-passkey='get'] button").await;
    browser.find("a[href$='/document'][role='button']").await;
    browser.shot("signing-3-pdf").await;
    let download = browser.attr("a[href$='/document'][role='button']", "href").await;
    let script = format!(
        "const done = arguments[arguments.length - 1]; fetch({download:?}).then(a => a.bytes ? a.bytes() : a.arrayBuffer().then(b => new Uint8Array(b))).then(b => done(Array.from(b)));"
    );
    let bytes: Vec<u8> = serde_json::from_value(browser.run_async(&script).await).unwrap();
    assert!(bytes.len() > 2_000 && bytes.starts_with(b"%PDF-"));
    browser.quit().await;

    // Somebody without an account holds it, as it is and with one byte changed.
    let Some(browser) = Chromium::start(false).await else { return };
    let mut changed = bytes.clone();
    let at = changed.windows(5).position(|part| part == b"0 0 m").unwrap();
    changed[at] = b'1';
    let mut longer = bytes.clone();
    longer.extend(b"% more");
    for (name, bytes, words) in [
        ("good", &bytes, ["Genuine", "Ho Tin Yau"]),
        ("changed", &changed, ["Not accepted", "it was changed"]),
        ("longer", &longer, ["Genuine", "added to the file"]),
    ] {
        std::fs::write(&path, bytes).unwrap();
        browser.open(&format!("{}/sign/check", demo.base)).await;
        browser.find("#file").await.send_keys(file).await.unwrap();
        browser.click("form[action='/sign/check'] button").await;
        browser.find("#found").await;
        browser.shot(&format!("signing-4-check-{name}")).await;
        let shown = browser.text("main").await;
        for word in words {
            assert!(shown.contains(word), "{name}: {word}: {shown}");
        }
    }
    std::fs::write(&path, b"no PDF at all").unwrap();
    browser.open(&format!("{}/sign/check", demo.base)).await;
    browser.find("#file").await.send_keys(file).await.unwrap();
    browser.click("form[action='/sign/check'] button").await;
    browser.find(".govuk-error-summary").await;
    browser.quit().await;
}

/// Gives what was signed another name, as somebody with the database might.
async fn rename(demo: &Demo, request: &str, name: &str) {
    let url = format!("sqlite:{}", demo.file("praya.sqlite").display());
    let db = store::Db::open(&url).await.unwrap();
    let text = format!("update signing_request set name = '{name}' where id = '{request}'");
    let text = store::Sql::both(text.leak());
    let edit = move |tx: &mut store::Tx<'_>| tx.execute(text, &[]).map_err(kernel::Problem::from);
    assert_eq!(db.write(edit).await.unwrap(), 1);
}

/// One empty page.
fn letter() -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>",
        "<</Length 8>>\nstream\n0 0 m f\n\nendstream",
    ];
    let (mut out, mut places) = ("%PDF-1.7\n".to_owned(), String::new());
    for (i, object) in (1..).zip(objects) {
        writeln!(places, "{:010} 00000 n ", out.len()).unwrap();
        write!(out, "{i} 0 obj\n{object}\nendobj\n").unwrap();
    }
    let at = out.len();
    write!(out,
        "xref\n0 5\n0000000000 65535 f \n{places}trailer\n<</Size 5/Root 1 0 R/ID[<00><01>]>>\nstartxref\n{at}\n%%EOF"
    ).unwrap();
    out.into_bytes()
}

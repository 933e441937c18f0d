//! Every page, in three languages, at a desk and on a phone: axe finds nothing, nothing scrolls sideways,
//! the language is what the page says it is, and no text is missing.

use super::chromium::{Chromium, DESK, PHONE};
use crate::demo::{Browser, Consumer, Demo, links, say_yes};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

const LANGUAGES: [&str; 3] = ["en", "tc", "sc"];
const NO_VISITOR: &str = "";

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_in_any_language_at_any_width() {
    let Some(browser) = Chromium::start(true).await else { return };
    let axe = axe();
    let demo = Demo::start().await;
    let mut faults = Vec::new();
    browser.open(&demo.bank).await;
    for (name, address) in bank_pages(&browser, &demo).await {
        look_at(&browser, &axe, &name, &address, &mut faults).await;
    }
    for (visitor, pages) in praya_pages(&demo).await {
        sign_in(&browser, &demo, visitor).await;
        for (name, path) in pages {
            look_at(&browser, &axe, &name, &format!("{}{path}", demo.base), &mut faults).await;
        }
    }
    browser.quit().await;
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// axe-core as its makers publish it; fetched once.
fn axe() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser/axe");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        let done = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status()
            .unwrap();
        assert!(done.success(), "npm ci in {}", folder.display());
    }
    std::fs::read_to_string(file).unwrap()
}

async fn sign_in(browser: &Chromium, demo: &Demo, persona: &str) {
    browser.open(&demo.base).await;
    browser.web.delete_all_cookies().await.unwrap();
    if persona != NO_VISITOR {
        browser.open(&format!("{}/sign-in", demo.base)).await;
        browser.click(&format!("button[value='{persona}']")).await;
        browser.find("form[action='/sign-out']").await;
    }
}

/// The bank's pages, the application last begun and given by this very browser.
async fn bank_pages(browser: &Chromium, demo: &Demo) -> Vec<(String, String)> {
    super::walk::apply(browser, "pages").await;
    browser.find(".ticks").await;
    let pages = [
        ("bank", "/"),
        ("bank-application", "/application"),
        ("bank-callback", "/callback?error=access_denied"),
        ("bank-missing", "/nothing"),
    ];
    pages.map(|(name, path)| (name.to_owned(), format!("{}{path}", demo.bank))).to_vec()
}

/// Praya's pages by who sees them. A page that must be reached by steps is reached here.
async fn praya_pages(demo: &Demo) -> Vec<(&'static str, Vec<(String, String)>)> {
    let list = |pages: &[(&str, &str)]| {
        pages
            .iter()
            .map(|(name, path)| ((*name).to_owned(), (*path).to_owned()))
            .collect::<Vec<_>>()
    };
    let public = list(&[
        ("home", "/"),
        ("home-search", "/?q=zzzz"),
        ("about", "/about"),
        ("accessibility", "/accessibility"),
        ("verify", "/verify"),
        ("log", "/log"),
        ("sign-in", "/sign-in"),
        ("missing", "/nothing/here"),
    ]);
    let bank = Consumer::bank(demo);

    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let (address, _) = bank.push(&Consumer::details()).await;
    let choose = reached(&director, &address).await;
    let consent = links(&director.get(&choose).await.body)
        .into_iter()
        .find(|link| link.contains("?for="))
        .unwrap_or_else(|| choose.clone());
    let data = director.get("/my/data").await.body;
    let link = |wanted: &str| {
        links(&data)
            .into_iter()
            .find(|link| link.contains(wanted))
            .unwrap_or_else(|| panic!("no {wanted}"))
    };
    let (look, confirm) = (link("/my/data/looks/"), link("confirm=revoke"));
    let given = confirm.split('?').next().unwrap().to_owned();
    let ended = links(&data).into_iter().rfind(|link| link.starts_with("/my/consents/")).unwrap();
    let own = list(&[
        ("choose", &choose),
        ("consent", &consent),
        ("my-data", "/my/data"),
        ("look", &look),
        ("given", &given),
        ("confirm", &confirm),
        ("ended", &ended),
        ("mandates", "/my/mandates"),
        ("forbidden", "/admin"),
    ]);

    let first = Browser::as_persona(&demo.base, "wong-ka-ho").await;
    let (address, _) = bank.push(&Consumer::details()).await;
    let waiting = say_yes(&first, &address, &[]).await;
    let second = Browser::as_persona(&demo.base, "lam-wing-yan").await;
    let asked = links(&second.get("/my/data").await.body)
        .into_iter()
        .find(|link| link.starts_with("/my/consents/con_"))
        .unwrap();
    let admin = demo.description()["officers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["role"] == "admin")
        .map(|one| one["key"].as_str().unwrap().to_owned())
        .unwrap();
    vec![
        (NO_VISITOR, public),
        ("chan-mei-ling", own),
        ("wong-ka-ho", list(&[("waiting", &waiting)])),
        ("lam-wing-yan", list(&[("asked", &asked), ("my-data-asked", "/my/data")])),
        (Box::leak(admin.into_boxed_str()), list(&[("admin", "/admin")])),
    ]
}

/// Where the portal leads from an address, its last page.
async fn reached(browser: &Browser, address: &str) -> String {
    let mut at = address.to_owned();
    while let Some(next) = browser.get(&at).await.location {
        at = next;
    }
    at
}

/// Looks at a page in every language and width; adds what is wrong.
async fn look_at(
    browser: &Chromium,
    axe: &str,
    name: &str,
    address: &str,
    faults: &mut Vec<String>,
) {
    for language in LANGUAGES {
        let mark = if address.contains('?') { '&' } else { '?' };
        for width in [DESK, PHONE] {
            browser.width(width).await;
            browser.open(&format!("{address}{mark}lang={language}")).await;
            browser.shot(&format!("page-{name}-{language}-{width}")).await;
            let place = format!("{name} {language} {width}");
            faults.extend(
                plain_faults(browser, language, width)
                    .await
                    .into_iter()
                    .map(|fault| format!("{place}: {fault}")),
            );
            faults.extend(
                axe_faults(browser, axe)
                    .await
                    .into_iter()
                    .map(|fault| format!("{place}: axe {fault}")),
            );
        }
    }
    browser.width(DESK).await;
}

/// What axe finds, one line each.
async fn axe_faults(browser: &Chromium, axe: &str) -> Vec<String> {
    let script = format!(
        "{axe};const done = arguments[arguments.length - 1];
        axe.run(document, {{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }})
          .then((found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => `${{rule.id}}: ${{node.html.slice(0, 160)}} ${{node.any.concat(node.all, node.none).map((check) => check.message).join('; ').slice(0, 200)}}`))))
          .catch((error) => done(['did not run: ' + error]));"
    );
    lines(&browser.run_async(&script).await)
}

/// What a person would see at once: the wrong language, no heading, a key for a text, a page wider than the screen.
async fn plain_faults(browser: &Chromium, language: &str, width: u32) -> Vec<String> {
    let tag = json!(match language {
        "tc" => "zh-Hant",
        "sc" => "zh-Hans",
        _ => "en",
    });
    let script = format!(
        "const faults = [], root = document.documentElement;
        if (!root.lang.startsWith({tag})) faults.push('lang is ' + root.lang);
        const heads = document.querySelectorAll('h1').length;
        if (heads !== 1) faults.push(heads + ' h1');
        if (root.scrollWidth > {width}) {{
          const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > {width} + 0.5 && !one.parentElement.closest('.praya-scroll, pre'));
          faults.push('is ' + root.scrollWidth + ' px wide: ' + wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(' | '));
        }}
        const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (words.nextNode()) {{
          const {{ data, parentElement: parent }} = words.currentNode;
          if (parent.closest('script, style, code, pre, .code, svg')) continue;
          for (const word of data.split(/\\s+/)) if (/^[a-z]+(-[a-z0-9]+)+$/.test(word) && parent.textContent.trim() === word) faults.push('a key for a text: ' + word);
          if (/\\{{ *\\$|\\u2068|\\u2069|undefined/.test(data)) faults.push('a hole in a text: ' + data);
        }}
        for (const one of document.querySelectorAll('[aria-label], [alt], [title]')) {{
          const said = one.getAttribute('aria-label') ?? one.getAttribute('alt') ?? one.getAttribute('title');
          if (/^[a-z]+(-[a-z0-9]+)+$/.test(said)) faults.push('a key for a label: ' + said);
        }}
        if ({tag} !== 'en') {{
          const main = document.querySelector('main').innerText;
          if (!/[\\u4e00-\\u9fff]/.test(main)) faults.push('not in Chinese');
        }}
        return faults;"
    );
    lines(&browser.run(&script).await)
}

fn lines(found: &Value) -> Vec<String> {
    found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

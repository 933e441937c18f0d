//! Every page, in three languages, at a desk and on a phone: axe finds nothing, nothing scrolls sideways,
//! the language is what the page says it is, and no text is missing.

mod list;

use super::chromium::{Chromium, DESK, PHONE};
use crate::demo::Demo;
use list::{bank_over, bank_pages, praya_pages, signing_pages};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

const LANGUAGES: [&str; 3] = ["en", "tc", "sc"];
const NO_VISITOR: &str = "";

/// A page: how to reach it, and what is done there before it is looked at.
struct Page {
    name: String,
    address: String,
    /// Written or, where there is nothing to write, pressed.
    steps: Vec<(&'static str, String)>,
    /// What stands on the page once it is as it should be.
    until: &'static str,
}

impl Page {
    fn new(name: &str, address: impl Into<String>) -> Self {
        Self { name: name.to_owned(), address: address.into(), steps: Vec::new(), until: "h1" }
    }

    /// The same after a form was written and sent.
    fn after(mut self, steps: &[(&'static str, &str)], until: &'static str) -> Self {
        self.steps = steps.iter().map(|(css, text)| (*css, (*text).to_owned())).collect();
        self.until = until;
        self
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_in_any_language_at_any_width() {
    every_page(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_without_javascript() {
    every_page(false).await;
}

async fn every_page(script: bool) {
    let Some(browser) = Chromium::start(true).await else { return };
    let axe = axe();
    let demo = Demo::start().await;
    let mut faults = Vec::new();
    browser.open(&demo.bank).await;
    for page in bank_pages(&browser, &demo).await {
        look_at(&browser, &axe, &page, script, &mut faults).await;
    }
    for page in bank_over(&browser, &demo).await {
        look_at(&browser, &axe, &page, script, &mut faults).await;
    }
    for (visitor, pages) in praya_pages(&demo).await {
        sign_in(&browser, &demo, visitor).await;
        for page in pages {
            let page = Page { address: format!("{}{}", demo.base, page.address), ..page };
            look_at(&browser, &axe, &page, script, &mut faults).await;
        }
    }
    if script {
        for page in signing_pages(&browser, &demo).await {
            look_at(&browser, &axe, &page, script, &mut faults).await;
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

/// Looks at a page in every language and width; adds what is wrong.
async fn look_at(
    browser: &Chromium,
    axe: &str,
    page: &Page,
    script: bool,
    faults: &mut Vec<String>,
) {
    let Page { name, address, steps, until } = page;
    for language in LANGUAGES {
        let mark = if address.contains('?') { '&' } else { '?' };
        // Without scripts a page is laid out as with them: one width is enough.
        for width in if script { vec![DESK, PHONE] } else { vec![PHONE] } {
            browser.width(width).await;
            browser.scripts(script).await;
            browser.open(&format!("{address}{mark}lang={language}")).await;
            for (css, text) in steps {
                if text.is_empty() {
                    browser.click(css).await;
                } else {
                    browser.find(css).await.clear().await.unwrap();
                    browser.write(css, text).await;
                }
            }
            browser.find(until).await;
            // axe is a script itself.
            browser.scripts(true).await;
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

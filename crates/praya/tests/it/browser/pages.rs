//! Every page, in three languages, at a desk and on a phone: axe finds nothing, nothing scrolls sideways,
//! the language is what the page says it is, and no text is missing.

use super::chromium::{Chromium, DESK, PHONE};
use crate::demo::{Browser, Consumer, Demo, links, say_yes};
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

/// The bank's pages, the application last begun and given by this very browser; then stopped.
async fn bank_pages(browser: &Chromium, demo: &Demo) -> Vec<Page> {
    super::walk::apply(browser, "pages").await;
    browser.find(".ticks").await;
    let at = |name: &str, path: &str| Page::new(name, format!("{}{path}", demo.bank));
    let wrong: [(&str, &str); 2] = [("#amount", "5"), ("form[action='/apply'] button", "")];
    vec![
        at("bank", "/"),
        at("bank-wrong", "/").after(&wrong, ".panel.wrong"),
        at("bank-application", "/application"),
        at("bank-callback", "/callback?error=access_denied"),
        at("bank-missing", "/nothing"),
        at("bank-renewed", "/application")
            .after(&[("form[action='/application/refresh'] button", "")], ".panel.good"),
    ]
}

/// The bank's pages once she has stopped it, and once it has given the consent back.
async fn bank_over(browser: &Chromium, demo: &Demo) -> Vec<Page> {
    browser.open(&format!("{}/application", demo.bank)).await;
    let consent = browser.text(".facts .code").await;
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    director.get(&format!("/my/consents/{consent}")).await;
    director.post(&format!("/my/consents/{consent}/revoke"), &[]).await;
    let again = [("form[action='/application/fetch'] button", "")];
    vec![
        Page::new("bank-refused", format!("{}/application", demo.bank))
            .after(&again, ".panel.wrong"),
    ]
}

fn list(pages: &[(&str, &str)]) -> Vec<Page> {
    pages.iter().map(|(name, path)| Page::new(name, *path)).collect()
}

/// Praya's pages by who sees them. A page that must be reached by steps is reached here.
async fn praya_pages(demo: &Demo) -> Vec<(&'static str, Vec<Page>)> {
    let bank = Consumer::bank(demo);
    let (own, receipt) = own_pages(demo, &bank).await;
    let (first, second) = two_pages(demo, &bank).await;
    let admin = demo.description()["officers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["role"] == "admin")
        .map(|one| one["key"].as_str().unwrap().to_owned())
        .unwrap();
    vec![
        (NO_VISITOR, public_pages(demo, &receipt).await),
        ("chan-mei-ling", own),
        ("wong-ka-ho", first),
        ("lam-wing-yan", second),
        (Box::leak(admin.into_boxed_str()), office_pages()),
    ]
}

/// What everyone may see; `receipt`: one that is good.
async fn public_pages(demo: &Demo, receipt: &str) -> Vec<Page> {
    let notices = Browser::new(&demo.base).get("/notices").await.body;
    let notice = links(&notices).into_iter().find(|link| link.starts_with("/notices/")).unwrap();
    let tampered = receipt.replace("\"consumer\":\"", "\"consumer\":\"x");
    let verify = |name: &str, text: &str, until: &'static str| {
        let steps = [("#receipt", text), ("form[action='/verify'] button", "")];
        Page::new(name, "/verify").after(&steps, until)
    };
    let mut public = list(&[
        ("home", "/"),
        ("home-search", "/?q=zzzz"),
        ("services", "/services"),
        ("offices", "/offices"),
        ("calendar", "/calendar"),
        ("notices", "/notices"),
        ("notice", &notice),
        ("about", "/about"),
        ("accessibility", "/accessibility"),
        ("verify", "/verify"),
        ("log", "/log"),
        ("sign-in", "/sign-in"),
        ("invitation", &super::passkey::invitation(demo)),
        ("invitation-over", "/invitation/inv_over"),
        ("missing", "/nothing/here"),
    ]);
    public.push(verify("verify-good", receipt, ".govuk-notification-banner--success"));
    public.push(verify("verify-tampered", &tampered, ".govuk-warning-text"));
    public.push(verify("verify-unreadable", "x", ".govuk-error-summary"));
    let others = [("form .govuk-details summary", "")];
    public.push(Page::new("sign-in-others", "/sign-in").after(&others, "details[open]"));
    public
}

/// What an administrator sees, who is an officer too.
fn office_pages() -> Vec<Page> {
    let mut pages = list(&[
        ("admin", "/admin"),
        ("officers", "/admin/officers"),
        ("none", "/my/mandates"),
        ("companies-none", "/my/companies"),
        ("office-notices", "/office/notices"),
        ("office-write", "/office/notices/edit"),
    ]);
    let wrong = [("#title-en", "Closed early"), ("form[action='/office/notices'] button", "")];
    let write = Page::new("office-write-wrong", "/office/notices/edit");
    pages.push(write.after(&wrong, ".govuk-error-summary"));
    pages
}

/// What a director sees who acts alone, and the receipt of a look at her company.
/// Where a service asks whether to be signed in to, where that is ended, and where one signs out.
async fn service_pages(demo: &Demo) -> Vec<Page> {
    let service = crate::openid::Rp::new(demo);
    service.landed(&[]).await.unwrap();
    let asked = r#"{"userinfo":{"name":{"essential":true}}}"#;
    let asked = service.address(&[("claims", asked), ("prompt", "consent")]);
    list(&[
        ("service-sign-in", asked.strip_prefix(&demo.base).unwrap()),
        ("service-end", &format!("/my/services?end={}", service.id)),
        ("service-sign-out", &format!("/oauth/logout?client_id={}", service.id)),
    ])
}

async fn own_pages(demo: &Demo, bank: &Consumer) -> (Vec<Page>, String) {
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
    let mandates = director.get("/my/mandates").await.body;
    let give = links(&mandates).into_iter().find(|link| link.contains("give?company=")).unwrap();
    let inbox = director.get("/my/inbox").await.body;
    let message =
        links(&inbox).into_iter().find(|link| link.starts_with("/my/inbox/messages/")).unwrap();
    let (asked, _) = bank.push_scoped(&crate::forms::details(true), "forms").await;
    let fill = reached(&director, &asked).await;
    let mut own = list(&[
        ("inbox", "/my/inbox"),
        ("inbox-archived", "/my/inbox?archived=true"),
        ("message", &message),
        ("inbox-settings", "/my/inbox/settings"),
        ("profile", "/my/profile?registers=true"),
        ("fill", &fill),
        ("choose", &choose),
        ("consent", &consent),
        ("my-data", "/my/data"),
        ("look", &look),
        ("given", &given),
        ("confirm", &confirm),
        ("ended", &ended),
        ("mandates", "/my/mandates"),
        ("signatures", "/my/signatures"),
        ("clients", "/my/clients"),
        ("client-new", "/my/clients/new"),
        ("give", &give),
        ("security", "/my/security"),
        ("services-signed-in", "/my/services"),
        ("forbidden", "/admin"),
    ]);
    let open = ".praya-register summary";
    own.push(Page::new("consent-open", &consent).after(&[(open, "")], "details[open]"));
    let wrong: [(&str, &str); 2] =
        [("#hkid", "A123"), ("form[action='/my/mandates/give'] button", "")];
    own.push(Page::new("give-wrong", &give).after(&wrong, ".govuk-error-summary"));
    let wrong = [("#mobile", "12"), ("form[action='/my/profile'] button", "")];
    own.push(Page::new("profile-wrong", "/my/profile").after(&wrong, ".govuk-error-summary"));
    let none = [("form[action^='/fill/'] button[value='give']", "")];
    own.push(Page::new("fill-nothing", &fill).after(&none, ".govuk-error-summary"));
    let amend = [("main > .govuk-details summary", ""), ("form[action$='/amend'] button", "")];
    own.push(Page::new("nothing-new", &given).after(&amend, ".praya-reference"));

    own.extend(service_pages(demo).await);
    let receipt = director.get(&format!("{look}/receipt")).await.body;
    (own, receipt)
}

/// What two directors see who must agree: who was first, and the second.
async fn two_pages(demo: &Demo, bank: &Consumer) -> (Vec<Page>, Vec<Page>) {
    let first = Browser::as_persona(&demo.base, "wong-ka-ho").await;
    let (address, _) = bank.push(&Consumer::details()).await;
    let waiting = say_yes(&first, &address, &[]).await;
    let second = Browser::as_persona(&demo.base, "lam-wing-yan").await;
    offer(&first).await;
    second.get("/my/mandates").await;
    let body = second.get("/my/mandates").await.body;
    second.post(&crate::demo::form(&body, "/my/mandates/offers/").action, &[]).await;
    let body = second.get("/my/mandates").await.body;
    let end = links(&body).into_iter().find(|link| link.contains("?end=")).unwrap();
    let past = links(&body).into_iter().find(|link| link.contains("/history?")).unwrap();
    offer(&first).await;
    let asked = links(&second.get("/my/data").await.body)
        .into_iter()
        .find(|link| link.starts_with("/my/consents/con_"))
        .unwrap();
    let offered = list(&[("waiting", &waiting), ("mandates-offered", "/my/mandates")]);
    let asked = list(&[
        ("asked", &asked),
        ("my-data-asked", "/my/data"),
        ("mandates-asked", "/my/mandates"),
        ("mandates-end", &end),
        ("mandates-history", &past),
    ]);
    (offered, asked)
}

/// Offers a mandate to whom the demonstration's page names.
async fn offer(director: &Browser) {
    let mandates = director.get("/my/mandates").await.body;
    let give = links(&mandates).into_iter().find(|link| link.contains("give?company=")).unwrap();
    let page = director.get(&give).await.body;
    let named = page.split("you can give it to ").nth(1).unwrap();
    let (name, rest) = named.split_once(", identity card ").unwrap();
    let card = rest.split_once('.').unwrap().0;
    let company = give.split_once('=').unwrap().1;
    let fields = [
        ("company", company),
        ("hkid", card),
        ("name", name),
        ("purpose", "loan-assessment"),
        ("needs", "1"),
        ("until-day", "1"),
        ("until-month", "3"),
        ("until-year", "2028"),
    ];
    let done = director.post("/my/mandates/give", &fields).await;
    assert_eq!(done.location.as_deref(), Some("/my/mandates?done=offered"), "{}", done.body);
}

/// Pages of a person with two passkeys: a name that is refused, a removal, the signature of a consent.
async fn signing_pages(browser: &Chromium, demo: &Demo) -> Vec<Page> {
    let person = "lau-yuk-lan";
    sign_in(browser, demo, NO_VISITOR).await;
    browser.open(&format!("{}/sign-in", demo.base)).await;
    browser.click("form .govuk-details summary").await;
    browser.click(&format!("button[value='{person}']")).await;
    // Signed in before anything else is opened: the answer to the press would lead away from it.
    browser.find("form[action='/sign-out']").await;
    let security = format!("{}/my/security", demo.base);
    for transport in ["internal", "usb"] {
        browser.add_authenticator(transport).await;
        browser.open(&security).await;
        browser.click("form[data-passkey='create'] button").await;
        browser.find(".govuk-notification-banner").await;
    }
    let remove = browser.attr("a[href*='?remove=']", "href").await;
    let bank = Consumer::bank(demo);
    let (address, _) = bank.push(&Consumer::details()).await;
    browser.open(&format!("{}{address}", demo.base)).await;
    browser.find("main h1").await;
    let consent = if browser.has(".praya-choice").await {
        format!("{}{}", demo.base, browser.attr(".praya-choice", "href").await)
    } else {
        browser.url().await
    };
    let name = [
        (".praya-card summary", ""),
        (".praya-card input[name='name']", &"x".repeat(61)),
        (".praya-card form button", ""),
    ];
    let sign = "form[data-passkey='get'][data-options]";
    vec![
        Page::new("security-two", &security),
        Page::new("security-wrong", &security).after(&name, ".govuk-error-summary"),
        Page::new("security-remove", format!("{}{remove}", demo.base)),
        Page::new("sign", consent).after(&[("button[value='allow']", "")], sign),
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

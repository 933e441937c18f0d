//! Which pages there are, and how each is reached.

use super::{super::chromium::Chromium, NO_VISITOR, Page, sign_in};
use crate::demo::{Browser, Consumer, Demo, links, say_yes};

/// The bank's pages, the application last begun and given by this very browser; then stopped.
pub(super) async fn bank_pages(browser: &Chromium, demo: &Demo) -> Vec<Page> {
    super::super::walk::apply(browser, "pages").await;
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
pub(super) async fn bank_over(browser: &Chromium, demo: &Demo) -> Vec<Page> {
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
pub(super) async fn praya_pages(demo: &Demo) -> Vec<(&'static str, Vec<Page>)> {
    let bank = Consumer::bank(demo);
    let (own, receipt) = own_pages(demo, &bank).await;
    let (first, second) = two_pages(demo, &bank).await;
    let officers = demo.description()["officers"].as_array().unwrap().clone();
    let officer = |role: &str| -> &'static str {
        let found = officers.iter().find(|one| one["role"] == role).unwrap();
        Box::leak(found["key"].as_str().unwrap().to_owned().into_boxed_str())
    };
    vec![
        (NO_VISITOR, public_pages(demo, &receipt).await),
        ("chan-mei-ling", own),
        ("wong-ka-ho", first),
        ("lam-wing-yan", second),
        (
            officer("officer"),
            list(&[("counter", "/office/counter"), ("duplicates", "/office/duplicates")]),
        ),
        (officer("admin"), office_pages()),
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
        ("sign-in-phone", "/sign-in/phone"),
        ("sign-in-code", "/sign-in/code"),
        ("sign-check", "/sign/check"),
        ("recover", "/sign-in/recover"),
        ("invitation", &super::super::passkey::invitation(demo)),
        ("invitation-over", "/invitation/inv_over"),
        ("missing", "/nothing/here"),
    ]);
    public.push(verify("verify-good", receipt, ".govuk-notification-banner--success"));
    public.push(verify("verify-tampered", &tampered, ".govuk-warning-text"));
    public.push(verify("verify-unreadable", "x", ".govuk-error-summary"));
    let begin = [("form[action='/sign-in/phone'] button", "")];
    public.push(Page::new("sign-in-phone-shown", "/sign-in/phone").after(&begin, ".praya-qr"));
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
        ("code", "/my/security/code"),
        ("close", "/my/security/close"),
        ("step-up", "/sign-in/step-up?acr_values=phr"),
        ("step-up-level", "/sign-in/step-up?acr_values=urn:praya:acr:in-person:passkey"),
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
    let (begin, finish) = (
        "form[action='/my/security/code'] button",
        "form[action='/my/security/code/confirm'] button",
    );
    let short = [("#password", "short"), (begin, "")];
    own.push(Page::new("code-wrong", "/my/security/code").after(&short, ".govuk-error-summary"));
    let chosen = [("#password", "rain on a tin roof"), (begin, "")];
    own.push(Page::new("code-shown", "/my/security/code").after(&chosen, ".praya-qr"));
    let early = [&chosen[..], &[("#code", "000000"), (finish, "")]].concat();
    own.push(Page::new("code-first", "/my/security/code").after(&early, ".govuk-error-summary"));
    let codes = [("form[action='/my/security/recovery/codes'] button", "")];
    own.push(Page::new("recovery-codes", "/my/security").after(&codes, "main ul code"));
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
pub(super) async fn signing_pages(browser: &Chromium, demo: &Demo) -> Vec<Page> {
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

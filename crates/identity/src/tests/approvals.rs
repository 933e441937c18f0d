use super::site::{CSRF, Reply, Site, each};
use crate::{
    model::{Level, Method},
    rules::{
        self,
        assurance::{Missing, missing},
    },
};
use axum::body::Body;
use http::StatusCode;
use kernel::Actor;

/// A screen that waits: its page, and what its browser keeps.
async fn begin(site: &Site, next: &str) -> (Reply, String) {
    let reply = site.form("/sign-in/phone", "", &[("next", next)]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let kept = reply.cookie("ceremony");
    (reply, kept)
}

/// The link that is only in the picture: drawn again from its parts, as a camera would read it.
async fn link(site: &Site, kept: &str) -> String {
    let hash = crate::ops::hash(kept);
    let shown = format!("apq_{}", site.random());
    let new = crate::ops::hash(&shown);
    site.db
        .write(move |tx| {
            tx.execute(
                store::Sql::both("update approval set shown = $2 where hash = $1"),
                &[hash.clone(), new.clone()],
            )
        })
        .await
        .unwrap();
    format!("/sign-in/approve/{shown}")
}

async fn with_cookie(site: &Site, method: &str, path: &str, kept: &str, body: &str) -> Reply {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .header("cookie", format!("praya-test-ceremony={kept}; praya-test-csrf={CSRF}"));
    site.send(request.body(Body::from(format!("csrf={CSRF}&{body}"))).unwrap()).await
}

async fn finish(site: &Site, kept: &str) -> Reply {
    with_cookie(site, "POST", "/sign-in/phone/finish", kept, "next=/my/mandates").await
}

fn code(page: &str) -> &str {
    let at = page.find("govuk-heading-xl").expect("a code");
    let start = at + page[at..].find('>').unwrap() + 1;
    &page[start..start + 4]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_signs_a_screen_in_once_with_the_same_code_on_both() {
    for site in each().await {
        let next = "/oauth/authorize?client_id=harbour-bank&request_uri=x";
        let (screen, kept) = begin(&site, next).await;
        let link = link(&site, &kept).await;
        let away = site.get(&link, "").await;
        assert!(away.location().starts_with("/sign-in?next="), "the phone signs in first");
        let phone = site.signed_in("chan-mei-ling").await;
        let asked = site.get(&link, &phone).await;
        assert_eq!(code(&asked.text), code(&screen.text));
        assert!(asked.text.contains("Harbour Bank"), "which service asks: {}", asked.text);
        assert!(asked.text.contains("Unknown browser"), "and from where: {}", asked.text);
        let state =
            async || with_cookie(&site, "GET", "/sign-in/phone/state", &kept, "").await.text;
        assert_eq!(state().await, "waiting");
        let early = finish(&site, &kept).await;
        assert_eq!(early.header("location"), "", "nothing before the yes");

        site.form(&link, &phone, &[("answer", "yes")]).await;
        assert_eq!(state().await, "approved");
        let stolen = finish(&site, "apb_of-somebody-else").await;
        assert_eq!(stolen.header("location"), "", "only the browser that showed the code");
        let reply = finish(&site, &kept).await;
        assert_eq!(reply.location(), "/my/mandates", "{}", reply.text);
        let (actor, _) = site.identity.visitor(&reply.cookie("session")).await.unwrap().unwrap();
        assert!(matches!(actor, Actor::Person { id, .. } if id == site.chan));
        assert_eq!(finish(&site, &kept).await.header("location"), "", "once");
        assert_eq!(site.get(&link, &phone).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_qr_code_shows_their_service_place_and_code_and_a_refusal_is_logged() {
    for site in each().await {
        let (own, _) = begin(&site, "/my/data").await;
        let (theirs, kept) = begin(&site, "/oauth/authorize?client_id=rival-bank").await;
        let link = link(&site, &kept).await;
        let victim = site.signed_in("wong-ka-ho").await;
        let asked = site.get(&link, &victim).await.text;
        assert!(asked.contains("Rival Bank"), "{asked}");
        assert_eq!(code(&asked), code(&theirs.text));
        // One in ten thousand pairs is the same by chance; the page still names another service.
        assert!(code(&asked) != code(&own.text) || asked.contains("Rival Bank"));
        site.form(&link, &victim, &[("answer", "no")]).await;
        assert_eq!(finish(&site, &kept).await.header("location"), "");
        let late = site.form(&link, &victim, &[("answer", "yes")]).await;
        assert_eq!(late.status, StatusCode::NOT_FOUND, "a no stays");
        let kinds = site
            .db
            .read(|tx| {
                let mut all = Vec::new();
                for seq in 0..10 {
                    all.extend(evidence::logged(tx, seq)?.map(|entry| entry.kind));
                }
                Ok::<_, store::Error>(all)
            })
            .await
            .unwrap();
        assert!(kinds.iter().any(|kind| kind == "sign-in-refused"), "{kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qr_code_ends_and_a_phone_must_have_signed_in_a_moment_ago() {
    for site in each().await {
        let phone = site.signed_in("chan-mei-ling").await;
        let (_, kept) = begin(&site, "/my/data").await;
        let first = link(&site, &kept).await;
        site.clock.advance(rules::APPROVAL_LIFE);
        assert_eq!(site.get(&first, &phone).await.status, StatusCode::NOT_FOUND, "too late");
        assert_eq!(finish(&site, &kept).await.header("location"), "");

        site.clock.advance(rules::SIGN_IN_RECENT);
        let (_, kept) = begin(&site, "/my/data").await;
        let link = link(&site, &kept).await;
        let page = site.get(&link, &phone).await.text;
        assert!(!page.contains("value=\"yes\"") && page.contains("value=\"no\""), "{page}");
        let reply = site.form(&link, &phone, &[("answer", "yes")]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "an unlocked phone found is not enough");

        // Who was signed in that way cannot pass it on to a third screen.
        let phone = site.signed_in("chan-mei-ling").await;
        site.form(&link, &phone, &[("answer", "yes")]).await;
        let second = finish(&site, &kept).await.cookie("session");
        let (_, kept) = begin(&site, "/my/data").await;
        let third = self::link(&site, &kept).await;
        let reply = site.form(&third, &second, &[("answer", "yes")]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text);
    }
}

#[test]
fn what_a_service_needs_more_is_named() {
    let begun: kernel::Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
    let now: kernel::Timestamp = "2026-11-23T05:00:00Z".parse().unwrap();
    let need = |acr: &str, age, level, method| missing(acr, age, (level, method, begun), now);
    let person = "urn:praya:acr:in-person:passkey";
    assert_eq!(need("", None, Level::SelfDeclared, Method::Persona), None);
    assert_eq!(need(person, None, Level::InPerson, Method::Passkey), None);
    assert_eq!(need(person, None, Level::InPerson, Method::SecondDevice), Some(Missing::Passkey));
    assert_eq!(need(person, None, Level::InPerson, Method::Code), Some(Missing::Passkey));
    assert_eq!(need(person, None, Level::Remote, Method::Passkey), Some(Missing::Level));
    assert_eq!(
        need("phr", None, Level::SelfDeclared, Method::SecondDevice),
        Some(Missing::Passkey)
    );
    assert_eq!(need("phr", Some(3599), Level::SelfDeclared, Method::Passkey), Some(Missing::Age));
    assert_eq!(need("phr", Some(3600), Level::SelfDeclared, Method::Passkey), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_step_up_page_says_what_is_missing_and_leads_on_when_nothing_is() {
    let site = Site::sqlite().await;
    let session = site.signed_in("chan-mei-ling").await;
    let ask = async |query: &str| site.get(&format!("/sign-in/step-up?{query}"), &session).await;
    let on = ask("acr_values=0&max_age=60&next=/my/mandates").await;
    assert_eq!(on.location(), "/my/mandates");
    let level = ask("acr_values=urn:praya:acr:in-person:passkey&next=/my/mandates").await;
    assert!(level.text.contains("must be checked"), "{}", level.text);
    let passkey = ask("acr_values=phr&next=/my/mandates").await;
    assert!(passkey.text.contains("/sign-in?next=%2Fmy%2Fmandates"), "{}", passkey.text);
    let elsewhere = ask("next=https://evil.example/").await;
    assert_eq!(elsewhere.location(), "/my/data", "never to another site");
}

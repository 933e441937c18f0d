//! Signing in with a password and the code of an app.

use super::{
    assurance::officer,
    site::{Reply, Site, each},
};
use crate::{model::Duty, rules};
use http::StatusCode;
use kernel::Actor;
use wire::otp;

const PASSWORD: &str = "rain on a tin roof";

/// The key that the page shows for the app.
fn key(page: &str) -> Vec<u8> {
    let from = page.find("<code>").expect("a key") + "<code>".len();
    let letters = &page[from..from + page[from..].find('<').unwrap()];
    data_encoding::BASE32_NOPAD.decode(letters.replace(' ', "").as_bytes()).unwrap()
}

fn code(site: &Site, key: &[u8], off: i64) -> String {
    otp::code(key, site.now().as_second().div_euclid(otp::STEP) + off)
}

/// Sets it up for somebody; the key of the app.
async fn set_up(site: &Site, account: &str) -> Vec<u8> {
    let session = site.signed_in(account).await;
    let page = site.form("/my/security/code", &session, &[("password", PASSWORD)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    let key = key(&page.text);
    let pairs = [("code", code(site, &key, 0))];
    let pairs = pairs.each_ref().map(|(name, value)| (*name, value.as_str()));
    let done = site.form("/my/security/code/confirm", &session, &pairs).await;
    assert_eq!(done.location(), "/my/security?done=code-added", "{}", done.text);
    site.clock.advance(otp::STEP);
    key
}

async fn enter(site: &Site, account: &str, password: &str, code: &str) -> Reply {
    let pairs =
        [("account", account), ("password", password), ("code", code), ("next", "/my/data")];
    site.form("/sign-in/code", "", &pairs).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_a_code_sign_in_and_change_nothing_of_how_one_signs_in() {
    for site in each().await {
        let session = site.signed_in("chan-mei-ling").await;
        assert!(site.get("/my/security", &session).await.text.contains("/my/security/code"));
        let page = site.form("/my/security/code", &session, &[("password", PASSWORD)]).await;
        assert!(page.text.contains("<svg"), "{}", page.text);
        let key = key(&page.text);
        let early = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, 0)).await;
        assert_eq!(early.status, StatusCode::FORBIDDEN, "it counts once a code has confirmed it");
        let wrong = site.form("/my/security/code/confirm", &session, &[("code", "12345")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(self::key(&wrong.text), key, "the app need not be set up again");
        let good = code(&site, &key, 0);
        let done = site.form("/my/security/code/confirm", &session, &[("code", &good)]).await;
        assert_eq!(done.location(), "/my/security?done=code-added", "{}", done.text);
        assert_eq!(site.inbox.told(&site.chan, "code-changed"), 1);

        site.clock.advance(otp::STEP);
        let good = code(&site, &key, 0);
        let spaced = format!(" {} {}", &good[..3], &good[3..]);
        let reply = enter(&site, "chan-mei-ling", PASSWORD, &spaced).await;
        assert_eq!(reply.location(), "/my/data", "{}", reply.text);
        assert_eq!(site.inbox.told(&site.chan, "signed-in"), 2);
        let by_code = reply.cookie("session");
        for path in [
            "/my/security/passkeys/start",
            "/my/security/recovery/codes",
            "/my/security/code/remove",
            "/my/security/code",
        ] {
            let reply = site.form(path, &by_code, &[("password", PASSWORD)]).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        let removed = site.form("/my/security/code/remove", &session, &[]).await;
        assert_eq!(removed.location(), "/my/security?done=code-removed", "her own session does");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_signs_nobody_in() {
    for site in each().await {
        let key = set_up(&site, "chan-mei-ling").await;
        let session = site.signed_in("chan-mei-ling").await;
        let removed = site.form("/my/security/code/remove", &session, &[]).await;
        assert_eq!(removed.location(), "/my/security?done=code-removed");
        let reply = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, 0)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        let again = site.form("/my/security/code/remove", &session, &[]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_works_as_an_officer_on_a_password() {
    for site in each().await {
        let (_, session) = officer(&site, "wong-ka-ho", Duty::Counter).await;
        assert_eq!(site.get("/office/counter", &session).await.status, StatusCode::OK);
        let key = set_up(&site, "wong-ka-ho").await;
        let reply = enter(&site, "wong-ka-ho", PASSWORD, &code(&site, &key, 0)).await;
        let session = reply.cookie("session");
        let (actor, _) = site.identity.visitor(&session).await.unwrap().unwrap();
        assert!(matches!(actor, Actor::Person { .. }), "{actor:?}");
        assert_eq!(site.get("/office/counter", &session).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_signs_in_once_also_when_it_comes_twice_at_once() {
    for site in each().await {
        let key = set_up(&site, "chan-mei-ling").await;
        let now = code(&site, &key, 0);
        let (a, b) = tokio::join!(
            enter(&site, "chan-mei-ling", PASSWORD, &now),
            enter(&site, "chan-mei-ling", PASSWORD, &now)
        );
        let good = [&a, &b].iter().filter(|reply| reply.status == StatusCode::SEE_OTHER).count();
        assert_eq!(good, 1, "{} {}", a.status, b.status);
        let again = enter(&site, "chan-mei-ling", PASSWORD, &now).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN, "used");
        let before = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, -1)).await;
        assert_eq!(before.status, StatusCode::FORBIDDEN, "none before the one that was used");
        let ahead = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, 1)).await;
        assert_eq!(ahead.status, StatusCode::SEE_OTHER, "a clock may be half a minute ahead");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_account_is_answered_as_a_known_one_after_as_much_work() {
    for site in each().await {
        let key = set_up(&site, "chan-mei-ling").await;
        let good = code(&site, &key, 0);
        let mut seen = Vec::new();
        for (account, password, code) in [
            ("nobody-at-all", PASSWORD, good.as_str()),
            ("chan-mei-ling", "rain on a tin rooF", &good),
            ("chan-mei-ling", PASSWORD, "000000"),
            ("wong-ka-ho", PASSWORD, &good),
        ] {
            let before = site.identity.0.slow.worked();
            let reply = enter(&site, account, password, code).await;
            let body = reply.text.replace(&format!("value=\"{account}\""), "");
            seen.push((site.identity.0.slow.worked() - before, reply.status, body));
        }
        assert!(seen[0].0 > 0 && seen[0].1 == StatusCode::FORBIDDEN);
        for one in &seen {
            assert_eq!(*one, seen[0], "the same work, the same words");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_tried_only_so_often_for_one_account_and_a_crowd_is_sent_away() {
    let site = Site::sqlite().await;
    let key = set_up(&site, "chan-mei-ling").await;
    let full = site.identity.0.slow.fill();
    let reply = enter(&site, "wong-ka-ho", PASSWORD, "000000").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "nobody waits in a row");
    assert_eq!(reply.header("retry-after"), "2");
    drop(full);
    for _ in 0..rules::ACCOUNT_BURST {
        let reply = enter(&site, "chan-mei-ling", "a wrong password", "000000").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    let worked = site.identity.0.slow.worked();
    let reply = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, 0)).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(site.identity.0.slow.worked(), worked, "no work is done for it");
    let other = enter(&site, "wong-ka-ho", PASSWORD, "000000").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "nobody else is held up");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_password_and_guesses_codes_is_stopped_for_good() {
    for site in each().await {
        let key = set_up(&site, "chan-mei-ling").await;
        for _ in 0..rules::WRONG_CODES {
            site.clock.advance(60);
            let reply = enter(&site, "chan-mei-ling", PASSWORD, "00000").await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN);
        }
        site.clock.advance(60);
        let reply = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, 0)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        let session = site.signed_in("chan-mei-ling").await;
        let page = site.get("/my/security", &session).await.text;
        assert!(page.contains("Too many codes were wrong"), "{page}");
        let key = set_up(&site, "chan-mei-ling").await;
        let reply = enter(&site, "chan-mei-ling", PASSWORD, &code(&site, &key, 0)).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "set up anew, it is good again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_long_and_not_one_that_many_choose() {
    let site = Site::sqlite().await;
    let session = site.signed_in("chan-mei-ling").await;
    for (password, good) in [
        ("fourteen signs", false),
        ("correct horse battery staple", false),
        ("Password Password", false),
        ("aaaaaaaaaaaaaaaaaaaa", false),
        ("abcabcabcabcabcabc", false),
        ("12345678901234567890", false),
        ("abcdefghijklmnopq", false),
        ("chan-mei-ling 2026", false),
        (&"long ".repeat(30), false),
        (PASSWORD, true),
        ("no capital no digit no sign", true),
        ("山不在高有仙則名水不在深有龍則靈", true),
    ] {
        let page = site.form("/my/security/code", &session, &[("password", password)]).await;
        let expected = if good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(page.status, expected, "{password}");
        assert!(!page.text.contains(password), "it is never shown again");
    }
    // One spelling of what may be typed in several.
    let (wide, plain) = ("Ｒain on a tin rooｆ é", "Rain on a tin roof e\u{301}");
    assert_eq!(rules::passwords::spelling(wide), rules::passwords::spelling(plain));
}

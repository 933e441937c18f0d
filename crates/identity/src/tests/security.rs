use super::{
    passkeys::{Device, invite, register},
    site::{Reply, Site, each},
};
use crate::{model::PasskeyView, ops, rules};
use http::StatusCode;
use kernel::{Actor, Id};

/// Somebody with a passkey, just signed in with it.
async fn with_passkey(site: &Site, person: &Id, device: &mut Device) -> String {
    let token = invite(site, person).await;
    let reply = register(site, device, &token).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
    reply.cookie("session")
}

async fn add(site: &Site, session: &str, device: &mut Device) -> Reply {
    let asked = site.form("/my/security/passkeys/start", session, &[]).await;
    if asked.status != StatusCode::OK {
        return asked;
    }
    let asked = asked.json();
    let answer = device.create(&asked["options"]);
    let pairs = [("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", &answer)];
    site.form("/my/security/passkeys", session, &pairs).await
}

async fn passkeys(site: &Site, session: &str) -> Vec<PasskeyView> {
    let (actor, _) = site.identity.visitor(session).await.unwrap().unwrap();
    let ctx = site.ctx(actor);
    site.db.read(move |tx| ops::security(tx, &ctx)).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_named_and_removed_but_never_the_last() {
    for site in each().await {
        let mut first = Device::new(1);
        let session = with_passkey(&site, &site.chan, &mut first).await;
        let only = passkeys(&site, &session).await.remove(0);
        let remove = async |id: &str| {
            site.form(&format!("/my/security/passkeys/{id}/remove"), &session, &[]).await
        };
        assert_eq!(remove(&only.id).await.status, StatusCode::CONFLICT, "the last one stays");

        let reply = add(&site, &session, &mut Device::new(2)).await;
        assert_eq!(reply.location(), "/my/security?done=added");
        let second = passkeys(&site, &session).await.remove(1);
        let name = format!("/my/security/passkeys/{}/name", second.id);
        let reply = site.form(&name, &session, &[("name", "  My <phone> ")]).await;
        assert_eq!(reply.location(), "/my/security?done=renamed");
        let page = site.get("/my/security", &session).await.text;
        assert!(page.contains("My &#60;phone&#62;") || page.contains("My &lt;phone&gt;"), "{page}");
        for bad in ["", " ", &"x".repeat(61)] {
            let reply = site.form(&name, &session, &[("name", bad)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(reply.text.contains("govuk-error-summary"), "{}", reply.text);
        }

        let elsewhere = site.signed_in("chan-mei-ling").await;
        let asked = site.get(&format!("/my/security?remove={}", only.id), &session).await.text;
        assert!(asked.contains(&format!("/passkeys/{}/remove", only.id)), "{asked}");
        assert_eq!(remove(&only.id).await.location(), "/my/security?done=removed");
        assert_eq!(passkeys(&site, &session).await.len(), 1);
        assert!(site.identity.visitor(&elsewhere).await.unwrap().is_none(), "and out elsewhere");
        assert!(site.identity.visitor(&session).await.unwrap().is_some());
        let asked = site.form("/sign-in/passkey/start", "", &[]).await.json();
        let answer = first.get(&asked["options"]);
        let pairs = [("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", &answer)];
        let reply = site.form("/sign-in/passkey", "", &pairs).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "what was removed signs nobody in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_somebody_signs_in_changes_only_soon_after_a_sign_in_and_by_themselves() {
    for site in each().await {
        let session = with_passkey(&site, &site.chan, &mut Device::new(1)).await;
        add(&site, &session, &mut Device::new(2)).await;
        let mine = passkeys(&site, &session).await.remove(0).id;
        let other = site.signed_in("wong-ka-ho").await;
        for what in ["remove", "name"] {
            let path = format!("/my/security/passkeys/{mine}/{what}");
            let reply = site.form(&path, &other, &[("name", "mine now")]).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{what}: nobody else's");
        }
        // A ceremony that another began is not theirs to end.
        let asked = site.form("/my/security/passkeys/start", &session, &[]).await.json();
        let answer = Device::new(3).create(&asked["options"]);
        let pairs = [("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", &answer)];
        let reply = site.form("/my/security/passkeys", &other, &pairs).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);

        site.clock.advance(rules::SIGN_IN_RECENT);
        let reply = add(&site, &session, &mut Device::new(4)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        let path = format!("/my/security/passkeys/{mine}/remove");
        assert_eq!(site.form(&path, &session, &[]).await.status, StatusCode::UNAUTHORIZED);
        let page = site.get("/my/security", &session).await.text;
        assert!(page.contains("/sign-in?next=/my/security") && !page.contains("data-passkey"));
        assert_eq!(passkeys(&site, &session).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_elsewhere_ends_every_other_session_of_that_person_alone() {
    for site in each().await {
        let here = site.signed_in("chan-mei-ling").await;
        let (there, other) =
            (site.signed_in("chan-mei-ling").await, site.signed_in("wong-ka-ho").await);
        let page = site.get("/my/security", &here).await.text;
        assert!(page.contains("sign-out-elsewhere"), "{page}");
        let reply = site.form("/my/security/sign-out-elsewhere", &here, &[]).await;
        assert_eq!(reply.location(), "/my/security?done=signed-out");
        let known = async |session: &str| site.identity.visitor(session).await.unwrap().is_some();
        assert!(known(&here).await && known(&other).await && !known(&there).await);
        let page = site.get("/my/security", &here).await.text;
        assert!(!page.contains("sign-out-elsewhere"), "there is nowhere else: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_which_key_a_person_added_and_removed() {
    for site in each().await {
        let session = with_passkey(&site, &site.chan, &mut Device::new(1)).await;
        add(&site, &session, &mut Device::new(2)).await;
        let gone = passkeys(&site, &session).await.remove(0).id;
        site.form(&format!("/my/security/passkeys/{gone}/remove"), &session, &[]).await;
        let logged = site
            .db
            .read(|tx| {
                let mut all = Vec::new();
                for seq in 0..=20 {
                    all.extend(evidence::logged(tx, seq)?);
                }
                Ok::<_, store::Error>(all)
            })
            .await
            .unwrap();
        let kinds: Vec<_> = logged.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(kinds, ["passkey-added", "passkey-added", "passkey-removed"]);
        assert!(logged[2].record.as_ref().unwrap().contains(&gone));
        assert!(!logged[2].entry.contains(&gone), "nothing personal is public");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_changes_how_somebody_signs_in_without_a_session() {
    let site = Site::sqlite().await;
    let ctx = site.ctx(Actor::Anonymous);
    let refused = site.db.read(move |tx| ops::security(tx, &ctx)).await.unwrap_err();
    assert_eq!(refused.status, 401);
    assert_eq!(site.get("/my/security", "").await.location(), "/sign-in?next=/my/security");
}

#[test]
fn a_browser_is_known_by_its_own_name_and_not_by_those_it_claims() {
    for (told, device) in [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36 Edg/149.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.0", ""),
        ("", ""),
    ] {
        assert_eq!(rules::device(told), device, "{told}");
    }
}

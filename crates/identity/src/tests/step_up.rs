//! What a service is told of how somebody signed in, and what happens when it needs more.

use super::{
    accounts::with_passkey,
    openid::{YES, address, believed, library, library_with, param, redeem, says, userinfo},
    passkeys::Device,
    site::{Reply, Site, each},
};
use crate::model::Terms;
use http::StatusCode;
use serde_json::{Value as Json, json};

const COUNTER: &str = "urn:praya:acr:in-person:passkey";

/// Her ID token, once the browser is on its way back to the library.
async fn told(site: &Site, secret: &str, to: &str) -> Json {
    let code = param(to, "code").unwrap_or_else(|| panic!("{to}"));
    let given = redeem(site, ("library", secret), &code).await.json();
    believed(site, given["id_token"].as_str().unwrap()).await
}

/// Signs in again with the passkey, in the same browser.
async fn by_passkey(site: &Site, session: &str, device: &mut Device, next: &str) -> String {
    let asked = site.form("/sign-in/passkey/start", session, &[]).await.json();
    let answer = device.get(&asked["options"]);
    let ceremony = asked["ceremony"].as_str().unwrap();
    let pairs = [("ceremony", ceremony), ("credential", &answer), ("next", next)];
    let reply = site.form("/sign-in/passkey", session, &pairs).await;
    assert_eq!(reply.location(), next, "{}", reply.text);
    reply.cookie("session")
}

fn essential(acr: &str) -> String {
    json!({"id_token": {"acr": {"essential": true, "values": [acr]}}}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_says_what_the_sign_in_was_worth() {
    for site in each().await {
        let secret = library(&site, "library").await;
        let session = with_passkey(&site, &site.chan, &mut Device::new(1)).await;
        let to = says(&site, &session, &address("library", &[]), &YES).await;
        let said = told(&site, &secret, &to).await;
        assert_eq!(
            (&said["acr"], &said["amr"]),
            (&json!("urn:praya:acr:self-declared:passkey"), &json!(["pop", "user"]))
        );
        let asked = address("library", &[("acr_values", "nothing-known phr")]);
        let said = told(&site, &secret, site.get(&asked, &session).await.location()).await;
        assert_eq!(said["acr"], "phr", "the first of what it asked for that holds");

        let (ctx, chan) = (site.system(), site.chan.clone());
        let check = crate::ops::note_federated;
        let level = crate::model::Level::Remote;
        site.db.write(move |tx| check(tx, &ctx, &chan, "gd.example", level)).await.unwrap();
        let to = site.get(&address("library", &[]), &session).await;
        let said = told(&site, &secret, to.location()).await;
        assert_eq!(said["acr"], "urn:praya:acr:remote:passkey");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_in_by_less_than_a_service_wants_is_led_to_a_passkey_and_back() {
    for site in each().await {
        let secret = library(&site, "library").await;
        let mut device = Device::new(1);
        with_passkey(&site, &site.chan, &mut device).await;
        for more in [("acr_values", "phr".to_owned()), ("claims", essential("phr"))] {
            let session = site.signed_in("chan-mei-ling").await;
            let asked = address("library", &[(more.0, &more.1), ("prompt", "consent")]);
            let led = site.get(&asked, &session).await;
            assert!(led.location().starts_with("/sign-in/step-up?acr_values=phr&next="));
            let page = site.get(led.location(), &session).await;
            assert!(page.text.contains("Sign in with a passkey"), "{}", page.text);
            let at = format!("http://x{}", led.location());
            let next = param(&at, "next").unwrap();
            let session = by_passkey(&site, &session, &mut device, &next).await;
            let to = says(&site, &session, &next, &YES).await;
            let said = told(&site, &secret, &to).await;
            assert_eq!((&said["acr"], &said["amr"]), (&json!("phr"), &json!(["pop", "user"])));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_essential_and_cannot_be_met_is_told_to_the_service() {
    for site in each().await {
        let secret = library(&site, "library").await;
        let session = site.signed_in("chan-mei-ling").await;
        let go = async |more: &[(&str, &str)]| {
            site.get(&address("library", more), &session).await.location().to_owned()
        };
        let (level, passkey) = (essential(COUNTER), essential("phr"));
        let unmet = "unmet_authentication_requirements";
        let to = go(&[("claims", &level)]).await;
        assert_eq!(param(&to, "error").as_deref(), Some(unmet), "{to}");
        assert_eq!(param(&to, "state").as_deref(), Some("st"));
        for (asked, error) in [(&level, unmet), (&passkey, "login_required")] {
            let to = go(&[("claims", asked), ("prompt", "none")]).await;
            assert_eq!(param(&to, "error").as_deref(), Some(error), "nobody may be asked: {to}");
        }
        // She goes on without a passkey.
        for (more, ends) in [(("claims", passkey.as_str()), true), (("acr_values", "phr"), false)] {
            let led = go(&[more]).await;
            let page = site.get(&led, &session).await.text;
            let next = param(&format!("http://x{led}"), "next").unwrap();
            let without = format!("{next}&step_up=no");
            assert!(page.contains(&without.replace('&', "&#38;")), "{page}");
            if ends {
                let to = site.get(&without, &session).await.location().to_owned();
                assert_eq!(param(&to, "error").as_deref(), Some(unmet), "{to}");
            } else {
                let to = says(&site, &session, &without, &YES).await;
                assert_eq!(told(&site, &secret, &to).await["acr"], "0", "a wish: it sees");
            }
        }
        // A wish that no sign-in fulfils is passed over.
        let to = go(&[("acr_values", COUNTER)]).await;
        assert_eq!(told(&site, &secret, &to).await["acr"], "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_needs_more_is_told_nothing_of_who_signed_in_by_less_and_what_it_takes() {
    for site in each().await {
        let terms = Terms {
            default_acr_values: vec!["phr".to_owned(), COUNTER.to_owned()],
            default_max_age: Some(300),
            ..Terms::default()
        };
        let secret = library_with(&site, "library", terms).await;
        let mut device = Device::new(1);
        let session = with_passkey(&site, &site.chan, &mut device).await;
        let token = async |to: &str| {
            let code = param(to, "code").unwrap_or_else(|| panic!("{to}"));
            let given = redeem(&site, ("library", &secret), &code).await.json();
            given["access_token"].as_str().unwrap().to_owned()
        };
        let good = token(&says(&site, &session, &address("library", &[]), &YES).await).await;
        assert_eq!(userinfo(&site, &good).await.status, StatusCode::OK);
        let challenge = |reply: &Reply| {
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.text);
            assert_eq!(reply.error(), "insufficient_user_authentication");
            let said = reply.header("www-authenticate").to_owned();
            assert!(said.contains("error=\"insufficient_user_authentication\""), "{said}");
            assert!(said.contains(&format!("acr_values=\"phr {COUNTER}\"")), "{said}");
            assert!(said.contains("max_age=\"300\""), "{said}");
        };
        site.clock.advance(301);
        challenge(&userinfo(&site, &good).await);
        let again = site.get(&address("library", &[]), &session).await;
        assert!(again.location().starts_with("/sign-in?"), "the request asks for it by itself");

        let pressed = site.signed_in("chan-mei-ling").await;
        let led = site.get(&address("library", &[]), &pressed).await;
        assert!(led.location().starts_with("/sign-in/step-up?"), "{}", led.location());
        let next = param(&format!("http://x{}", led.location()), "next").unwrap();
        let to = site.get(&format!("{next}&step_up=no"), &pressed).await.location().to_owned();
        challenge(&userinfo(&site, &token(&to).await).await);
    }
}

//! Signing out at a service's wish, and what the services hear.

use super::{
    openid::{YES, address, believed, library_with, param, redeem, says, userinfo},
    site::{ISSUER, Reply, Site, each},
};
use crate::model::Terms;
use axum::{Router, body::Bytes, extract::State, routing::post};
use http::StatusCode;
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex};

const GONE: &str = "https://library.example/gone";

type Heard = Arc<Mutex<Vec<String>>>;

/// A service that listens for logouts, and what it has heard.
async fn listener(status: StatusCode) -> (String, Heard) {
    let heard = Heard::default();
    let hear = move |State(heard): State<Heard>, body: Bytes| async move {
        heard.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
        status
    };
    let router = Router::new().route("/logout", post(hear)).with_state(heard.clone());
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/logout", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await });
    (at, heard)
}

/// A library that is told, a session at it, and the tokens that it got.
async fn signed_in(site: &Site, told_at: &str) -> (String, Json) {
    let terms = Terms {
        post_logout_redirect_uris: vec![GONE.to_owned()],
        backchannel_logout_uri: Some(told_at.to_owned()),
        ..Terms::default()
    };
    let secret = library_with(site, "library", terms).await;
    let session = site.signed_in("chan-mei-ling").await;
    let to = says(site, &session, &address("library", &[]), &YES).await;
    let code = param(&to, "code").unwrap();
    (session, redeem(site, ("library", &secret), &code).await.json())
}

async fn deliver(site: &Site) {
    let runner = jobs::Runner::new(site.db.clone(), site.world.clone());
    let runner = crate::jobs_of(&site.identity, runner);
    while runner.one().await.unwrap() {}
}

async fn leave(site: &Site, session: &str, pairs: &[(&str, &str)]) -> Reply {
    let query = serde_urlencoded::to_string(pairs).unwrap();
    site.get(&format!("/oauth/logout?{query}"), session).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_signed_out_of_the_services_too_and_goes_back_where_one_registered() {
    for site in each().await {
        let (at, heard) = listener(StatusCode::OK).await;
        let (session, given) = signed_in(&site, &at).await;
        let hint = given["id_token"].as_str().unwrap();
        let page = leave(
            &site,
            &session,
            &[("id_token_hint", hint), ("post_logout_redirect_uri", GONE), ("state", "s 1")],
        )
        .await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("Sign out?") && page.text.contains(GONE), "{}", page.text);
        assert!(heard.lock().unwrap().is_empty(), "nothing ends before she says so");

        let form = [("client", "library"), ("to", GONE), ("state", "s 1")];
        let reply = site.form("/sign-out", &session, &form).await;
        assert_eq!(reply.location(), format!("{GONE}?state=s+1"));
        assert!(site.get("/my/services", &session).await.location().starts_with("/sign-in"));
        let access = given["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&site, access).await.status, StatusCode::UNAUTHORIZED);

        deliver(&site).await;
        let all = heard.lock().unwrap().clone();
        assert_eq!(all.len(), 1, "{all:?}");
        let token = all[0].strip_prefix("logout_token=").unwrap();
        let (said, signed) = (believed(&site, token).await, believed(&site, hint).await);
        assert_eq!((&said["sub"], &said["sid"]), (&signed["sub"], &signed["sid"]));
        assert_eq!((&said["aud"], &said["iss"]), (&json!("library"), &json!(ISSUER)));
        let event = "http://schemas.openid.net/event/backchannel-logout";
        assert_eq!(said["events"], json!({event: {}}));
        assert_eq!(said.get("nonce"), None);
        assert!(said["jti"].as_str().unwrap().len() > 16);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_tells_no_service_and_ending_another_session_does() {
    let site = Site::sqlite().await;
    let (at, heard) = listener(StatusCode::NO_CONTENT).await;
    let (session, given) = signed_in(&site, &at).await;
    let again = site
        .form("/sign-in/persona", &session, &[("persona", "chan-mei-ling"), ("next", "/my/data")])
        .await
        .cookie("session");
    assert!(
        site.get("/my/services", &session).await.location().starts_with("/sign-in"),
        "a new token"
    );
    deliver(&site).await;
    assert!(heard.lock().unwrap().is_empty());
    assert_eq!(
        userinfo(&site, given["access_token"].as_str().unwrap()).await.status,
        StatusCode::OK
    );

    let elsewhere = site.signed_in("chan-mei-ling").await;
    site.form("/my/security/sign-out-elsewhere", &elsewhere, &[]).await;
    assert!(site.get("/my/services", &again).await.location().starts_with("/sign-in"));
    deliver(&site).await;
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_is_told_again_later() {
    let site = Site::sqlite().await;
    let (at, heard) = listener(StatusCode::INTERNAL_SERVER_ERROR).await;
    let (session, _) = signed_in(&site, &at).await;
    site.form("/sign-out", &session, &[]).await;
    deliver(&site).await;
    site.clock.advance(60);
    deliver(&site).await;
    assert_eq!(heard.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_an_address_that_the_service_did_not_register() {
    let site = Site::sqlite().await;
    let (at, _) = listener(StatusCode::OK).await;
    let (session, given) = signed_in(&site, &at).await;
    let hint = given["id_token"].as_str().unwrap();
    let mut forged = hint.to_owned();
    forged.pop();
    let evil = "https://evil.example/";
    for pairs in [
        &[("id_token_hint", hint), ("post_logout_redirect_uri", evil)][..],
        &[("post_logout_redirect_uri", GONE)],
        &[("client_id", "harbour-bank"), ("post_logout_redirect_uri", GONE)],
        &[("client_id", "harbour-bank"), ("id_token_hint", hint)],
        &[("id_token_hint", &forged)],
        &[("id_token_hint", "e30.e30."), ("post_logout_redirect_uri", GONE)],
    ] {
        let reply = leave(&site, &session, pairs).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{pairs:?} {}", reply.text);
        // Nor by the page's own form.
        let reply = site.form("/sign-out", &session, &[("client", "library"), ("to", evil)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(site.get("/my/services", &session).await.status, StatusCode::OK, "still signed in");
    // With nothing said, and with an address but nobody signed in.
    assert!(leave(&site, &session, &[]).await.text.contains("Sign out?"));
    let pairs = [("client_id", "library"), ("post_logout_redirect_uri", GONE), ("state", "x")];
    assert_eq!(leave(&site, "", &pairs).await.location(), format!("{GONE}?state=x"));
    assert!(leave(&site, "", &[]).await.text.contains("You are signed out"));
}

use super::site::{ISSUER, Site, bare, sign_proof};
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

/// The good request with one parameter changed, or gone.
async fn pushed(site: &Site, name: &str, value: Option<&str>) -> super::site::Reply {
    let mut asked = site.bank.asked();
    asked.retain(|(one, _)| one != name);
    asked.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    site.push(&site.bank, &asked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_request_is_refused_by_the_name_the_rfc_gives() {
    let site = Site::sqlite().await;
    let two = json!([{"type": "praya_records", "purpose": "loan-assessment"}, {"type": "praya_records", "purpose": "loan-assessment"}]).to_string();
    let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
    let long = "s".repeat(1025);
    let plain = super::site::VERIFIER;
    for (name, value, error) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some(plain), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("redirect_uri", None, "invalid_request"),
        ("scope", Some("records openid"), "invalid_scope"),
        ("scope", Some("exchange:batch"), "invalid_scope"),
        ("scope", Some("records  records"), "invalid_scope"),
        ("authorization_details", None, "invalid_request"),
        ("authorization_details", Some("{}"), "invalid_authorization_details"),
        ("authorization_details", Some("[]"), "invalid_authorization_details"),
        (
            "authorization_details",
            Some("[{\"type\":\"payment\"}]"),
            "invalid_authorization_details",
        ),
        ("authorization_details", Some(&two), "invalid_authorization_details"),
        ("authorization_details", Some(&deep), "invalid_authorization_details"),
        (
            "authorization_details",
            Some("[{\"type\":\"praya_records\",\"purpose\":\"curiosity\"}]"),
            "invalid_authorization_details",
        ),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        ("request", Some("eyJ"), "invalid_request_object"),
        ("state", Some(&long), "invalid_request"),
        ("dpop_jkt", Some("short"), "invalid_request"),
        ("grant_management_action", Some("replace"), "invalid_request"),
        ("client_id", Some("pocket-app"), "invalid_client"),
    ] {
        let reply = pushed(&site, name, value).await;
        assert_eq!(reply.error(), error, "{name}={value:?}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let purpose = pushed(
        &site,
        "authorization_details",
        Some("[{\"type\":\"praya_records\",\"purpose\":\"curiosity\"}]"),
    )
    .await;
    assert!(purpose.text.contains("/purpose"), "the client learns which field: {}", purpose.text);
    assert_eq!(pushed(&site, "state", None).await.status, StatusCode::CREATED);
    assert_eq!(pushed(&site, "client_id", Some("harbour-bank")).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_address_is_the_registered_one_to_the_letter() {
    let site = Site::sqlite().await;
    for other in [
        "https://bank.example/back?from=praya/",
        "https://bank.example/back",
        "https://bank.example/back/?from=praya",
        "https://bank.example/Back?from=praya",
        "https://BANK.example/back?from=praya",
        "https://bank.example:443/back?from=praya",
        "https://bank.example:8443/back?from=praya",
        "http://bank.example/back?from=praya",
        "https://bank.example/%62ack?from=praya",
        "https://bank.example/x/../back?from=praya",
        "https://bank.example/back?from=praya#top",
        "https://bank.example/back?from=praya&more=1",
        "https://user@bank.example/back?from=praya",
        "https://bank.example.evil.example/back?from=praya",
        "https://evil.example/https://bank.example/back?from=praya",
        "//bank.example/back?from=praya",
    ] {
        let reply = pushed(&site, "redirect_uri", Some(other)).await;
        assert_eq!(
            (reply.error().as_str(), reply.header("location")),
            ("invalid_request", ""),
            "{other}"
        );
    }
    // Only a program on a person's device, and only the port of a loopback number (RFC 8252 §7.3).
    for (address, status) in [
        ("http://127.0.0.1:49152/back", StatusCode::CREATED),
        ("http://127.0.0.1:49152/other", StatusCode::BAD_REQUEST),
        ("http://localhost:49152/back", StatusCode::BAD_REQUEST),
        ("http://127.0.0.2/back", StatusCode::BAD_REQUEST),
        ("http://user@127.0.0.1:49152/back", StatusCode::BAD_REQUEST),
        ("https://127.0.0.1:49152/back", StatusCode::BAD_REQUEST),
    ] {
        let mut asked = site.app.asked();
        asked.retain(|(name, _)| name != "redirect_uri");
        asked.push(("redirect_uri".to_owned(), address.to_owned()));
        assert_eq!(site.push(&site.app, &asked).await.status, status, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_must_be_this_clients_for_us_and_for_now() {
    let site = Site::sqlite().await;
    let now = site.now().as_second();
    let push = async |claims: Json| {
        let asked = site.bank.asked();
        let pairs: Vec<_> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        site.call_as(&site.bank, "/oauth/par", &pairs, None, &site.bank.assertion(&claims)).await
    };
    let good = site.claims(&site.bank);
    let with = |name: &str, value: Json| {
        let mut claims = site.claims(&site.bank);
        claims[name] = value;
        claims
    };
    assert_eq!(push(good.clone()).await.status, StatusCode::CREATED);
    let again = push(good).await;
    assert_eq!(
        (again.status, again.error().as_str()),
        (StatusCode::UNAUTHORIZED, "invalid_client"),
        "an assertion is good once"
    );
    for (name, value) in [
        ("aud", json!([ISSUER])),
        ("aud", json!(format!("{ISSUER}/oauth/token"))),
        ("aud", json!(format!("{ISSUER}/oauth/par"))),
        ("aud", json!(format!("{ISSUER}/"))),
        ("exp", json!(now - 300)),
        ("exp", json!(now + 86400)),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("sub", json!("pocket-app")),
        ("iss", json!("pocket-app")),
        ("iss", json!("nobody")),
        ("jti", Json::Null),
        ("jti", json!("j".repeat(200))),
    ] {
        let reply = push(with(name, value.clone())).await;
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_client"),
            "{name}={value}"
        );
    }
    assert_eq!(
        push(with("nbf", json!(now + 8))).await.status,
        StatusCode::CREATED,
        "clocks differ a little"
    );

    // Another's key, no signature at all, another kind of authentication.
    let forged = site.app.assertion(&site.claims(&site.bank));
    let unsigned = format!(
        "{}.{}.",
        wire::b64::encode("{\"alg\":\"none\"}"),
        wire::b64::encode(site.claims(&site.bank).to_string())
    );
    for assertion in [forged.as_str(), &unsigned, "x", ""] {
        let reply = site
            .call_as(&site.bank, "/oauth/par", &[("response_type", "code")], None, assertion)
            .await;
        assert_eq!(reply.error(), "invalid_client", "{assertion}");
    }
    for pairs in [
        vec![("client_id", "harbour-bank")],
        vec![("client_id", "harbour-bank"), ("client_secret", "guess")],
        vec![("client_id", "pocket-app"), ("client_secret", "guess")],
        vec![("client_id", "nobody")],
        vec![],
    ] {
        assert_eq!(
            site.raw("/oauth/par", &pairs, None).await.error(),
            "invalid_client",
            "{pairs:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_client_is_refused_everywhere_at_once() {
    let site = Site::sqlite().await;
    let (code, _) = site.code(&site.bank).await;
    let given = site.redeem(&site.bank, &code).await.json();
    let uri = site.push(&site.bank, &site.bank.asked()).await.json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let ctx = site.system();
    site.db.write(move |tx| crate::ops::stop_client(tx, &ctx, "harbour-bank")).await.unwrap();
    assert!(!site.works(&site.bank, given["access_token"].as_str().unwrap()).await);
    let query = serde_urlencoded::to_string([("client_id", "harbour-bank"), ("request_uri", &uri)])
        .unwrap();
    let session = site.signed_in("chan-mei-ling").await;
    assert_eq!(
        site.get(&format!("/oauth/authorize?{query}"), &session).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(site.push(&site.bank, &site.bank.asked()).await.error(), "invalid_client");
    let ctx = site.system();
    site.db.write(move |tx| crate::ops::start_client(tx, &ctx, "harbour-bank")).await.unwrap();
    assert_eq!(site.push(&site.bank, &site.bank.asked()).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_must_be_for_this_request_by_its_own_key_and_new() {
    let site = Site::sqlite().await;
    let pairs = [("grant_type", "client_credentials"), ("scope", "exchange:batch")];
    let claims = |name: &str, value: Json| {
        let mut claims = json!({
            "jti": site.random(), "htm": "POST", "htu": format!("{ISSUER}/oauth/token"),
            "iat": site.now().as_second(), "nonce": site.nonce(),
        });
        claims[name] = value;
        claims
    };
    let now = site.now().as_second();
    for (name, value) in [
        ("htm", json!("GET")),
        ("htu", json!("https://else.example/oauth/token")),
        ("htu", json!(format!("{ISSUER}/oauth/par"))),
        ("iat", json!(now - 120)),
        ("iat", json!(now + 60)),
        ("jti", json!("")),
    ] {
        let proof = sign_proof(&site.bank.dpop, &claims(name, value.clone()));
        let reply = site.call(&site.bank, "/oauth/token", &pairs, Some(&proof)).await;
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_dpop_proof"),
            "{name}={value}"
        );
    }
    let good = sign_proof(&site.bank.dpop, &claims("jti", json!("one")));
    let (head, tail) = good.split_at(good.len() - 4);
    for proof in [format!("{head}AAAA"), "x.y.z".to_owned(), tail.to_owned()] {
        assert_eq!(
            site.call(&site.bank, "/oauth/token", &pairs, Some(&proof)).await.error(),
            "invalid_dpop_proof"
        );
    }
    assert_eq!(
        site.call(&site.bank, "/oauth/token", &pairs, None).await.error(),
        "invalid_dpop_proof",
        "no proof, no token"
    );
    assert_eq!(
        site.call(&site.bank, "/oauth/token", &pairs, Some(&good)).await.status,
        StatusCode::OK
    );
    let replayed = site.call(&site.bank, "/oauth/token", &pairs, Some(&good)).await;
    assert_eq!(replayed.error(), "invalid_dpop_proof", "a proof is good once");
    let mut two = bare(
        Method::POST,
        "/oauth/token",
        &[("content-type", "application/x-www-form-urlencoded"), ("dpop", "a"), ("dpop", "b")],
    );
    *two.body_mut() = "grant_type=refresh_token&refresh_token=x&client_id=pocket-app".into();
    assert_eq!(site.send(two).await.error(), "invalid_dpop_proof");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_proof_stays_spent_even_where_the_request_was_refused() {
    let site = Site::sqlite().await;
    let proof = site.proof(&site.bank, "POST", "/oauth/token", None);
    let bad = [("grant_type", "refresh_token"), ("refresh_token", "rt_unknown")];
    assert_eq!(
        site.call(&site.bank, "/oauth/token", &bad, Some(&proof)).await.error(),
        "invalid_grant"
    );
    assert_eq!(
        site.call(&site.bank, "/oauth/token", &bad, Some(&proof)).await.error(),
        "invalid_dpop_proof"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_request_is_refused_by_the_name_the_rfc_gives() {
    let site = Site::sqlite().await;
    let token = async |party: &super::site::Party, pairs: &[(&str, &str)]| {
        let proof = site.proof(party, "POST", "/oauth/token", None);
        site.call(party, "/oauth/token", pairs, Some(&proof)).await
    };
    for (pairs, error) in [
        (vec![], "invalid_request"),
        (
            vec![("grant_type", "password"), ("username", "a"), ("password", "b")],
            "unsupported_grant_type",
        ),
        (
            vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code")],
            "unsupported_grant_type",
        ),
        (vec![("grant_type", "refresh_token")], "invalid_request"),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "rt_unknown")], "invalid_grant"),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "b")],
            "invalid_request",
        ),
        (vec![("grant_type", "client_credentials"), ("scope", "records")], "invalid_scope"),
        (
            vec![("grant_type", "client_credentials"), ("authorization_details", "[]")],
            "invalid_authorization_details",
        ),
    ] {
        assert_eq!(token(&site.bank, &pairs).await.error(), error, "{pairs:?}");
    }
    assert_eq!(
        token(&site.app, &[("grant_type", "client_credentials")]).await.error(),
        "unauthorized_client"
    );
    assert_eq!(
        site.call(&site.app, "/oauth/introspect", &[("token", "x")], None).await.error(),
        "invalid_client"
    );

    let mut json = bare(Method::POST, "/oauth/token", &[("content-type", "application/json")]);
    *json.body_mut() = "{}".into();
    assert_eq!(site.send(json).await.error(), "invalid_request");
    for path in ["/oauth/par", "/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
        let nobody = site.send(bare(Method::POST, path, &[])).await;
        assert_eq!(
            (nobody.status, nobody.error().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_client"),
            "{path}"
        );
    }
    let mut long = bare(
        Method::POST,
        "/oauth/token",
        &[("content-type", "application/x-www-form-urlencoded")],
    );
    *long.body_mut() = format!("grant_type={}", "x".repeat(70_000)).into();
    assert_eq!(site.send(long).await.error(), "invalid_request");
    let many: Vec<_> = (0..50).map(|i| (format!("p{i}"), String::new())).collect();
    let many: Vec<_> = many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(site.raw("/oauth/token", &many, None).await.error(), "invalid_request");
    assert_eq!(
        site.raw("/oauth/token?client_secret=x", &[("grant_type", "refresh_token")], None)
            .await
            .error(),
        "invalid_request"
    );
    assert_eq!(
        site.raw("/oauth/introspect?access_token=x", &[], None).await.error(),
        "invalid_request"
    );
}

#[test]
fn every_error_code_is_told_in_json_with_its_status() {
    use axum::response::IntoResponse as _;
    for code in crate::Code::ALL {
        let response = crate::Refusal::new(code, "a \"quoted\" \u{7b54}\n")
            .at_resource()
            .nonce("n".to_owned())
            .into_response();
        assert!(
            response.status().is_client_error() || response.status().is_server_error(),
            "{}",
            code.as_str()
        );
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
    }
}

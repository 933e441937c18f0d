use super::site::{BACK, ISSUER, Site, bare, each};
use http::{Method, StatusCode};
use kernel::Id;
use ports::Authorizations as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_director_signs_in_on_the_way_and_lets_her_bank_in_once() {
    for site in each().await {
        let reply = site.push(&site.bank, &site.bank.asked()).await;
        assert_eq!(
            (reply.status, reply.header("cache-control")),
            (StatusCode::CREATED, "no-store"),
            "{}",
            reply.text
        );
        let uri = reply.json()["request_uri"].as_str().unwrap().to_owned();
        let query =
            serde_urlencoded::to_string([("client_id", "harbour-bank"), ("request_uri", &uri)])
                .unwrap();
        let address = format!("/oauth/authorize?{query}");

        // Nobody is signed in: she signs in, longer than the request_uri lives, and comes back.
        let reply = site.get(&address, "").await;
        let sign_in = reply.location().to_owned();
        let next = url::Url::parse(&format!("{ISSUER}{sign_in}"))
            .unwrap()
            .query_pairs()
            .find(|(n, _)| n == "next")
            .unwrap()
            .1
            .into_owned();
        assert_eq!(next, address);
        site.clock.advance(crate::rules::REQUEST_URI_LIFE + 1);
        let page = site.get(&sign_in, "").await;
        assert!(
            page.text.contains("Chan Mei Ling")
                && page.text.contains("Director, Lucky Star Trading Ltd"),
            "{}",
            page.text
        );
        let reply = site
            .form("/sign-in/persona", "", &[("persona", "chan-mei-ling"), ("next", &next)])
            .await;
        assert_eq!(reply.location(), address);
        let session = reply.cookie("session");
        let reply = site.get(&address, &session).await;
        let interaction = Id::from(reply.location().strip_prefix("/exchange/decide/").unwrap());

        // She reloads: nothing is lost. Another person cannot take it over.
        assert_eq!(
            site.get(&address, &session).await.location(),
            format!("/exchange/decide/{interaction}")
        );
        let other = site.signed_in("wong-ka-ho").await;
        assert_eq!(site.get(&address, &other).await.status, StatusCode::BAD_REQUEST);
        let (ctx, port, id) = (site.as_person(&site.wong), site.port.clone(), interaction.clone());
        assert!(site.db.read(move |tx| port.pending(tx, &ctx, &id)).await.unwrap().is_none());

        let (to, _) = site.approve(&interaction).await.unwrap();
        assert!(to.starts_with(&format!("{BACK}&code=")), "{to}");
        assert!(to.contains("&state=st&iss=http%3A%2F%2Flocalhost%3A8080"), "{to}");
        assert_eq!(site.approve(&interaction).await.unwrap_err().status, 404, "one answer");
        assert_eq!(
            site.get(&address, &session).await.status,
            StatusCode::BAD_REQUEST,
            "the request_uri is used up"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_fetches_and_refreshes_and_gives_back_what_it_was_allowed() {
    for site in each().await {
        let (code, consent) = site.code(&site.bank).await;
        let reply = site.redeem(&site.bank, &code).await;
        assert_eq!(
            (reply.status, reply.header("cache-control")),
            (StatusCode::OK, "no-store"),
            "{}",
            reply.text
        );
        assert!(!reply.header("dpop-nonce").is_empty());
        let given = reply.json();
        assert_eq!(
            (given["token_type"].as_str(), given["expires_in"].as_i64()),
            (Some("DPoP"), Some(600))
        );
        assert_eq!(given["authorization_details"][0]["consent"], consent.as_str());
        let (access, refresh) =
            (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        assert!(access.len() >= 43 && access.starts_with("at_"));

        let (port, token, jkt, now) =
            (site.port.clone(), access.to_owned(), site.bank.jkt(), site.now());
        let held = site.db.read(move |tx| port.access(tx, &token, &jkt, now)).await.unwrap();
        assert_eq!((held.client.as_str(), held.consent), ("harbour-bank", Some(consent.clone())));
        assert!(!site.works(&site.bank.other_key(), access).await, "another key is refused");

        let known =
            site.call(&site.bank, "/oauth/introspect", &[("token", access)], None).await.json();
        assert_eq!(
            (known["active"].as_bool(), known["cnf"]["jkt"].as_str()),
            (Some(true), Some(site.bank.jkt().as_str()))
        );
        assert_ne!(
            known["sub"].as_str(),
            Some(site.chan.as_str()),
            "the person is named for this client alone"
        );

        site.clock.advance(crate::rules::ACCESS_LIFE);
        assert!(!site.works(&site.bank, access).await, "an access token ends");
        let reply = site.refresh(&site.bank, refresh).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let access = reply.json()["access_token"].as_str().unwrap().to_owned();
        assert!(site.works(&site.bank, &access).await);

        let reply = site.call(&site.bank, "/oauth/revoke", &[("token", refresh)], None).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert!(!site.works(&site.bank, &access).await);
        assert!(
            site.exchange.ended.lock().unwrap().contains(&consent),
            "the consent was given back"
        );
        let known =
            site.call(&site.bank, "/oauth/introspect", &[("token", &access)], None).await.json();
        assert_eq!(known, serde_json::json!({"active": false}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_told_to_the_bank_with_state_and_issuer() {
    let site = Site::sqlite().await;
    let reply = site.push(&site.bank, &site.bank.asked()).await;
    let uri = reply.json()["request_uri"].as_str().unwrap().to_owned();
    let session = site.signed_in("chan-mei-ling").await;
    let query = serde_urlencoded::to_string([("client_id", "harbour-bank"), ("request_uri", &uri)])
        .unwrap();
    let reply = site
        .form(
            &format!("/oauth/authorize?{query}"),
            &session,
            &[("client_id", "harbour-bank"), ("request_uri", &uri)],
        )
        .await;
    let interaction = Id::from(reply.location().strip_prefix("/exchange/decide/").unwrap());
    let (ctx, port) = (site.as_person(&site.chan), site.port.clone());
    let to = site.db.write(move |tx| port.refuse(tx, &ctx, &interaction)).await.unwrap();
    for part in [BACK, "error=access_denied", "state=st", "iss=http%3A%2F%2Flocalhost%3A8080"] {
        assert!(to.contains(part), "{to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_trusted_is_refused_here_and_leads_nowhere() {
    let site = Site::sqlite().await;
    let session = site.signed_in("chan-mei-ling").await;
    let uri = site.push(&site.bank, &site.bank.asked()).await.json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let at = |client: &str, uri: &str| {
        format!(
            "/oauth/authorize?{}",
            serde_urlencoded::to_string([("client_id", client), ("request_uri", uri)]).unwrap()
        )
    };
    let unknown = uri.replace("req_", "req_x");
    for address in [
        at("pocket-app", &uri),
        at("nobody", &uri),
        at("harbour-bank", &unknown),
        at("harbour-bank", "https://bank.example/request"),
        "/oauth/authorize?client_id=harbour-bank".to_owned(),
        format!("/oauth/authorize?client_id=harbour-bank&redirect_uri={BACK}&response_type=code"),
        format!("{}&client_id=harbour-bank", at("harbour-bank", &uri)),
    ] {
        let page = site.get(&address, &session).await;
        assert_eq!(
            (page.status, page.header("location")),
            (StatusCode::BAD_REQUEST, ""),
            "{address}"
        );
        assert!(page.text.contains("<h1"), "a person is shown a page");
        let program = site.send(bare(Method::GET, &address, &[])).await;
        assert_eq!(program.error(), "invalid_request", "{address}");
    }
    site.clock.advance(crate::rules::REQUEST_URI_LIFE);
    assert_eq!(
        site.get(&at("harbour-bank", &uri), &session).await.status,
        StatusCode::BAD_REQUEST,
        "it came too late"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_says_what_is_there_to_any_page_and_nothing_else() {
    let site = Site::sqlite().await;
    let (router, table) = crate::routes(&site.identity).finish();
    drop(router);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let reply = site.send(bare(Method::GET, path, &[("origin", "https://else.example")])).await;
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        let said = reply.json();
        assert_eq!(said["issuer"], ISSUER);
        assert_eq!(said["response_types_supported"], serde_json::json!(["code"]));
        // A client of the high profile must all the same, by its registration.
        assert_eq!(said["require_pushed_authorization_requests"], false);
        for (name, value) in said.as_object().unwrap() {
            if let Some(path) =
                value.as_str().and_then(|v| v.strip_prefix(ISSUER)).filter(|path| !path.is_empty())
            {
                assert!(
                    table
                        .iter()
                        .any(|route| route.path == path
                            || route.path.starts_with(&format!("{path}/{{"))),
                    "{name} does not exist"
                );
            }
            assert!(!name.contains("mtls") && !name.contains("tls_client"), "{name}");
        }
    }
    let keys = site.send(bare(Method::GET, "/oauth/jwks", &[])).await;
    assert_eq!(keys.json()["keys"][0]["kid"], site.identity.release_signer().unwrap().kid());
    assert!(!keys.text.contains("\"d\""));
    let reply = site
        .send(bare(Method::OPTIONS, "/oauth/token", &[("origin", "https://else.example")]))
        .await;
    assert!(reply.header("access-control-allow-headers").contains("DPoP"));
    assert_eq!(
        site.send(bare(Method::GET, "/oauth/par", &[])).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

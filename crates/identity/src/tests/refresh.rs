use super::site::{Site, bare, each};
use http::{Method, StatusCode};

#[tokio::test(flavor = "multi_thread")]
async fn a_public_clients_refresh_token_rotates_and_its_reuse_ends_the_family() {
    for site in each().await {
        let (code, _) = site.code(&site.app).await;
        let first = site.redeem(&site.app, &code).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let reply = site.refresh(&site.app, &first).await.json();
        let (second, access) =
            (reply["refresh_token"].as_str().unwrap(), reply["access_token"].as_str().unwrap());
        assert_ne!(first, second);
        assert!(site.works(&site.app, access).await);
        assert_eq!(
            site.refresh(&site.app, &first).await.error(),
            "invalid_grant",
            "a thief or a lost answer: nobody can tell"
        );
        assert!(!site.works(&site.app, access).await);
        assert_eq!(
            site.refresh(&site.app, second).await.error(),
            "invalid_grant",
            "the whole family is dead"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banks_refresh_token_stays_so_that_a_lost_answer_kills_nothing() {
    for site in each().await {
        let (code, _) = site.code(&site.bank).await;
        let token = site.redeem(&site.bank, &code).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        for _ in 0..3 {
            let reply = site.refresh(&site.bank, &token).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
            assert!(reply.json().get("refresh_token").is_none());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_bound_to_client_key_scope_and_time() {
    let site = Site::sqlite().await;
    let (code, _) = site.code(&site.bank).await;
    let token =
        site.redeem(&site.bank, &code).await.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(site.refresh(&site.bank.other_key(), &token).await.error(), "invalid_grant");
    assert_eq!(site.refresh(&site.app, &token).await.error(), "invalid_grant");
    let wider = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &token),
        ("scope", "records exchange:batch"),
    ];
    let proof = site.proof(&site.bank, "POST", "/oauth/token", None);
    assert_eq!(
        site.call(&site.bank, "/oauth/token", &wider, Some(&proof)).await.error(),
        "invalid_scope"
    );
    assert_eq!(site.refresh(&site.bank, &token).await.status, StatusCode::OK);
    site.clock.advance(crate::rules::REFRESH_LIFE);
    assert_eq!(site.refresh(&site.bank, &token).await.error(), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_says_yes_to_everything_and_touches_only_ones_own() {
    let site = Site::sqlite().await;
    let (code, consent) = site.code(&site.bank).await;
    let given = site.redeem(&site.bank, &code).await.json();
    let (access, refresh) =
        (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
    for token in ["at_unknown", access, refresh] {
        assert_eq!(
            site.call(&site.app, "/oauth/revoke", &[("token", token)], None).await.status,
            StatusCode::OK
        );
    }
    assert!(site.works(&site.bank, access).await, "another client's word changes nothing");
    assert_eq!(
        site.call(&site.bank, "/oauth/revoke", &[("token", access)], None).await.status,
        StatusCode::OK
    );
    assert!(!site.works(&site.bank, access).await);
    assert!(!site.exchange.ended.lock().unwrap().contains(&consent), "an access token goes alone");
    assert_eq!(site.refresh(&site.bank, refresh).await.status, StatusCode::OK);
    assert_eq!(site.call(&site.bank, "/oauth/revoke", &[], None).await.error(), "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_and_ends_its_own_grants_alone() {
    for site in each().await {
        let (code, consent) = site.code(&site.bank).await;
        let given = site.redeem(&site.bank, &code).await.json();
        let grant = given["grant_id"].as_str().unwrap();
        let path = format!("/oauth/grants/{grant}");
        let own = async |scope: &str| {
            let pairs = [("grant_type", "client_credentials"), ("scope", scope)];
            let proof = site.proof(&site.bank, "POST", "/oauth/token", None);
            site.call(&site.bank, "/oauth/token", &pairs, Some(&proof)).await.json()["access_token"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let call = async |method: Method, path: &str, token: &str| {
            let proof = site.proof(&site.bank, method.as_str(), path, Some(token));
            site.send(bare(
                method,
                path,
                &[("authorization", &format!("DPoP {token}")), ("dpop", &proof)],
            ))
            .await
        };
        let (query, revoke) =
            (own("grant_management_query").await, own("grant_management_revoke").await);
        let seen = call(Method::GET, &path, &query).await;
        assert_eq!(
            seen.json()["authorization_details"][0]["consent"],
            consent.as_str(),
            "{}",
            seen.text
        );
        assert_eq!(
            call(Method::GET, "/oauth/grants/gra_unknown", &query).await.status,
            StatusCode::NOT_FOUND
        );
        let wrong = call(Method::DELETE, &path, &query).await;
        assert_eq!(
            (wrong.status, wrong.error().as_str()),
            (StatusCode::FORBIDDEN, "insufficient_scope")
        );
        let person = call(Method::GET, &path, given["access_token"].as_str().unwrap()).await;
        assert_eq!(person.error(), "insufficient_scope");
        let plain = site
            .send(bare(Method::GET, &path, &[("authorization", &format!("Bearer {query}"))]))
            .await;
        assert_eq!(
            (plain.status, plain.error().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_token"),
            "a bound token is no bearer"
        );
        assert!(plain.header("www-authenticate").starts_with("DPoP error=\"invalid_token\""));
        assert_eq!(call(Method::DELETE, &path, &revoke).await.status, StatusCode::NO_CONTENT);
        assert!(site.exchange.ended.lock().unwrap().contains(&consent));
        assert_eq!(call(Method::GET, &path, &query).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bank_learns_nothing_and_gets_nothing_of_a_token_it_found() {
    for site in each().await {
        let (code, consent) = site.code(&site.bank).await;
        assert_eq!(site.redeem(&site.rival, &code).await.error(), "invalid_grant");
        let given = site.redeem(&site.bank, &code).await.json();
        let (access, refresh) =
            (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        let off = serde_json::json!({"active": false});
        for token in [access, refresh, "at_unknown"] {
            assert_eq!(
                site.call(&site.rival, "/oauth/introspect", &[("token", token)], None).await.json(),
                off
            );
            assert_eq!(
                site.call(&site.rival, "/oauth/revoke", &[("token", token)], None).await.status,
                StatusCode::OK
            );
        }
        assert_eq!(site.refresh(&site.rival, refresh).await.error(), "invalid_grant");
        assert!(!site.exchange.ended.lock().unwrap().contains(&consent));
        let own =
            site.call(&site.bank, "/oauth/introspect", &[("token", refresh)], None).await.json();
        assert_eq!(
            (own["active"].as_bool(), own["client_id"].as_str()),
            (Some(true), Some("harbour-bank"))
        );

        // A resource server that is registered to ask may.
        let ctx = site.system();
        site.db
            .write(move |tx| {
                let mut rival = crate::ops::client(tx, "rival-bank")?.unwrap();
                rival.scopes = "records introspect".to_owned();
                crate::ops::register_client(tx, &ctx, &rival, false)
            })
            .await
            .unwrap();
        assert_eq!(
            site.call(&site.rival, "/oauth/introspect", &[("token", access)], None).await.json()["active"],
            true
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_acts_for_itself_only_in_what_it_is_registered_for() {
    let site = Site::sqlite().await;
    let ctx = site.system();
    site.db
        .write(move |tx| {
            let mut rival = crate::ops::client(tx, "rival-bank")?.unwrap();
            rival.scopes = "records".to_owned();
            crate::ops::register_client(tx, &ctx, &rival, false)
        })
        .await
        .unwrap();
    let own = async |party: &super::site::Party| {
        let proof = site.proof(party, "POST", "/oauth/token", None);
        site.call(
            party,
            "/oauth/token",
            &[("grant_type", "client_credentials"), ("scope", "exchange:batch")],
            Some(&proof),
        )
        .await
    };
    assert_eq!(own(&site.rival).await.error(), "invalid_scope");
    let given = own(&site.bank).await.json();
    assert!(given.get("refresh_token").is_none());
    let (port, token, jkt, now) = (
        site.port.clone(),
        given["access_token"].as_str().unwrap().to_owned(),
        site.bank.jkt(),
        site.now(),
    );
    let held = site
        .db
        .read(move |tx| ports::Authorizations::access(&port, tx, &token, &jkt, now))
        .await
        .unwrap();
    assert_eq!((held.consent, held.scope.as_str()), (None, "exchange:batch"));
    assert_eq!(
        own(&site.bank).await.json()["grant_id"],
        given["grant_id"],
        "one grant for all its own tokens"
    );
}

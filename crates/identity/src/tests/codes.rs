use super::site::{BACK, Site, VERIFIER, each};
use http::StatusCode;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_twice_ends_what_it_gave() {
    for site in each().await {
        let (code, _) = site.code(&site.bank).await;
        let given = site.redeem(&site.bank, &code).await.json();
        let (access, refresh) =
            (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        assert!(site.works(&site.bank, access).await);
        assert_eq!(site.redeem(&site.bank, &code).await.error(), "invalid_grant");
        assert!(!site.works(&site.bank, access).await, "its access token is dead");
        assert_eq!(site.refresh(&site.bank, refresh).await.error(), "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_client_address_verifier_and_time() {
    let site = Site::sqlite().await;
    let (code, _) = site.code(&site.bank).await;
    let other = "https://bank.example/other";
    for (pairs, error) in [
        (
            vec![("code", code.as_str()), ("redirect_uri", other), ("code_verifier", VERIFIER)],
            "invalid_grant",
        ),
        (
            vec![
                ("code", &code),
                ("redirect_uri", BACK),
                ("code_verifier", "another-verifier-of-forty-three-characters!"),
            ],
            "invalid_grant",
        ),
        (
            vec![("code", &code), ("redirect_uri", BACK), ("code_verifier", "short")],
            "invalid_grant",
        ),
        (vec![("code", &code), ("redirect_uri", BACK)], "invalid_request"),
        (vec![("code", &code), ("code_verifier", VERIFIER)], "invalid_request"),
        (vec![("redirect_uri", BACK), ("code_verifier", VERIFIER)], "invalid_request"),
        (
            vec![("code", "code_unknown"), ("redirect_uri", BACK), ("code_verifier", VERIFIER)],
            "invalid_grant",
        ),
    ] {
        let reply = site.redeem_with(&site.bank, &pairs).await;
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::BAD_REQUEST, error),
            "{pairs:?}"
        );
    }
    // Another client, even with everything else, gets nothing and harms nothing.
    assert_eq!(
        site.redeem_with(
            &site.app,
            &[("code", &code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)]
        )
        .await
        .error(),
        "invalid_grant"
    );
    site.clock.advance(crate::rules::CODE_LIFE - 1);
    assert_eq!(site.redeem(&site.bank, &code).await.status, StatusCode::OK);
    let (code, _) = site.code(&site.bank).await;
    site.clock.advance(crate::rules::CODE_LIFE);
    assert_eq!(site.redeem(&site.bank, &code).await.error(), "invalid_grant", "a minute is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_bound_to_a_key_at_the_pushed_request_needs_that_key() {
    let site = Site::sqlite().await;
    let mut asked = site.bank.asked();
    asked.push(("dpop_jkt".to_owned(), site.bank.jkt()));
    let uri =
        site.push(&site.bank, &asked).await.json()["request_uri"].as_str().unwrap().to_owned();
    let code = site.bring(&site.bank, &uri).await.0;
    assert_eq!(site.redeem(&site.bank.other_key(), &code).await.error(), "invalid_grant");
    assert_eq!(site.redeem(&site.bank, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_at_the_pushed_request_binds_the_code_and_must_fit_what_is_said() {
    let site = Site::sqlite().await;
    let mut asked = site.bank.asked();
    asked.push(("dpop_jkt".to_owned(), site.bank.other_key().jkt()));
    let pairs: Vec<_> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let proof = site.proof(&site.bank, "POST", "/oauth/par", None);
    assert_eq!(
        site.call(&site.bank, "/oauth/par", &pairs, Some(&proof)).await.error(),
        "invalid_dpop_proof"
    );

    let asked = site.bank.asked();
    let pairs: Vec<_> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let proof = site.proof(&site.bank, "POST", "/oauth/par", None);
    let uri = site.call(&site.bank, "/oauth/par", &pairs, Some(&proof)).await.json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let code = site.bring(&site.bank, &uri).await.0;
    assert_eq!(site.redeem(&site.bank.other_key(), &code).await.error(), "invalid_grant");
    assert_eq!(site.redeem(&site.bank, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_week_to_decide_and_no_longer() {
    for site in each().await {
        for (wait, ok) in
            [(crate::rules::DECIDING_LIFE - 1, true), (crate::rules::DECIDING_LIFE, false)]
        {
            let uri = site.push(&site.bank, &site.bank.asked()).await.json()["request_uri"]
                .as_str()
                .unwrap()
                .to_owned();
            let interaction = site.decide(&site.bank, &uri).await;
            site.clock.advance(wait);
            assert_eq!(site.approve(&interaction).await.is_ok(), ok);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_refusal_burns_neither_code_nor_request() {
    for site in each().await {
        let asked = site.bank.asked();
        let pairs: Vec<_> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let bare = site.proof_with(&site.bank, "POST", "/oauth/par", None, None);
        let assertion = site.bank.assertion(&site.claims(&site.bank));
        let reply = site.call_as(&site.bank, "/oauth/par", &pairs, Some(&bare), &assertion).await;
        assert_eq!(reply.error(), "use_dpop_nonce");
        let nonce = reply.header("dpop-nonce").to_owned();
        let again = site.proof_with(&site.bank, "POST", "/oauth/par", None, Some(&nonce));
        let reply = site.call_as(&site.bank, "/oauth/par", &pairs, Some(&again), &assertion).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);

        let (code, _) = site.code(&site.bank).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        let bare = site.proof_with(
            &site.bank,
            "POST",
            "/oauth/token",
            None,
            Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        );
        let reply = site.call(&site.bank, "/oauth/token", &pairs, Some(&bare)).await;
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::BAD_REQUEST, "use_dpop_nonce")
        );
        assert!(reply.header("access-control-expose-headers").contains("DPoP-Nonce"));
        assert_eq!(site.redeem(&site.bank, &code).await.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_once_the_consent_has_ended() {
    for site in each().await {
        let (code, consent) = site.code(&site.bank).await;
        site.exchange.ended.lock().unwrap().insert(consent);
        assert_eq!(site.redeem(&site.bank, &code).await.error(), "invalid_grant");

        let (code, consent) = site.code(&site.bank).await;
        let given = site.redeem(&site.bank, &code).await.json();
        let (access, refresh) =
            (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        let (ctx, port, held) = (site.system(), site.port.clone(), consent.clone());
        site.db
            .write(move |tx| ports::Authorizations::end_grant(&port, tx, &ctx, &held))
            .await
            .unwrap();
        assert!(
            !site.works(&site.bank, access).await,
            "the stop ends the token in its own transaction"
        );
        assert_eq!(site.refresh(&site.bank, refresh).await.error(), "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amended_consent_keeps_its_tokens_under_the_new_terms() {
    let site = Site::sqlite().await;
    let (code, old) = site.code(&site.bank).await;
    let given = site.redeem(&site.bank, &code).await.json();
    let new = kernel::Id::from("con_new");
    let (port, to) = (site.port.clone(), new.clone());
    site.db
        .write(move |tx| {
            ports::Authorizations::move_grant(
                &port,
                tx,
                &old,
                &to,
                &serde_json::json!({"amended": true}),
            )
        })
        .await
        .unwrap();
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
    assert_eq!(held.consent, Some(new));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_database_holds_no_usable_secret() {
    let site = Site::sqlite().await;
    let session = site.signed_in("chan-mei-ling").await;
    let (code, _) = site.code(&site.bank).await;
    let (unused, _) = site.code(&site.bank).await;
    let given = site.redeem(&site.bank, &code).await.json();
    let file = site.file.clone().unwrap();
    let mut dump = std::fs::read(&file).unwrap();
    dump.extend(std::fs::read(file.with_file_name("praya.sqlite-wal")).unwrap_or_default());
    let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("harbour-bank"), "the dump is read");
    for secret in [
        session.as_str(),
        &code,
        &unused,
        given["access_token"].as_str().unwrap(),
        given["refresh_token"].as_str().unwrap(),
    ] {
        assert!(!secret.is_empty() && !holds(secret), "{secret}");
    }
    assert!(!holds("\"d\":"), "private keys are sealed");
}

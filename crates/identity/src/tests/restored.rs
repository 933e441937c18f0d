//! A database put back from an older copy gives nothing until an operator says how far it may be trusted.

use super::site::each;
use crate::{ops, rules};
use http::StatusCode;

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_issues_nothing_until_an_operator_says_how_far_it_may_be_trusted() {
    for site in each().await {
        let session = site.signed_in("chan-mei-ling").await;
        let (code, _) = site.code(&site.bank).await;
        let (unused, _) = site.code(&site.bank).await;
        let given = site.redeem(&site.bank, &code).await.json();
        let (access, refresh) =
            (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        let ctx = site.system();
        site.db.write(move |tx| ops::hold(tx, &ctx, 1000)).await.unwrap();
        site.identity.heed().await.unwrap();
        let size = site.db.read(ops::held).await.unwrap().unwrap();
        assert_eq!(size.had, 1000);

        // Nothing is given, to nobody.
        let refused = site.refresh(&site.bank, refresh).await;
        assert_eq!(
            (refused.status, refused.error().as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        );
        assert_eq!(
            site.push(&site.bank, &site.bank.asked()).await.error(),
            "temporarily_unavailable"
        );
        let press = [("persona", "chan-mei-ling"), ("next", "/my/data")];
        let page = site.form("/sign-in/persona", "", &press).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        // What was given before is no longer good: its end may be among what was lost.
        assert!(!site.works(&site.bank, access).await);
        assert_eq!(site.get("/my/security", &session).await.status, StatusCode::SEE_OTHER);

        // Only the number that the log really has lets go.
        let (ctx, other) = (site.system(), size.size + 1);
        let wrong = site.db.write(move |tx| ops::trust(tx, &ctx, other)).await.unwrap_err();
        assert_eq!(wrong.code, "restored-size");
        let (ctx, person) = (site.as_person(&site.chan), size.size);
        let wrong = site.db.write(move |tx| ops::trust(tx, &ctx, person)).await.unwrap_err();
        assert_eq!(wrong.status, 403);
        let (ctx, right) = (site.system(), size.size);
        site.db.write(move |tx| ops::trust(tx, &ctx, right)).await.unwrap();
        site.identity.heed().await.unwrap();
        site.signed_in("chan-mei-ling").await;
        let (fresh, _) = site.code(&site.bank).await;
        assert_eq!(site.redeem(&site.bank, &fresh).await.status, StatusCode::OK);
        for old in [&unused, &code] {
            assert_eq!(site.redeem(&site.bank, old).await.error(), "invalid_grant");
        }
        assert_eq!(site.refresh(&site.bank, refresh).await.error(), "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ten_seconds_off_passes_and_one_an_hour_off_is_refused() {
    let site = super::site::Site::sqlite().await;
    let pairs = [("grant_type", "client_credentials"), ("scope", rules::BATCH)];
    for (off, good) in [(0, true), (-10, true), (10, true), (-3600, false), (3600, false)] {
        let now = site.now().as_second() + off;
        let mut claims = site.claims(&site.bank);
        (claims["iat"], claims["nbf"], claims["exp"]) = (now.into(), now.into(), (now + 60).into());
        let proof = site.proof(&site.bank, "POST", "/oauth/token", None);
        let assertion = site.bank.assertion(&claims);
        let reply =
            site.call_as(&site.bank, "/oauth/token", &pairs, Some(&proof), &assertion).await;
        assert_eq!(reply.status == StatusCode::OK, good, "assertion {off}: {}", reply.text);

        let proof = super::site::sign_proof(
            &site.bank.dpop,
            &serde_json::json!({"jti": site.random(), "htm": "POST", "iat": now, "nonce": site.nonce(),
                "htu": format!("{}/oauth/token", super::site::ISSUER)}),
        );
        let reply = site.call(&site.bank, "/oauth/token", &pairs, Some(&proof)).await;
        assert_eq!(reply.status == StatusCode::OK, good, "proof {off}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_changes_under_load_and_no_token_is_refused_for_it() {
    for site in each().await {
        let mut terms = site.db.read(|tx| ops::client(tx, "harbour-bank")).await.unwrap().unwrap();
        terms.terms.tokens = crate::model::TokenForm::Jwt;
        let ctx = site.system();
        site.db.write(move |tx| ops::add_client(tx, &ctx, &terms)).await.unwrap();
        let pairs = [("grant_type", "client_credentials"), ("scope", rules::BATCH)];
        let mut kids = std::collections::HashSet::new();
        let mut kept: Option<(String, String)> = None;
        for step in 0..12 {
            if step == 2 {
                let (ctx, keys) = (site.system(), site.identity.keys().clone());
                site.db.write(move |tx| ops::rotate_keys(tx, &ctx, keys.sealer())).await.unwrap();
                let keys = site.identity.keys().clone();
                keys.reload(&site.db, site.now()).await.unwrap();
            }
            let published = site.identity.keys().jwks(site.now()).to_string();
            let published = wire::jwk::Jwks::parse(published.as_bytes()).unwrap();
            let proof = site.proof(&site.bank, "POST", "/oauth/token", None);
            let reply = site.call(&site.bank, "/oauth/token", &pairs, Some(&proof)).await;
            assert_eq!(reply.status, StatusCode::OK, "{step}: {}", reply.text);
            let token = reply.json()["access_token"].as_str().unwrap().to_owned();
            let read = wire::jws::Parsed::new(&token, 8192).unwrap();
            read.verify_by_set(&published, &[wire::jws::Alg::Es256]).unwrap();
            kids.insert(read.header().kid.clone());
            // What a service fetched before still verifies what is signed after, and the other way round.
            if let Some((before, set)) = &kept {
                let old = wire::jwk::Jwks::parse(set.as_bytes()).unwrap();
                read.verify_by_set(&old, &[wire::jws::Alg::Es256]).unwrap();
                let earlier = wire::jws::Parsed::new(before, 8192).unwrap();
                earlier.verify_by_set(&published, &[wire::jws::Alg::Es256]).unwrap();
            }
            kept = Some((token, site.identity.keys().jwks(site.now()).to_string()));
            site.clock.advance(rules::KEY_OVERLAP / 4);
        }
        assert_eq!(kids.len(), 2, "the new key signs after its day");
    }
}

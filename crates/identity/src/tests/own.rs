//! A client in its own name: `client_credentials` with a secret or a key, opaque or as a JWT.

use super::site::{Party, Reply, Site, each};
use crate::{
    model::{Auth, Client, Flow, Profile, Terms, TokenForm},
    ops, rules,
};
use http::StatusCode;
use kernel::Text;
use serde_json::{Value as Json, json};
use wire::jws::{Alg, Parsed};

const SCOPE: &str = "api:tax-office:read";

fn service(id: &str, jwks: Json, terms: Terms) -> Client {
    Client {
        id: id.to_owned(),
        name: Text::same(id),
        redirect_uris: Vec::new(),
        jwks,
        profile: Profile::Confidential,
        webhook: None,
        scopes: format!("{SCOPE} api:tax-office:write api:other-office"),
        active: true,
        node: None,
        terms,
    }
}

async fn add(site: &Site, client: Client) {
    let ctx = site.system();
    site.db.write(move |tx| ops::register_client(tx, &ctx, &client, false)).await.unwrap();
}

async fn secret(site: &Site, id: &str) -> String {
    let (ctx, id) = (site.system(), id.to_owned());
    site.db.write(move |tx| ops::new_secret(tx, &ctx, &id)).await.unwrap()
}

/// A service that proves itself by a secret; its tokens are of this form.
async fn by_secret(site: &Site, id: &str, tokens: TokenForm) -> String {
    let terms = Terms { auth: Auth::ClientSecretBasic, tokens, ..Terms::default() };
    add(site, service(id, json!({"keys": []}), terms)).await;
    secret(site, id).await
}

async fn ask(site: &Site, path: &str, (id, secret): (&str, &str), pairs: &[(&str, &str)]) -> Reply {
    let basic = wire::b64::standard(format!("{id}:{secret}"));
    let request = http::Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Basic {basic}"));
    site.send(request.body(serde_urlencoded::to_string(pairs).unwrap().into()).unwrap()).await
}

async fn token(site: &Site, who: (&str, &str), scope: &str) -> Reply {
    ask(site, "/oauth/token", who, &[("grant_type", "client_credentials"), ("scope", scope)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_a_token_by_its_secret_and_the_service_it_is_for_may_ask_about_it() {
    for site in each().await {
        let held = by_secret(&site, "parks", TokenForm::Opaque).await;
        let tax = by_secret(&site, "tax-office", TokenForm::Opaque).await;
        let other = by_secret(&site, "other-office", TokenForm::Opaque).await;
        let given = token(&site, ("parks", &held), SCOPE).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        let given = given.json();
        assert_eq!((&given["token_type"], &given["scope"]), (&json!("Bearer"), &json!(SCOPE)));
        let access = given["access_token"].as_str().unwrap();
        let about = [("token", access)];
        for (who, secret) in [("parks", &held), ("tax-office", &tax)] {
            let said = ask(&site, "/oauth/introspect", (who, secret), &about).await.json();
            assert_eq!(
                (&said["active"], &said["client_id"], &said["aud"], &said["token_type"]),
                (&json!(true), &json!("parks"), &json!("tax-office"), &json!("Bearer")),
                "{who}"
            );
        }
        let said = ask(&site, "/oauth/introspect", ("other-office", &other), &about).await.json();
        assert_eq!(said, json!({"active": false}), "it is not for this service");
        assert!(!site.works(&site.bank, access).await, "a bearer reaches no records");
        let again = token(&site, ("parks", &held), SCOPE).await.json();
        assert_eq!(again["grant_id"], given["grant_id"]);
        assert_ne!(again["access_token"], given["access_token"]);

        let back = ask(&site, "/oauth/revoke", ("parks", &held), &about).await;
        assert_eq!(back.status, StatusCode::OK);
        let said = ask(&site, "/oauth/introspect", ("parks", &held), &about).await.json();
        assert_eq!(said, json!({"active": false}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_client_in_its_own_name_may_be_a_jwt_and_is_a_row_all_the_same() {
    for site in each().await {
        let held = by_secret(&site, "parks", TokenForm::Jwt).await;
        let given = token(&site, ("parks", &held), SCOPE).await.json();
        let access = given["access_token"].as_str().unwrap();
        let keys =
            wire::jwk::Jwks::parse(site.identity.keys().jwks(site.now()).to_string().as_bytes())
                .unwrap();
        let jws = Parsed::new(access, 8192).unwrap();
        assert_eq!(jws.header().typ.as_deref(), Some("at+jwt"));
        let claims: Json =
            serde_json::from_slice(jws.verify_by_set(&keys, &[Alg::Es256]).unwrap()).unwrap();
        let now = site.now().as_second();
        assert_eq!(
            (&claims["aud"], &claims["sub"], &claims["client_id"], &claims["scope"]),
            (&json!("tax-office"), &json!("parks"), &json!("parks"), &json!(SCOPE))
        );
        assert_eq!(
            (&claims["iat"], &claims["exp"]),
            (&json!(now), &json!(now + rules::ACCESS_LIFE))
        );
        assert!(claims.get("cnf").is_none());
        let said =
            ask(&site, "/oauth/introspect", ("parks", &held), &[("token", access)]).await.json();
        assert_eq!((&said["active"], &said["exp"]), (&json!(true), &claims["exp"]));
        // What is not a row is not a token, whoever signed it.
        let mut forged = access.to_owned();
        forged.pop();
        let said =
            ask(&site, "/oauth/introspect", ("parks", &held), &[("token", &forged)]).await.json();
        assert_eq!(said, json!({"active": false}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_its_own_is_bound_into_a_clients_token_where_it_is_proven_and_only_there() {
    for site in each().await {
        let (parks, jwks) = Party::new("parks", false);
        add(&site, service("parks", jwks, Terms { tokens: TokenForm::Jwt, ..Terms::default() }))
            .await;
        let pairs = [("grant_type", "client_credentials"), ("scope", SCOPE)];
        let bare = site.call(&parks, "/oauth/token", &pairs, None).await.json();
        assert_eq!(bare["token_type"], json!("Bearer"));
        let proof = site.proof(&parks, "POST", "/oauth/token", None);
        let bound = site.call(&parks, "/oauth/token", &pairs, Some(&proof)).await.json();
        assert_eq!(bound["token_type"], json!("DPoP"));
        let jws = Parsed::new(bound["access_token"].as_str().unwrap(), 8192).unwrap();
        let claims: Json = serde_json::from_slice(jws.unverified_payload()).unwrap();
        assert_eq!(claims["cnf"]["jkt"], json!(parks.jkt()));
        let said = site
            .call(
                &parks,
                "/oauth/introspect",
                &[("token", bound["access_token"].as_str().unwrap())],
                None,
            )
            .await
            .json();
        assert_eq!(
            (&said["token_type"], &said["cnf"]["jkt"]),
            (&json!("DPoP"), &json!(parks.jkt()))
        );
        // What reaches records is never let out without a key.
        let pairs = [("grant_type", "client_credentials"), ("scope", "exchange:batch")];
        let refused = site.call(&site.bank, "/oauth/token", &pairs, None).await;
        assert_eq!(refused.error(), "invalid_dpop_proof");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_good_for_its_client_alone_and_the_one_before_for_a_day() {
    for site in each().await {
        let first = by_secret(&site, "parks", TokenForm::Opaque).await;
        let other = by_secret(&site, "other-office", TokenForm::Opaque).await;
        for (id, secret) in [
            ("parks", other.as_str()),
            ("parks", "cs_guess"),
            ("parks", ""),
            ("nobody", &first),
            ("harbour-bank", &first),
        ] {
            let refused = token(&site, (id, secret), SCOPE).await;
            assert_eq!(
                (refused.status, refused.error().as_str()),
                (StatusCode::UNAUTHORIZED, "invalid_client"),
                "{id}"
            );
        }
        let second = secret(&site, "parks").await;
        for secret in [&first, &second] {
            assert_eq!(token(&site, ("parks", secret), SCOPE).await.status, StatusCode::OK);
        }
        site.clock.advance(rules::SECRET_OVERLAP);
        assert_eq!(token(&site, ("parks", &first), SCOPE).await.error(), "invalid_client");
        assert_eq!(token(&site, ("parks", &second), SCOPE).await.status, StatusCode::OK);

        let ctx = site.system();
        site.db.write(move |tx| ops::stop_client(tx, &ctx, "parks")).await.unwrap();
        assert_eq!(token(&site, ("parks", &second), SCOPE).await.error(), "invalid_client");
        let (ctx, bank) = (site.system(), "harbour-bank");
        let refused = site.db.write(move |tx| ops::new_secret(tx, &ctx, bank)).await.unwrap_err();
        assert_eq!(refused.code, "client-needs-no-secret");
        // It proves itself in one way: not by an assertion, not by both.
        let (impostor, _) = Party::new("other-office", false);
        let pairs = [("grant_type", "client_credentials"), ("scope", SCOPE)];
        assert_eq!(
            site.call(&impostor, "/oauth/token", &pairs, None).await.error(),
            "invalid_client"
        );
        let twice = [pairs[0], pairs[1], ("client_secret", other.as_str())];
        assert_eq!(
            ask(&site, "/oauth/token", ("other-office", &other), &twice).await.error(),
            "invalid_client"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_speaks_to_one_service_and_no_further_than_its_client_was_registered() {
    let site = Site::sqlite().await;
    let held = by_secret(&site, "parks", TokenForm::Opaque).await;
    for wrong in [
        "api:tax-office:read api:other-office",
        "api:tax-office:all",
        "api:police",
        "api:tax-office",
        "api::read",
        "records",
        "exchange:batch",
        "introspect",
        "",
    ] {
        assert_eq!(
            token(&site, ("parks", &held), wrong).await.error(),
            "invalid_scope",
            "{wrong:?}"
        );
    }
    let both = token(&site, ("parks", &held), "api:tax-office:read api:tax-office:write").await;
    assert_eq!(both.status, StatusCode::OK, "{}", both.text);
}

#[test]
fn a_client_that_proves_itself_by_a_secret_reaches_no_records() {
    let terms = Terms { auth: Auth::ClientSecretBasic, ..Terms::default() };
    let good = service("parks", json!({"keys": []}), terms);
    assert_eq!(rules::registration(&good, false), Ok(()));
    let back = vec!["https://parks.example.com/back".to_owned()];
    for scopes in ["records", "exchange:batch", "api:tax-office records"] {
        let bad = Client { scopes: scopes.to_owned(), redirect_uris: back.clone(), ..good.clone() };
        assert_eq!(
            rules::registration(&bad, false),
            Err(("terms", "client-auth-form")),
            "{scopes}"
        );
    }
    let by_key = Client { terms: Terms::default(), ..good };
    assert_eq!(rules::registration(&by_key, false), Err(("jwks", "client-keys-form")));
}

#[test]
fn a_client_of_the_high_profile_never_reads_rs256() {
    let terms = Terms {
        auth: Auth::ClientSecretBasic,
        id_token_signed_response_alg: crate::model::IdTokenAlg::Rs256,
        ..Terms::default()
    };
    let high = service("parks", json!({"keys": []}), terms.clone());
    assert_eq!(rules::registration(&high, false), Err(("terms", "client-alg-form")));
    let baseline = Client {
        terms: Terms { flow: Flow::Baseline, ..terms },
        scopes: rules::OPENID.to_owned(),
        redirect_uris: vec!["https://parks.example.com/back".to_owned()],
        ..high
    };
    assert_eq!(rules::registration(&baseline, false), Ok(()));
}

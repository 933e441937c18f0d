//! Token exchange: who acts for whom is in the token and in what is said of it, and ends with what allowed it.

use super::site::{Party, Reply, Site, each};
use crate::{
    model::{Client, Profile, Terms, TokenForm},
    ops,
    rules::acting::DELEGATE,
    sql,
};
use http::StatusCode;
use kernel::{Id, Problem, Role, Text, micros};
use ports::Extent;
use serde_json::{Value as Json, json};
use wire::jws::Parsed;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A service with keys of its own.
async fn service(site: &Site, id: &str, scopes: &str, tokens: TokenForm) -> Party {
    let (party, jwks) = Party::new(id, false);
    let client = Client {
        id: id.to_owned(),
        name: Text::same(id),
        redirect_uris: Vec::new(),
        jwks,
        profile: Profile::Confidential,
        webhook: None,
        scopes: scopes.to_owned(),
        active: true,
        node: None,
        terms: Terms { tokens, ..Terms::default() },
    };
    let ctx = site.system();
    site.db.write(move |tx| ops::register_client(tx, &ctx, &client, false)).await.unwrap();
    party
}

/// What a client holds once a person has signed in to it and let it act for them.
async fn signed_in(site: &Site, party: &Party, person: &Id, scope: &str) -> String {
    let ctx = site.system();
    let (client, person, scope, jkt) =
        (party.id.clone(), person.clone(), scope.to_owned(), party.jkt());
    let insert = move |tx: &mut store::Tx<'_>| {
        let (grant, token, now) = (ctx.id("gra"), ops::secret(&ctx, "at"), micros(ctx.now));
        let none = store::Value::Null;
        let args = [
            grant.as_str().into(),
            (&client).into(),
            person.as_str().into(),
            none.clone(),
            none.clone(),
            none.clone(),
            (&scope).into(),
            none,
            now.into(),
            store::Value::Null,
        ];
        tx.execute(sql::ADD_GRANT, &args)?;
        let args = [
            ops::hash(&token),
            grant.as_str().into(),
            (&client).into(),
            (&jkt).into(),
            (&scope).into(),
            now.into(),
            (now + 600_000_000).into(),
        ];
        tx.execute(sql::ADD_ACCESS, &args)?;
        Ok::<_, Problem>(token)
    };
    site.db.write(insert).await.unwrap()
}

async fn exchange(site: &Site, party: &Party, token: &str, more: &[(&str, &str)]) -> Reply {
    let mut pairs =
        vec![("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", TOKEN)];
    pairs.extend(more);
    let proof = site.proof(party, "POST", "/oauth/token", None);
    site.call(party, "/oauth/token", &pairs, Some(&proof)).await
}

async fn about(site: &Site, party: &Party, token: &str) -> Json {
    site.call(party, "/oauth/introspect", &[("token", token)], None).await.json()
}

fn given(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

fn claims(token: &str) -> Json {
    serde_json::from_slice(Parsed::new(token, 8192).unwrap().unverified_payload()).unwrap()
}

async fn mandate_of(site: &Site, person: &Id) -> Id {
    let (person, now) = (person.clone(), site.now());
    let all = site.db.read(move |tx| ops::authorities(tx, &person, "records", now)).await.unwrap();
    all[0].mandate.clone()
}

async fn revoke(site: &Site, mandate: &Id) {
    let (mandate, now) = (mandate.clone(), micros(site.now()));
    let args = move || [mandate.as_str().into(), now.into(), "test".into()];
    let ended = site
        .db
        .write(move |tx| tx.execute(sql::REVOKE_MANDATE, &args()).map_err(Problem::from))
        .await;
    assert_eq!(ended.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_director_acts_for_her_company_and_a_revoked_mandate_ends_it_at_once_down_the_line() {
    for site in each().await {
        let portal = service(&site, "portal", "api:tax", TokenForm::Jwt).await;
        let tax = service(&site, "tax", "api:registry:read", TokenForm::Opaque).await;
        let registry = service(&site, "registry", "api:tax", TokenForm::Opaque).await;
        let hers = signed_in(&site, &portal, &site.chan, DELEGATE).await;

        let for_it = [("scope", "api:tax"), ("on_behalf_of", "company:12345678")];
        let token = given(&exchange(&site, &portal, &hers, &for_it).await);
        let (claims, said) = (claims(&token), about(&site, &tax, &token).await);
        let mandate = mandate_of(&site, &site.chan).await;
        for one in [&claims, &said] {
            assert_eq!(one["sub"], json!("company:12345678"), "{one}");
            let (portal, person) = (&one["act"], &one["act"]["act"]);
            assert_eq!(portal["sub"], json!("portal"));
            assert_eq!(
                (&person["role"], &person["mandate"]),
                (&json!("director"), &json!(mandate))
            );
            assert_ne!(person["sub"], json!(site.chan), "she is named for this service alone");
            assert!(person["act"].is_null());
        }
        assert_eq!((&claims["act"], &claims["aud"]), (&said["act"], &json!("tax")));
        assert!(claims["exp"].as_i64().unwrap() <= site.now().as_second() + 120);

        // The tax office asks the registry, and the registry sees who stands behind.
        let onward = [("scope", "api:registry:read")];
        let next = given(&exchange(&site, &tax, &token, &onward).await);
        let said_there = about(&site, &registry, &next).await;
        assert_eq!(said_there["sub"], json!("company:12345678"));
        let chain = &said_there["act"];
        assert_eq!(
            (&chain["sub"], &chain["act"]["sub"], &chain["act"]["act"]["role"]),
            (&json!("tax"), &json!("portal"), &json!("director"))
        );
        assert_ne!(
            chain["act"]["act"]["sub"], said["act"]["act"]["sub"],
            "two services cannot join what they hold"
        );

        revoke(&site, &mandate).await;
        for (party, token) in [(&tax, &token), (&registry, &next), (&portal, &token)] {
            assert_eq!(about(&site, party, token).await, json!({"active": false}), "{}", party.id);
        }
        assert_eq!(exchange(&site, &tax, &token, &onward).await.error(), "invalid_request");
        assert_eq!(exchange(&site, &portal, &hers, &for_it).await.error(), "invalid_target");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_acts_for_a_department_until_the_office_ends() {
    for site in each().await {
        let portal = service(&site, "portal", "api:tax", TokenForm::Opaque).await;
        let tax = service(&site, "tax", "api:portal", TokenForm::Opaque).await;
        let (ctx, chan) = (site.system(), site.chan.clone());
        site.db
            .write(move |tx| ops::add_officer(tx, &ctx, &chan, "td", Role::Officer))
            .await
            .unwrap();
        let hers = signed_in(&site, &portal, &site.chan, DELEGATE).await;
        for wrong in ["department:ird", "company:99999999"] {
            let ask = [("scope", "api:tax"), ("on_behalf_of", wrong)];
            assert_eq!(exchange(&site, &portal, &hers, &ask).await.error(), "invalid_target");
        }
        let ask = [("scope", "api:tax"), ("on_behalf_of", "department")];
        let token = given(&exchange(&site, &portal, &hers, &ask).await);
        let said = about(&site, &tax, &token).await;
        assert_eq!(
            (&said["sub"], &said["act"]["act"]["role"]),
            (&json!("department:td"), &json!("officer"))
        );
        let (ctx, chan) = (site.system(), site.chan.clone());
        site.db.write(move |tx| ops::stop_officer(tx, &ctx, &chan)).await.unwrap();
        assert_eq!(about(&site, &tax, &token).await, json!({"active": false}));
        assert_eq!(exchange(&site, &portal, &hers, &ask).await.error(), "invalid_target");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_acts_for_a_service_and_the_chain_is_seen() {
    for site in each().await {
        let parks = service(&site, "parks", "api:tax:read", TokenForm::Jwt).await;
        let tax = service(&site, "tax", "api:registry:read", TokenForm::Jwt).await;
        let registry = service(&site, "registry", "api:archive", TokenForm::Jwt).await;
        let own = [("grant_type", "client_credentials"), ("scope", "api:tax:read")];
        let first = given(&site.call(&parks, "/oauth/token", &own, None).await);
        let second = given(&exchange(&site, &tax, &first, &[("scope", "api:registry:read")]).await);
        let third = given(&exchange(&site, &registry, &second, &[("scope", "api:archive")]).await);
        let said = about(&site, &registry, &third).await;
        let expected = json!({"sub": "registry", "act": {"sub": "tax"}});
        assert_eq!((&said["sub"], &said["act"]), (&json!("parks"), &expected));
        assert_eq!(claims(&third)["act"], expected);
        // The first was given back: what came of it is the same grant's, and this one alone ends.
        site.call(&parks, "/oauth/revoke", &[("token", &first)], None).await;
        let refused = exchange(&site, &tax, &first, &[("scope", "api:registry:read")]).await;
        assert_eq!(refused.error(), "invalid_request");
        // A stop of who began it, or of who brings it, ends it.
        for stopped in ["parks", "tax"] {
            let ctx = site.system();
            site.db.write(move |tx| ops::stop_client(tx, &ctx, stopped)).await.unwrap();
            assert_eq!(
                about(&site, &registry, &second).await,
                json!({"active": false}),
                "{stopped}"
            );
            if stopped == "parks" {
                let ctx = site.system();
                site.db.write(move |tx| ops::start_client(tx, &ctx, stopped)).await.unwrap();
                assert_eq!(about(&site, &registry, &second).await["active"], json!(true));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_exchanges_a_token_for_more_than_it_allows() {
    for site in each().await {
        let portal = service(&site, "portal", "api:tax api:tax:read", TokenForm::Opaque).await;
        let tax =
            service(&site, "tax", "api:portal api:tax:read api:tax:write", TokenForm::Opaque).await;
        let other = service(&site, "other", "api:tax", TokenForm::Opaque).await;
        let hers = signed_in(&site, &portal, &site.chan, DELEGATE).await;
        let unasked = signed_in(&site, &portal, &site.chan, "records").await;
        let (ask, tax_read) = (("scope", "api:tax"), ("scope", "api:tax:read"));
        let company = ("on_behalf_of", "company");

        let read = given(&exchange(&site, &portal, &hers, &[tax_read, company]).await);
        for (party, token, more, why) in [
            (&portal, unasked.as_str(), vec![ask, company], "invalid_scope"),
            (&portal, &hers, vec![("scope", "api:registry"), company], "invalid_scope"),
            (&portal, &hers, vec![("scope", "records"), company], "invalid_scope"),
            (&portal, &hers, vec![("scope", "exchange:batch"), company], "invalid_scope"),
            (&portal, &hers, vec![company], "invalid_request"),
            (&portal, &hers, vec![ask, ("on_behalf_of", "person:x")], "invalid_request"),
            (&portal, &hers, vec![ask, ("actor_token", "x")], "invalid_request"),
            (&portal, &hers, vec![ask, ("audience", "other")], "invalid_target"),
            (&portal, &hers, vec![ask, ("resource", "https://x.example")], "invalid_target"),
            (&portal, &hers, vec![ask, ("requested_token_type", "x")], "invalid_request"),
            (&portal, "at_guess", vec![ask], "invalid_request"),
            // Another's token, and a key that is not its own.
            (&other, &hers, vec![ask, company], "invalid_request"),
            (&portal.other_key(), &hers, vec![ask, company], "invalid_request"),
            // For the same service never more; and who already acts for one acts for no other.
            (&tax, &read, vec![("scope", "api:tax:write")], "invalid_scope"),
            (&portal, &read, vec![ask], "invalid_scope"),
            (&portal, &read, vec![tax_read, company], "invalid_target"),
        ] {
            assert_eq!(
                exchange(&site, party, token, &more).await.error(),
                why,
                "{} {more:?}",
                party.id
            );
        }
        // Two must agree, or for one purpose alone: not by herself, not here.
        let (ctx, company_id, wong) = (site.system(), site.company.clone(), site.wong.clone());
        let held = mandate_of(&site, &site.wong).await;
        revoke(&site, &held).await;
        let his = signed_in(&site, &portal, &site.wong, DELEGATE).await;
        assert_eq!(exchange(&site, &portal, &his, &[ask, company]).await.error(), "invalid_target");
        let hold = async |extent: Extent| {
            let mandate = ops::Mandate {
                company: company_id.clone(),
                person: wong.clone(),
                role: "director".to_owned(),
                scopes: "records".to_owned(),
                from: ctx.now,
                delegated_by: None,
                parent: None,
                extent,
            };
            let ctx = ctx.clone();
            site.db.write(move |tx| ops::add_mandate(tx, &ctx, &mandate).map(drop)).await.unwrap();
        };
        for (needs, purposes) in [(2, vec![]), (1, vec!["loan-assessment".to_owned()])] {
            hold(Extent { needs, purposes, ..Extent::whole() }).await;
            let refused = exchange(&site, &portal, &his, &[ask, company]).await;
            assert_eq!(refused.error(), "invalid_target", "{needs}");
        }
        // How much he may commit it to goes with the token.
        let most = Some(kernel::Money::new(500_000, kernel::Currency::NONE));
        hold(Extent { most, ..Extent::whole() }).await;
        let token = given(&exchange(&site, &portal, &his, &[ask, company]).await);
        let said = about(&site, &tax, &token).await;
        assert_eq!(said["act"]["act"]["most"], json!("XXX 5000.00"));
        // It ends with what it came of.
        site.clock.advance(600);
        assert_eq!(about(&site, &tax, &read).await, json!({"active": false}));
    }
}

//! OpenID Connect: a library signs people in by the baseline profile, a clinic by the high one.

use super::site::{ISSUER, Party, Reply, Site, VERIFIER, bare, each};
use crate::{
    model::{Auth, Client, Flow, Profile, Terms},
    ops,
};
use http::{Method, StatusCode};
use kernel::{Id, Text};
use serde_json::{Value as Json, json};
use wire::{
    b64,
    jwk::Jwks,
    jws::{Alg, Parsed},
};

const BACK: &str = "https://library.example/back";

fn client(id: &str, jwks: Json, terms: Terms) -> Client {
    Client {
        id: id.to_owned(),
        name: Text::same(id),
        redirect_uris: vec![BACK.to_owned()],
        jwks,
        profile: Profile::Confidential,
        webhook: None,
        scopes: "openid profile email phone offline_access".to_owned(),
        active: true,
        node: None,
        terms,
    }
}

/// A baseline client and its secret.
pub(super) async fn library(site: &Site, id: &str) -> String {
    library_with(site, id, Terms::default()).await
}

/// The same, with more terms.
pub(super) async fn library_with(site: &Site, id: &str, terms: Terms) -> String {
    let terms = Terms { auth: Auth::ClientSecretBasic, flow: Flow::Baseline, ..terms };
    let (ctx, client) = (site.system(), client(id, json!({"keys": []}), terms));
    let add = move |tx: &mut store::Tx<'_>| {
        ops::register_client(tx, &ctx, &client, true)?;
        ops::new_secret(tx, &ctx, &client.id)
    };
    site.db.write(add).await.unwrap()
}

fn query(pairs: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(pairs).unwrap()
}

/// The address by which a library asks, with more parameters; one given again takes the place of its own.
pub(super) fn address(id: &str, more: &[(&str, &str)]) -> String {
    let challenge = b64::encode(wire::sha256(&[VERIFIER.as_bytes()]));
    let usual = [
        ("client_id", id),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid profile"),
        ("state", "st"),
        ("nonce", "n-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    let all: Vec<_> = kept.chain(more).copied().filter(|(_, value)| !value.is_empty()).collect();
    format!("/oauth/authorize?{}", query(&all))
}

pub(super) fn param(to: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(to).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// What the person signed in answers to the page that this address leads to.
pub(super) async fn says(
    site: &Site,
    session: &str,
    address: &str,
    pairs: &[(&str, &str)],
) -> String {
    let page = site.get(address, session).await;
    assert!(
        page.location().starts_with("/my/services/decide/"),
        "{} {}",
        page.location(),
        page.text
    );
    let shown = site.get(page.location(), session).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    site.form(page.location(), session, pairs).await.location().to_owned()
}

pub(super) const YES: [(&str, &str); 2] = [("action", "allow"), ("claim", "name")];

pub(super) async fn redeem(site: &Site, (id, secret): (&str, &str), code: &str) -> Reply {
    let basic = wire::b64::standard(format!("{id}:{secret}"));
    let body = query(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]);
    let request = http::Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Basic {basic}"));
    site.send(request.body(body.into()).unwrap()).await
}

/// An ID token's claims, its signature checked against the published keys.
pub(super) async fn believed(site: &Site, token: &str) -> Json {
    let keys = site.get("/oauth/jwks", "").await;
    let keys = Jwks::parse(keys.text.as_bytes()).unwrap();
    let parsed = Parsed::new(token, 8192).unwrap();
    serde_json::from_slice(parsed.verify_by_set(&keys, &[Alg::Es256]).unwrap()).unwrap()
}

pub(super) async fn userinfo(site: &Site, token: &str) -> Reply {
    let header = format!("Bearer {token}");
    site.send(bare(Method::GET, "/oauth/userinfo", &[("authorization", &header)])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_to_a_library_which_learns_her_name_and_a_number_of_its_own() {
    for site in each().await {
        let secret = library(&site, "library").await;
        let who = ("library", secret.as_str());
        let asked = address("library", &[]);
        let first = site.get(&asked, "").await;
        let next = param(&format!("{ISSUER}{}", first.location()), "next").unwrap();
        assert!(next.starts_with("/oauth/authorize?client_id=library&request_uri="), "{next}");

        let session = site.signed_in("chan-mei-ling").await;
        let page = site.get(&next, &session).await;
        let shown = site.get(page.location(), &session).await.text;
        assert!(shown.contains("Chan Mei Ling") && shown.contains("library.example"), "{shown}");
        let to = site.form(page.location(), &session, &YES).await.location().to_owned();
        assert!(to.starts_with(BACK), "{to}");
        assert_eq!(
            (param(&to, "state").as_deref(), param(&to, "iss").as_deref()),
            (Some("st"), Some(ISSUER))
        );

        let given = redeem(&site, who, &param(&to, "code").unwrap()).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        let given = given.json();
        assert_eq!(
            (&given["token_type"], &given["refresh_token"]),
            (&json!("Bearer"), &Json::Null)
        );
        let access = given["access_token"].as_str().unwrap();
        let said = believed(&site, given["id_token"].as_str().unwrap()).await;
        let now = site.now().as_second();
        assert_eq!(
            (&said["iss"], &said["aud"], &said["nonce"], &said["auth_time"], &said["exp"]),
            (&json!(ISSUER), &json!("library"), &json!("n-1"), &json!(now), &json!(now + 600))
        );
        let half = b64::encode(&wire::sha256(&[access.as_bytes()])[..16]);
        assert_eq!(
            (&said["at_hash"], &said["acr"], &said["name"]),
            (&json!(half), &json!("0"), &Json::Null)
        );
        assert_ne!(said["sub"], json!(site.chan), "a number of its own");

        let told = userinfo(&site, access).await.json();
        assert_eq!((&told["sub"], &told["name"]), (&said["sub"], &json!("Chan Mei Ling")));
        let posted = http::Request::post("/oauth/userinfo")
            .header("content-type", "application/x-www-form-urlencoded");
        let body = query(&[("access_token", access)]);
        assert_eq!(site.send(posted.body(body.into()).unwrap()).await.json(), told);

        // She is known: the second time nobody asks. Another service knows her by another number.
        let again = site.get(&asked, &session).await;
        let code = param(again.location(), "code").unwrap();
        let later = redeem(&site, who, &code).await.json();
        assert_eq!(believed(&site, later["id_token"].as_str().unwrap()).await["sub"], said["sub"]);
        let other = library(&site, "museum").await;
        let to = says(&site, &session, &address("museum", &[]), &YES).await;
        let given = redeem(&site, ("museum", &other), &param(&to, "code").unwrap()).await.json();
        let there = believed(&site, given["id_token"].as_str().unwrap()).await;
        assert_ne!((&there["sub"], &there["sid"]), (&said["sub"], &said["sid"]));

        // She ends it: its tokens end, and it must ask again.
        let listed = site.get("/my/services", &session).await.text;
        assert!(listed.contains("library") && listed.contains("museum"), "{listed}");
        site.form("/my/services/end", &session, &[("client", "library")]).await;
        assert_eq!(userinfo(&site, access).await.status, StatusCode::UNAUTHORIZED);
        assert!(site.get(&asked, &session).await.location().starts_with("/my/services/decide/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_not_ticked_is_not_told() {
    let site = Site::sqlite().await;
    let secret = library(&site, "library").await;
    let session = site.signed_in("chan-mei-ling").await;
    let claims = r#"{"id_token":{"name":{"essential":true},"shoe_size":null}}"#;
    let asked = address("library", &[("claims", claims), ("scope", "openid")]);
    let to = says(&site, &session, &asked, &[("action", "allow")]).await;
    let given = redeem(&site, ("library", &secret), &param(&to, "code").unwrap()).await.json();
    assert_eq!(believed(&site, given["id_token"].as_str().unwrap()).await["name"], Json::Null);
    let told = userinfo(&site, given["access_token"].as_str().unwrap()).await.json();
    assert_eq!(told.as_object().unwrap().len(), 1, "{told}");
    // Asked again with consent, she ticks it, and it stands where the library wanted it.
    let asked =
        address("library", &[("claims", claims), ("scope", "openid"), ("prompt", "consent")]);
    let to = says(&site, &session, &asked, &YES).await;
    let given = redeem(&site, ("library", &secret), &param(&to, "code").unwrap()).await.json();
    let said = believed(&site, given["id_token"].as_str().unwrap()).await;
    assert_eq!(said["name"], "Chan Mei Ling");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_and_max_age_decide_whether_she_signs_in_anew_or_nobody_is_asked() {
    let site = Site::sqlite().await;
    library(&site, "library").await;
    let to = |reply: &Reply| reply.location().to_owned();
    let none = address("library", &[("prompt", "none")]);
    assert_eq!(param(&to(&site.get(&none, "").await), "error").unwrap(), "login_required");
    let session = site.signed_in("chan-mei-ling").await;
    let refused = to(&site.get(&none, &session).await);
    assert_eq!(param(&refused, "error").unwrap(), "consent_required");
    assert_eq!(param(&refused, "state").unwrap(), "st");
    says(&site, &session, &address("library", &[]), &YES).await;
    assert!(param(&to(&site.get(&none, &session).await), "code").is_some());

    site.clock.advance(100);
    for more in
        [("max_age", "99"), ("max_age", "0"), ("prompt", "login"), ("prompt", "select_account")]
    {
        let first = to(&site.get(&address("library", &[more]), &session).await);
        let next = param(&format!("{ISSUER}{first}"), "next");
        let next = next.unwrap_or_else(|| panic!("{more:?} leads to {first}"));
        assert!(
            site.get(&next, &session).await.location().starts_with("/sign-in"),
            "not by coming back"
        );
        let anew = site.signed_in("chan-mei-ling").await;
        assert!(param(&to(&site.get(&next, &anew).await), "code").is_some(), "{more:?}");
    }
    let old = address("library", &[("max_age", "99"), ("prompt", "none")]);
    assert_eq!(param(&to(&site.get(&old, &session).await), "error").unwrap(), "login_required");
    let young = address("library", &[("max_age", "10000")]);
    assert!(param(&to(&site.get(&young, &session).await), "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_of_somebody_else_signs_nobody_in() {
    let site = Site::sqlite().await;
    let secret = library(&site, "library").await;
    let chan = site.signed_in("chan-mei-ling").await;
    let to = says(&site, &chan, &address("library", &[]), &YES).await;
    let given = redeem(&site, ("library", &secret), &param(&to, "code").unwrap()).await.json();
    let hint = given["id_token"].as_str().unwrap();
    let quiet = address("library", &[("id_token_hint", hint), ("prompt", "none")]);
    assert!(param(site.get(&quiet, &chan).await.location(), "code").is_some());
    let wong = site.signed_in("wong-ka-ho").await;
    let refused = site.get(&quiet, &wong).await.location().to_owned();
    assert_eq!(param(&refused, "error").unwrap(), "login_required");
    let mut forged = hint.to_owned();
    forged.pop();
    let refused = site.get(&address("library", &[("id_token_hint", &forged)]), &wong).await;
    assert_eq!(param(refused.location(), "error").unwrap(), "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_to_the_library_and_never_sent_to_an_address_it_did_not_register() {
    let site = Site::sqlite().await;
    library(&site, "library").await;
    for (more, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", "profile"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "-1"), "invalid_request"),
        (("claims", "[]"), "invalid_request"),
        (("request", "e30.e30."), "request_not_supported"),
        (("response_mode", "fragment"), "invalid_request"),
    ] {
        let reply = site.get(&address("library", &[more]), "").await;
        assert_eq!(param(reply.location(), "error").as_deref(), Some(error), "{more:?}");
        assert_eq!(param(reply.location(), "state").as_deref(), Some("st"));
        assert_eq!(param(reply.location(), "iss").as_deref(), Some(ISSUER));
    }
    for more in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", ""),
        ("client_id", "nobody"),
        ("client_id", "harbour-bank"),
    ] {
        let reply = site.get(&address("library", &[more]), "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{more:?}");
    }
    for more in [
        ("ui_locales", "zh-HK"),
        ("display", "popup"),
        ("login_hint", "somebody"),
        ("acr_values", "1 2"),
        ("extra", "x"),
        ("claims_locales", "se"),
    ] {
        let reply = site.get(&address("library", &[more]), "").await;
        assert!(reply.location().starts_with("/sign-in"), "{more:?} {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_of_the_high_profile_pushes_and_proves_its_key_and_its_token_outlasts_the_session()
{
    for site in each().await {
        let (clinic, jwks) = Party::new("clinic", false);
        let (ctx, registered) = (site.system(), client("clinic", jwks, Terms::default()));
        site.db.write(move |tx| ops::register_client(tx, &ctx, &registered, false)).await.unwrap();
        let refused = site.get(&address("clinic", &[]), "").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "it pushes its requests");

        let challenge = b64::encode(wire::sha256(&[VERIFIER.as_bytes()]));
        let asked = [
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("scope", "openid profile offline_access"),
            ("nonce", "n-2"),
        ];
        let reply = site.call(&clinic, "/oauth/par", &asked, None).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let uri = reply.json()["request_uri"].as_str().unwrap().to_owned();
        let address = format!(
            "/oauth/authorize?{}",
            query(&[("client_id", "clinic"), ("request_uri", &uri)])
        );
        let session = site.signed_in("chan-mei-ling").await;
        let to = says(&site, &session, &address, &YES).await;
        let code = param(&to, "code").unwrap();
        let pairs = [("code", code.as_str()), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
        let given = site.redeem_with(&clinic, &pairs).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        let given = given.json();
        assert_eq!(given["token_type"], "DPoP");
        let access = given["access_token"].as_str().unwrap();
        assert_eq!(
            userinfo(&site, access).await.status,
            StatusCode::UNAUTHORIZED,
            "not as a bearer"
        );
        let told = async |access: &str| {
            let proof = site.proof(&clinic, "GET", "/oauth/userinfo", Some(access));
            let header = format!("DPoP {access}");
            let headers = [("authorization", header.as_str()), ("dpop", &proof)];
            site.send(bare(Method::GET, "/oauth/userinfo", &headers)).await
        };
        assert_eq!(told(access).await.json()["name"], "Chan Mei Ling");
        site.clock.advance(86_400);
        let later = site.refresh(&clinic, given["refresh_token"].as_str().unwrap()).await.json();
        let first = believed(&site, given["id_token"].as_str().unwrap()).await;
        let said = believed(&site, later["id_token"].as_str().unwrap()).await;
        assert_eq!((&said["sub"], &said["auth_time"]), (&first["sub"], &first["auth_time"]));
        assert_eq!((&first["nonce"], &said["nonce"]), (&json!("n-2"), &Json::Null));
        assert_eq!(told(later["access_token"].as_str().unwrap()).await.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_an_answer_and_what_is_said_of_a_token_may_all_be_signed() {
    let site = Site::sqlite().await;
    let (clinic, jwks) = Party::new("clinic", false);
    let terms = Terms { signed_requests: true, ..Terms::default() };
    let (ctx, registered) = (site.system(), client("clinic", jwks, terms));
    site.db.write(move |tx| ops::register_client(tx, &ctx, &registered, false)).await.unwrap();
    let (now, challenge) =
        (site.now().as_second(), b64::encode(wire::sha256(&[VERIFIER.as_bytes()])));
    let mut claims = json!({
        "iss": "clinic", "aud": ISSUER, "nbf": now, "exp": now + 300, "client_id": "clinic",
        "response_type": "code", "redirect_uri": BACK, "scope": "openid", "state": "s",
        "code_challenge": challenge, "code_challenge_method": "S256", "response_mode": "jwt",
    });
    let plain: Vec<(&str, &str)> = vec![
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let refused = site.call(&clinic, "/oauth/par", &plain, None).await;
    assert_eq!(refused.json()["error"], "invalid_request", "this client signs its requests");
    let sign = |claims: &Json| {
        let header = json!({"typ": "oauth-authz-req+jwt"});
        clinic.sig.sign(&header, claims.to_string().as_bytes()).unwrap()
    };
    let object = sign(&claims);
    let pushed = site.call(&clinic, "/oauth/par", &[("request", &object)], None).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let address =
        format!("/oauth/authorize?{}", query(&[("client_id", "clinic"), ("request_uri", &uri)]));
    let session = site.signed_in("chan-mei-ling").await;
    let to = says(&site, &session, &address, &YES).await;
    assert_eq!(param(&to, "code"), None, "{to}");
    let said = believed(&site, &param(&to, "response").unwrap()).await;
    assert_eq!(
        (&said["iss"], &said["aud"], &said["state"], &said["exp"]),
        (&json!(ISSUER), &json!("clinic"), &json!("s"), &json!(now + 600))
    );
    let code = said["code"].as_str().unwrap();
    let pairs = [("code", code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
    let given = site.redeem_with(&clinic, &pairs).await.json();
    let access = given["access_token"].as_str().unwrap();

    let assertion = clinic.assertion(&site.claims(&clinic));
    let body = query(&[
        ("token", access),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ]);
    let asked = http::Request::post("/oauth/introspect")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/token-introspection+jwt");
    let reply = site.send(asked.body(body.into()).unwrap()).await;
    assert_eq!(reply.header("content-type"), "application/token-introspection+jwt");
    let said = believed(&site, &reply.text).await;
    assert_eq!(
        (&said["aud"], &said["token_introspection"]["active"]),
        (&json!("clinic"), &json!(true))
    );
    assert_eq!(
        Parsed::new(&reply.text, 8192).unwrap().header().typ.as_deref(),
        Some("token-introspection+jwt")
    );

    claims["aud"] = "https://else.example".into();
    let other = sign(&claims);
    let refused = site.call(&clinic, "/oauth/par", &[("request", &other)], None).await;
    assert_eq!(refused.json()["error"], "invalid_request_object");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_client_reaches_no_records_and_another_person_cannot_answer() {
    let site = Site::sqlite().await;
    let terms = Terms { flow: Flow::Baseline, ..Terms::default() };
    let (party, jwks) = Party::new("shop", false);
    let mut shop = client("shop", jwks, terms);
    shop.scopes = "openid records".to_owned();
    let ctx = site.system();
    let refused = site.db.write(move |tx| ops::register_client(tx, &ctx, &shop, false)).await;
    assert_eq!(refused.unwrap_err().fields[0].code, "client-flow-form");
    drop(party);

    library(&site, "library").await;
    let chan = site.signed_in("chan-mei-ling").await;
    let page = site.get(&address("library", &[]), &chan).await.location().to_owned();
    let wong = site.signed_in("wong-ka-ho").await;
    assert_eq!(site.get(&page, &wong).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.form(&page, &wong, &YES).await.status, StatusCode::NOT_FOUND);
    let to = site.form(&page, &chan, &[("action", "refuse")]).await.location().to_owned();
    assert_eq!(param(&to, "error").unwrap(), "access_denied");
    assert_eq!(site.form(&page, &chan, &YES).await.status, StatusCode::NOT_FOUND, "one answer");
    let _: Id = site.chan;
}

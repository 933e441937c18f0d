//! Another provider signs people in here; a made-up one that can lie in every way.

use super::{
    openid::{YES, says},
    site::{ISSUER, Reply, Site, bare, each},
};
use crate::{
    model::{Client, Flow, Level, Profile, Terms},
    ops,
    rules::federation::{Outcome, decide, level},
    sql,
};
use axum::{
    Form, Json as Body, Router,
    extract::State,
    routing::{get, post},
};
use http::{Method, StatusCode};
use kernel::{Id, Problem, Text};
use ports::Provider;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};
use wire::{jwk::PrivateJwk, jws::SigningKey};

const ACR: &str = "urn:example:acr:counter";

/// What the provider says; changed by each test.
struct Says {
    /// The claims that it changes in its ID token.
    claims: Json,
    /// Whom it calls itself, if not by its address.
    issuer: Option<String>,
    /// Signs with a key that it does not publish.
    stranger: bool,
    /// Signs with nothing: `alg` none.
    unsigned: bool,
    nonce: String,
    challenge: String,
    now: i64,
    /// The last token request.
    asked: HashMap<String, String>,
}

#[derive(Clone)]
struct Platform {
    base: String,
    key: Arc<SigningKey>,
    other: Arc<SigningKey>,
    says: Arc<Mutex<Says>>,
}

async fn configuration(State(it): State<Platform>) -> Body<Json> {
    let issuer = it.says.lock().unwrap().issuer.clone().unwrap_or_else(|| it.base.clone());
    Body(json!({"issuer": issuer, "authorization_endpoint": format!("{}/authorize", it.base),
        "token_endpoint": format!("{}/token", it.base), "jwks_uri": format!("{}/jwks", it.base),
        "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"]}))
}

async fn token(
    State(it): State<Platform>,
    Form(asked): Form<HashMap<String, String>>,
) -> (StatusCode, Body<Json>) {
    let mut says = it.says.lock().unwrap();
    let verifier = asked.get("code_verifier").cloned().unwrap_or_default();
    says.asked = asked;
    if wire::b64::encode(wire::sha256(&[verifier.as_bytes()])) != says.challenge {
        return (StatusCode::BAD_REQUEST, Body(json!({"error": "invalid_grant"})));
    }
    let mut claims = json!({"iss": it.base, "aud": "praya-here", "sub": "gd-1001", "iat": says.now,
        "exp": says.now + 300, "nonce": says.nonce, "acr": ACR});
    for (name, value) in says.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let payload = claims.to_string();
    let signed = if says.unsigned {
        let header = wire::b64::encode(br#"{"alg":"none"}"#);
        format!("{header}.{}.", wire::b64::encode(payload.as_bytes()))
    } else {
        let key = if says.stranger { &it.other } else { &it.key };
        // Under the name of its own key.
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": it.key.kid()});
        key.sign_header(&header, payload.as_bytes()).unwrap()
    };
    let answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": signed});
    (StatusCode::OK, Body(answer))
}

impl Platform {
    async fn start(site: &Site) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let key = || Arc::new(SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap());
        let says = Says {
            claims: json!({}),
            issuer: None,
            stranger: false,
            unsigned: false,
            nonce: String::new(),
            challenge: String::new(),
            now: site.now().as_second(),
            asked: HashMap::new(),
        };
        let it = Self { base, key: key(), other: key(), says: Arc::new(Mutex::new(says)) };
        let jwks = json!({"keys": [it.key.public()]});
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/token", post(token))
            .route("/jwks", get(move || async move { Body(jwks) }))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    fn provider(&self, id: &str) -> Provider {
        Provider {
            id: id.to_owned(),
            name: Text::same("Made-up Platform"),
            issuer: self.base.clone(),
            client_id: "praya-here".to_owned(),
            levels: BTreeMap::from([(ACR.to_owned(), "remote".to_owned())]),
            attributes: Vec::new(),
        }
    }

    fn set(&self, change: impl FnOnce(&mut Says)) {
        let mut says = self.says.lock().unwrap();
        (says.claims, says.issuer, says.stranger, says.unsigned) = (json!({}), None, false, false);
        change(&mut says);
    }

    /// The browser is sent there: what it carries.
    fn reached(&self, reply: &Reply) -> HashMap<String, String> {
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
        let url = url::Url::parse(reply.location()).unwrap();
        assert!(url.as_str().starts_with(&format!("{}/authorize?", self.base)), "{url}");
        let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!(asked["redirect_uri"], format!("{ISSUER}/federation/made-up/back"));
        assert!(asked["scope"] == "openid" && asked["acr_values"] == ACR);
        let mut says = self.says.lock().unwrap();
        says.nonce.clone_from(&asked["nonce"]);
        says.challenge.clone_from(&asked["code_challenge"]);
        asked
    }

    fn back(&self, state: &str) -> String {
        let iss =
            percent_encoding::utf8_percent_encode(&self.base, percent_encoding::NON_ALPHANUMERIC);
        format!("/federation/made-up/back?code=c&state={state}&iss={iss}")
    }

    /// Signs in there; what we answer.
    async fn walk(&self, site: &Site, start: &str, session: &str) -> Reply {
        let asked = self.reached(&site.form(start, session, &[]).await);
        site.get(&self.back(&asked["state"]), session).await
    }
}

async fn connected(site: Site) -> (Site, Platform) {
    let platform = Platform::start(&site).await;
    let provider = platform.provider("made-up");
    (site.with_providers(vec![provider]).await, platform)
}

const START: &str = "/federation/made-up";
const LINK: &str = "/my/federation/made-up/link";

fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status.as_u16(), status, "{code}: {}", reply.text);
    assert!(reply.text.contains(code), "{code}: {}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_links_an_account_by_both_sign_ins_and_then_signs_in_by_either_until_it_is_ended()
{
    for site in each().await {
        let (site, there) = connected(site).await;
        assert!(site.get("/sign-in", "").await.text.contains("Made-up Platform"));
        let reply = there.walk(&site, START, "").await;
        refused(&reply, 403, "not linked to one here");
        let chan = site.signed_in("chan-mei-ling").await;
        let reply = there.walk(&site, LINK, &chan).await;
        assert_eq!(reply.location(), "/my/federation?done=linked", "{}", reply.text);
        {
            let says = there.says.lock().unwrap();
            assert!(says.asked["client_assertion"].split('.').count() == 3, "no shared secret");
            assert!(!says.asked.contains_key("client_secret"));
        }
        let reply = there.walk(&site, START, "").await;
        let session = reply.cookie("session");
        let page = site.get("/my/federation", &session).await.text;
        assert!(page.contains("checked from afar"), "{page}");
        let link = page.split("value=\"fed_").nth(1).unwrap().split('"').next().unwrap();
        // Who came by another provider adds no key of their own, and links nothing more.
        let reply = site.form("/my/security/passkeys/start", &session, &[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.text);
        let reply = site.form(LINK, &session, &[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.text);
        let stranger = site.signed_in("wong-ka-ho").await;
        let form = [("link", format!("fed_{link}"))];
        let form = [("link", form[0].1.as_str())];
        let reply = site.form("/my/federation/unlink", &stranger, &form).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        let reply = site.form("/my/federation/unlink", &chan, &form).await;
        assert_eq!(reply.location(), "/my/federation?done=unlinked", "{}", reply.text);
        let over = site.get("/my/federation", &session).await;
        assert!(over.location().starts_with("/sign-in"), "its sessions have ended");
        refused(&there.walk(&site, START, "").await, 403, "not linked to one here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_lies_is_refused_by_the_name_of_the_lie() {
    let (site, there) = connected(Site::sqlite().await).await;
    let chan = site.signed_in("chan-mei-ling").await;
    there.walk(&site, LINK, &chan).await;
    let now = site.now().as_second();
    let lies: [(Json, &str); 9] = [
        (json!({"iss": "https://elsewhere.example"}), "federation-issuer"),
        (json!({"aud": "another-client"}), "federation-audience"),
        (json!({"aud": ["praya-here", "another-client"]}), "federation-audience"),
        (json!({"nonce": "replayed"}), "federation-nonce"),
        (json!({"exp": now - 60}), "federation-time"),
        (json!({"iat": now - 3600}), "federation-time"),
        (json!({"iat": now + 3600, "exp": now + 7200}), "federation-time"),
        (json!({"acr": "urn:example:acr:nobody-knows"}), "federation-level"),
        (json!({"sub": "gd-2002"}), "federation-unlinked"),
    ];
    let code = |reply: &Reply| {
        assert!(reply.status.is_client_error(), "{}", reply.text);
        reply.text.clone()
    };
    for (claims, expected) in lies {
        there.set(|says| says.claims = claims.clone());
        let text = code(&there.walk(&site, START, "").await);
        assert!(text.contains(said(expected)), "{expected} for {claims}: {text}");
    }
    there.set(|says| says.stranger = true);
    let text = code(&there.walk(&site, START, "").await);
    assert!(text.contains(said("federation-signature")), "another's key: {text}");
    there.set(|says| says.unsigned = true);
    let text = code(&there.walk(&site, START, "").await);
    assert!(text.contains(said("federation-signature")), "alg none: {text}");
    there.set(|_| {});
    let reached = there.reached(&site.form(START, "", &[]).await);
    there.set(|says| says.issuer = Some("https://elsewhere.example".to_owned()));
    let text = code(&site.get(&there.back(&reached["state"]), "").await);
    assert!(text.contains(said("federation-issuer")), "its own description: {text}");
    there.set(|_| {});
    for skew in [-10, 10] {
        there.set(|says| says.claims = json!({"iat": now + skew, "exp": now + skew + 300}));
        let reply = there.walk(&site, START, "").await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{skew} s apart: {}", reply.text);
    }
}

/// What a person reads for a code.
fn said(code: &str) -> &'static str {
    match code {
        "federation-issuer" => "does not come from the platform",
        "federation-audience" => "meant for somebody else",
        "federation-nonce" => "not made for this sign-in",
        "federation-time" => "too old, or its clock is wrong",
        "federation-level" => "not checked you well enough",
        "federation-signature" => "not signed by a key of its own",
        "federation-unlinked" => "not linked to one here",
        "federation-over" => "answered before",
        "federation-session" => "no longer signed in here",
        "federation-taken" => "linked to another account",
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_taken_once_in_the_browser_that_asked_and_from_the_provider_that_was_asked() {
    for site in each().await {
        let (site, there) = connected(site).await;
        let chan = site.signed_in("chan-mei-ling").await;
        there.walk(&site, LINK, &chan).await;
        let asked = there.reached(&site.form(START, "", &[]).await);
        let back = there.back(&asked["state"]);
        // Another browser, which an attacker sent here with their own answer.
        let other =
            bare(Method::GET, &back, &[("cookie", "praya-test-csrf=f"), ("accept", "text/html")]);
        refused(&site.send(other).await, 400, said("federation-over"));
        refused(&site.get(&back, "").await, 400, said("federation-over"));
        let asked = there.reached(&site.form(START, "", &[]).await);
        let back = there.back(&asked["state"]);
        assert_eq!(site.get(&back, "").await.status, StatusCode::SEE_OTHER);
        refused(&site.get(&back, "").await, 400, said("federation-over"));
        for iss in ["", "&iss=https%3A%2F%2Felsewhere.example"] {
            let asked = there.reached(&site.form(START, "", &[]).await);
            there.set(|says| says.asked.clear());
            let back = format!("/federation/made-up/back?code=c&state={}{iss}", asked["state"]);
            refused(&site.get(&back, "").await, 403, said("federation-issuer"));
            assert!(there.says.lock().unwrap().asked.is_empty(), "the code went nowhere");
        }
        let asked = there.reached(&site.form(START, "", &[]).await);
        site.clock.advance(601);
        refused(&site.get(&there.back(&asked["state"]), "").await, 400, said("federation-over"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_needs_both_sign_ins_in_one_session_and_a_name_there_is_one_person_here() {
    for site in each().await {
        let (site, there) = connected(site).await;
        let chan = site.signed_in("chan-mei-ling").await;
        let asked = there.reached(&site.form(LINK, &chan, &[]).await);
        let wong = site.signed_in("wong-ka-ho").await;
        let reply = site.get(&there.back(&asked["state"]), &wong).await;
        refused(&reply, 403, said("federation-session"));
        let asked = there.reached(&site.form(LINK, &chan, &[]).await);
        refused(&site.get(&there.back(&asked["state"]), "").await, 403, said("federation-session"));
        there.walk(&site, LINK, &chan).await;
        let reply = there.walk(&site, LINK, &wong).await;
        refused(&reply, 403, said("federation-taken"));
        site.clock.advance(11 * 60);
        there.set(|says| says.now += 11 * 60);
        let reply = site.form(LINK, &chan, &[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "signed in too long ago");
        let reply = site.form(LINK, "", &[]).await;
        assert!(reply.status.is_client_error() || reply.status == StatusCode::SEE_OTHER);
    }
}

/// Two installations: one is the provider of the other, each with its own program.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_here_by_another_installation_once_both_accounts_are_linked_and_a_no_there_is_a_no_here()
 {
    for (here, there) in each().await.into_iter().zip(each().await) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let there = there.standing_at(&base, Vec::new()).await;
        let router = there.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Provider {
            id: "guangdong".to_owned(),
            name: Text::same("Guangdong (made up)"),
            issuer: base.clone(),
            client_id: "praya-here".to_owned(),
            levels: BTreeMap::from([("0".to_owned(), "self-declared".to_owned())]),
            attributes: vec!["name".to_owned(), "email".to_owned()],
        };
        let here = here.with_providers(vec![provider]).await;
        let client = Client {
            id: "praya-here".to_owned(),
            name: Text::same("Here"),
            redirect_uris: vec![format!("{ISSUER}/federation/guangdong/back")],
            jwks: here.identity.keys().jwks(here.now()),
            profile: Profile::Confidential,
            webhook: None,
            scopes: "openid".to_owned(),
            active: true,
            node: None,
            terms: Terms { flow: Flow::Baseline, ..Terms::default() },
        };
        let ctx = there.system();
        there.db.write(move |tx| ops::register_client(tx, &ctx, &client, true)).await.unwrap();
        let chan = here.signed_in("chan-mei-ling").await;
        let wong_there = there.signed_in("wong-ka-ho").await;
        let mut names = Vec::new();
        // A no there is a no here.
        let to = here.form("/federation/guangdong", "", &[]).await;
        let to = to.location().strip_prefix(&base).unwrap().to_owned();
        let back = says(&there, &wong_there, &to, &[("action", "refuse")]).await;
        let reply = here.get(back.strip_prefix(ISSUER).unwrap(), "").await;
        refused(&reply, 403, "or it refused");
        for (start, session, answer) in [
            ("/my/federation/guangdong/link", chan.as_str(), "/my/federation?done=linked"),
            ("/federation/guangdong", "", "/my/data"),
        ] {
            let reply = here.form(start, session, &[]).await;
            let to = reply.location().strip_prefix(&base).unwrap().to_owned();
            // Who has said yes once is not asked again.
            let back = if session.is_empty() {
                there.get(&to, &wong_there).await.location().to_owned()
            } else {
                says(&there, &wong_there, &to, &YES).await
            };
            let back = back.strip_prefix(ISSUER).unwrap().to_owned();
            let reply = here.get(&back, session).await;
            assert_eq!(reply.location(), answer, "{}", reply.text);
            if session.is_empty() {
                names.push(reply.cookie("session"));
            }
        }
        let page = here.get("/my/federation", &names[0]).await.text;
        assert!(page.contains("what you said of yourself"), "{page}");
        // What she agreed to tell, and nothing she was not asked for or did not agree to.
        assert!(page.contains("Name: Wong Ka Ho") && !page.contains("E-mail:"), "{page}");
        let person = here.chan.clone();
        let links = async || {
            let person = person.clone();
            let rows = here.db.read(move |tx| {
                Ok::<_, Problem>(tx.query(sql::LINKS_OF, &[person.as_str().into()])?)
            });
            rows.await.unwrap()
        };
        let told = links().await[0].blob(4).unwrap().to_vec();
        assert!(!told.windows(4).any(|part| part == b"Wong"), "it lies sealed");
        let link = page.split("name=\"link\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        here.form("/my/federation/unlink", &chan, &[("link", link)]).await;
        assert!(links().await.is_empty());
    }
}

proptest! {
    #[test]
    fn an_assurance_is_never_above_what_the_table_says(
        table in proptest::collection::btree_map("[a-c]", 0_usize..3, 0..4), acr in "[a-d]",
    ) {
        let provider = Provider {
            id: "x".to_owned(),
            name: Text::same("x"),
            issuer: "https://x.example".to_owned(),
            client_id: "y".to_owned(),
            levels: table.iter().map(|(k, v)| (k.clone(), Level::ALL[*v].as_str().to_owned())).collect(),
            attributes: Vec::new(),
        };
        let found = level(&provider, Some(&acr)).ok();
        prop_assert_eq!(found, table.get(&acr).map(|at| Level::ALL[*at]));
        prop_assert!(level(&provider, None).is_err());
    }

    #[test]
    fn nobody_is_linked_but_who_is_signed_in_here_as_when_they_asked(
        wants in proptest::option::of((0_u8..3, 0_u8..3)),
        here in proptest::option::of((0_u8..3, 0_u8..3)),
        known in proptest::option::of(0_u8..3),
    ) {
        let both = |pair: (u8, u8)| (Id::from(format!("per_{}", pair.0)), Id::from(format!("ses_{}", pair.1)));
        let (wants, here) = (wants.map(both), here.map(both));
        let known = known.map(|n| Id::from(format!("per_{n}")));
        match decide(wants.as_ref(), here.as_ref(), known.as_ref()) {
            Ok(Outcome::SignIn(person)) => {
                prop_assert!(wants.is_none() && known == Some(person));
            }
            Ok(Outcome::Link(person)) => {
                prop_assert!(wants.is_some() && wants == here);
                prop_assert_eq!(&wants.unwrap().0, &person);
                prop_assert!(known.is_none_or(|known| known == person));
            }
            Err(_) => {}
        }
    }
}

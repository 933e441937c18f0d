//! A small installation with one company, two directors, a bank and an app.

use crate::{
    Identity, Keys, Port, Settings, demo_routes,
    model::{Client, Profile},
    ops, rules,
};
use axum::{Router, body::Body, extract::Request, middleware::Next};
use http::{HeaderMap, Method, StatusCode, header};
use kernel::{
    Actor, Clock as _, Ctx, FixedClock, Id, Locale, Problem, Role, Text, Timestamp, World,
};
use ports::{Authorizations as _, Directory as _, Records};
use serde_json::{Value as Json, json};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};
use store::{Db, Tx, testing::TestDb};
use tower::ServiceExt as _;
use web::{
    Brand, Visit,
    cookies::{Cookie, Cookies},
};
use wire::{jwk::PrivateJwk, jws::SigningKey};

pub(super) const ISSUER: &str = "http://localhost:8080";
pub(super) const CSRF: &str = "0123456789abcdef0123456789abcdef";
pub(super) const SECRET: [u8; 32] = [7; 32];
pub(super) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";
pub(super) const BACK: &str = "https://bank.example/back?from=praya";

/// An exchange whose consents live in memory.
#[derive(Default)]
pub(super) struct Exchange {
    pub(super) ended: Mutex<HashSet<Id>>,
}

impl Records for Exchange {
    fn check(&self, _: &str, details: &Json, _: Timestamp) -> Result<(), Problem> {
        match details["purpose"].as_str() {
            Some("loan-assessment") => Ok(()),
            _ => Err(Problem::new(400, "purpose-unknown").field("/purpose", "purpose-unknown")),
        }
    }

    fn decide_at(&self, interaction: &Id) -> String {
        format!("/exchange/decide/{interaction}")
    }

    fn granted(&self, _: &mut Tx<'_>, consent: &Id, _: Timestamp) -> Result<Option<Json>, Problem> {
        let ended = self.ended.lock().unwrap().contains(consent);
        Ok((!ended).then(
            || json!({"type": "praya_records", "purpose": "loan-assessment", "consent": consent}),
        ))
    }

    fn give_back(&self, _: &mut Tx<'_>, _: &Ctx, consent: &Id) -> Result<(), Problem> {
        self.ended.lock().unwrap().insert(consent.clone());
        Ok(())
    }
}

pub(super) struct Site {
    pub(super) db: Db,
    pub(super) identity: Identity,
    pub(super) port: Port,
    pub(super) exchange: Arc<Exchange>,
    pub(super) clock: Arc<FixedClock>,
    pub(super) world: World,
    pub(super) router: Router,
    pub(super) chan: Id,
    pub(super) wong: Id,
    pub(super) company: Id,
    pub(super) bank: Party,
    /// A second bank.
    pub(super) rival: Party,
    pub(super) app: Party,
    pub(super) file: Option<std::path::PathBuf>,
    _keep: TestDb,
}

/// A client with its keys.
#[derive(Clone)]
pub(super) struct Party {
    pub(super) id: String,
    pub(super) sig: Arc<SigningKey>,
    pub(super) dpop: Arc<SigningKey>,
    pub(super) public: bool,
}

impl Party {
    pub(super) fn new(id: &str, public: bool) -> (Self, Json) {
        let (sig, enc) =
            (PrivateJwk::generate_p256("sig").unwrap(), PrivateJwk::generate_p256("enc").unwrap());
        let jwks = json!({"keys": [sig.public, enc.public]});
        (
            Self {
                id: id.to_owned(),
                sig: Arc::new(SigningKey::new(&sig).unwrap()),
                dpop: key(),
                public,
            },
            jwks,
        )
    }

    /// The same client holding another DPoP key.
    pub(super) fn other_key(&self) -> Self {
        Self { dpop: key(), ..self.clone() }
    }

    pub(super) fn jkt(&self) -> String {
        self.dpop.public().key.thumbprint()
    }

    /// A good pushed request.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        let challenge = wire::b64::encode(wire::sha256(&[VERIFIER.as_bytes()]));
        let details =
            json!([{"type": "praya_records", "purpose": "loan-assessment", "subject": "company"}])
                .to_string();
        let back = if self.public { "http://127.0.0.1/back" } else { BACK };
        [
            ("response_type", "code"),
            ("redirect_uri", back),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("scope", "records"),
            ("state", "st"),
            ("authorization_details", &details),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub(super) fn assertion(&self, claims: &Json) -> String {
        self.sig.sign(&json!({"typ": "JWT"}), claims.to_string().as_bytes()).unwrap()
    }
}

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap())
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(super) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.header("location")
    }

    /// The value of a cookie it sets.
    pub(super) fn cookie(&self, name: &str) -> String {
        let all = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
        all.filter_map(|v| v.split(';').next()?.split_once('='))
            .find(|(n, _)| n.ends_with(name))
            .map(|(_, v)| v.to_owned())
            .unwrap_or_default()
    }
}

pub(super) async fn each() -> Vec<Site> {
    let mut all = Vec::new();
    for one in store::testing::each().await.unwrap() {
        all.push(Site::new(one).await);
    }
    all
}

fn name(en: &str) -> Text {
    Text::same(en)
}

impl Site {
    pub(super) async fn sqlite() -> Self {
        Self::new(store::testing::sqlite().await.unwrap()).await
    }

    async fn new(keep: TestDb) -> Self {
        let db = keep.db.clone();
        let clock = Arc::new(FixedClock::new("2026-11-23T04:00:00Z".parse().unwrap()));
        let world = World { clock: clock.clone(), entropy: Arc::new(kernel::SystemEntropy) };
        let keys = Keys::load(&db, &world, &SECRET).await.unwrap();
        let exchange = Arc::new(Exchange::default());
        let cookies = Cookies::new("test", false);
        let identity = Identity::new(Settings {
            db: db.clone(),
            world: world.clone(),
            issuer: ISSUER.to_owned(),
            keys,
            records: exchange.clone(),
            cookies: cookies.clone(),
            demo: true,
        });
        let (bank, bank_jwks) = Party::new("harbour-bank", false);
        let (rival, rival_jwks) = Party::new("rival-bank", false);
        let (app, _) = Party::new("pocket-app", true);
        let ctx = Ctx::new(&world, Actor::System("test"), Locale::En);
        let (chan, wong, company) =
            db.write(move |tx| seed(tx, &ctx, &bank_jwks, &rival_jwks)).await.unwrap();
        let (router, _) = crate::routes(&identity).merge(demo_routes(&identity)).finish();
        let router = with_visit(router, &identity, &world, cookies);
        let file = keep.url.strip_prefix("sqlite:").map(Into::into);
        Self {
            port: Port::new(ISSUER, true),
            db,
            identity,
            exchange,
            clock,
            world,
            router,
            chan,
            wong,
            company,
            bank,
            rival,
            app,
            file,
            _keep: keep,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn system(&self) -> Ctx {
        self.ctx(Actor::System("test"))
    }

    pub(super) fn ctx(&self, actor: Actor) -> Ctx {
        Ctx::new(&self.world, actor, Locale::En)
    }

    pub(super) fn as_person(&self, person: &Id) -> Ctx {
        self.ctx(Actor::Person { id: person.clone(), session: Id::from("ses_test") })
    }

    pub(super) async fn send(&self, request: http::Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(super) async fn get(&self, path: &str, session: &str) -> Reply {
        let request = http::Request::get(path)
            .header("accept", "text/html")
            .header("cookie", format!("praya-test-session={session}; praya-test-csrf={CSRF}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A form of a page.
    pub(super) async fn form(&self, path: &str, session: &str, pairs: &[(&str, &str)]) -> Reply {
        let mut all = vec![("csrf", CSRF)];
        all.extend(pairs);
        let request = http::Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", format!("praya-test-session={session}; praya-test-csrf={CSRF}"));
        self.send(request.body(serde_urlencoded::to_string(all).unwrap().into()).unwrap()).await
    }

    /// The session of a person who signed in by a press.
    pub(super) async fn signed_in(&self, persona: &str) -> String {
        let reply =
            self.form("/sign-in/persona", "", &[("persona", persona), ("next", "/my/data")]).await;
        assert_eq!(reply.location(), "/my/data");
        reply.cookie("session")
    }

    /// A client's claims for its assertion, good for now.
    pub(super) fn claims(&self, party: &Party) -> Json {
        let now = self.now().as_second();
        json!({"iss": party.id, "sub": party.id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": self.random()})
    }

    pub(super) fn random(&self) -> String {
        wire::b64::encode(self.system().random::<16>())
    }

    pub(super) fn nonce(&self) -> String {
        self.identity.keys().nonces().make(self.now().as_second())
    }

    /// A proof for a request, with a fresh nonce of ours.
    pub(super) fn proof(
        &self,
        party: &Party,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> String {
        self.proof_with(party, method, path, token, Some(&self.nonce()))
    }

    pub(super) fn proof_with(
        &self,
        party: &Party,
        method: &str,
        path: &str,
        token: Option<&str>,
        nonce: Option<&str>,
    ) -> String {
        let mut claims = json!({"jti": self.random(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": self.now().as_second()});
        if let Some(token) = token {
            claims["ath"] = wire::dpop::ath(token).into();
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        sign_proof(&party.dpop, &claims)
    }

    /// A client's request, proving itself as it must.
    pub(super) async fn call(
        &self,
        party: &Party,
        path: &str,
        pairs: &[(&str, &str)],
        proof: Option<&str>,
    ) -> Reply {
        let assertion = party.assertion(&self.claims(party));
        self.call_as(party, path, pairs, proof, &assertion).await
    }

    pub(super) async fn call_as(
        &self,
        party: &Party,
        path: &str,
        pairs: &[(&str, &str)],
        proof: Option<&str>,
        assertion: &str,
    ) -> Reply {
        let mut all: Vec<(&str, &str)> = pairs.to_vec();
        if party.public {
            all.push(("client_id", &party.id));
        } else {
            all.push((
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
            all.push(("client_assertion", assertion));
        }
        self.raw(path, &all, proof).await
    }

    pub(super) async fn raw(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        proof: Option<&str>,
    ) -> Reply {
        let mut request =
            http::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        self.send(request.body(serde_urlencoded::to_string(pairs).unwrap().into()).unwrap()).await
    }

    pub(super) async fn push(&self, party: &Party, pairs: &[(String, String)]) -> Reply {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.call(party, "/oauth/par", &pairs, None).await
    }

    /// Pushes, brings the browser, says yes: the code and its consent.
    pub(super) async fn code(&self, party: &Party) -> (String, Id) {
        let reply = self.push(party, &party.asked()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let uri = reply.json()["request_uri"].as_str().unwrap().to_owned();
        self.bring(party, &uri).await
    }

    /// Brings a request to Chan Mei Ling, who is about to decide.
    pub(super) async fn decide(&self, party: &Party, uri: &str) -> Id {
        let session = self.signed_in("chan-mei-ling").await;
        let query =
            serde_urlencoded::to_string([("client_id", party.id.as_str()), ("request_uri", uri)])
                .unwrap();
        let reply = self.get(&format!("/oauth/authorize?{query}"), &session).await;
        Id::from(reply.location().strip_prefix("/exchange/decide/").unwrap())
    }

    /// Brings a request, and she says yes: the code and its consent.
    pub(super) async fn bring(&self, party: &Party, uri: &str) -> (String, Id) {
        let interaction = self.decide(party, uri).await;
        let (to, consent) = self.approve(&interaction).await.unwrap();
        let url = url::Url::parse(&to).unwrap();
        let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        (code, consent)
    }

    pub(super) async fn approve(&self, interaction: &Id) -> Result<(String, Id), Problem> {
        let (ctx, port, company, id) = (
            self.as_person(&self.chan),
            self.port.clone(),
            self.company.clone(),
            interaction.clone(),
        );
        self.db
            .write(move |tx| {
                let subject = port.subject(tx, &company)?.unwrap();
                let details = port
                    .pending(tx, &ctx, &id)?
                    .ok_or_else(|| Problem::new(404, "interaction-unknown"))?
                    .details;
                let consent = ctx.id("con");
                Ok((port.approve(tx, &ctx, &id, &subject, &consent, &details)?, consent))
            })
            .await
    }

    pub(super) async fn redeem(&self, party: &Party, code: &str) -> Reply {
        let back = if party.public { "http://127.0.0.1/back" } else { BACK };
        self.redeem_with(
            party,
            &[("code", code), ("redirect_uri", back), ("code_verifier", VERIFIER)],
        )
        .await
    }

    pub(super) async fn redeem_with(&self, party: &Party, pairs: &[(&str, &str)]) -> Reply {
        let mut all = vec![("grant_type", "authorization_code")];
        all.extend(pairs);
        self.call(
            party,
            "/oauth/token",
            &all,
            Some(&self.proof(party, "POST", "/oauth/token", None)),
        )
        .await
    }

    pub(super) async fn refresh(&self, party: &Party, token: &str) -> Reply {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.call(
            party,
            "/oauth/token",
            &pairs,
            Some(&self.proof(party, "POST", "/oauth/token", None)),
        )
        .await
    }

    /// Whether an access token works, with its own key.
    pub(super) async fn works(&self, party: &Party, token: &str) -> bool {
        let (port, token, jkt, now) =
            (self.port.clone(), token.to_owned(), party.jkt(), self.now());
        self.db.read(move |tx| port.access(tx, &token, &jkt, now)).await.is_ok()
    }
}

pub(super) fn sign_proof(key: &SigningKey, claims: &Json) -> String {
    let header =
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": wire::jwk::Jwk::from(key.public().key)});
    key.sign_header(&header, claims.to_string().as_bytes()).unwrap()
}

fn seed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    bank_jwks: &Json,
    rival_jwks: &Json,
) -> Result<(Id, Id, Id), Problem> {
    let mut person = |handle: &str, hkid: &str, en: &str| {
        let new = ops::NewPerson {
            id: None,
            handle: handle.to_owned(),
            name: name(en),
            hkid: Some(hkid.to_owned()),
            made_up: true,
        };
        ops::add_person(tx, ctx, &new)
    };
    let chan = person("chan-mei-ling", "A1234563", "Chan Mei Ling")?;
    let wong = person("wong-ka-ho", "E3649125", "Wong Ka Ho")?;
    let admin = person("lee-admin", "D2887542", "Lee Admin")?;
    let company = ops::NewCompany {
        id: None,
        brn: "12345678".to_owned(),
        name: name("Lucky Star Trading Ltd"),
        made_up: true,
    };
    let company = ops::add_company(tx, ctx, &company)?;
    for one in [&chan, &wong] {
        let mandate = ops::Mandate {
            company: company.clone(),
            person: one.clone(),
            role: "director".to_owned(),
            scopes: "records mandates".to_owned(),
            needs: 1,
            from: ctx.now,
            until: None,
            delegated_by: None,
        };
        ops::add_mandate(tx, ctx, &mandate)?;
    }
    ops::add_officer(tx, ctx, &admin, "ogcio", Role::Admin)?;
    let bank = Client {
        id: "harbour-bank".to_owned(),
        name: name("Harbour Bank"),
        redirect_uris: vec![BACK.to_owned(), "https://bank.example/other".to_owned()],
        jwks: bank_jwks.clone(),
        profile: Profile::Confidential,
        webhook: Some("https://bank.example/hook".to_owned()),
        scopes: format!("records {}", rules::BATCH),
        active: true,
    };
    ops::add_client(tx, ctx, &bank)?;
    let rival = Client {
        id: "rival-bank".to_owned(),
        name: name("Rival Bank"),
        jwks: rival_jwks.clone(),
        ..bank
    };
    ops::add_client(tx, ctx, &rival)?;
    let app = Client {
        id: "pocket-app".to_owned(),
        name: name("Pocket App"),
        redirect_uris: vec!["http://127.0.0.1/back".to_owned()],
        jwks: json!({"keys": []}),
        profile: Profile::Public,
        webhook: None,
        scopes: "records".to_owned(),
        active: true,
    };
    ops::add_client(tx, ctx, &app)?;
    Ok((chan, wong, company))
}

/// What the binary's middleware does for every request.
fn with_visit(router: Router, identity: &Identity, world: &World, cookies: Cookies) -> Router {
    let (identity, world) = (identity.clone(), world.clone());
    let brand = Arc::new(Brand { government: Text::same("Test"), demo: true });
    let visit = move |mut request: Request, next: Next| {
        let (identity, world, brand, cookies) =
            (identity.clone(), world.clone(), brand.clone(), cookies.clone());
        async move {
            let token =
                cookies.read(request.headers(), Cookie::Session).unwrap_or_default().to_owned();
            let known = identity.visitor(&token).await.unwrap();
            let (actor, user) =
                known.map_or((Actor::Anonymous, None), |(actor, user)| (actor, Some(user)));
            let here = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let ctx = Ctx::new(&world, actor, Locale::En);
            let csrf =
                web::cookies::csrf(&cookies, request.headers()).unwrap_or_default().to_owned();
            request.extensions_mut().insert(Visit { ctx, brand, user, csrf, here });
            next.run(request).await
        }
    };
    router
        .layer(axum::middleware::from_fn(web::render_problems))
        .layer(axum::middleware::from_fn(visit))
}

/// For requests that are not forms.
pub(super) fn bare(method: Method, path: &str, headers: &[(&str, &str)]) -> http::Request<Body> {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

//! A small installation with one company, two directors, two banks and an app.

mod calls;
mod party;
mod seed;

pub(super) use calls::bare;
pub(super) use party::{Party, Reply, sign_proof};

use crate::{Identity, Keys, Port, Settings, demo_routes};
use axum::Router;
use kernel::{Actor, Clock as _, Ctx, FixedClock, Id, Locale, Problem, Text, Timestamp, World};
use ports::Records;
use serde_json::{Value as Json, json};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};
use store::{Db, Tx, testing::TestDb};
use web::cookies::Cookies;

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

    fn purposes(&self) -> Vec<(String, Text)> {
        ["loan-assessment", "trade-finance"].map(|id| (id.to_owned(), Text::same(id))).into()
    }

    fn decide_at(&self, interaction: &Id, _: &Json) -> String {
        format!("/exchange/decide/{interaction}")
    }

    fn granted(&self, _: &mut Tx<'_>, consent: &Id, _: Timestamp) -> Result<Option<Json>, Problem> {
        let ended = self.ended.lock().unwrap().contains(consent);
        Ok((!ended).then(
            || json!({"type": "praya_records", "purpose": "loan-assessment", "consent": consent}),
        ))
    }

    fn deliver(&self, _: &mut Tx<'_>, _: &Ctx, _: &Id) -> Result<Option<Json>, Problem> {
        Ok(None)
    }

    fn give_back(&self, _: &mut Tx<'_>, _: &Ctx, consent: &Id) -> Result<(), Problem> {
        self.ended.lock().unwrap().insert(consent.clone());
        Ok(())
    }

    fn particulars(&self, _: &mut Tx<'_>, _: &Id) -> Result<ports::Particulars, Problem> {
        let said = [("email", "mei@example.hk", true), ("phone_number", "+852 5123 4567", false)];
        let one = |value: &str, proved| ports::Particular { value: value.to_owned(), proved };
        Ok(said.into_iter().map(|(claim, value, proved)| (claim, one(value, proved))).collect())
    }
}

/// A companies register that the test writes.
#[derive(Default)]
pub(super) struct Register(pub(super) Mutex<std::collections::HashMap<String, ports::Registered>>);

impl ports::Companies for Register {
    fn registered<'a>(
        &'a self,
        _: &'a Ctx,
        brn: &'a str,
        _: &'a Id,
    ) -> std::pin::Pin<
        Box<dyn Future<Output = Result<Option<ports::Registered>, Problem>> + Send + 'a>,
    > {
        let found = self.0.lock().unwrap().get(brn).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// What was left for whom.
#[derive(Default)]
pub(super) struct Inbox(pub(super) Mutex<Vec<(Id, &'static str)>>);

impl Inbox {
    /// How often a person was told this.
    pub(super) fn told(&self, person: &Id, template: &str) -> usize {
        let all = self.0.lock().unwrap();
        all.iter().filter(|one| one.0 == *person && one.1 == template).count()
    }
}

impl ports::Inbox for Inbox {
    fn leave(
        &self,
        _: &mut Tx<'_>,
        _: &Ctx,
        person: &Id,
        template: &'static str,
        _: &str,
        _: &[(&'static str, ports::Word)],
    ) -> Result<(), Problem> {
        self.0.lock().unwrap().push((person.clone(), template));
        Ok(())
    }

    fn asked_for(&self, _: &mut Tx<'_>, _: &str) -> Result<Vec<(Id, Timestamp)>, Problem> {
        Ok(Vec::new())
    }

    fn unread(&self, _: &mut Tx<'_>, _: &Id) -> Result<u32, Problem> {
        Ok(0)
    }
}

pub(super) struct Site {
    pub(super) db: Db,
    pub(super) identity: Identity,
    pub(super) port: Port,
    pub(super) exchange: Arc<Exchange>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) register: Arc<Register>,
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

pub(super) async fn each() -> Vec<Site> {
    let mut all = Vec::new();
    for one in store::testing::each().await.unwrap() {
        all.push(Site::new(one).await);
    }
    all
}

/// What the other domains hold of people, as the binary wires it; the exchange hands nothing over.
pub(super) fn holdings() -> Vec<Arc<dyn ports::Holdings>> {
    vec![Arc::new(inbox::Holdings), Arc::new(forms::Holdings), Arc::new(signing::Holdings)]
}

impl Site {
    pub(super) async fn sqlite() -> Self {
        Self::new(store::testing::sqlite().await.unwrap()).await
    }

    async fn new(keep: TestDb) -> Self {
        let db = keep.db.clone();
        let clock = Arc::new(FixedClock::new("2026-11-23T04:00:00Z".parse().unwrap()));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(kernel::SystemEntropy),
            zone: kernel::Zone::utc(),
            currency: kernel::Currency::NONE,
        };
        let keys = Keys::load(&db, &world, &SECRET).await.unwrap();
        let exchange = Arc::new(Exchange::default());
        let inbox = Arc::new(Inbox::default());
        let register = Arc::new(Register::default());
        let cookies = Cookies::new("test", false);
        let identity = Identity::new(Settings {
            db: db.clone(),
            world: world.clone(),
            issuer: ISSUER.to_owned(),
            mtls: None,
            keys,
            records: exchange.clone(),
            companies: register.clone(),
            providers: Vec::new(),
            holdings: holdings(),
            inbox: inbox.clone(),
            caller: reqwest::Client::new(),
            cookies: cookies.clone(),
            demo: true,
        });
        let (bank, bank_jwks) = Party::new("harbour-bank", false);
        let (rival, rival_jwks) = Party::new("rival-bank", false);
        let (app, _) = Party::new("pocket-app", true);
        let ctx = Ctx::new(&world, Actor::System("test"), Locale::En);
        let (chan, wong, company) =
            db.write(move |tx| seed::everyone(tx, &ctx, &bank_jwks, &rival_jwks)).await.unwrap();
        let (router, _) = crate::routes(&identity).merge(demo_routes(&identity)).finish();
        let router = seed::with_visit(router, &identity, &world, cookies);
        let file = keep.url.strip_prefix("sqlite:").map(Into::into);
        Self {
            port: Port::new(identity.us(), true),
            db,
            identity,
            exchange,
            inbox,
            register,
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

    /// The same installation, with these providers in its definitions.
    pub(super) async fn with_providers(self, providers: Vec<ports::Provider>) -> Self {
        self.standing_at(ISSUER, providers).await
    }

    /// The same, under another address.
    pub(super) async fn standing_at(
        mut self,
        issuer: &str,
        providers: Vec<ports::Provider>,
    ) -> Self {
        let cookies = Cookies::new("test", false);
        self.identity = Identity::new(Settings {
            db: self.db.clone(),
            world: self.world.clone(),
            issuer: issuer.to_owned(),
            mtls: None,
            keys: Keys::load(&self.db, &self.world, &SECRET).await.unwrap(),
            records: self.exchange.clone(),
            companies: self.register.clone(),
            providers,
            holdings: holdings(),
            inbox: self.inbox.clone(),
            caller: outbound::client(true).unwrap(),
            cookies: cookies.clone(),
            demo: true,
        });
        let routes = crate::routes(&self.identity).merge(demo_routes(&self.identity));
        self.router = seed::with_visit(routes.finish().0, &self.identity, &self.world, cookies);
        self
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
}

//! Codes and refresh tokens against a model, for any order of events.

use super::site::{BACK, Site, VERIFIER};
use crate::{
    error::Verdict,
    model::Client,
    ops::{self, Demand, Issued},
    rules,
};
use kernel::{Actor, Id, Problem};
use proptest::prelude::*;
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// The first or second party redeems, with the right verifier or not.
    Redeem {
        right_client: bool,
        right_verifier: bool,
        right_key: bool,
    },
    /// The n-th refresh token that was ever given.
    Refresh {
        nth: usize,
        right_key: bool,
    },
    RevokeConsent,
    EndGrant,
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (prop::bool::weighted(0.8), prop::bool::weighted(0.8), prop::bool::weighted(0.8))
            .prop_map(|(right_client, right_verifier, right_key)| Event::Redeem { right_client, right_verifier, right_key }),
        6 => (0..4usize, prop::bool::weighted(0.9)).prop_map(|(nth, right_key)| Event::Refresh { nth, right_key }),
        1 => Just(Event::RevokeConsent),
        1 => Just(Event::EndGrant),
        2 => prop_oneof![Just(1i64), Just(30), Just(rules::CODE_LIFE)].prop_map(Event::Wait),
    ]
}

/// What ought to hold.
#[derive(Default)]
struct Model {
    age: i64,
    used: bool,
    dead: bool,
    consent_ended: bool,
    /// Each refresh token given, and whether it was used.
    tokens: Vec<bool>,
}

impl Model {
    fn redeem(&mut self, right_client: bool, right_verifier: bool) -> bool {
        if !right_client {
            return false;
        }
        if self.used {
            self.dead = true;
            return false;
        }
        let ok = self.age < rules::CODE_LIFE && right_verifier && !self.dead && !self.consent_ended;
        if ok {
            self.used = true;
            self.tokens.push(false);
        }
        ok
    }

    fn refresh(&mut self, nth: usize, right_key: bool, rotates: bool) -> bool {
        let Some(used) = self.tokens.get(nth).copied() else { return false };
        if self.dead {
            return false;
        }
        if used {
            self.dead = true;
            return false;
        }
        let ok = right_key && !self.consent_ended;
        if ok && rotates {
            self.tokens[nth] = true;
            self.tokens.push(false);
        }
        ok
    }
}

/// One grant, watched.
struct Play {
    site: Site,
    mine: Client,
    theirs: Client,
    code: String,
    consent: Id,
    public: bool,
    model: Model,
    given: Vec<String>,
    bound: &'static str,
}

impl Play {
    async fn new(public: bool) -> Self {
        let site = Site::sqlite().await;
        let (party, other) = if public { (&site.app, &site.bank) } else { (&site.bank, &site.app) };
        let (code, consent) = site.code(party).await;
        let (mine, theirs) = (party.id.clone(), other.id.clone());
        let both = site.db.read::<_, Problem>(move |tx| {
            Ok((ops::client(tx, &mine)?.unwrap(), ops::client(tx, &theirs)?.unwrap()))
        });
        let (mine, theirs) = both.await.unwrap();
        let (model, given) = (Model::default(), Vec::new());
        Self { site, mine, theirs, code, consent, public, model, given, bound: "" }
    }

    async fn issue(&self, client: &Client, key: &'static str, demand: Demand) -> Verdict<Issued> {
        let ctx = self.site.ctx(Actor::Client { id: client.id.clone() });
        let (records, client) = (self.site.exchange.clone(), client.clone());
        let issued = self
            .site
            .db
            .write(move |tx| ops::issue(tx, &ctx, records.as_ref(), &client, key, &demand));
        issued.await.unwrap()
    }

    async fn redeem(
        &mut self,
        right_client: bool,
        right_verifier: bool,
        right_key: bool,
    ) -> Result<(), TestCaseError> {
        let verifier =
            if right_verifier { VERIFIER } else { "another-verifier-of-forty-three-characters!" };
        let demand = Demand::Code {
            code: self.code.clone(),
            redirect_uri: if self.public { "http://127.0.0.1/back" } else { BACK }.to_owned(),
            verifier: verifier.to_owned(),
        };
        let key = if right_key { "first" } else { "second" };
        let client = if right_client { &self.mine } else { &self.theirs };
        let outcome = self.issue(client, key, demand).await;
        let ok = self.model.redeem(right_client, right_verifier);
        prop_assert_eq!(outcome.is_ok(), ok, "{:?}", outcome);
        if let Ok(issued) = outcome {
            self.bound = key;
            self.given.extend(issued.refresh);
        }
        Ok(())
    }

    async fn refresh(&mut self, nth: usize, right_key: bool) -> Result<(), TestCaseError> {
        let token = self.given.get(nth).cloned().unwrap_or_else(|| "rt_unknown".to_owned());
        let key = if right_key { self.bound } else { "third" };
        let outcome = self.issue(&self.mine, key, Demand::Refresh { token, scope: None }).await;
        let ok = self.model.refresh(nth, right_key, self.public);
        prop_assert_eq!(outcome.is_ok(), ok, "{:?}", outcome);
        self.given.extend(outcome.ok().and_then(|issued| issued.refresh));
        Ok(())
    }

    async fn step(&mut self, event: Event) -> Result<(), TestCaseError> {
        match event {
            Event::Redeem { right_client, right_verifier, right_key } => {
                self.redeem(right_client, right_verifier, right_key).await?;
            }
            Event::Refresh { nth, right_key } => self.refresh(nth, right_key).await?,
            Event::RevokeConsent => {
                self.site.exchange.ended.lock().unwrap().insert(self.consent.clone());
                self.model.consent_ended = true;
            }
            Event::EndGrant => {
                let (ctx, consent) = (self.site.system(), self.consent.clone());
                let end = move |tx: &mut store::Tx<'_>| ops::end_grant(tx, &ctx, &consent);
                self.site.db.write::<_, Problem>(end).await.unwrap();
                self.model.dead = true;
            }
            Event::Wait(seconds) => {
                self.site.clock.advance(seconds);
                self.model.age += seconds;
            }
        }
        let live = alive(&self.site).await;
        prop_assert!(!self.model.dead || live == 0, "a dead grant has no live refresh token");
        Ok(())
    }
}

async fn play(events: Vec<Event>, public: bool) -> Result<(), TestCaseError> {
    let mut play = Play::new(public).await;
    for event in events {
        play.step(event).await?;
    }
    Ok(())
}

async fn alive(site: &Site) -> i64 {
    const ALIVE: store::Sql =
        store::Sql::both("select count(*) from refresh_token where used_at is null");
    site.db.read::<_, store::Error>(|tx| tx.query(ALIVE, &[])?[0].int(0)).await.unwrap()
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn codes_and_refresh_tokens_do_what_the_model_says(events in prop::collection::vec(event(), 1..14), public in any::<bool>()) {
        runtime().block_on(play(events, public))?;
    }
}

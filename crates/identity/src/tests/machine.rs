//! Codes and refresh tokens against a model, for any order of events.

use super::site::{BACK, Party, Site, VERIFIER};
use crate::{
    model::Client,
    ops::{self, Demand},
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

async fn play(events: Vec<Event>, public: bool) -> Result<(), TestCaseError> {
    let site = Site::sqlite().await;
    let (party, other): (Party, Party) = if public {
        (site.app.clone(), site.bank.clone())
    } else {
        (site.bank.clone(), site.app.clone())
    };
    let back = if public { "http://127.0.0.1/back" } else { BACK };
    let (code, consent) = site.code(&party).await;
    let client = |id: String| {
        let db = site.db.clone();
        async move { db.read(move |tx| ops::client(tx, &id)).await.unwrap().unwrap() }
    };
    let (mine, theirs) = (client(party.id.clone()).await, client(other.id.clone()).await);
    let issue = async |client: &Client, key: &str, demand: Demand| {
        let (ctx, records, client, key) = (
            site.ctx(Actor::Client { id: client.id.clone() }),
            site.exchange.clone(),
            client.clone(),
            key.to_owned(),
        );
        site.db
            .write(move |tx| ops::issue(tx, &ctx, records.as_ref(), &client, &key, &demand))
            .await
            .unwrap()
    };
    let mut model = Model::default();
    let mut given: Vec<String> = Vec::new();
    let mut bound = String::new();
    for event in events {
        match event {
            Event::Redeem { right_client, right_verifier, right_key } => {
                let verifier = if right_verifier {
                    VERIFIER
                } else {
                    "another-verifier-of-forty-three-characters!"
                };
                let demand = Demand::Code {
                    code: code.clone(),
                    redirect_uri: back.to_owned(),
                    verifier: verifier.to_owned(),
                };
                let key = if right_key { "first" } else { "second" };
                let outcome = issue(if right_client { &mine } else { &theirs }, key, demand).await;
                prop_assert_eq!(
                    outcome.is_ok(),
                    model.redeem(right_client, right_verifier),
                    "{:?}",
                    outcome
                );
                if let Ok(issued) = outcome {
                    key.clone_into(&mut bound);
                    given.extend(issued.refresh);
                }
            }
            Event::Refresh { nth, right_key } => {
                let token = given.get(nth).cloned().unwrap_or_else(|| "rt_unknown".to_owned());
                let key = if right_key { bound.as_str() } else { "third" };
                let outcome = issue(&mine, key, Demand::Refresh { token, scope: None }).await;
                prop_assert_eq!(
                    outcome.is_ok(),
                    model.refresh(nth, right_key, public),
                    "{:?}",
                    outcome
                );
                given.extend(outcome.ok().and_then(|issued| issued.refresh));
            }
            Event::RevokeConsent => {
                site.exchange.ended.lock().unwrap().insert(consent.clone());
                model.consent_ended = true;
            }
            Event::EndGrant => {
                let (ctx, consent): (_, Id) = (site.system(), consent.clone());
                site.db
                    .write::<_, Problem>(move |tx| ops::end_grant(tx, &ctx, &consent))
                    .await
                    .unwrap();
                model.dead = true;
            }
            Event::Wait(seconds) => {
                site.clock.advance(seconds);
                model.age += seconds;
            }
        }
        let rows = alive(&site).await;
        prop_assert!(!model.dead || rows == 0, "a dead grant has no live refresh token");
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

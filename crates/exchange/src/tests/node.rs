//! What another node may ask, and how often: decisions and rows, without a network.

use super::{terms, world};
use crate::{
    gateway,
    model::{Frequency, Period, Request, Selection},
    node::{Claim, Question, Refusal, Unverified, Whose, Why},
    ops::{self, LookKind, Sight},
    pack::{self, Pack},
    rules::may_ask,
};
use kernel::{Actor, Ctx, Id, Locale, Timestamp, Zone};
use ports::NodeRights;
use serde_json::json;
use store::testing;
use wire::{
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::SigningKey,
};

type Change<'a> = &'a dyn Fn(&mut Question);

fn rights() -> NodeRights {
    NodeRights {
        registers: vec!["charges".to_owned(), "identity-particulars".to_owned()],
        purposes: vec!["loan-assessment".to_owned()],
    }
}

fn question(now: Timestamp) -> Question {
    let agreed = terms(now);
    let reply_to: Jwk = PrivateJwk::generate_p256("enc").unwrap().public;
    Question {
        iss: "neighbour".to_owned(),
        aud: "https://records.example".to_owned(),
        iat: now.as_second(),
        jti: "j".to_owned(),
        subject: Whose { id: "com_there".into(), key: "70000000".to_owned() },
        request: Request { start: None, consent: None, ..agreed.details(&Zone::utc()) },
        why: Why::Consent(Claim {
            id: agreed.id,
            digest: "AA".to_owned(),
            consumer: "bank".to_owned(),
            given: now,
            start: now,
        }),
        reply_to,
    }
}

fn days_later(now: Timestamp, days: i64) -> Timestamp {
    kernel::from_micros(now.as_microsecond() + days * 86_400_000_000)
}

fn hong_kong() -> Pack {
    pack::load_embedded().ok().unwrap()
}

#[test]
fn a_node_may_ask_what_a_bank_may_of_what_it_is_registered_for() {
    let (pack, now) = (hong_kong(), world().0.clock.now());
    let asked = |change: Change<'_>| {
        let mut question = question(now);
        change(&mut question);
        may_ask(&pack, &rights(), &question, now).map_err(|problem| problem.code)
    };
    let only = |register: &str, field: &str| {
        let (register, fields) = (register.to_owned(), vec![field.to_owned()]);
        vec![Selection { register, fields }]
    };
    assert_eq!(asked(&|_| ()), Ok(()));
    assert_eq!(asked(&|q| q.why = Why::Preview), Ok(()));
    let refused: [(&str, Change<'_>); 10] = [
        ("node-not-allowed", &|q| q.request.registers = only("vehicles", "brn")),
        ("node-not-allowed", &|q| q.request.purpose = "trade-finance".to_owned()),
        ("request-refused", &|q| q.request.registers = only("charges", "secret")),
        ("request-refused", &|q| q.request.registers = only("identity-particulars", "hkid")),
        ("request-refused", &|q| q.request.registers.clear()),
        ("request-refused", &|q| q.request.registers.extend(only("vehicles", "brn"))),
        ("request-refused", &|q| q.request.frequency = Frequency { unit: Period::Hour, times: 9 }),
        ("request-refused", &|q| {
            q.request.expires = days_later(now, 400).to_string()[..10].parse().unwrap();
        }),
        ("request-unreadable", &|q| q.request.consent = Some("con_1".into())),
        ("request-unreadable", &|q| q.subject.key = "7000".to_owned()),
    ];
    for (i, (code, change)) in refused.into_iter().enumerate() {
        assert_eq!(asked(change), Err(code), "question {i}");
    }
}

#[test]
fn a_claimed_consent_is_good_from_its_start_to_its_end_and_not_before_it_was_given() {
    let (pack, now) = (hong_kong(), world().0.clock.now());
    let question = question(now);
    let at = |when| may_ask(&pack, &rights(), &question, when).map_err(|problem| problem.code);
    let seconds = |more: i64| kernel::from_micros(now.as_microsecond() + more * 1_000_000);
    assert_eq!(at(seconds(-9)), Ok(()), "clocks may differ a little");
    assert_eq!(at(seconds(-11)), Err("request-refused"));
    assert_eq!(at(days_later(now, 29)), Ok(()), "the limits count from the day it was given");
    assert_eq!(at(days_later(now, 32)), Err("consent-expired"));
    let mut later = question.clone();
    let Why::Consent(claim) = &mut later.why else { return };
    claim.start = days_later(now, 1);
    assert_eq!(may_ask(&pack, &rights(), &later, now).unwrap_err().code, "consent-not-begun");
}

#[test]
fn a_node_does_not_pass_a_question_on_to_another() {
    let now = world().0.clock.now();
    let readme = include_str!("../../../../packs/README.md");
    let key = readme.split("log_key = \"").nth(1).unwrap().split('"').next().unwrap();
    let source = format!(
        "id = \"charges\"\nkind = \"node\"\nurl = \"https://third.example\"\nissuer = \"https://third.example\"\nclient_id = \"us\"\nlog_key = \"{key}\"\nregister = \"charges\"\n"
    );
    let folder = std::env::temp_dir().join(format!("praya-chain-{}", std::process::id()));
    for (path, bytes) in hong_kong().files() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::write(folder.join("sources/charges.toml"), source).unwrap();
    let pack = pack::load_dir(&folder).ok().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let refused = may_ask(&pack, &rights(), &question(now), now).unwrap_err();
    assert_eq!((refused.status, refused.code), (403, "node-chain"));
}

#[test]
fn a_question_is_of_a_registered_key_for_this_node_and_for_now() {
    let jwk = PrivateJwk::generate_p256("sig").unwrap();
    let (key, keys) = (SigningKey::new(&jwk).unwrap(), Jwks { keys: vec![jwk.public.clone()] });
    let now = world().0.clock.now();
    let signed = |typ: &str, question: &Question| {
        key.sign(&json!({ "typ": typ }), &serde_json::to_vec(question).unwrap()).unwrap()
    };
    let said = |token: &str, keys: &Jwks, at: i64| {
        Unverified::new(token)?.verify(keys, "https://records.example", at).map(drop)
    };
    let (question, at) = (question(now), now.as_second());
    let token = signed(crate::node::QUESTION, &question);
    assert_eq!(said(&token, &keys, at), Ok(()));
    assert_eq!(said(&token, &keys, at + 60), Ok(()));
    assert_eq!(said(&token, &keys, at + 61), Err(Refusal::Time));
    assert_eq!(said(&token, &keys, at - 11), Err(Refusal::Time));
    assert_eq!(said(&signed("JWT", &question), &keys, at), Err(Refusal::Typ));
    let elsewhere = Question { aud: "https://elsewhere".to_owned(), ..question.clone() };
    let elsewhere = signed(crate::node::QUESTION, &elsewhere);
    assert_eq!(said(&elsewhere, &keys, at), Err(Refusal::Audience));
    let unknown = Jwks { keys: vec![PrivateJwk::generate_p256("sig").unwrap().public] };
    assert_eq!(said(&token, &unknown, at), Err(Refusal::Form(wire::Error::NoKey)));
    // Another's key under the same name.
    let kid = jwk.public.kid.clone();
    let named = Jwk { kid, ..unknown.keys[0].clone() };
    let forged = said(&token, &Jwks { keys: vec![named] }, at);
    assert_eq!(forged, Err(Refusal::Form(wire::Error::Signature)));
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_under_a_claimed_consent_are_counted_by_its_windows_on_both_engines() {
    for one in testing::each().await.unwrap() {
        let (world, clock) = world();
        let asked = question(world.clock.now());
        let look = async |question: Question, token: &'static str| {
            let ctx = Ctx::new(&world, Actor::Anonymous, Locale::En);
            let sight = Sight {
                id: ctx.id("look"),
                kind: LookKind::Release,
                subject: Id::from("com_1"),
                consent: None,
                consumer: question.iss.clone(),
                key: None,
                purpose: question.request.purpose.clone(),
                fields: gateway::fields(&question.request.registers),
                payload: [0; 32],
                departments: "cr".to_owned(),
            };
            let draft = sight.draft_of_node(&ctx, &question, token).unwrap();
            let noted =
                one.db.write(move |tx| ops::note_node_look(tx, &ctx, &draft, &question, token));
            noted.await.map(|ticket| ticket.seq).map_err(|problem| problem.code)
        };
        look(asked.clone(), "one").await.unwrap();
        let seq = look(asked.clone(), "two").await.unwrap();
        assert_eq!(look(asked.clone(), "three").await, Err("frequency-exceeded"));
        look(Question { why: Why::Preview, ..asked.clone() }, "preview").await.unwrap();
        let mut other = asked.clone();
        other.request.registers[0].register = "annual-returns".to_owned();
        look(other, "another register").await.unwrap();
        clock.advance(86_400);
        look(asked.clone(), "a new window").await.unwrap();
        let logged = one.db.read(move |tx| evidence::logged(tx, seq)).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_str(&logged.record.unwrap()).unwrap();
        assert_eq!(record["node"]["question"], crate::node::digest("two"));
        assert_eq!(record["node"]["consent"]["consumer"], "bank");
        assert!(!record.to_string().contains("70000000"), "the key stays in the question");
    }
}

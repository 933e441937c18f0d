mod reach;

use crate::{
    model::{Event, Frequency, Life, LifeUnit, Mode, Period, Selection, State, TRANSITIONS, Terms},
    ops::{self, LookKind, Sight},
    pack, rules,
    sources::{Row, Rows},
};
use kernel::{Actor, Ctx, FixedClock, Id, Locale, Problem, SystemEntropy, Timestamp, World, Zone};
use ports::{Access, Authorizations, Pending, Subject, SubjectKind};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Tx, testing};

mod node;
mod zones;

struct NoGrants;

impl Authorizations for NoGrants {
    fn pending(&self, _: &mut Tx<'_>, _: &Ctx, _: &Id) -> Result<Option<Pending>, Problem> {
        Ok(None)
    }
    fn approve(
        &self,
        _: &mut Tx<'_>,
        _: &Ctx,
        _: &Id,
        _: &Subject,
        _: &Id,
        _: &Json,
    ) -> Result<String, Problem> {
        Ok(String::new())
    }
    fn refuse(&self, _: &mut Tx<'_>, _: &Ctx, _: &Id) -> Result<String, Problem> {
        Ok(String::new())
    }
    fn end_grant(&self, _: &mut Tx<'_>, _: &Ctx, _: &Id) -> Result<(), Problem> {
        Ok(())
    }
    fn move_grant(&self, _: &mut Tx<'_>, _: &Id, _: &Id, _: &Json) -> Result<(), Problem> {
        Ok(())
    }
    fn access(&self, _: &mut Tx<'_>, _: &str, _: &str, _: Timestamp) -> Result<Access, Problem> {
        Err(Problem::new(401, "invalid-token"))
    }
    fn spend(&self, _: &mut Tx<'_>, _: &str, _: &str, _: i64) -> Result<(), Problem> {
        Ok(())
    }
}

fn world() -> (World, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::new("2026-11-23T02:00:00Z".parse().unwrap()));
    (
        World {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            zone: Zone::utc(),
            currency: kernel::Currency::NONE,
        },
        clock,
    )
}

fn person(world: &World) -> Ctx {
    Ctx::new(world, Actor::Person { id: Id::from("per_1"), session: Id::from("ses_1") }, Locale::En)
}

fn terms(now: Timestamp) -> Terms {
    Terms {
        version: 1,
        id: Id::from(format!("con_{}", now.as_microsecond())),
        number: 1,
        previous: None,
        subject_kind: SubjectKind::Company,
        subject: Id::from("com_1"),
        representative: Id::from("per_1"),
        mandate: None,
        consumer: "bank".to_owned(),
        purpose: "loan-assessment".to_owned(),
        purpose_hash: "00".to_owned(),
        registers: vec![Selection {
            register: "charges".to_owned(),
            fields: vec!["brn".to_owned(), "status".to_owned()],
        }],
        range: None,
        frequency: Frequency { unit: Period::Day, times: 2 },
        data_life: Life { unit: LifeUnit::Day, value: 10 },
        mode: Mode::Store,
        start: now,
        expires: kernel::from_micros(now.as_microsecond() + 30 * 86_400_000_000),
        given: now,
    }
}

fn look(tx: &mut Tx<'_>, ctx: &Ctx, terms: &Terms) -> Result<(), Problem> {
    ops::use_consent(tx, ctx, terms)?;
    let sight = Sight {
        id: ctx.id("look"),
        kind: LookKind::Release,
        subject: terms.subject.clone(),
        consent: Some((terms.id.clone(), vec![1])),
        consumer: terms.consumer.clone(),
        key: None,
        purpose: terms.purpose.clone(),
        fields: crate::gateway::fields(&terms.registers),
        payload: [0; 32],
        departments: "cr".to_owned(),
    };
    ops::note_look(tx, &sight.draft(ctx)?).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_lives_by_its_table_and_releases_nothing_once_stopped() {
    for one in testing::each().await.unwrap() {
        let (world, clock) = world();
        let ctx = person(&world);
        let agreed = terms(ctx.now);
        let (c, t) = (ctx.clone(), agreed.clone());
        let state = one
            .db
            .write(move |tx| ops::give(tx, &c, &t, "cr", 1, &json!({"kind": "demo"}), None))
            .await
            .unwrap();
        assert_eq!(state, State::Active);
        let fetch = async || {
            let (c, t) = (person(&world), agreed.clone());
            one.db.write(move |tx| look(tx, &c, &t)).await
        };
        let change = async |event: Event| {
            let (c, id) = (person(&world), agreed.id.clone());
            one.db
                .write(move |tx| {
                    let found = ops::find(tx, &id)?;
                    ops::change(tx, &c, &found, "cr", event)
                })
                .await
        };
        fetch().await.unwrap();
        fetch().await.unwrap();
        let often = fetch().await.unwrap_err();
        assert_eq!((often.status, often.code), (429, "frequency-exceeded"));
        assert!(often.headers.iter().any(|(name, _)| *name == "retry-after"));
        clock.advance(86_400);
        fetch().await.unwrap();
        change(Event::Pause).await.unwrap();
        assert_eq!(fetch().await.unwrap_err().code, "consent-paused");
        change(Event::Resume).await.unwrap();
        fetch().await.unwrap();
        change(Event::Revoke).await.unwrap();
        assert_eq!(fetch().await.unwrap_err().code, "consent-revoked");
        assert_eq!(change(Event::Resume).await.unwrap_err().code, "state-not-allowed");
        let found =
            one.db.read(|tx| ops::looks_of(tx, &Id::from("com_1"), Timestamp::MAX)).await.unwrap();
        assert_eq!(found.len(), 4, "every look that was allowed is listed, and no other");
        let kinds: Vec<_> = {
            let id = agreed.id.clone();
            one.db
                .read(move |tx| ops::history(tx, &id))
                .await
                .unwrap()
                .into_iter()
                .map(|line| line.event)
                .collect()
        };
        assert_eq!(
            kinds,
            ["consent-given", "consent-paused", "consent-resumed", "consent-revoked"]
        );
        let said = crate::verify::rows(&one.db, |_, person, digest, kept| {
            assert_eq!(
                (person.as_str(), digest.len(), kept),
                ("per_1", 32, &json!({"kind": "demo"}))
            );
            Ok(Some("nobody signed it"))
        });
        let expected = format!("consent {}: the yes of per_1: nobody signed it", agreed.id);
        assert_eq!(said.await.unwrap(), [expected], "nothing else is wrong");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_needs_two_waits_for_another_person() {
    for one in testing::each().await.unwrap() {
        let (world, _) = world();
        let (first, agreed) = (person(&world), terms(world.clock.now()));
        let (c, t) = (first.clone(), agreed.clone());
        assert_eq!(
            one.db.write(move |tx| ops::give(tx, &c, &t, "cr", 2, &json!({}), None)).await.unwrap(),
            State::Waiting
        );
        let (c, t) = (first.clone(), agreed.clone());
        assert_eq!(
            one.db.write(move |tx| look(tx, &c, &t)).await.unwrap_err().code,
            "consent-waiting"
        );
        let (c, id) = (first.clone(), agreed.id.clone());
        assert_eq!(
            one.db
                .write(move |tx| ops::second(tx, &c, &id, "cr", &json!({})))
                .await
                .unwrap_err()
                .code,
            "yes-said-already"
        );
        let other = Ctx {
            actor: Actor::Person { id: Id::from("per_2"), session: Id::from("ses_2") },
            ..first
        };
        let (c, id) = (other.clone(), agreed.id.clone());
        assert_eq!(
            one.db.write(move |tx| ops::second(tx, &c, &id, "cr", &json!({}))).await.unwrap(),
            State::Active
        );
        one.db.write(move |tx| look(tx, &other, &agreed)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_takes_the_place_of_the_old_consent_at_once() {
    for one in testing::each().await.unwrap() {
        let (world, _) = world();
        let (ctx, old) = (person(&world), terms(world.clock.now()));
        let fewer =
            vec![Selection { register: "charges".to_owned(), fields: vec!["status".to_owned()] }];
        let new =
            rules::amended(&old, fewer, Id::from("con_new"), ctx.now, &Id::from("per_1")).unwrap();
        assert!(
            rules::amended(&old, old.registers.clone(), Id::from("x"), ctx.now, &Id::from("per_1"))
                .is_err(),
            "the same is no amendment"
        );
        let more =
            vec![Selection { register: "charges".to_owned(), fields: vec!["amount".to_owned()] }];
        assert!(
            rules::amended(&old, more, Id::from("x"), ctx.now, &Id::from("per_1")).is_err(),
            "more is never an amendment"
        );
        let (c, o, n) = (ctx.clone(), old.clone(), new.clone());
        one.db
            .write(move |tx| {
                ops::give(tx, &c, &o, "cr", 1, &json!({}), None)?;
                let found = ops::find(tx, &o.id)?;
                ops::amend(tx, &c, &NoGrants, &found, &n, "cr", &json!({}))
            })
            .await
            .unwrap();
        let (c, o) = (ctx.clone(), old.clone());
        assert_eq!(
            one.db.write(move |tx| look(tx, &c, &o)).await.unwrap_err().code,
            "consent-revoked"
        );
        one.db.write(move |tx| look(tx, &ctx, &new)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_expires_and_the_consumer_is_told_to_delete_and_says_that_it_did() {
    for one in testing::each().await.unwrap() {
        let (world, clock) = world();
        let (ctx, agreed) = (person(&world), terms(world.clock.now()));
        let (c, t) = (ctx.clone(), agreed.clone());
        one.db
            .write(move |tx| {
                ops::give(tx, &c, &t, "cr", 1, &json!({}), None)?;
                look(tx, &c, &t)
            })
            .await
            .unwrap();
        clock.advance(9 * 86_400);
        let c = person(&world);
        assert_eq!(
            one.db.write(move |tx| ops::end_data_life(tx, &c)).await.unwrap(),
            0,
            "not before its day is over"
        );
        clock.advance(3 * 86_400);
        let c = person(&world);
        assert_eq!(one.db.write(move |tx| ops::end_data_life(tx, &c)).await.unwrap(), 1);
        let id = agreed.id.clone();
        let told = one.db.read(move |tx| ops::deletions(tx, &id)).await.unwrap();
        assert_eq!((told.len(), told[0].attested_at), (1, None), "told, and silent so far");
        let bank = Ctx { actor: Actor::Client { id: "bank".to_owned() }, ..person(&world) };
        let thief = Ctx { actor: Actor::Client { id: "other".to_owned() }, ..bank.clone() };
        let id = agreed.id.clone();
        assert_eq!(
            one.db
                .write(move |tx| ops::attest(tx, &thief, &id, "cr", &json!({})))
                .await
                .unwrap_err()
                .code,
            "consent-unknown"
        );
        let (id, b) = (agreed.id.clone(), bank.clone());
        one.db
            .write(move |tx| ops::attest(tx, &b, &id, "cr", &json!({"deleted": true})))
            .await
            .unwrap();
        let id = agreed.id.clone();
        assert!(
            one.db.read(move |tx| ops::deletions(tx, &id)).await.unwrap()[0].attested_at.is_some()
        );
        clock.advance(30 * 86_400);
        let c = person(&world);
        assert_eq!(
            one.db
                .write(move |tx| ops::expire(tx, &c, &NoGrants, &|_| "cr".to_owned()))
                .await
                .unwrap(),
            1
        );
        let id = agreed.id.clone();
        assert_eq!(one.db.read(move |tx| ops::find(tx, &id)).await.unwrap().state, State::Expired);
    }
}

fn request() -> Json {
    json!({
        "type": "praya_records", "purpose": "loan-assessment", "subject": "company",
        "registers": [{"register": "business-registration", "fields": ["brn", "name_en"]}],
        "mode": "store", "frequency": {"unit": "day", "times": 5}, "data_life": {"unit": "day", "value": 90}, "expires": "2027-05-22",
    })
}

#[test]
fn a_request_beyond_fair_use_is_refused_whole_with_every_field_named() {
    let pack = pack::load_embedded().unwrap();
    let now = "2026-11-23T02:00:00Z".parse().unwrap();
    assert!(rules::check_request(&pack, &request(), now).is_ok());
    let cases: [(&str, Json, &str, &str); 14] = [
        ("/purpose", json!("spying"), "/purpose", "purpose-unknown"),
        ("/subject", json!("person"), "/subject", "purpose-not-allowed"),
        ("/registers/0/register", json!("gossip"), "/registers/0/register", "register-unknown"),
        ("/registers/0/fields/1", json!("salary"), "/registers/0/fields/1", "field-unknown"),
        ("/registers/0/fields/1", json!("brn"), "/registers/0/fields/1", "field-twice"),
        ("/registers/0/fields", json!([]), "/registers/0/fields", "fields-empty"),
        ("/registers", json!([]), "/registers", "registers-count"),
        ("/frequency", json!({"unit": "hour", "times": 100}), "/frequency", "frequency-too-high"),
        ("/frequency", json!({"unit": "day", "times": 0}), "/frequency", "frequency-too-high"),
        ("/data_life", json!({"unit": "year", "value": 40}), "/data_life", "data-life-too-long"),
        ("/expires", json!("2026-11-01"), "/expires", "date-in-past"),
        ("/expires", json!("2099-01-01"), "/expires", "consent-too-long"),
        (
            "/range",
            json!({"from": "1900-01-01", "to": "2026-01-01"}),
            "/range/from",
            "look-back-too-long",
        ),
        ("/range", json!({"from": "2026-02-01", "to": "2026-01-01"}), "/range", "range-backwards"),
    ];
    for (place, value, field, code) in cases {
        let mut asked = request();
        if place == "/range" {
            asked["range"] = value;
        } else {
            *asked.pointer_mut(place).unwrap() = value;
        }
        let problem = rules::check_request(&pack, &asked, now).unwrap_err();
        assert!(
            problem.fields.iter().any(|refused| refused.field == field && refused.code == code),
            "{place}: {problem:?}"
        );
    }
}

#[test]
fn a_fetch_may_ask_for_less_and_never_for_more() {
    let consented = vec![Selection {
        register: "charges".to_owned(),
        fields: vec!["a".to_owned(), "b".to_owned()],
    }];
    let ask = |register: &str, fields: &[&str]| {
        vec![Selection {
            register: register.to_owned(),
            fields: fields.iter().map(ToString::to_string).collect(),
        }]
    };
    assert_eq!(rules::narrow(&consented, None).unwrap(), consented);
    assert!(rules::narrow(&consented, Some(&ask("charges", &["b"]))).is_ok());
    for more in [ask("charges", &["c"]), ask("directors", &["a"]), Vec::new()] {
        assert_eq!(rules::narrow(&consented, Some(&more)).unwrap_err().code, "field-not-consented");
    }
}

#[test]
fn windows_follow_the_calendar_from_the_consents_own_start() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let window = |unit, now: &str| {
        Frequency { unit, times: 1 }.window(at("2026-01-31T10:00:00Z"), at(now), &Zone::utc())
    };
    assert_eq!(
        window(Period::Month, "2026-02-15T00:00:00Z"),
        (at("2026-01-31T10:00:00Z"), Some(at("2026-02-28T10:00:00Z")))
    );
    assert_eq!(window(Period::Month, "2026-03-01T00:00:00Z").0, at("2026-02-28T10:00:00Z"));
    assert_eq!(
        window(Period::Day, "2026-02-01T09:59:59Z"),
        (at("2026-01-31T10:00:00Z"), Some(at("2026-02-01T10:00:00Z")))
    );
    assert_eq!(window(Period::Year, "2027-01-31T10:00:00Z").0, at("2027-01-31T10:00:00Z"));
    assert_eq!(window(Period::Once, "2030-01-01T00:00:00Z"), (at("2026-01-31T10:00:00Z"), None));
}

#[test]
fn the_terms_that_are_signed_are_those_that_were_shown() {
    let now = "2026-11-23T02:00:00Z".parse().unwrap();
    let shown = terms(now);
    let draft = wire::b64::encode(serde_json::to_vec(&shown).unwrap());
    let struck = Terms {
        registers: vec![Selection {
            register: "charges".to_owned(),
            fields: vec!["brn".to_owned()],
        }],
        ..shown.clone()
    };
    let agreed =
        rules::same_draft(&draft, Terms { id: Id::from("con_other"), ..struck.clone() }, now)
            .unwrap();
    assert_eq!(agreed, struck);
    let dearer = Terms { data_life: Life { unit: LifeUnit::Year, value: 9 }, ..struck.clone() };
    assert_eq!(rules::same_draft(&draft, dearer, now).unwrap_err().code, "form-stale");
    let late = kernel::from_micros(now.as_microsecond() + 3_600_000_000);
    assert_eq!(rules::same_draft(&draft, struck, late).unwrap_err().code, "form-stale");
    assert!(rules::same_draft("nonsense", terms(now), now).is_err());
}

fn event() -> impl Strategy<Value = Event> {
    proptest::sample::select(Event::ALL.to_vec())
}

proptest! {
    #[test]
    fn a_final_state_stays_and_only_active_allows_a_look(start in proptest::sample::select(State::ALL.to_vec()), events in proptest::collection::vec(event(), 0..12)) {
        let now = "2026-11-23T02:00:00Z".parse().unwrap();
        let mut state = start;
        for event in events {
            let next = state.after(event);
            prop_assert!(!(state.is_final() && next.is_some()));
            prop_assert_eq!(next.is_some(), TRANSITIONS.iter().any(|(from, on, _)| *from == state && *on == event));
            state = next.unwrap_or(state);
            prop_assert_eq!(rules::may_look(&terms(now), state, Timestamp::UNIX_EPOCH, 0, now, &Zone::utc()).is_ok(), state == State::Active);
        }
    }

    #[test]
    fn a_window_holds_its_moment_and_the_next_begins_where_it_ends(unit in proptest::sample::select(vec![Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year]), start in 0_i64..4_000_000_000, later in 0_i64..400_000_000) {
        let (start, now) = (kernel::from_micros(start * 1_000_000), kernel::from_micros((start + later) * 1_000_000));
        let frequency = Frequency { unit, times: 1 };
        let (begun, next) = frequency.window(start, now, &Zone::utc());
        let next = next.unwrap();
        prop_assert!(begun <= now && now < next, "{} {} {}", begun, now, next);
        prop_assert_eq!(frequency.window(start, next, &Zone::utc()).0, next);
    }

    #[test]
    fn whatever_a_client_sends_as_details_is_read_or_refused(text in "\\PC{0,200}") {
        let pack = pack::load_embedded().unwrap();
        if let Ok(json) = serde_json::from_str::<Json>(&text) {
            let _ = rules::check_request(&pack, &json, Timestamp::UNIX_EPOCH);
        }
    }

    #[test]
    fn minimising_leaves_no_field_that_was_not_selected(keys in proptest::collection::btree_set("[a-e]", 0..5), kept in proptest::collection::btree_set("[a-e]", 0..5)) {
        let kept: Vec<_> = kept.into_iter().collect();
        let mut rows = Rows::new(keys.iter().map(String::as_str));
        rows.push(keys.iter().map(store::Cell::Text));
        rows.keep(&kept);
        let left: Vec<_> = rows.iter().flat_map(Row::iter).collect();
        prop_assert!(left.iter().all(|(field, value)| kept.iter().any(|kept| kept == field) && value.text() == Some(field)));
        prop_assert_eq!(left.len(), kept.iter().filter(|kept| keys.contains(*kept)).count());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_definition_a_consent_was_given_under_is_kept_by_its_hash() {
    const KEPT: store::Sql = store::Sql::both(
        "select body from definition where kind = 'purposes' and id = $1 and hash = $2",
    );
    for one in testing::each().await.unwrap() {
        let (world, _) = world();
        let pack = Arc::new(pack::load_embedded().unwrap());
        let hash = pack.purpose("loan-assessment").unwrap().hash.clone();
        for _ in 0..2 {
            let (ctx, pack) = (person(&world), pack.clone());
            one.db.write(move |tx| ops::publish(tx, &ctx, &pack)).await.unwrap();
        }
        let rows = one
            .db
            .read::<_, store::Error>(move |tx| {
                tx.query(KEPT, &["loan-assessment".into(), hash.into()])
            })
            .await
            .unwrap();
        let file =
            pack.files().find(|(path, _)| *path == "purposes/loan-assessment.toml").unwrap().1;
        assert_eq!((rows.len(), rows[0].blob(0).unwrap()), (1, file));
    }
}

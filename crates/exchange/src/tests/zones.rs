//! Days begin and end by the clocks of the pack's government, wherever it is.

use super::{look, person, terms, world};
use crate::{
    model::{Frequency, Life, LifeUnit, Period},
    ops, pack, rules,
};
use kernel::{Timestamp, Zone};
use serde_json::json;
use store::testing;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

#[test]
fn a_month_is_a_month_by_the_governments_clocks() {
    // In Hong Kong it is the 1st of March already.
    let (start, now) = (at("2026-02-28T17:00:00Z"), at("2026-03-30T00:00:00Z"));
    let monthly = Frequency { unit: Period::Month, times: 1 };
    let window = |name: &str| monthly.window(start, now, &zone(name)).0;
    assert_eq!(window("Asia/Hong_Kong"), start);
    assert_eq!(window("UTC"), at("2026-03-28T17:00:00Z"));
    // Where the clocks are put forward the window begins at the same hour of the day.
    assert_eq!(window("America/New_York"), at("2026-03-28T16:00:00Z"));
}

#[test]
fn the_dates_of_a_consent_are_those_of_the_governments_clocks() {
    let mut terms = terms(at("2026-11-22T20:00:00Z"));
    let life = Life { unit: LifeUnit::Day, value: 10 };
    for (name, start, last) in [
        ("Asia/Hong_Kong", "2026-11-23", "2026-12-03"),
        ("America/New_York", "2026-11-22", "2026-12-02"),
    ] {
        let zone = zone(name);
        let day = "2027-01-31".parse().unwrap();
        terms.expires = zone.end_of(day);
        let details = terms.details(&zone);
        assert_eq!((details.start, details.expires), (Some(start.parse().unwrap()), day), "{name}");
        assert_eq!(life.last_day(terms.start, &zone).to_string(), last, "{name}");
    }
}

#[test]
fn a_request_for_today_is_read_by_the_clocks_of_its_pack() {
    let embedded = pack::load_embedded().unwrap();
    let folder = std::env::temp_dir().join(format!("praya-zone-{}", std::process::id()));
    for (path, bytes) in embedded.files() {
        let to = folder.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        std::fs::write(to, text.replace("Asia/Hong_Kong", "America/New_York")).unwrap();
    }
    let elsewhere = pack::load_dir(&folder).ok().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let request = json!({
        "type": "praya_records", "purpose": "loan-assessment", "subject": "company",
        "registers": [{"register": "charges", "fields": ["brn"]}], "mode": "look",
        "frequency": {"unit": "day", "times": 1}, "data_life": {"unit": "day", "value": 9},
        "start": "2026-11-22", "expires": "2026-12-22",
    });
    // The 22nd in New York, the 23rd in Hong Kong.
    let now = at("2026-11-22T20:00:00Z");
    rules::check_request(&elsewhere, &request, now).unwrap();
    let problem = rules::check_request(&embedded, &request, now).unwrap_err();
    assert_eq!(problem.fields[0].code, "date-in-past");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_deleted_may_be_held_until_that_day_is_over_there() {
    let one = testing::sqlite().await.unwrap();
    let (mut world, clock) = world();
    clock.advance(at("2026-11-22T20:00:00Z").as_second() - world.clock.now().as_second());
    world.zone = zone("America/New_York");
    let (ctx, terms) = (person(&world), terms(world.clock.now()));
    let id = terms.id.clone();
    one.db
        .write(move |tx| {
            ops::give(tx, &ctx, &terms, "cr", 1, &json!({"kind": "test"}), None)?;
            look(tx, &ctx, &terms)
        })
        .await
        .unwrap();
    let held = one.db.read(move |tx| ops::find(tx, &id)).await.unwrap();
    assert_eq!(held.delete_due, Some(at("2026-12-03T05:00:00Z")));
}

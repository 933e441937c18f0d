use crate::{
    content::Content,
    hours::{Stands, stands},
    ops::{self, NewNotice},
};
use jiff::civil::DateTime;
use kernel::{Actor, Ctx, FixedClock, Id, Locale, Problem, Role, Text, World};
use std::{collections::BTreeSet, sync::Arc};
use store::Db;

const PACK: &str = include_str!("../../../packs/hong-kong/portal.toml");

fn departments() -> BTreeSet<&'static str> {
    BTreeSet::from(["td", "dpo", "cr"])
}

#[test]
fn a_fact_without_its_source_or_a_language_is_refused_at_the_start() {
    assert!(Content::parse(PACK, &departments()).is_ok());
    for (from, to, why) in [
        ("said_on = \"2020-02-28\"\n", "", "give source and said_on, or made_up"),
        ("made_up = true }", "made_up = false }", "a queue in a file is made_up"),
        ("tc = \"金鐘\"", "tc = \"\"", "office td-hk: a language is empty"),
        ("tc = \"金鐘\", ", "", "missing field `tc`"),
        ("department = \"td\"", "department = \"moon\"", "no department \"moon\""),
        ("id = \"td-kl\"", "id = \"td-hk\"", "stands twice"),
        ("link = \"/verify\"", "link = \"http://verify.example\"", "no https address"),
        ("link = \"/verify\"", "link = \"//verify.example\"", "no https address"),
        ("from = \"09:00\"", "from = \"18:00\"", "hours that never are"),
        ("days = [1, 2, 3, 4, 5]", "days = [0]", "hours that never are"),
        ("date = \"2027-01-01\"", "date = \"2029-01-01\"", "in the order of their dates"),
        ("phone = \"+85228042636\"", "phone = \"12\"", "telephone"),
        ("place =", "where =", "unknown field `where`"),
    ] {
        let bad = PACK.replacen(from, to, 1);
        assert_ne!(bad, PACK, "{from}");
        let refused = Content::parse(&bad, &departments()).unwrap_err();
        assert!(refused.contains(why), "{refused} lacks {why}");
    }
}

#[test]
fn an_office_is_open_by_its_hours_and_closed_on_holidays() {
    let content = Content::parse(PACK, &departments()).unwrap();
    let office = &content.offices[0];
    let at = |text: &str| text.parse::<DateTime>().unwrap();
    for (now, expected) in [
        ("2026-11-23T09:00", Stands::Open(at("2026-11-23T17:00"))),
        ("2026-11-23T16:59:59", Stands::Open(at("2026-11-23T17:00"))),
        ("2026-11-23T17:00", Stands::Closed(at("2026-11-24T09:00"))),
        ("2026-11-23T08:59", Stands::Closed(at("2026-11-23T09:00"))),
        ("2026-11-27T18:00", Stands::Closed(at("2026-11-30T09:00"))),
        // Christmas is a Friday; Saturday and Sunday follow.
        ("2026-12-25T10:00", Stands::Closed(at("2026-12-28T09:00"))),
        ("2027-02-05T18:00", Stands::Closed(at("2027-02-10T09:00"))),
    ] {
        assert_eq!(stands(&content, office, at(now)), expected, "{now}");
    }
    let mut never = office.clone();
    never.hours.clear();
    assert_eq!(stands(&content, &never, at("2026-11-23T09:00")), Stands::Unknown);
}

fn ctx(actor: Actor) -> Ctx {
    let world = World {
        clock: Arc::new(FixedClock::new("2026-11-23T04:00:00Z".parse().unwrap())),
        entropy: Arc::new(kernel::SystemEntropy),
        zone: kernel::Zone::utc(),
        currency: kernel::Currency::NONE,
    };
    Ctx::new(&world, actor, Locale::En)
}

fn officer(department: &str) -> Ctx {
    ctx(Actor::Officer {
        id: Id::from("per_officer"),
        session: Id::from("ses_test"),
        department: department.to_owned(),
        role: Role::Officer,
    })
}

fn notice() -> NewNotice {
    let text = |words: &str| Text::same(words);
    NewNotice {
        title: text("Closed early"),
        body: text("At noon."),
        from: "2026-11-23".parse().ok(),
        until: "2026-11-24".parse().ok(),
        made_up: false,
    }
}

async fn write<T: Send + 'static>(
    db: &Db,
    operation: impl Fn(&mut store::Tx<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    db.write(operation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_publishes_in_three_languages_for_their_own_department_alone() {
    for one in store::testing::each().await.unwrap() {
        let db = &one.db;
        let nobody = ctx(Actor::Anonymous);
        let person = ctx(Actor::Person { id: Id::from("per_x"), session: Id::from("ses_x") });
        for (who, status) in [(nobody.clone(), 401), (person, 403)] {
            let refused = write(db, move |tx| ops::publish(tx, &who, "td", &notice())).await;
            assert_eq!(refused.unwrap_err().status, status);
        }
        for (lacking, field) in [
            (
                NewNotice { title: Text { tc: " ".to_owned(), ..notice().title }, ..notice() },
                "title-tc",
            ),
            (
                NewNotice { body: Text { sc: String::new(), ..notice().body }, ..notice() },
                "body-sc",
            ),
            (
                NewNotice { body: Text { en: "x".repeat(2001), ..notice().body }, ..notice() },
                "body-en",
            ),
            (NewNotice { until: "2026-11-22".parse().ok(), ..notice() }, "until"),
            (NewNotice { until: "2028-11-22".parse().ok(), ..notice() }, "until"),
            (NewNotice { from: None, ..notice() }, "from"),
        ] {
            let td = officer("td");
            let refused = write(db, move |tx| ops::publish(tx, &td, "td", &lacking)).await;
            let refused = refused.unwrap_err();
            assert!(refused.fields.iter().any(|one| one.field == field), "{refused}");
        }
        let td = officer("td");
        // The department is the officer's, whatever is said.
        let id = write(db, move |tx| ops::publish(tx, &td, "ird", &notice())).await.unwrap();
        let all = write(db, |tx| ops::own(tx, &officer("td"))).await.unwrap();
        assert_eq!((all.len(), all[0].department.as_str()), (1, "td"));
        let (other, this) = (officer("ird"), id.clone());
        let refused = write(db, move |tx| ops::withdraw(tx, &other, &this)).await;
        assert_eq!(refused.unwrap_err().code, "notice-unknown");
        let (other, this) = (officer("ird"), id.clone());
        let refused = write(db, move |tx| ops::change(tx, &other, &this, &notice())).await;
        assert_eq!(refused.unwrap_err().code, "notice-unknown");

        let now = nobody.now;
        let day = 86_400_i64;
        for (after, count) in [(0, 1), (day, 1), (2 * day, 0), (-day, 0)] {
            let at = now + jiff::SignedDuration::from_secs(after);
            let found = write(db, move |tx| ops::current(tx, at)).await.unwrap();
            assert_eq!(found.len(), count, "{after}");
        }
        let (td, this) = (officer("td"), id.clone());
        write(db, move |tx| ops::withdraw(tx, &td, &this)).await.unwrap();
        assert!(write(db, move |tx| ops::current(tx, now)).await.unwrap().is_empty());
        let (reader, this) = (nobody.clone(), id.clone());
        let gone = write(db, move |tx| ops::one(tx, &reader, &this)).await;
        assert_eq!(gone.unwrap_err().status, 404);
        let td = officer("td");
        let again = write(db, move |tx| ops::change(tx, &td, &id, &notice())).await;
        assert_eq!(again.unwrap_err().code, "notice-unknown", "what was withdrawn stays so");
    }
}

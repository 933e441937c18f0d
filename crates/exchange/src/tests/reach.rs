//! What a mandate for some purposes reaches.

use super::{NoGrants, person, terms, world};
use crate::{
    model::{State, Terms},
    ops,
};
use kernel::{Id, Problem, Text, Timestamp};
use ports::{Authority, Consumer, Directory, Extent, Subject, SubjectKind};
use store::{Tx, testing};

/// One person who acts for one company, by these mandates.
struct One(Vec<Vec<&'static str>>);

/// Another account of theirs, merged into the one they have.
const ALIAS: &str = "per_alias";

fn named(id: &str, kind: SubjectKind) -> Subject {
    Subject { kind, id: id.into(), name: Text::same(id), key: String::new() }
}

impl Directory for One {
    fn subject(&self, _: &mut Tx<'_>, id: &Id) -> Result<Option<Subject>, Problem> {
        Ok(Some(named(id.as_str(), SubjectKind::Person)))
    }
    fn selves(&self, _: &mut Tx<'_>, person: &Id) -> Result<Vec<Id>, Problem> {
        Ok(vec![person.clone(), ALIAS.into()])
    }
    fn subject_by_key(
        &self,
        _: &mut Tx<'_>,
        _: SubjectKind,
        _: &str,
    ) -> Result<Option<Subject>, Problem> {
        Ok(None)
    }
    fn authorities(&self, _: &mut Tx<'_>, _: &Id, _: Timestamp) -> Result<Vec<Authority>, Problem> {
        let authority = |purposes: &Vec<&'static str>| Authority {
            mandate: "man_1".into(),
            company: named("com_1", SubjectKind::Company),
            role: "representative".to_owned(),
            extent: Extent {
                purposes: purposes.iter().map(ToString::to_string).collect(),
                ..Extent::whole()
            },
        };
        Ok(self.0.iter().map(authority).collect())
    }
    fn holders(
        &self,
        _: &mut Tx<'_>,
        _: &Id,
        _: &str,
        _: Timestamp,
    ) -> Result<Vec<Subject>, Problem> {
        Ok(Vec::new())
    }
    fn consumer(&self, _: &mut Tx<'_>, _: &str) -> Result<Option<Consumer>, Problem> {
        Ok(None)
    }
    fn consumers(&self, _: &mut Tx<'_>) -> Result<Vec<Consumer>, Problem> {
        Ok(Vec::new())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_for_some_purposes_decides_and_sees_nothing_of_others() {
    let db = testing::sqlite().await.unwrap();
    let now = world().0.clock.now();
    for (mandates, loan, trade) in [
        (vec![vec!["loan-assessment"]], true, false),
        (vec![vec!["loan-assessment"], vec!["trade-finance"]], true, true),
        (vec![vec!["loan-assessment"], vec![]], true, true),
        (vec![], false, false),
    ] {
        let outcome = db.db.read(move |tx| {
            let (one, person, company) = (One(mandates), Id::from("per_1"), Id::from("com_1"));
            for (purpose, expected) in [("loan-assessment", loan), ("trade-finance", trade)] {
                let may = ops::may_decide(tx, &one, &person, (&company, purpose), now);
                assert_eq!(may.is_ok(), expected, "{purpose}");
                let reach = ops::subjects(tx, &one, &person, now)?;
                let company = reach.iter().find(|reach| reach.subject.id == company);
                assert_eq!(company.is_some_and(|company| company.covers(purpose)), expected);
                assert!(reach[0].subject.id == person && reach[0].covers(purpose), "oneself");
                assert!(ops::may_decide(tx, &one, &person, (&person, purpose), now).is_ok());
            }
            Ok::<_, Problem>(())
        });
        outcome.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_under_a_merged_account_is_seen_and_stopped_under_the_one_that_counts() {
    let db = testing::sqlite().await.unwrap();
    let now = world().0.clock.now();
    let outcome = db.db.read(move |tx| {
        let (one, person) = (One(Vec::new()), Id::from("per_1"));
        let alias = Id::from(ALIAS);
        assert!(ops::may_decide(tx, &one, &person, (&alias, "loan-assessment"), now).is_ok());
        let reach = ops::subjects(tx, &one, &person, now)?;
        assert!(reach.iter().any(|reach| reach.subject.id == alias && reach.covers("any")));
        let other = Id::from("per_2");
        assert!(ops::may_decide(tx, &one, &person, (&other, "loan-assessment"), now).is_err());
        Ok::<_, Problem>(())
    });
    outcome.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_stops_what_they_agreed_to_about_themselves_and_nothing_of_a_company() {
    for one in testing::each().await.unwrap() {
        let ctx = person(&world().0);
        let outcome = one.db.write(move |tx| {
            let company = terms(ctx.now);
            let own = Terms {
                id: "con_own".into(),
                subject_kind: SubjectKind::Person,
                subject: "per_1".into(),
                ..company.clone()
            };
            for terms in [&company, &own] {
                ops::give(tx, &ctx, terms, "cr", 1, &serde_json::json!({"kind": "demo"}), None)?;
            }
            let all = |_: &Terms| "cr".to_owned();
            ops::end_of_person(tx, &ctx, &NoGrants, &all, &"per_1".into())?;
            let state = |tx: &mut Tx<'_>, id| ops::find(tx, id).map(|found| found.state);
            assert_eq!(state(tx, &own.id)?, State::Revoked);
            assert_eq!(state(tx, &company.id)?, State::Active);
            Ok::<_, Problem>(())
        });
        outcome.await.unwrap();
    }
}

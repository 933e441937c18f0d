//! What a mandate for some purposes reaches.

use super::world;
use crate::ops;
use kernel::{Id, Problem, Text, Timestamp};
use ports::{Authority, Consumer, Directory, Extent, Subject, SubjectKind};
use store::{Tx, testing};

/// One person who acts for one company, by these mandates.
struct One(Vec<Vec<&'static str>>);

fn named(id: &str, kind: SubjectKind) -> Subject {
    Subject { kind, id: id.into(), name: Text::same(id), key: String::new() }
}

impl Directory for One {
    fn subject(&self, _: &mut Tx<'_>, id: &Id) -> Result<Option<Subject>, Problem> {
        Ok(Some(named(id.as_str(), SubjectKind::Person)))
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

mod given_on;

use super::site::{Reply, Site, each};
use crate::{
    ops,
    rules::{
        self,
        mandates::{is_called, may_end},
    },
};
use http::StatusCode;
use kernel::{Id, Problem, Timestamp};
use ports::{Authority, Directory as _};
use proptest::prelude::*;

async fn give(
    site: &Site,
    from: i64,
    until: Option<i64>,
    scopes: &str,
    delegated_by: Option<Id>,
) -> Id {
    let (ctx, company, person) = (site.system(), site.company.clone(), site.wong.clone());
    let at = |seconds: i64| Timestamp::from_second(site.now().as_second() + seconds).unwrap();
    let mandate = ops::Mandate {
        company,
        person,
        role: "manager".to_owned(),
        scopes: scopes.to_owned(),
        from: at(from),
        delegated_by,
        parent: None,
        extent: ports::Extent { needs: 2, until: until.map(at), ..ports::Extent::whole() },
    };
    site.db.write(move |tx| ops::add_mandate(tx, &ctx, &mandate)).await.unwrap()
}

async fn holds(site: &Site, mandate: &Id) -> bool {
    let (port, person, now, mandate) =
        (site.port.clone(), site.wong.clone(), site.now(), mandate.clone());
    let all = site.db.read(move |tx| port.authorities(tx, &person, now)).await.unwrap();
    all.iter().any(|authority| authority.mandate == mandate)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_counts_from_its_first_to_its_last_moment_for_its_scope() {
    for site in each().await {
        let mandate = give(&site, 60, Some(120), "records", None).await;
        assert!(!holds(&site, &mandate).await, "not yet");
        site.clock.advance(60);
        assert!(holds(&site, &mandate).await);
        site.clock.advance(60);
        assert!(!holds(&site, &mandate).await, "no longer");
        let other = give(&site, 0, None, "mandates", None).await;
        assert!(!holds(&site, &other).await, "another scope");
        let (port, company, now) = (site.port.clone(), site.company.clone(), site.now());
        let people = site
            .db
            .read(move |tx| port.holders(tx, &company, "loan-assessment", now))
            .await
            .unwrap();
        assert_eq!(people.len(), 2, "each person once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_director_ends_what_a_person_gave_but_not_what_the_register_says() {
    for site in each().await {
        let given = give(&site, 0, Some(3600), "records", Some(site.chan.clone())).await;
        let register = give(&site, 0, None, "records", None).await;
        let session = site.signed_in("chan-mei-ling").await;
        let page = site.get("/my/mandates", &session).await;
        assert_eq!(page.text.matches("/my/mandates?end=").count(), 1, "{}", page.text);
        let page = site.get(&format!("/my/mandates?end={given}"), &session).await;
        assert_eq!(page.text.matches("/my/mandates/revoke").count(), 1, "{}", page.text);
        let reply =
            site.form("/my/mandates/revoke", &session, &[("mandate", register.as_str())]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        let stranger = site.signed_in("lee-admin").await;
        let reply =
            site.form("/my/mandates/revoke", &stranger, &[("mandate", given.as_str())]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "a stranger does not even learn of it");
        assert!(holds(&site, &given).await && holds(&site, &register).await);
        let reply =
            site.form("/my/mandates/revoke", &session, &[("mandate", given.as_str())]).await;
        assert_eq!(reply.location(), "/my/mandates?done=ended");
        assert!(!holds(&site, &given).await, "refused at once");
        assert_eq!(site.get("/my/mandates", "").await.location(), "/sign-in?next=/my/mandates");
    }
}

/// The form as a director fills it in for Lee, who has no mandate.
fn filled(site: &Site) -> Vec<(&'static str, String)> {
    [
        ("company", site.company.as_str()),
        ("hkid", "D288754(2)"),
        ("name", "lee ADMIN"),
        ("purpose", "loan-assessment"),
        ("needs", "1"),
        ("until-day", "23"),
        ("until-month", "11"),
        ("until-year", "2027"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

async fn post(site: &Site, session: &str, pairs: &[(&'static str, String)]) -> Reply {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    site.form("/my/mandates/give", session, &pairs).await
}

async fn authorities_of(site: &Site, handle: &'static str) -> Vec<Authority> {
    let (port, now) = (site.port.clone(), site.now());
    site.db
        .read(move |tx| {
            let person = ops::person_by_handle(tx, handle)?.unwrap();
            port.authorities(tx, &person.id, now)
        })
        .await
        .unwrap()
}

async fn lee_id(site: &Site) -> Id {
    let found = site.db.read(|tx| ops::person_by_handle(tx, "lee-admin")).await.unwrap();
    found.unwrap().id
}

/// From now on both directors must agree.
async fn both_must_agree(site: &Site) {
    let (ctx, company) = (site.system(), site.company.clone());
    let people = [site.chan.clone(), site.wong.clone()];
    site.db
        .write(move |tx| {
            people.iter().try_for_each(|person| {
                let mandate = ops::Mandate {
                    company: company.clone(),
                    person: person.clone(),
                    role: "director".to_owned(),
                    scopes: "records mandates".to_owned(),
                    from: ctx.now,
                    delegated_by: None,
                    parent: None,
                    extent: ports::Extent { needs: 2, ..ports::Extent::whole() },
                };
                ops::add_mandate(tx, &ctx, &mandate).map(drop)
            })
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_director_gives_a_mandate_for_some_purposes_until_a_day() {
    for site in each().await {
        let session = site.signed_in("chan-mei-ling").await;
        let page = site.get(&format!("/my/mandates/give?company={}", site.company), &session).await;
        assert_eq!(page.text.matches("name=\"purpose\"").count(), 2, "{}", page.text);
        let reply = post(&site, &session, &filled(&site)).await;
        assert_eq!(reply.location(), "/my/mandates?done=given", "{}", reply.text);
        let lee_id = lee_id(&site).await;
        assert_eq!(site.inbox.told(&lee_id, "mandate-granted"), 1);
        let all = authorities_of(&site, "lee-admin").await;
        assert_eq!(
            (all.len(), all[0].role.as_str(), all[0].extent.needs),
            (1, "representative", 1)
        );
        assert!(all[0].extent.covers("loan-assessment") && !all[0].extent.covers("trade-finance"));
        let (port, company, now) = (site.port.clone(), site.company.clone(), site.now());
        let count = async |purpose: &'static str| {
            let (port, company) = (port.clone(), company.clone());
            site.db.read(move |tx| port.holders(tx, &company, purpose, now)).await.unwrap().len()
        };
        assert_eq!((count("loan-assessment").await, count("trade-finance").await), (3, 2));

        let lee = site.signed_in("lee-admin").await;
        let page = site.get("/my/mandates", &lee).await.text;
        assert!(page.contains("Lucky Star") && !page.contains("/my/mandates/give"), "{page}");
        let reply = post(&site, &lee, &filled(&site)).await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_FOUND,
            "what was not given to be given on cannot be"
        );
        let end = [("mandate", all[0].mandate.as_str())];
        let reply = site.form("/my/mandates/revoke", &lee, &end).await;
        assert_eq!(reply.location(), "/my/mandates?done=ended", "its holder may give it up");
        assert!(authorities_of(&site, "lee-admin").await.is_empty());
        assert_eq!(site.inbox.told(&lee_id, "mandate-ended"), 0, "who ends their own knows");

        post(&site, &session, &filled(&site)).await;
        let again = authorities_of(&site, "lee-admin").await;
        let end = [("mandate", again[0].mandate.as_str())];
        site.form("/my/mandates/revoke", &session, &end).await;
        assert_eq!(site.inbox.told(&lee_id, "mandate-ended"), 1);
        assert_eq!(site.inbox.told(&lee_id, "signed-in"), 1);

        post(&site, &session, &filled(&site)).await;
        site.clock.advance(366 * 24 * 3600);
        assert!(authorities_of(&site, "lee-admin").await.is_empty(), "its last day is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_in_a_mandate_is_said_beside_its_field_and_nothing_is_given() {
    for site in each().await {
        let session = site.signed_in("chan-mei-ling").await;
        for (field, value, id) in [
            ("hkid", "A123456(3)", "hkid"),
            ("hkid", "A1234563", "hkid"),
            ("name", "Chan Mei Ling", "hkid"),
            ("name", "", "hkid"),
            ("purpose", "spying", "purpose"),
            ("needs", "0", "needs"),
            ("needs", "10", "needs"),
            ("until-month", "13", "until"),
            ("until-year", "2030", "until"),
            ("until-year", "2025", "until"),
            ("most", "much", "most"),
            ("most", "0", "most"),
            ("onward", "3", "onward"),
        ] {
            let mut pairs = filled(&site);
            pairs.retain(|pair| pair.0 != field);
            pairs.push((field, value.to_owned()));
            let reply = post(&site, &session, &pairs).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
            assert!(reply.text.contains(&format!("href=\"#{id}\"")), "{field}: {}", reply.text);
        }
        let mut own = filled(&site);
        own[1].1 = "A123456(3)".to_owned();
        own[2].1 = "Chan Mei Ling".to_owned();
        let reply = post(&site, &session, &own).await;
        assert!(reply.text.contains("yourself"), "{}", reply.text);
        let reply = post(&site, &session, &[("company", site.company.to_string())]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "an empty form");
        assert!(authorities_of(&site, "lee-admin").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_that_two_must_give_waits_for_the_second() {
    for site in each().await {
        both_must_agree(&site).await;
        let chan = site.signed_in("chan-mei-ling").await;
        let reply = post(&site, &chan, &filled(&site)).await;
        assert_eq!(reply.location(), "/my/mandates?done=offered", "{}", reply.text);
        let offer = async |session: &str| {
            let page = site.get("/my/mandates", session).await.text;
            let rest = page.split("/my/mandates/offers/").nth(1).map(str::to_owned);
            rest.map(|rest| rest.split('/').next().unwrap().to_owned())
        };
        let id = offer(&chan).await.unwrap();
        let agree = format!("/my/mandates/offers/{id}/agree");
        assert_eq!(site.form(&agree, &chan, &[]).await.status, StatusCode::CONFLICT, "not twice");
        let lee = site.signed_in("lee-admin").await;
        for answer in ["agree", "withdraw"] {
            let path = format!("/my/mandates/offers/{id}/{answer}");
            assert_eq!(site.form(&path, &lee, &[]).await.status, StatusCode::NOT_FOUND);
        }
        assert!(authorities_of(&site, "lee-admin").await.is_empty(), "one yes is not enough");
        let wong = site.signed_in("wong-ka-ho").await;
        assert_eq!(site.form(&agree, &wong, &[]).await.location(), "/my/mandates?done=given");
        assert_eq!(authorities_of(&site, "lee-admin").await.len(), 1);
        assert_eq!(site.form(&agree, &wong, &[]).await.status, StatusCode::NOT_FOUND, "it is done");

        post(&site, &chan, &filled(&site)).await;
        let id = offer(&wong).await.unwrap();
        let path = format!("/my/mandates/offers/{id}/withdraw");
        assert_eq!(site.form(&path, &wong, &[]).await.location(), "/my/mandates?done=withdrawn");
        assert!(offer(&chan).await.is_none());

        post(&site, &chan, &filled(&site)).await;
        let id = offer(&chan).await.unwrap();
        site.clock.advance(rules::DECIDING_LIFE);
        let wong = site.signed_in("wong-ka-ho").await;
        let reply = site.form(&format!("/my/mandates/offers/{id}/agree"), &wong, &[]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "after a week it is over");
        assert_eq!(authorities_of(&site, "lee-admin").await.len(), 1);
    }
}

proptest! {
    /// Only what a person gave can be ended here, and only by who manages or holds it.
    #[test]
    fn a_mandate_is_ended_by_who_manages_or_holds_it(manages: bool, holds: bool, given: bool) {
        let verdict = may_end(manages, holds, given);
        prop_assert_eq!(verdict == Some(Ok(())), given && (manages || holds));
        prop_assert_eq!(verdict.is_none(), !manages && !holds, "a stranger learns nothing");
    }
}

#[test]
fn a_name_is_known_in_any_of_its_forms_and_an_empty_one_is_nobodys() {
    let name = kernel::Text {
        en: "Au-yeung Sze Nga".to_owned(),
        tc: "歐陽思雅".to_owned(),
        sc: String::new(),
    };
    for typed in ["au yeung sze nga", "AU-YEUNG, SZE NGA", " 歐陽思雅 "] {
        assert!(is_called(typed, &name), "{typed}");
    }
    for typed in ["", " - ", "Au-yeung", "思雅"] {
        assert!(!is_called(typed, &name), "{typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_program_and_administrators_makes_people_mandates_and_clients() {
    let site = Site::sqlite().await;
    let (ctx, company, person) =
        (site.as_person(&site.wong), site.company.clone(), site.wong.clone());
    let outcome: Result<(), Problem> = site
        .db
        .write(move |tx| {
            let mandate = ops::Mandate {
                company: company.clone(),
                person: person.clone(),
                role: "director".to_owned(),
                scopes: "records mandates".to_owned(),
                from: ctx.now,
                delegated_by: None,
                parent: None,
                extent: ports::Extent { needs: 1, ..ports::Extent::whole() },
            };
            assert_eq!(ops::add_mandate(tx, &ctx, &mandate).unwrap_err().status, 403);
            assert_eq!(ops::invite(tx, &ctx, &person).unwrap_err().status, 403);
            assert_eq!(ops::stop_client(tx, &ctx, "harbour-bank").unwrap_err().status, 403);
            assert_eq!(
                ops::add_officer(tx, &ctx, &person, "ird", kernel::Role::Admin).unwrap_err().status,
                403
            );
            let new = ops::NewPerson {
                id: None,
                handle: "x".to_owned(),
                name: kernel::Text::same("X"),
                hkid: None,
                made_up: true,
            };
            assert_eq!(ops::add_person(tx, &ctx, &new).unwrap_err().status, 403);
            Ok(())
        })
        .await;
    outcome.unwrap();
    let ctx = site.system();
    let new = ops::NewPerson {
        id: None,
        handle: "chan-mei-ling".to_owned(),
        name: kernel::Text::same("X"),
        hkid: None,
        made_up: true,
    };
    let again = site.db.write(move |tx| ops::add_person(tx, &ctx, &new)).await;
    assert_eq!(again.unwrap_err().code, "person-exists");
}

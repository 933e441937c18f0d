use super::site::{Site, each};
use crate::{ops, rules::companies};
use http::StatusCode;
use kernel::{Id, Text};
use ports::{Authority, Directory as _, Officer, Registered};
use proptest::prelude::*;

const CHAN: &str = "A1234563";
const WONG: &str = "E3649125";
const LEE: &str = "D2887542";

fn officer(name: &str, card: &str, directs: bool) -> Officer {
    Officer {
        name: Text::same(name),
        hkid: Some(card.to_owned()),
        capacity: Text::same(if directs { "Director" } else { "Reserve director" }),
        directs,
        since: "2019-03-18".to_owned(),
    }
}

/// From now on the register says this of a company.
fn says(site: &Site, brn: &str, live: bool, officers: Vec<Officer>) {
    let found = Registered { name: Text::same("Tin Hau Foods"), live, officers, at: site.now() };
    site.register.0.lock().unwrap().insert(brn.to_owned(), found);
}

async fn acts(site: &Site, handle: &'static str) -> Vec<Authority> {
    let (port, now) = (site.port.clone(), site.now());
    site.db
        .read(move |tx| {
            let person = ops::person_by_handle(tx, handle)?.unwrap();
            port.authorities(tx, &person.id, now)
        })
        .await
        .unwrap()
}

async fn open(site: &Site, session: &str, brn: &str) -> super::site::Reply {
    site.form("/my/companies", session, &[("brn", brn)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_account_is_opened_by_a_director_whom_the_register_names_and_by_nobody_else() {
    for site in each().await {
        says(
            &site,
            "23456789",
            true,
            vec![officer("Lee", LEE, true), officer("Wong", WONG, false)],
        );
        says(&site, "34567890", false, vec![officer("Lee", LEE, true)]);
        let chan = site.signed_in("chan-mei-ling").await;
        let wong = site.signed_in("wong-ka-ho").await;
        let lee = site.signed_in("lee-admin").await;
        for (session, brn, why) in [
            (&chan, "23456789", "does not name you"),
            (&wong, "23456789", "does not name you"),
            (&lee, "34567890", "dissolved"),
            (&lee, "45678901", "knows no such number"),
            (&lee, "1", "eight characters"),
        ] {
            let reply = open(&site, session, brn).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{brn}");
            assert!(reply.text.contains(why), "{why}: {}", reply.text);
        }
        assert!(acts(&site, "lee-admin").await.is_empty());
        let reply = open(&site, &lee, "23456789").await;
        assert_eq!(reply.location(), "/my/companies?done=opened", "{}", reply.text);
        let all = acts(&site, "lee-admin").await;
        assert_eq!((all.len(), all[0].role.as_str(), all[0].extent.needs), (1, "director", 1));
        assert_eq!(acts(&site, "wong-ka-ho").await.len(), 1, "a reserve director directs nothing");
        let page = site.get("/my/companies", &lee).await.text;
        assert!(page.contains("Tin Hau Foods") && page.contains("Reserve director"), "{page}");
        assert!(page.contains("since 18 March 2019"), "{page}");
        assert!(!page.contains(LEE) && !page.contains("A123456"), "no card numbers");
        let again = open(&site, &lee, "23456789").await;
        assert_eq!(again.location(), "/my/companies?done=opened");
        assert_eq!(acts(&site, "lee-admin").await.len(), 1, "one company, one account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_two_directors_whoever_opens_the_account_does_not_act_alone() {
    for site in each().await {
        says(&site, "23456789", true, vec![officer("Lee", LEE, true), officer("Chan", CHAN, true)]);
        let lee = site.signed_in("lee-admin").await;
        open(&site, &lee, "23456789").await;
        assert_eq!(acts(&site, "lee-admin").await[0].extent.needs, 2);
        let chan = acts(&site, "chan-mei-ling").await;
        assert_eq!(chan.len(), 2, "the other director acts for it as well");
        site.clock.advance(1);
        says(&site, "23456789", true, vec![officer("Lee", LEE, true)]);
        open(&site, &lee, "23456789").await;
        assert_eq!(acts(&site, "lee-admin").await[0].extent.needs, 1, "who is alone decides alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_director_who_left_the_register_may_do_nothing_after_the_next_check_nor_who_was_given_it()
{
    for site in each().await {
        let both = vec![officer("Chan", CHAN, true), officer("Wong", WONG, true)];
        says(&site, "12345678", true, both);
        let chan = site.signed_in("chan-mei-ling").await;
        let wong = site.signed_in("wong-ka-ho").await;
        assert_eq!(open(&site, &chan, "12345678").await.location(), "/my/companies?done=opened");
        let given = [
            ("company", site.company.as_str()),
            ("hkid", "D288754(2)"),
            ("name", "lee ADMIN"),
            ("purpose", "loan-assessment"),
            ("needs", "1"),
            ("until-day", "23"),
            ("until-month", "11"),
            ("until-year", "2027"),
        ];
        let reply = site.form("/my/mandates/give", &wong, &given).await;
        assert_eq!(reply.location(), "/my/mandates?done=given", "{}", reply.text);
        assert_eq!(acts(&site, "lee-admin").await.len(), 1);

        says(&site, "12345678", true, vec![officer("Chan", CHAN, true)]);
        site.identity.follow_registers().await;
        assert_eq!(acts(&site, "wong-ka-ho").await.len(), 1, "read today already");
        site.clock.advance(companies::CHECKED + 1);
        says(&site, "12345678", true, vec![officer("Chan", CHAN, true)]);
        site.identity.follow_registers().await;
        assert!(acts(&site, "wong-ka-ho").await.is_empty(), "he left");
        assert!(acts(&site, "lee-admin").await.is_empty(), "what he gave ended with it");
        assert_eq!(acts(&site, "chan-mei-ling").await.len(), 1);
        assert_eq!(site.inbox.told(&site.wong, "mandate-ended"), 1);
        let check = format!("/my/companies/{}/check", site.company);
        let wong = site.signed_in("wong-ka-ho").await;
        assert_eq!(site.form(&check, &wong, &[]).await.status, StatusCode::NOT_FOUND);
        let chan = site.signed_in("chan-mei-ling").await;
        site.clock.advance(1);
        says(&site, "12345678", false, vec![officer("Chan", CHAN, true)]);
        assert_eq!(site.form(&check, &chan, &[]).await.location(), "/my/companies?done=checked");
        assert!(acts(&site, "chan-mei-ling").await.is_empty(), "a dissolved company does nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_answer_of_the_register_changes_nothing() {
    for site in each().await {
        says(&site, "12345678", true, vec![officer("Chan", CHAN, true)]);
        let old = site.register.0.lock().unwrap()["12345678"].clone();
        site.clock.advance(10);
        let both = vec![officer("Chan", CHAN, true), officer("Wong", WONG, true)];
        says(&site, "12345678", true, both);
        let chan = site.signed_in("chan-mei-ling").await;
        open(&site, &chan, "12345678").await;
        site.register.0.lock().unwrap().insert("12345678".to_owned(), old);
        open(&site, &chan, "12345678").await;
        assert_eq!(acts(&site, "wong-ka-ho").await.len(), 1);
    }
}

proptest! {
    #[test]
    fn after_a_check_the_directors_of_the_register_and_nobody_else_hold_its_mandates(
        held in proptest::collection::vec(0_u8..6, 0..6),
        directs in proptest::collection::btree_set(0_u8..6, 0..6),
    ) {
        let id = |n: &u8| Id::from(format!("per_{n}"));
        let held: Vec<_> =
            held.iter().enumerate().map(|(i, n)| (Id::from(format!("man_{i}")), id(n))).collect();
        let directs: Vec<_> = directs.iter().map(id).collect();
        let (ends, begins) = companies::changes(&held, &directs);
        let mut after: Vec<_> =
            held.iter().filter(|one| !ends.contains(one)).map(|(_, person)| person).collect();
        after.extend(begins);
        after.sort();
        after.dedup();
        let mut expected: Vec<_> = directs.iter().collect();
        expected.sort();
        prop_assert_eq!(after, expected);
    }

    #[test]
    fn never_do_more_directors_have_to_agree_than_there_are(
        before in proptest::option::of(0_u32..9), directors in 0_usize..9,
    ) {
        let needs = companies::needs(before, directors);
        prop_assert!(needs >= 1 && needs as usize <= directors.max(1));
    }
}

//! Mandates that are given on, and what bounds them.

use super::{authorities_of, both_must_agree, each, filled, ops, post};
use crate::{
    rules::mandates::{Giver, ONWARD, may_give},
    tests::site::Site,
};
use http::StatusCode;
use kernel::{Currency, Id, Money, Timestamp};
use ports::Extent;
use proptest::prelude::*;

fn with(site: &Site, changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut pairs = filled(site);
    pairs.retain(|pair| changes.iter().all(|change| change.0 != pair.0));
    pairs.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_given_on_to_staff_within_its_own_limits_and_ends_with_the_one_it_is_under() {
    for site in each().await {
        let (ctx, mut staff) = (site.system(), Vec::new());
        for (handle, card, name) in
            [("ho-clerk", "A5555550", "Ho Clerk"), ("yip-clerk", "G123456A", "Yip Clerk")]
        {
            let hkid = kernel::identifiers::IdentityCard::parse(card).ok();
            assert!(hkid.is_some(), "{card}");
            let new = ops::NewPerson {
                id: None,
                handle: handle.to_owned(),
                name: kernel::Text::same(name),
                hkid,
                made_up: true,
            };
            let ctx = ctx.clone();
            staff.push(site.db.write(move |tx| ops::add_person(tx, &ctx, &new)).await.unwrap());
        }
        let chan = site.signed_in("chan-mei-ling").await;
        let first = with(&site, &[("most", "50,000"), ("onward", "1")]);
        assert_eq!(post(&site, &chan, &first).await.location(), "/my/mandates?done=given");
        let lee = site.signed_in("lee-admin").await;
        let page = site.get("/my/mandates", &lee).await.text;
        assert!(
            page.contains("50,000.00") && page.contains("/my/mandates/give?company="),
            "{page}"
        );
        // Her own form offers no purpose that she does not hold, and nothing further.
        let page =
            site.get(&format!("/my/mandates/give?company={}", site.company), &lee).await.text;
        assert_eq!(page.matches("name=\"purpose\"").count(), 1, "{page}");
        assert!(!page.contains("name=\"onward\""), "{page}");

        let clerk = [("hkid", "A555555(0)"), ("name", "Ho Clerk")];
        for (field, value) in
            [("most", ""), ("most", "50,000.01"), ("onward", "1"), ("purpose", "trade-finance")]
        {
            let all = with(&site, &[clerk[0], clerk[1], (field, value)]);
            let reply = post(&site, &lee, &all).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
            assert!(reply.text.contains(&format!("href=\"#{field}\"")), "{field}: {}", reply.text);
        }
        let on = with(&site, &[clerk[0], clerk[1], ("most", "800")]);
        assert_eq!(post(&site, &lee, &on).await.location(), "/my/mandates?done=given");
        let held = authorities_of(&site, "ho-clerk").await;
        let most = held[0].extent.most.unwrap();
        assert_eq!((held.len(), most.cents, held[0].extent.onward), (1, 80_000, 0));
        assert!(!held[0].extent.allows(Money::new(80_001, most.currency)));
        let ho = site.signed_in("ho-clerk").await;
        let next = with(&site, &[("hkid", "G123456(A)"), ("name", "Yip Clerk"), ("most", "1")]);
        assert_eq!(post(&site, &ho, &next).await.status, StatusCode::NOT_FOUND, "no further");

        // She who gave it on sees it and its past, and nothing of the directors'.
        let page = site.get("/my/mandates", &lee).await.text;
        assert!(page.contains("Ho Clerk") && !page.contains("Wong"), "{page}");
        let past = format!("/my/mandates/history?company={}", site.company);
        let page = site.get(&past, &lee).await.text;
        assert!(page.contains("Ho Clerk") && !page.contains("Wong"), "{page}");
        assert_eq!(site.get(&past, &ho).await.status, StatusCode::NOT_FOUND);

        let end = [("mandate", held[0].mandate.as_str())];
        let wong = site.signed_in("wong-ka-ho").await;
        let yip = site.signed_in("yip-clerk").await;
        assert_eq!(
            site.form("/my/mandates/revoke", &yip, &end).await.status,
            StatusCode::NOT_FOUND
        );
        site.form("/my/mandates/revoke", &lee, &end).await;
        assert!(authorities_of(&site, "ho-clerk").await.is_empty(), "ended by who gave it on");
        post(&site, &lee, &on).await;
        assert_eq!(authorities_of(&site, "ho-clerk").await.len(), 1);
        let held = authorities_of(&site, "lee-admin").await;
        let end = [("mandate", held[0].mandate.as_str())];
        site.form("/my/mandates/revoke", &wong, &end).await;
        assert!(authorities_of(&site, "ho-clerk").await.is_empty(), "and with the one it is under");
        let page = site.get(&past, &wong).await.text;
        assert_eq!(page.matches("Ho Clerk").count(), 2, "{page}");
        assert!(page.contains("Ended by Lee Admin") && page.contains("Ended by Wong"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_two_must_agree_two_who_could_give_it_on_must() {
    for site in each().await {
        both_must_agree(&site).await;
        let chan = site.signed_in("chan-mei-ling").await;
        let wong = site.signed_in("wong-ka-ho").await;
        let agree = async |session: &str| {
            let page = site.get("/my/mandates", session).await.text;
            let id = page.split("/my/mandates/offers/").nth(1).unwrap().split('/').next().unwrap();
            site.form(&format!("/my/mandates/offers/{id}/agree"), session, &[]).await
        };
        let first = with(&site, &[("needs", "2"), ("onward", "2")]);
        post(&site, &chan, &first).await;
        agree(&wong).await;
        let lee = site.signed_in("lee-admin").await;
        let on = [("hkid", "E364912(5)"), ("name", "Wong Ka Ho")];
        let reply = post(&site, &lee, &with(&site, &[on[0], on[1], ("needs", "1")])).await;
        assert!(reply.text.contains("href=\"#needs\""), "no fewer than hers: {}", reply.text);
        let reply = post(&site, &lee, &with(&site, &[on[0], on[1], ("needs", "2")])).await;
        assert_eq!(reply.location(), "/my/mandates?done=offered", "{}", reply.text);
        let before = authorities_of(&site, "wong-ka-ho").await.len();
        assert_eq!(agree(&chan).await.location(), "/my/mandates?done=given");
        assert_eq!(authorities_of(&site, "wong-ka-ho").await.len(), before + 1);
    }
}

fn arbitrary() -> impl Strategy<Value = Extent> {
    let sum = (0..6_i64, any::<bool>()).prop_map(|(cents, hkd)| {
        Money::new(cents, Currency::parse(if hkd { "HKD" } else { "CNY" }).unwrap())
    });
    (
        proptest::collection::vec(0..5_u8, 0..3),
        0..12_u32,
        proptest::option::of(-10..2_000_i64),
        proptest::option::of(sum),
        0..5_u32,
    )
        .prop_map(|(purposes, needs, until, most, onward)| Extent {
            purposes: purposes.iter().map(|one| format!("p{one}")).collect(),
            needs,
            until: until.map(day),
            most,
            onward,
        })
}

fn day(days: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + days * 86_400).unwrap()
}

/// Whether one goes no further than another.
fn within(one: &Extent, other: &Extent) -> bool {
    one.purposes.iter().all(|purpose| other.covers(purpose))
        && other.until.is_none_or(|until| one.until.is_some_and(|own| own <= until))
        && other.most.is_none_or(|most| one.most.is_some_and(|own| own.within(most)))
}

proptest! {
    /// Whatever is wanted of whomever: what may be given is within what the giver has, to another, for a time.
    #[test]
    fn nobody_gives_more_than_they_have(
        (giver, to) in (0..3_u8, 0..3_u8),
        own in arbitrary(),
        wanted in arbitrary(),
        manages: bool,
    ) {
        let known = ["p0", "p1", "p2", "p3"].map(str::to_owned);
        let (from, to) = (Id::from(format!("per_{giver}")), Id::from(format!("per_{to}")));
        let giver = Giver { person: &from, extent: &own, manages };
        match may_give(giver, &to, &wanted, &known, day(0)) {
            Ok(agree) => {
                prop_assert_ne!(&from, &to);
                prop_assert!(!wanted.purposes.is_empty());
                prop_assert!(wanted.purposes.iter().all(|one| known.contains(one)));
                prop_assert!(within(&wanted, &own));
                let until = wanted.until.unwrap();
                prop_assert!(until > day(0) && until <= day(3 * 366));
                prop_assert!((1..=9).contains(&wanted.needs));
                prop_assert!(manages || wanted.needs >= own.needs);
                prop_assert!(wanted.most.is_none_or(|most| most.cents > 0));
                prop_assert!(wanted.onward <= ONWARD);
                prop_assert!(manages || wanted.onward < own.onward, "each time less far");
                prop_assert!(agree >= own.needs.max(1), "as many as where the giver acts");
            }
            Err(wrong) => {
                let fields: std::collections::HashSet<_> = wrong.iter().map(|one| one.0).collect();
                prop_assert_eq!(fields.len(), wrong.len(), "each field once");
                prop_assert_eq!(fields.contains("hkid"), from == to);
            }
        }
    }

    /// However often it is given on: nobody holds more than the manager had, and it comes to an end.
    #[test]
    fn a_chain_of_mandates_only_narrows_and_ends(
        links in proptest::collection::vec(arbitrary(), 1..40),
    ) {
        let known = ["p0", "p1", "p2", "p3"].map(str::to_owned);
        let mut own = Extent::whole();
        let (top, mut given) = (own.clone(), 0);
        for wanted in links {
            let (from, to) = (Id::from(format!("per_{given}")), Id::from(format!("per_{}", given + 1)));
            let giver = Giver { person: &from, extent: &own, manages: given == 0 };
            if may_give(giver, &to, &wanted, &known, day(0)).is_ok() {
                prop_assert!(within(&wanted, &own) && within(&wanted, &top));
                own = wanted;
                given += 1;
            }
        }
        prop_assert!(given <= ONWARD + 1, "{given} hold it one after another");
    }
}

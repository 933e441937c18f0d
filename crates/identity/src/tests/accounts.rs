use super::{
    assurance::{counter, officer, token},
    passkeys::{Device, register},
    site::{Site, each},
};
use crate::{
    model::{Duty, Level, State},
    ops::{self, Verdict},
    rules,
};
use http::StatusCode;
use kernel::{Actor, Ctx, Id, Problem, Role};
use proptest::prelude::*;
use store::Tx;

const WHY: &str = "Both stood at the counter with one card.";

/// Everything of people that a merge touches.
fn rows(tx: &mut Tx<'_>) -> Result<Vec<String>, Problem> {
    let mut all = Vec::new();
    for statement in [
        store::Sql::both("select id, merged_into, hkid from person order by id"),
        store::Sql::both("select id, person, revoked_at from mandate order by id"),
        store::Sql::both("select id, person, level from identity_check order by id"),
        store::Sql::both("select id, person, name from passkey order by id"),
    ] {
        for row in tx.query(statement, &[])? {
            let cell = |at| row.opt_text(at).map(|text| text.unwrap_or("-").to_owned());
            all.push(format!("{} {} {}", row.text(0)?, cell(1)?, cell(2).unwrap_or_default()));
        }
    }
    Ok(all)
}

fn reviewer(site: &Site, id: &Id) -> Ctx {
    site.ctx(Actor::Officer {
        id: id.clone(),
        session: Id::from("ses_test"),
        department: "immd".to_owned(),
        role: Role::Officer,
    })
}

/// A second account of Chan's, found at the counter: the duplicate, the account, and a reviewer.
async fn found(site: &Site) -> (Id, Id, Id) {
    let (_, clerk) = officer(site, "wong-ka-ho", Duty::Counter).await;
    let ctx = site.system();
    let second = site
        .db
        .write(move |tx| {
            let new = ops::NewPerson {
                id: None,
                handle: "chan-m-l".to_owned(),
                name: kernel::Text::same("Chan Mei Ling"),
                hkid: None,
                made_up: true,
            };
            ops::add_person(tx, &ctx, &new)
        })
        .await
        .unwrap();
    let reply = counter(site, &clerk, "A123456(3)", "Chan Mei Ling", "chan-m-l").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    register(site, &mut Device::new(8), token(&reply.text)).await;
    let reviewer_id = judge(site).await;
    let ctx = reviewer(site, &reviewer_id);
    let all = site.db.write(move |tx| ops::duplicates(tx, &ctx)).await.unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    (all[0].id.clone(), second, reviewer_id)
}

pub(super) async fn judge(site: &Site) -> Id {
    let ctx = site.system();
    site.db
        .write(move |tx| {
            let new = ops::NewPerson {
                id: None,
                handle: "judge".to_owned(),
                name: kernel::Text::same("Judge"),
                hkid: None,
                made_up: true,
            };
            ops::add_person(tx, &ctx, &new)
        })
        .await
        .unwrap();
    officer(site, "judge", Duty::Reviewer).await.0
}

pub(super) async fn decide(site: &Site, by: &Id, id: &Id, verdict: Verdict) -> Result<(), Problem> {
    let (ctx, id, all) = (reviewer(site, by), id.clone(), site.identity.0.holdings.clone());
    site.db
        .write(move |tx| ops::decide_duplicate(tx, &ctx, &id, (&verdict, WHY), &all).map(drop))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_of_one_card_are_found_merged_by_another_officer_and_undone_exactly() {
    for site in each().await {
        let (id, second, judge) = found(&site).await;
        let before = site.db.read(rows).await.unwrap();
        let clerk = site.db.read(|tx| ops::person_by_handle(tx, "wong-ka-ho")).await;
        let clerk = clerk.unwrap().unwrap().id;
        let refused = decide(&site, &clerk, &id, Verdict::Apart).await.unwrap_err();
        assert_eq!(refused.code, "duty-needed", "the counter finds, and does not decide");

        decide(&site, &judge, &id, Verdict::Merge(site.chan.clone())).await.unwrap();
        let again = decide(&site, &judge, &id, Verdict::Apart).await.unwrap_err();
        assert_eq!(again.code, "duplicate-decided");
        let session = site.signed_in("chan-m-l").await;
        let (actor, _) = site.identity.visitor(&session).await.unwrap().unwrap();
        assert!(
            matches!(&actor, Actor::Person { id, .. } if *id == site.chan),
            "either way in leads to the one account"
        );
        let page = site.get("/my/security", &session).await.text;
        assert!(page.contains("Checked in person"), "{page}");
        let chan = site.chan.clone();
        let level = site.db.read(move |tx| ops::level(tx, &chan)).await.unwrap();
        assert_eq!(level, Level::InPerson, "what was checked of the one counts for both");

        decide(&site, &judge, &id, Verdict::Undo).await.unwrap();
        assert_eq!(site.db.read(rows).await.unwrap(), before, "both are what they were");
        assert!(site.identity.visitor(&session).await.unwrap().is_none());
        let session = site.signed_in("chan-m-l").await;
        let (actor, _) = site.identity.visitor(&session).await.unwrap().unwrap();
        assert!(matches!(&actor, Actor::Person { id, .. } if *id == second));

        decide(&site, &judge, &id, Verdict::Merge(second)).await.unwrap();
        site.clock.advance(rules::UNDO_MERGE);
        let late = decide(&site, &judge, &id, Verdict::Undo).await.unwrap_err();
        assert_eq!(late.code, "duplicate-decided", "after thirty days it stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_decides_on_the_page_with_a_reason() {
    let site = Site::sqlite().await;
    let (id, second, _) = found(&site).await;
    let session = site.signed_in("judge").await;
    let page = site.get("/office/duplicates", &session).await.text;
    assert!(page.contains("chan-m-l") && !page.contains("A123456"), "{page}");
    let path = format!("/office/duplicates/{id}");
    for pairs in [[("verdict", ""), ("reason", WHY)], [("verdict", "apart"), ("reason", "no")]] {
        let reply = site.form(&path, &session, &pairs).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.text.contains("govuk-error-summary"), "{}", reply.text);
    }
    let pairs = [("verdict", second.as_str()), ("reason", WHY)];
    let reply = site.form(&path, &session, &pairs).await;
    assert_eq!(reply.location(), "/office/duplicates", "{}", reply.text);
    assert_eq!(site.inbox.told(&second, "accounts-merged"), 1);
    let page = site.get("/office/duplicates", &session).await.text;
    assert!(page.contains("Merged") && page.contains(WHY), "{page}");
}

#[test]
fn a_duplicate_moves_by_its_table_alone() {
    for from in State::ALL {
        assert!(!from.may_become(State::Open) && !from.may_become(from), "{from:?}");
    }
    assert!(!State::Open.may_become(State::Undone) && !State::Apart.may_become(State::Merged));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any merges among four accounts, undone from the last to the first, leave everything as it was.
    #[test]
    fn merges_undone_from_the_last_restore_every_account(
        pairs in proptest::collection::vec((0..4_usize, 0..4_usize), 1..5),
        early in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let site = Site::sqlite().await;
            let judge = judge(&site).await;
            let ctx = site.system();
            let chan = site.chan.clone();
            let people = site.db.write(move |tx| {
                let mut all = vec![chan.clone()];
                for n in 0..3 {
                    let new = ops::NewPerson {
                        id: None, handle: format!("p{n}"), name: kernel::Text::same("P"), hkid: None, made_up: true,
                    };
                    let id = ops::add_person(tx, &ctx, &new)?;
                    ops::note_federated(tx, &ctx, &id, "gd.example", Level::Remote)?;
                    all.push(id);
                }
                Ok::<_, Problem>(all)
            }).await.unwrap();
            let start = site.db.read(rows).await.unwrap();
            let mut done = Vec::new();
            for (n, (a, b)) in pairs.iter().enumerate().filter(|(_, (a, b))| a != b) {
                let id = Id::from(format!("dup_{n}").as_str());
                let (first, second) = (people[*a].clone(), people[*b].clone());
                let row = (id.clone(), first.clone(), second);
                let added = site.db.write(move |tx| {
                    tx.execute(crate::sql::ADD_DUPLICATE, &[
                        row.0.as_str().into(), row.1.as_str().into(), row.2.as_str().into(), "x".into(), 0.into(),
                    ])
                }).await.unwrap();
                if added == 1 && decide(&site, &judge, &id, Verdict::Merge(first)).await.is_ok() {
                    done.push(id);
                }
            }
            if done.len() > 1 {
                // Out of order it is either refused or harmless: it never loses anything.
                let at = early.index(done.len() - 1);
                if decide(&site, &judge, &done[at], Verdict::Undo).await.is_ok() {
                    done.remove(at);
                }
            }
            for id in done.iter().rev() {
                decide(&site, &judge, id, Verdict::Undo).await.unwrap();
            }
            assert_eq!(site.db.read(rows).await.unwrap(), start);
        });
    }
}

pub(super) async fn with_passkey(site: &Site, person: &Id, device: &mut Device) -> String {
    let token = super::passkeys::invite(site, person).await;
    register(site, device, &token).await.cookie("session")
}

fn codes(page: &str) -> Vec<String> {
    let items =
        page.split("<li><code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned());
    items.filter(|code| code.len() == 19 && code.matches('-').count() == 3).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_leads_back_after_three_days_unless_the_person_stops_it() {
    for site in each().await {
        let session = with_passkey(&site, &site.chan, &mut Device::new(1)).await;
        let page = site.form("/my/security/recovery/codes", &session, &[]).await;
        assert_eq!(page.header("cache-control"), "no-store");
        let codes = codes(&page.text);
        assert_eq!(codes.len(), rules::RECOVERY_CODES, "{}", page.text);
        let begin = async |account: &str, code: &str| {
            site.form("/sign-in/recover", "", &[("account", account), ("code", code)]).await
        };
        let wrong = begin("chan-mei-ling", "AAAA-AAAA-AAAA-AAAA").await;
        let nobody = begin("nobody-at-all", &codes[0]).await;
        assert_eq!((wrong.status, nobody.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
        let others = begin("wong-ka-ho", &codes[0]).await;
        assert_eq!(others.status, StatusCode::FORBIDDEN, "a code is one account's");

        let begun = begin("chan-mei-ling", &codes[0].to_lowercase()).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        assert_eq!(site.inbox.told(&site.chan, "recovery-begun"), 1);
        let link = token(&begun.text).to_owned();
        let early = site.get(&format!("/invitation/{link}"), "").await;
        assert_eq!(early.status, StatusCode::FORBIDDEN, "not before three days are over");
        assert_eq!(begin("chan-mei-ling", &codes[0]).await.status, StatusCode::FORBIDDEN, "once");
        let page = site.get("/my/security", &session).await.text;
        assert!(page.contains("/my/security/recovery/stop"), "{page}");
        site.form("/my/security/recovery/stop", &session, &[]).await;
        site.clock.advance(rules::RECOVERY_WAIT);
        let stopped = site.get(&format!("/invitation/{link}"), "").await;
        assert_eq!(stopped.status, StatusCode::NOT_FOUND, "she stopped it");

        let begun = begin("chan-mei-ling", &codes[1]).await;
        let link = token(&begun.text).to_owned();
        site.clock.advance(rules::RECOVERY_WAIT);
        let back = register(&site, &mut Device::new(2), &link).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_tried_only_so_often_for_one_account_and_passkeys_are_not_counted() {
    let site = Site::sqlite().await;
    let mut device = Device::new(1);
    with_passkey(&site, &site.chan, &mut device).await;
    let try_one = async |account: &str| {
        let pairs = [("account", account), ("code", "AAAA-AAAA-AAAA-AAAA")];
        site.form("/sign-in/recover", "", &pairs).await
    };
    for _ in 0..rules::ACCOUNT_BURST {
        assert_eq!(try_one("chan-mei-ling").await.status, StatusCode::FORBIDDEN);
    }
    let reply = try_one("chan-mei-ling").await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(try_one("wong-ka-ho").await.status, StatusCode::FORBIDDEN, "nobody else is held up");
    let asked = site.form("/sign-in/passkey/start", "", &[]).await.json();
    let answer = device.get(&asked["options"]);
    let pairs = [("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", &answer)];
    let reply = site.form("/sign-in/passkey", "", &pairs).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "and the person is not locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_can_be_kept_for_thirty_days_and_then_signs_nobody_in() {
    for site in each().await {
        let mut device = Device::new(1);
        let session = with_passkey(&site, &site.chan, &mut device).await;
        let reply = site.form("/my/security/close", &session, &[]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "without a clear yes");
        let close = async |session: &str| {
            site.form("/my/security/close", session, &[("sure", "yes")]).await
        };
        assert_eq!(close(&session).await.location(), "/my/security/close");
        assert_eq!(site.inbox.told(&site.chan, "account-closing"), 1);
        site.clock.advance(rules::CLOSING - 60);
        let session = site.signed_in("chan-mei-ling").await;
        site.form("/my/security/keep", &session, &[]).await;
        site.clock.advance(3600);
        let session = site.signed_in("chan-mei-ling").await;
        assert!(site.identity.visitor(&session).await.unwrap().is_some(), "she kept it");

        close(&session).await;
        site.clock.advance(rules::CLOSING);
        let reply = site.form("/sign-in/persona", "", &[("persona", "chan-mei-ling")]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "it is over at that moment");
        site.identity.sweep().await;
        let chan = site.chan.clone();
        let left = site.db.read(move |tx| ops::passkeys_of(tx, &chan)).await.unwrap();
        assert!(left.is_empty());
        let admin = site.signed_in("lee-admin").await;
        assert_eq!(close(&admin).await.status, StatusCode::CONFLICT, "an officer's stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_ends_one_session_of_their_own_and_nobody_elses() {
    for site in each().await {
        let (here, there) =
            (site.signed_in("chan-mei-ling").await, site.signed_in("chan-mei-ling").await);
        let other = site.signed_in("wong-ka-ho").await;
        let (actor, _) = site.identity.visitor(&there).await.unwrap().unwrap();
        let Actor::Person { session, .. } = actor else { panic!() };
        let path = format!("/my/security/sessions/{session}/end");
        assert_eq!(site.form(&path, &other, &[]).await.status, StatusCode::NOT_FOUND);
        assert!(site.get("/my/security", &here).await.text.contains(&path));
        assert_eq!(site.form(&path, &here, &[]).await.location(), "/my/security?done=ended");
        assert!(site.identity.visitor(&there).await.unwrap().is_none());
        assert!(site.identity.visitor(&here).await.unwrap().is_some());
    }
}

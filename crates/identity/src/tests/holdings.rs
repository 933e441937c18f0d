//! Merging accounts and leaving, in every table of every domain that names a person.

use super::{
    accounts::{decide, judge},
    openid::{YES, address, believed, library, param, redeem, says},
    site::{Site, each},
};
use crate::{ops, ops::Verdict, rules, sql};
use kernel::{Id, Problem};
use proptest::prelude::*;
use std::collections::BTreeSet;
use store::{Sql, Tx};

/// A row of each kind: `$1` whose, `$2` what tells it from others of the same person.
const ROWS: [(&str, Sql); 11] = [
    (
        "message",
        Sql::both(
            "insert into message (id, person, template, about, words, at) values ('msg' || $1 || $2, $1, 'signed-in', $2, '{}', 1)",
        ),
    ),
    (
        "message_choice",
        Sql::both(
            "insert into message_choice (person, topic, told, mail, push, since) values ($1, $2, true, true, true, 1)",
        ),
    ),
    (
        "mail_address",
        Sql::both(
            "insert into mail_address (person, locale, address, tries, sent_at, sent_today) values ($1, 'en', $1 || $2, 0, 0, 0) on conflict do nothing",
        ),
    ),
    (
        "push_subscription",
        Sql::both(
            "insert into push_subscription (id, person, locale, endpoint, p256dh, auth, device, created_at) values ('psh' || $1 || $2, $1, 'en', $1 || $2, cast('k' as bytea), cast('a' as bytea), '', 1)",
        ),
    ),
    (
        "profile_field",
        Sql::both(
            "insert into profile_field (person, field, value, at) values ($1, $2, 'v' || $1, 1)",
        ),
    ),
    (
        "filling",
        Sql::both(
            "insert into filling (id, person, client, form, fields, at, expires_at, answers) values ('fil' || $1 || $2, $1, 'c', 'f', '[]', 1, 1, cast('s' as bytea))",
        ),
    ),
    (
        "signing_request",
        Sql::both(
            "insert into signing_request (id, person, name, digest, form, state, code, at, expires_at, document) values ('sig' || $1 || $2, $1, 'n', 'd', 'pdf', 'asked', '1234', 1, 9000000000000000, cast('s' as bytea))",
        ),
    ),
    (
        "signing_certificate",
        Sql::both(
            "insert into signing_certificate (serial, name, person, certificate, at, expires_at) values ($1 || $2, 'n', $1, cast('c' as bytea), 1, 2)",
        ),
    ),
    (
        "service_yes",
        Sql::both(
            "insert into service_yes (person, client, asked, allowed, first_at, last_at) select $1, id, $2, '[]', 1, 1 from client where id = case when $2 = 'a' then 'harbour-bank' else 'rival-bank' end",
        ),
    ),
    (
        "federation_link",
        Sql::both(
            "insert into federation_link (id, provider, subject, person, level, linked_at) values ('fed' || $1 || $2, $1 || $2, cast('s' as bytea), $1, 'remote', 1)",
        ),
    ),
    (
        "client_role",
        Sql::both(
            "insert into client_role (person, role, organisation, created_at) values ($1, case when $2 = 'a' then 'creator' else 'approver' end, 'o', 1)",
        ),
    ),
];

/// Every row of every table that a merge may touch, and whose it is.
const DUMPS: [Sql; 15] = [
    Sql::both("select 'person ' || id || coalesce(merged_into, '-') from person order by id"),
    Sql::both("select 'mandate ' || id || person from mandate order by id"),
    Sql::both("select 'check ' || id || person from identity_check order by id"),
    Sql::both("select 'passkey ' || id || person from passkey order by id"),
    Sql::both(
        "select 'message ' || id || person || about from message where template = 'signed-in' order by id",
    ),
    Sql::both(
        "select 'choice ' || person || topic || since from message_choice order by person, topic",
    ),
    Sql::both(
        "select 'mail ' || person || coalesce(address, '') from mail_address order by person",
    ),
    Sql::both("select 'push ' || id || person from push_subscription order by id"),
    Sql::both(
        "select 'profile ' || person || field || value || at from profile_field order by person, field",
    ),
    Sql::both("select 'filling ' || id || person || (answers is null) from filling order by id"),
    Sql::both(
        "select 'signing ' || id || person || state || (document is null) from signing_request order by id",
    ),
    Sql::both("select 'certificate ' || serial || person from signing_certificate order by serial"),
    Sql::both(
        "select 'service ' || person || client || asked || coalesce(known_as, '-') from service_yes order by person, client",
    ),
    Sql::both(
        "select 'link ' || id || person || coalesce(ended_at, 0) from federation_link order by id",
    ),
    Sql::both("select 'role ' || person || role from client_role order by person, role"),
];

fn dump(tx: &mut Tx<'_>) -> Result<Vec<String>, Problem> {
    let mut all = Vec::new();
    for statement in DUMPS {
        for row in tx.query(statement, &[])? {
            all.push(row.text(0)?.to_owned());
        }
    }
    Ok(all)
}

/// Two accounts, each with the rows that the bits say: two of each kind, the second bit the one that may stand
/// against the other account's.
async fn filled(site: &Site, bits: [u32; 2]) -> [Id; 2] {
    let (ctx, chan) = (site.system(), site.chan.clone());
    site.db
        .write(move |tx| {
            let new = ops::NewPerson {
                id: None,
                handle: "second".to_owned(),
                name: kernel::Text::same("Chan Mei Ling"),
                hkid: None,
                made_up: true,
            };
            let people = [chan.clone(), ops::add_person(tx, &ctx, &new)?];
            for (person, bits) in people.iter().zip(bits) {
                for (at, (_, statement)) in ROWS.iter().enumerate() {
                    for (bit, key) in ["a", "b"].into_iter().enumerate() {
                        if bits >> (at * 2 + bit) & 1 == 1 {
                            tx.execute(*statement, &[person.as_str().into(), key.into()])?;
                        }
                    }
                }
            }
            Ok::<_, Problem>(people)
        })
        .await
        .unwrap()
}

async fn duplicate(site: &Site, people: &[Id; 2]) -> Id {
    let [first, second] = people.clone();
    let add = move |tx: &mut Tx<'_>| {
        let args =
            ["dup_1".into(), first.as_str().into(), second.as_str().into(), "x".into(), 0.into()];
        tx.execute(sql::ADD_DUPLICATE, &args)
    };
    site.db.write(add).await.unwrap();
    Id::from("dup_1")
}

async fn merge_and_undo(site: &Site, bits: [u32; 2]) {
    let judge = judge(site).await;
    let people = filled(site, bits).await;
    let id = duplicate(site, &people).await;
    let start = site.db.read(dump).await.unwrap();
    decide(site, &judge, &id, Verdict::Merge(people[0].clone())).await.unwrap();
    let merged = site.db.read(dump).await.unwrap();
    assert_ne!(merged, start);
    decide(site, &judge, &id, Verdict::Undo).await.unwrap();
    assert_eq!(site.db.read(dump).await.unwrap(), start);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_merge_that_is_undone_leaves_every_table_as_it_was(first in any::<u32>(), second in any::<u32>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async move { merge_and_undo(&Site::sqlite().await, [first, second]).await });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_hands_over_what_does_not_stand_against_what_is_there_and_undoing_gives_it_back() {
    for site in each().await {
        merge_and_undo(&site, [u32::MAX, u32::MAX]).await;
    }
    for site in each().await {
        let judge = judge(&site).await;
        let people = filled(&site, [0, u32::MAX]).await;
        let id = duplicate(&site, &people).await;
        decide(&site, &judge, &id, Verdict::Merge(people[0].clone())).await.unwrap();
        let left = site.db.read(dump).await.unwrap();
        let stay = ["person ", "signing ", "certificate "];
        let whose = |row: &String| {
            !stay.iter().any(|kind| row.starts_with(kind)) && row.contains(people[1].as_str())
        };
        // Their own key is in some ids; that a service knows them by the old number is meant.
        for row in left.iter().filter(|row| whose(row)) {
            assert!(row.contains(people[0].as_str()), "{row} stayed behind");
        }
        // What she changed since is hers, and does not go to the other when it was all wrong.
        let chan = people[0].clone();
        let changed = Sql::both("update mail_address set address = 'new' where person = $1");
        site.db.write(move |tx| tx.execute(changed, &[chan.as_str().into()])).await.unwrap();
        decide(&site, &judge, &id, Verdict::Undo).await.unwrap();
        let back = site.db.read(dump).await.unwrap();
        assert!(back.contains(&format!("mail {}new", people[0])), "{back:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_knows_a_person_by_the_same_number_after_their_accounts_were_merged() {
    for site in each().await {
        let judge = judge(&site).await;
        let people = filled(&site, [0, 0]).await;
        let id = duplicate(&site, &people).await;
        let secret = library(&site, "library").await;
        let sub = async |to: String| {
            let code = param(&to, "code").unwrap_or_else(|| panic!("{to}"));
            let given = redeem(&site, ("library", &secret), &code).await.json();
            believed(&site, given["id_token"].as_str().unwrap()).await["sub"].clone()
        };
        let session = site.signed_in("second").await;
        let before = sub(says(&site, &session, &address("library", &[]), &YES).await).await;
        decide(&site, &judge, &id, Verdict::Merge(people[0].clone())).await.unwrap();
        for account in ["chan-mei-ling", "second"] {
            let session = site.signed_in(account).await;
            let to = site.get(&address("library", &[]), &session).await.location().to_owned();
            assert_eq!(sub(to).await, before, "{account}: not asked again, and the same to it");
        }
        decide(&site, &judge, &id, Verdict::Undo).await.unwrap();
        let session = site.signed_in("second").await;
        let to = site.get(&address("library", &[]), &session).await.location().to_owned();
        assert_eq!(sub(to).await, before);
        let session = site.signed_in("chan-mei-ling").await;
        let after = sub(says(&site, &session, &address("library", &[]), &YES).await).await;
        assert_ne!(after, before, "two people again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_takes_along_what_was_only_theirs_and_signatures_stay_good() {
    for site in each().await {
        let judge = judge(&site).await;
        let people = filled(&site, [0b01_0101_0101_0101_0101_0101, u32::MAX]).await;
        let id = duplicate(&site, &people).await;
        decide(&site, &judge, &id, Verdict::Merge(people[0].clone())).await.unwrap();
        let session = site.signed_in("chan-mei-ling").await;
        site.form("/my/security/close", &session, &[("sure", "yes")]).await;
        site.clock.advance(rules::CLOSING);
        site.identity.sweep().await;
        let left = site.db.read(dump).await.unwrap();
        let mine = |row: &&String| people.iter().any(|one| row.contains(one.as_str()));
        for row in left.iter().filter(mine) {
            let kept =
                ["person ", "mandate ", "check ", "certificate ", "filling ", "role ", "link "];
            let emptied = row.starts_with("signing ") && row.contains("expired");
            assert!(emptied || kept.iter().any(|kind| row.starts_with(kind)), "{row} is left");
        }
        let starts = |kind: &str| left.iter().any(|row| row.starts_with(kind));
        assert!(starts("certificate ") && starts("filling ") && !starts("mail "));
    }
}

/// The tables that name a person, as the migrations make them.
fn tables() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut all = BTreeSet::new();
    let mut table = String::new();
    for file in files {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            if let Some(rest) = line.strip_prefix("create table ") {
                table = rest.split([' ', '(']).next().unwrap().trim_end_matches("_next").to_owned();
            }
            let names = ["  person text", "  subject text", "  representative text"];
            if names.iter().any(|name| line.starts_with(name)) {
                all.insert(table.clone());
            }
        }
    }
    all
}

/// What stays with the account it was made for, and why that is right.
const STAY: [(&str, &str); 20] = [
    ("approval", "lives for minutes"),
    ("ceremony", "lives for minutes"),
    ("code_login", "signs in by its own account's name, which leads to the one that counts"),
    ("company_officer", "written anew from the register each day"),
    ("consent", "signed as it is; read under every account of the person"),
    ("consent_yes", "signed as it is"),
    ("duty", "an officer's account is never merged into another"),
    ("interaction", "lives for days, and its session ends with the merge"),
    ("invitation", "for its own account, which leads to the one that counts"),
    ("look", "logged as it is; read under every account of the person"),
    ("mandate_offer", "offered to an account; taken back with it"),
    ("mandate_yes", "said as it is"),
    ("oauth_grant", "the service knows its person by a number drawn from the account"),
    ("officer", "an officer's account is never merged into another"),
    ("passkey", "leads to the account that counts"),
    ("recovery_code", "for its own account, which leads to the one that counts"),
    ("registration_token", "lives for a day"),
    ("session", "ends with the merge"),
    ("signing_certificate", "issued as it is; read under every account of the person"),
    ("signing_request", "a yes is over the account; read under every account of the person"),
];

#[test]
fn every_table_that_names_a_person_says_what_becomes_of_it_when_accounts_become_one() {
    let handed: BTreeSet<String> = ops::handed_over(&super::site::holdings())
        .map(|one| one.hand.sqlite.split(' ').nth(1).unwrap().to_owned())
        .collect();
    let tables = tables();
    assert!(STAY.iter().all(|(name, _)| tables.contains(*name)));
    for table in tables {
        let stays = STAY.iter().any(|(name, _)| *name == table);
        assert!(handed.contains(&table) != stays, "{table}: is it handed over, or why not?");
    }
}

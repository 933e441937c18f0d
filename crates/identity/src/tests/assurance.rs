use super::{
    passkeys::{Device, register},
    site::{Reply, Site, each},
};
use crate::{
    model::{Duty, Level, Method},
    ops,
    rules::assurance::{acr, acrs, meets},
};
use http::StatusCode;
use kernel::Id;

/// Somebody who becomes a counter officer, given that duty by the administrator.
pub(super) async fn officer(site: &Site, account: &str, duty: Duty) -> (Id, String) {
    let admin = site.signed_in("lee-admin").await;
    let new = [("account", account), ("department", "immd")];
    let reply = site.form("/admin/officers", &admin, &new).await;
    assert_eq!(reply.location(), "/admin/officers", "{}", reply.text);
    let name = account.to_owned();
    let id = site.db.read(move |tx| ops::person_by_handle(tx, &name)).await.unwrap().unwrap().id;
    let path = format!("/admin/officers/{id}");
    let reply = site.form(&path, &admin, &[("give", duty.as_str())]).await;
    assert_eq!(reply.location(), "/admin/officers", "{}", reply.text);
    let session = site.signed_in(account).await;
    (id, session)
}

pub(super) async fn counter(
    site: &Site,
    officer: &str,
    number: &str,
    name: &str,
    account: &str,
) -> Reply {
    let pairs = [
        ("document", "hong-kong-identity-card"),
        ("number", number),
        ("name", name),
        ("chinese", ""),
        ("account", account),
        ("looked", "yes"),
    ];
    site.form("/office/counter", officer, &pairs).await
}

pub(super) fn token(page: &str) -> &str {
    let start = page.find("/invitation/inv_").expect("a link") + "/invitation/".len();
    let end = page[start..].find('<').unwrap();
    &page[start..start + end]
}

async fn level(site: &Site, person: &Id) -> Level {
    let person = person.clone();
    site.db.read(move |tx| ops::level(tx, &person)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_joins_at_a_counter_and_the_check_says_who_looked_at_what() {
    for site in each().await {
        let (_, officer) = officer(&site, "wong-ka-ho", Duty::Counter).await;
        let reply = counter(&site, &officer, "AB987654(3)", "Ng Siu Fan", "").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(reply.text.contains("<svg") && !reply.text.contains("AB987654"));
        let joined = register(&site, &mut Device::new(5), token(&reply.text)).await;
        assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
        let page = site.get("/my/security", &joined.cookie("session")).await.text;
        assert!(page.contains("Checked in person") && page.contains("immd"), "{page}");
        assert!(!page.contains("AB987654"), "the number is never shown");
        let again = site.get(&format!("/invitation/{}", token(&reply.text)), "").await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "the code is good once");
        // The same card leads to the same account.
        let reply = counter(&site, &officer, "AB987654(3)", "Siu Fan NG", "").await;
        assert!(reply.text.contains("added to the account of Ng Siu Fan"), "{}", reply.text);
        let kept = site
            .db
            .read(|tx| {
                let mut all = String::new();
                for seq in 0..20 {
                    if let Some(entry) = evidence::logged(tx, seq)? {
                        all.push_str(entry.record.as_deref().unwrap_or_default());
                    }
                }
                Ok::<_, store::Error>(all)
            })
            .await
            .unwrap();
        assert!(kept.contains("identity-checked") && !kept.contains("AB987654"), "{kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_needs_the_duty_the_document_and_another_person() {
    for site in each().await {
        let person = site.signed_in("chan-mei-ling").await;
        assert_eq!(
            counter(&site, &person, "AB987654(3)", "Ng Siu Fan", "").await.status,
            StatusCode::FORBIDDEN
        );
        let (wong, officer) = officer(&site, "wong-ka-ho", Duty::Reviewer).await;
        assert_eq!(site.get("/office/counter", &officer).await.status, StatusCode::FORBIDDEN);
        let refused = counter(&site, &officer, "AB987654(3)", "Ng Siu Fan", "").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "another duty does not do");
        let admin = site.signed_in("lee-admin").await;
        let path = format!("/admin/officers/{wong}");
        site.form(&path, &admin, &[("give", "counter")]).await;
        assert_eq!(site.get("/office/counter", &officer).await.status, StatusCode::OK);
        for (number, name, account, code) in [
            ("AB987654(4)", "Ng Siu Fan", "", "not well written"),
            ("AB987654(3)", "", "", "English letters"),
            ("AB987654(3)", "Ng Siu Fan", "nobody", "no account of this name"),
            ("A123456(3)", "Ng Siu Fan", "", "under another name"),
        ] {
            let reply = counter(&site, &officer, number, name, account).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
            assert!(reply.text.contains(code), "{code}: {}", reply.text);
        }
        let pairs = [("document", "passport"), ("number", "K1234567"), ("name", "Ng Siu Fan")];
        let reply = site.form("/office/counter", &officer, &pairs).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "without the officer's word");
        let own = counter(&site, &officer, "E364912(5)", "Wong Ka Ho", "").await;
        assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody checks themselves");
        assert_eq!(level(&site, &wong).await, Level::SelfDeclared);

        site.form(&path, &admin, &[("take", "counter")]).await;
        let reply = counter(&site, &officer, "AB987654(3)", "Ng Siu Fan", "").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "what was taken back counts no longer");
        site.form(&path, &admin, &[]).await;
        assert!(site.identity.visitor(&officer).await.unwrap().is_none(), "who leaves is out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_themselves_a_duty() {
    for site in each().await {
        let admin = site.signed_in("lee-admin").await;
        let me = site.db.read(|tx| ops::person_by_handle(tx, "lee-admin")).await;
        let path = format!("/admin/officers/{}", me.unwrap().unwrap().id);
        for pairs in [&[("give", "counter")][..], &[("take", "counter")], &[]] {
            let reply = site.form(&path, &admin, pairs).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{pairs:?}");
        }
        let again = [("account", "lee-admin"), ("department", "td")];
        let reply = site.form("/admin/officers", &admin, &again).await;
        assert_eq!(reply.status, StatusCode::CONFLICT);
        let page = site.get("/admin/officers", &admin).await.text;
        assert!(page.contains("This is you"), "{page}");
        let person = site.signed_in("chan-mei-ling").await;
        assert_eq!(site.get("/admin/officers", &person).await.status, StatusCode::FORBIDDEN);
        // Not even a person without an office gets a duty.
        let path = format!("/admin/officers/{}", site.chan);
        let reply = site.form(&path, &admin, &[("give", "counter")]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_provider_never_raises_a_person_above_a_check_from_afar() {
    for site in each().await {
        let (ctx, chan) = (site.system(), site.chan.clone());
        let who = chan.clone();
        let note = move |tx: &mut store::Tx<'_>| {
            ops::note_federated(tx, &ctx, &who, "gd.example", Level::InPerson)
        };
        site.db.write(note).await.unwrap();
        assert_eq!(level(&site, &chan).await, Level::Remote);
    }
}

#[test]
fn a_sign_in_is_worth_what_was_checked_and_how_it_was_done_and_no_more() {
    for level in Level::ALL {
        let mine = acr(level, Method::Passkey);
        assert!(acrs().contains(&mine));
        assert!(meets(&mine, level, Method::Passkey) && meets("phr", level, Method::Passkey));
        for other in Level::ALL {
            let asked = acr(other, Method::Passkey);
            assert_eq!(meets(&asked, level, Method::Passkey), level >= other, "{asked}");
            assert!(!meets(&asked, level, Method::Persona), "a press is good for nothing");
        }
    }
    let first_or_second = "urn:praya:acr:in-person:passkey phr";
    assert!(meets(first_or_second, Level::SelfDeclared, Method::Passkey));
    for unknown in
        ["", "1", "urn:praya:acr:in-person", "urn:praya:acr:x:passkey", "urn:praya:acr:remote:x"]
    {
        assert!(!meets(unknown, Level::InPerson, Method::Passkey), "{unknown}");
    }
}

//! The same stories on every engine that is here, through the router, with an exchange that is made up.

mod accounts;
mod acting;
mod approvals;
mod assurance;
mod claims;
mod clients;
mod codes;
mod companies;
mod federation;
mod holdings;
mod logins;
mod logout;
mod machine;
mod mandates;
mod openid;
mod own;
mod passkeys;
mod races;
mod refresh;
mod registration;
mod requests;
mod restored;
mod security;
mod sessions;
mod site;
mod step_up;
mod walk;

use site::{Site, each};

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_understood_by_every_engine() {
    for one in store::testing::each().await.unwrap() {
        assert_eq!(one.db.prepare_all(&[crate::ALL]).await.unwrap(), crate::ALL.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_with_an_overlap_and_old_signatures_still_verify() {
    for site in each().await {
        let kids = |site: &Site| {
            let set = site.identity.keys().jwks(site.now());
            set["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["kid"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let first = site.identity.release_signer().unwrap().kid().to_owned();
        let (ctx, keys) = (site.system(), site.identity.keys().clone());
        let before = kids(&site);
        site.db.write(move |tx| crate::ops::rotate_keys(tx, &ctx, keys.sealer())).await.unwrap();
        let reload = async || site.identity.keys().reload(&site.db, site.now()).await.unwrap();
        reload().await;
        assert_eq!(
            site.identity.release_signer().unwrap().kid(),
            first,
            "a new key is announced before it signs"
        );
        let all = kids(&site);
        assert!(before.iter().all(|kid| all.contains(kid)) && all.len() == 2 * before.len());
        site.clock.advance(crate::rules::KEY_OVERLAP);
        let second = site.identity.release_signer().unwrap().kid().to_owned();
        assert!(second != first && all.contains(&second));
        assert!(kids(&site).contains(&first), "what the old key signed still verifies");
        site.clock.advance(crate::rules::KEY_OVERLAP);
        reload().await;
        let left = kids(&site);
        assert!(left.contains(&second) && !left.iter().any(|kid| before.contains(kid)));
        assert_eq!(left.len(), before.len(), "one of each algorithm");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_do_not_open_under_another_secret() {
    let site = Site::sqlite().await;
    assert!(crate::Keys::load(&site.db, &site.world, &[9; 32]).await.is_err());
    assert!(crate::Keys::load(&site.db, &site.world, &site::SECRET).await.is_ok());
}

#[test]
fn a_key_never_shows_its_private_part() {
    let set = wire::jwk::PrivateJwk::generate_p256("sig").unwrap();
    assert!(!format!("{set:?}").contains("\"d\""));
    assert!(!serde_json::to_string(&set.public).unwrap().contains("\"d\""));
}

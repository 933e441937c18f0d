//! What a service asks to know beside the name: each with where it comes from, and by its own yes.

use super::{
    openid::{address, believed, library, param, redeem, says, userinfo},
    site::each,
};
use serde_json::{Value as Json, json};

#[tokio::test(flavor = "multi_thread")]
async fn each_claim_is_shown_with_its_source_and_told_by_its_own_yes() {
    for site in each().await {
        let secret = library(&site, "library").await;
        let session = site.signed_in("chan-mei-ling").await;
        let asked = address("library", &[("scope", "openid profile email phone")]);
        let decide = site.get(&asked, &session).await.location().to_owned();
        let page = site.get(&decide, &session).await.text;
        for shown in [
            "mei@example.hk",
            "You proved that this address is yours.",
            "+852 5123 4567",
            "no office has checked it",
            "From your identity record.",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains(" checked>"), "nothing is chosen beforehand");

        let chosen = [("action", "allow"), ("claim", "email")];
        let to = says(&site, &session, &asked, &chosen).await;
        let given = redeem(&site, ("library", &secret), &param(&to, "code").unwrap()).await.json();
        let told = userinfo(&site, given["access_token"].as_str().unwrap()).await.json();
        let said = believed(&site, given["id_token"].as_str().unwrap()).await;
        assert_eq!(
            told,
            json!({"sub": said["sub"], "email": "mei@example.hk", "email_verified": true}),
            "what was not ticked is not told"
        );
        assert_eq!(said["email"], Json::Null, "not asked for in the ID token");

        // Whether a number is verified cannot be asked without the number, and is no more than is true.
        let claims = json!({"id_token": {"phone_number_verified": null}}).to_string();
        let again = [("scope", "openid"), ("claims", claims.as_str()), ("prompt", "consent")];
        let chosen = [("action", "allow"), ("claim", "phone_number")];
        let to = says(&site, &session, &address("library", &again), &chosen).await;
        let given = redeem(&site, ("library", &secret), &param(&to, "code").unwrap()).await.json();
        let said = believed(&site, given["id_token"].as_str().unwrap()).await;
        assert_eq!(
            (&said["phone_number"], &said["phone_number_verified"], &said["email"]),
            (&json!("+852 5123 4567"), &json!(false), &Json::Null)
        );
    }
}

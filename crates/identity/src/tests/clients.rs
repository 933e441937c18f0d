use super::site::{Party, Site};
use crate::{
    model::{Client, Profile},
    ops,
    rules::{self, address::Unsafe},
};
use kernel::Text;
use ports::NodeRights;
use serde_json::json;

#[test]
fn an_address_that_points_inside_is_refused_however_it_is_written() {
    for inside in [
        "https://localhost/x",
        "https://localhost./x",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fd12:3456::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[::127.0.0.1]/",
        "https://192.0.0.8/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://240.0.0.1/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://intranet/",
        "https://db.internal/",
        "https://printer.local/",
        "https://router.home.arpa/",
        "https://host.corp/",
    ] {
        assert_eq!(rules::safe_url(inside, false).err(), Some(Unsafe::Inside), "{inside}");
    }
    for (bad, why) in [
        ("http://bank.example.com/", Unsafe::Scheme),
        ("file:///etc/passwd", Unsafe::Form),
        ("gopher://bank.example.com/", Unsafe::Scheme),
        ("https://user:pass@bank.example.com/", Unsafe::User),
        ("bank.example.com", Unsafe::Form),
        ("", Unsafe::Form),
    ] {
        assert_eq!(rules::safe_url(bad, false).err(), Some(why), "{bad}");
    }
    for good in [
        "https://bank.example.com/hook",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://bank.example.com:8443/a?b=c",
    ] {
        assert!(rules::safe_url(good, false).is_ok(), "{good}");
    }
    assert!(
        rules::safe_url("http://localhost:8081/hook", true).is_ok(),
        "the demonstration's bank runs beside it"
    );
    assert!(rules::safe_url("http://127.0.0.1:8081/hook", true).is_ok());
    assert!(rules::safe_url("http://10.0.0.1/hook", true).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_registered_only_with_whole_addresses_and_both_keys() {
    let site = Site::sqlite().await;
    let (_, jwks) = Party::new("new", false);
    let good = Client {
        id: "new-bank".to_owned(),
        name: Text::same("New Bank"),
        redirect_uris: vec!["https://new.example.com/back".to_owned()],
        jwks: jwks.clone(),
        profile: Profile::Confidential,
        webhook: None,
        scopes: "records".to_owned(),
        active: true,
        node: None,
        terms: crate::model::Terms::default(),
    };
    assert_eq!(rules::registration(&good, false), Ok(()));
    let mut private = jwks.clone();
    private["keys"][0]["d"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let mut twice = jwks.clone();
    twice["keys"][1]["kid"] = twice["keys"][0]["kid"].clone();
    let only = json!({"keys": [jwks["keys"][0]]});
    let uris = |uri: &str| Client { redirect_uris: vec![uri.to_owned()], ..good.clone() };
    for (bad, field) in [
        (Client { id: "new bank".to_owned(), ..good.clone() }, "client_id"),
        (Client { redirect_uris: vec![], ..good.clone() }, "redirect_uris"),
        (uris("http://new.example.com/back"), "redirect_uris"),
        (uris("https://*.example.com/back"), "redirect_uris"),
        (uris("https://new.example.com/back#x"), "redirect_uris"),
        (uris("https://u@new.example.com/back"), "redirect_uris"),
        (uris("javascript:alert(1)"), "redirect_uris"),
        (Client { jwks: private, ..good.clone() }, "jwks"),
        (Client { jwks: twice, ..good.clone() }, "jwks"),
        (Client { jwks: only, ..good.clone() }, "jwks"),
        (Client { webhook: Some("https://10.0.0.1/".to_owned()), ..good.clone() }, "webhook"),
        (Client { scopes: "everything".to_owned(), ..good.clone() }, "scopes"),
    ] {
        assert_eq!(rules::registration(&bad, false).unwrap_err().0, field, "{bad:?}");
    }
    let (ctx, new) =
        (site.system(), Client { webhook: Some("http://localhost:1/".to_owned()), ..good });
    let outcome =
        site.db.write(move |tx| ops::register_client(tx, &ctx, &new, false)).await.unwrap_err();
    assert_eq!((outcome.code, outcome.fields[0].field.as_str()), ("client-refused", "webhook"));
}

#[test]
fn a_node_is_registered_with_what_it_may_ask_for_and_is_nothing_else() {
    let (_, jwks) = Party::new("node", false);
    let signing = json!({"keys": [jwks["keys"][0]]});
    let rights = NodeRights {
        registers: vec!["vehicles".to_owned()],
        purposes: vec!["loan-assessment".to_owned()],
    };
    let good = Client {
        id: "neighbour".to_owned(),
        name: Text::same("Neighbour"),
        redirect_uris: Vec::new(),
        jwks: signing,
        profile: Profile::Confidential,
        webhook: None,
        scopes: String::new(),
        active: true,
        node: Some(rights.clone()),
        terms: crate::model::Terms::default(),
    };
    assert_eq!(rules::registration(&good, false), Ok(()));
    let may = |node: NodeRights| Client { node: Some(node), ..good.clone() };
    let back = "https://neighbour.example/back".to_owned();
    for (bad, field) in [
        (Client { redirect_uris: vec![back], ..good.clone() }, "node"),
        (Client { scopes: "records".to_owned(), ..good.clone() }, "node"),
        (Client { profile: Profile::Public, ..good.clone() }, "node"),
        (may(NodeRights { registers: Vec::new(), ..rights.clone() }), "node"),
        (may(NodeRights { purposes: Vec::new(), ..rights.clone() }), "node"),
        (Client { jwks: json!({"keys": [jwks["keys"][1]]}), ..good.clone() }, "jwks"),
        (Client { id: "our neighbour".to_owned(), ..good.clone() }, "client_id"),
    ] {
        assert_eq!(rules::registration(&bad, false).unwrap_err().0, field, "{bad:?}");
    }
}

#[test]
fn pkce_and_scopes_are_read_exactly() {
    let challenge =
        wire::b64::encode(wire::sha256(&[b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"]));
    // RFC 7636, appendix B.
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(rules::pkce("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", &challenge));
    assert!(!rules::pkce(&challenge, &challenge), "the challenge is not its own verifier");
    assert!(!rules::pkce("", ""));
    assert!(
        rules::has_scope("records exchange:batch", "records")
            && !rules::has_scope("records2", "records")
    );
}

proptest::proptest! {
    #[test]
    fn no_path_after_signing_in_leaves_this_site(text in ".{0,40}") {
        let path = rules::local_path(Some(&text)).to_owned();
        let base = url::Url::parse("https://praya.example/").unwrap();
        proptest::prop_assert_eq!(base.join(&path).unwrap().origin(), base.origin());
    }

    #[test]
    fn only_loopback_ports_may_differ_from_what_is_registered(asked in "https?://[a-z0-9.:@/%?#-]{0,40}") {
        let client = Client {
            id: "a".to_owned(), name: Text::default(), redirect_uris: vec!["http://127.0.0.1/back".to_owned()], jwks: json!({"keys": []}),
            profile: Profile::Public, webhook: None, scopes: "records".to_owned(), active: true, node: None,
            terms: crate::model::Terms::default(),
            };
        if rules::redirect_matches(&client, &asked) {
            let url = url::Url::parse(&asked).unwrap();
            proptest::prop_assert_eq!((url.host_str(), url.path(), url.query(), url.fragment()), (Some("127.0.0.1"), "/back", None, None));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_told_to_slow_down_and_nobody_asks_too_often_in_its_name() {
    let site = Site::sqlite().await;
    let form = [("grant_type", "client_credentials"), ("scope", "exchange:batch")];
    let ask = async |party: &Party| {
        let proof = site.proof(party, "POST", "/oauth/token", None);
        site.call(party, "/oauth/token", &form, Some(&proof)).await
    };
    // One that cannot prove itself uses up nothing of the one it names.
    let stranger = Party { id: site.bank.id.clone(), ..site.rival.clone() };
    assert_eq!(ask(&stranger).await.error(), "invalid_client");
    let left =
        std::iter::repeat_with(|| site.identity.0.per_client.admit(&site.bank.id, site.now()));
    let left = left.take_while(Result::is_ok).count();
    assert_eq!(left, usize::try_from(rules::CLIENT_BURST).unwrap());
    let refused = ask(&site.bank).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (429, "slow_down"));
    assert_ne!(ask(&site.rival).await.status, 429);
}

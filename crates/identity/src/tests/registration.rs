//! Clients that a creator registers and another person approves.

use super::site::{Party, Reply, Site, each};
use crate::{
    model::{Client, ClientRole, Progress},
    ops,
};
use http::StatusCode;
use kernel::{Id, Problem};
use serde_json::{Value as Json, json};
use wire::b64;

async fn role(site: &Site, person: &Id, role: ClientRole, of: &str) {
    let (ctx, person, of) = (site.system(), person.clone(), of.to_owned());
    site.db
        .write(move |tx| ops::set_client_role(tx, &ctx, &person, role, Some(&of)))
        .await
        .unwrap();
}

/// Chan creates for the parks department, Wong approves.
async fn two(site: &Site) -> (String, String) {
    role(site, &site.chan, ClientRole::Creator, "parks").await;
    role(site, &site.wong, ClientRole::Approver, "dpo").await;
    (site.signed_in("chan-mei-ling").await, site.signed_in("wong-ka-ho").await)
}

const FORM: [(&str, &str); 7] = [
    ("client_id", "parks-booking"),
    ("name_en", "Park bookings"),
    ("name_tc", "公園預訂"),
    ("name_sc", "公园预订"),
    ("auth", "secret"),
    ("tokens", "opaque"),
    ("scopes", "api:tax-office:read"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = FORM.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

async fn newest(site: &Site) -> Id {
    let ctx = site.as_person(&site.wong);
    let all = site.db.read(move |tx| ops::registrations(tx, &ctx)).await.unwrap();
    all[0].id.clone()
}

async fn press(site: &Site, session: &str, id: &Id, what: &str) -> Reply {
    site.form(&format!("/my/clients/{id}/{what}"), session, &[]).await
}

async fn token(site: &Site, secret: &str) -> StatusCode {
    let basic = b64::standard(format!("parks-booking:{secret}"));
    let request = http::Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Basic {basic}"));
    let body = "grant_type=client_credentials&scope=api%3Atax-office%3Aread";
    site.send(request.body(body.into()).unwrap()).await.status
}

/// The one text on a page that looks like a secret.
fn secret_on(page: &Reply, prefix: &str) -> String {
    assert_eq!(
        (page.status, page.header("cache-control")),
        (StatusCode::OK, "no-store"),
        "{}",
        page.text
    );
    let at = page.text.find(&format!(">{prefix}_")).unwrap() + 1;
    page.text[at..].split('<').next().unwrap().to_owned()
}

const HOOK: &str = "https://parks.example/hooks";

/// The operator gives the client what no form shows.
async fn hooked(site: &Site) {
    let ctx = site.system();
    let set = site.db.write(move |tx| {
        let client = ops::client(tx, "parks-booking")?.unwrap();
        let client = Client { webhook: Some(HOOK.to_owned()), ..client };
        ops::register_client(tx, &ctx, &client, false)
    });
    set.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creator_registers_a_client_and_it_counts_once_another_person_approved_it() {
    for site in each().await {
        let (creator, approver) = two(&site).await;
        let sent = site.form("/my/clients/new", &creator, &FORM).await;
        assert_eq!(sent.location(), "/my/clients?done=asked");
        let id = newest(&site).await;
        let known = site.db.read(|tx| ops::client(tx, "parks-booking")).await.unwrap();
        assert!(known.is_none(), "nothing counts before the second person");
        assert_eq!(press(&site, &creator, &id, "secret").await.status, StatusCode::NOT_FOUND);
        assert_eq!(press(&site, &creator, &id, "approve").await.status, StatusCode::FORBIDDEN);

        assert_eq!(
            press(&site, &approver, &id, "approve").await.location(),
            "/my/clients?done=approve"
        );
        let again = press(&site, &approver, &id, "approve").await;
        assert_eq!(again.status, StatusCode::CONFLICT, "decided once");
        let page = press(&site, &creator, &id, "secret").await;
        let secret = secret_on(&page, "cs");
        assert_eq!(token(&site, &secret).await, StatusCode::OK);
        for session in [&creator, &approver] {
            assert!(!site.get("/my/clients", session).await.text.contains(&secret), "seen once");
        }
        let second = secret_on(&press(&site, &creator, &id, "secret").await, "cs");
        assert_ne!(second, secret);

        // Either stops it at once; only the approver lets it go on.
        assert_eq!(
            press(&site, &creator, &id, "suspend").await.location(),
            "/my/clients?done=suspend"
        );
        assert_eq!(token(&site, &second).await, StatusCode::UNAUTHORIZED);
        assert_eq!(press(&site, &creator, &id, "resume").await.status, StatusCode::FORBIDDEN);
        assert_eq!(
            press(&site, &approver, &id, "resume").await.location(),
            "/my/clients?done=resume"
        );
        assert_eq!(token(&site, &second).await, StatusCode::OK);

        // A change waits likewise, and until then all stays. What the form does not show stays for good.
        hooked(&site).await;
        let page = site.get("/my/clients", &creator).await.text;
        assert!(page.contains("/my/clients/new?change=parks-booking"), "{page}");
        let page = site.get("/my/clients/new?change=parks-booking", &creator).await.text;
        assert!(page.contains("value=\"parks-booking\""), "{page}");
        let change = with(&[("scopes", "api:other-office")]);
        assert_eq!(
            site.form("/my/clients/new", &creator, &change).await.location(),
            "/my/clients?done=asked"
        );
        assert_eq!(token(&site, &second).await, StatusCode::OK);
        let change = newest(&site).await;
        assert_eq!(
            press(&site, &approver, &change, "approve").await.location(),
            "/my/clients?done=approve"
        );
        assert_eq!(token(&site, &second).await, StatusCode::BAD_REQUEST, "the scope is gone");
        let now = site.db.read(|tx| ops::client(tx, "parks-booking")).await.unwrap().unwrap();
        assert_eq!(now.webhook.as_deref(), Some(HOOK));
        let logged = site
            .db
            .read(|tx| {
                const KINDS: store::Sql =
                    store::Sql::both("select kind from evidence_entry order by seq");
                Ok::<_, Problem>(
                    tx.query(KINDS, &[])?
                        .iter()
                        .map(|row| row.text(0).unwrap().to_owned())
                        .collect::<Vec<_>>(),
                )
            })
            .await
            .unwrap();
        for kind in [
            "client-role",
            "client-asked",
            "client-approved",
            "client-secret",
            "client-suspended",
            "client-resumed",
        ] {
            assert!(logged.iter().any(|one| one == kind), "{kind} is in {logged:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_what_they_registered_even_with_both_roles() {
    for site in each().await {
        let (creator, approver) = two(&site).await;
        role(&site, &site.chan, ClientRole::Approver, "dpo").await;
        site.form("/my/clients/new", &creator, &FORM).await;
        let id = newest(&site).await;
        let refused = press(&site, &creator, &id, "approve").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text.contains("another person must decide"), "{}", refused.text);
        let bare =
            site.form(&format!("/my/clients/{id}/refuse"), &approver, &[("reason", " ")]).await;
        assert_eq!(bare.status, StatusCode::BAD_REQUEST, "a no says why");
        let no = site
            .form(&format!("/my/clients/{id}/refuse"), &approver, &[("reason", "Too much")])
            .await;
        assert_eq!(no.location(), "/my/clients?done=refuse");
        assert!(site.get("/my/clients", &creator).await.text.contains("Too much"));
        assert_eq!(press(&site, &approver, &id, "approve").await.status, StatusCode::CONFLICT);
        // Nobody gives a role to themselves, and without one there is nothing to see.
        let (ctx, admin) = (
            site.ctx(kernel::Actor::Officer {
                id: site.wong.clone(),
                session: Id::from("ses_test"),
                department: "dpo".to_owned(),
                role: kernel::Role::Admin,
            }),
            site.wong.clone(),
        );
        let own = site
            .db
            .write(move |tx| ops::set_client_role(tx, &ctx, &admin, ClientRole::Creator, Some("x")))
            .await;
        assert_eq!(own.unwrap_err().code, "client-role-to-self");
        let nobody = site.signed_in("lee-admin").await;
        for path in ["/my/clients", "/my/clients/new"] {
            assert_eq!(site.get(path, &nobody).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(
            site.form("/my/clients/new", &nobody, &FORM).await.status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            site.form("/my/clients/token", &nobody, &[]).await.status,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creator_touches_only_what_is_their_organisations() {
    for site in each().await {
        let (creator, approver) = two(&site).await;
        site.form("/my/clients/new", &creator, &FORM).await;
        let id = newest(&site).await;
        press(&site, &approver, &id, "approve").await;
        let (ctx, person) = (
            site.system(),
            site.db.read(|tx| ops::person_by_handle(tx, "lee-admin")).await.unwrap().unwrap().id,
        );
        site.db
            .write(move |tx| {
                ops::set_client_role(tx, &ctx, &person, ClientRole::Creator, Some("tax"))
            })
            .await
            .unwrap();
        let other = site.signed_in("lee-admin").await;
        for what in ["secret", "suspend", "withdraw"] {
            assert_eq!(
                press(&site, &other, &id, what).await.status,
                StatusCode::NOT_FOUND,
                "{what}"
            );
        }
        assert!(!site.get("/my/clients", &other).await.text.contains("Park bookings"));
        for taken in ["parks-booking", "harbour-bank"] {
            let sent = site.form("/my/clients/new", &other, &with(&[("client_id", taken)])).await;
            assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(sent.text.contains("already waits for approval"), "{taken}");
        }
        // Withdrawn, it is no longer there to decide on.
        site.form("/my/clients/new", &creator, &with(&[("client_id", "parks-two")])).await;
        let id = newest(&site).await;
        assert_eq!(
            press(&site, &creator, &id, "withdraw").await.location(),
            "/my/clients?done=withdraw"
        );
        assert_eq!(press(&site, &approver, &id, "approve").await.status, StatusCode::CONFLICT);
        assert_eq!(Progress::parse("withdrawn"), Some(Progress::Withdrawn));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_mistake_comes_back_with_it_named() {
    let site = Site::sqlite().await;
    let (creator, _) = two(&site).await;
    for (field, value, said) in [
        ("client_id", "park bookings", "client_id"),
        ("name_tc", "", "#name"),
        ("redirect_uris", "http://parks.example/back", "#redirect_uris"),
        ("jwks_uri", "https://169.254.169.254/keys", "#jwks_uri"),
        ("jwks_uri", "https://10.0.0.1/keys", "#jwks_uri"),
        ("jwks_uri", "https://keys.internal/", "#jwks_uri"),
        ("auth", "key", "#jwks"),
        ("scopes", "records", "#redirect_uris"),
    ] {
        let page = site.form("/my/clients/new", &creator, &with(&[(field, value)])).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        let page = scraper::Html::parse_document(&page.text);
        let links = scraper::Selector::parse(".govuk-error-summary a").unwrap();
        let links: Vec<_> = page.select(&links).filter_map(|one| one.attr("href")).collect();
        assert!(links.iter().any(|link| link.ends_with(said)), "{field}={value}: {links:?}");
    }
}

async fn register(site: &Site, token: &str, body: &Json) -> Reply {
    let request = http::Request::post("/oauth/register")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"));
    site.send(request.body(body.to_string().into()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creators_program_registers_by_its_token_and_another_person_still_decides() {
    for site in each().await {
        let (creator, approver) = two(&site).await;
        let held = secret_on(&site.form("/my/clients/token", &creator, &[]).await, "crt");
        let (party, jwks) = Party::new("x", false);
        let body = json!({"client_name": "Parks", "scope": "api:tax-office", "jwks": jwks});
        let made = register(&site, &held, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        assert_eq!(made["registration_state"], json!("waiting"));
        let party = Party { id: made["client_id"].as_str().unwrap().to_owned(), ..party };
        let pairs = [("grant_type", "client_credentials"), ("scope", "api:tax-office")];
        assert_eq!(site.call(&party, "/oauth/token", &pairs, None).await.error(), "invalid_client");
        press(&site, &approver, &Id::from(made["registration"].as_str().unwrap()), "approve").await;
        assert_eq!(site.call(&party, "/oauth/token", &pairs, None).await.status, StatusCode::OK);

        let wrong = json!({"client_name": "P", "scope": "records", "redirect_uris": ["http://p.example"], "jwks": body["jwks"]});
        assert_eq!(register(&site, &held, &wrong).await.error(), "invalid_redirect_uri");
        let inside = json!({"client_name": "P", "scope": "api:x", "jwks_uri": "https://127.0.0.1.nip.internal/k"});
        assert_eq!(register(&site, &held, &inside).await.error(), "invalid_client_metadata");
        assert_eq!(register(&site, "crt_guess", &body).await.status, StatusCode::UNAUTHORIZED);
        site.clock.advance(24 * 3600);
        assert_eq!(register(&site, &held, &body).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// Serves a set of keys that can be changed.
async fn publish(keys: std::sync::Arc<std::sync::Mutex<Json>>) -> String {
    let app = axum::Router::new().route(
        "/keys",
        axum::routing::get(move || std::future::ready(axum::Json(keys.lock().unwrap().clone()))),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://127.0.0.1:{}/keys", at.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_key_may_change_at_its_own_address_and_the_old_one_ends() {
    let site = Site::sqlite().await;
    let (creator, approver) = two(&site).await;
    let (old, old_keys) = Party::new("parks-booking", false);
    let (new, new_keys) = Party::new("parks-booking", false);
    let keys = std::sync::Arc::new(std::sync::Mutex::new(old_keys));
    let address = publish(keys.clone()).await;
    let form = with(&[("auth", "key"), ("jwks_uri", &address)]);
    let sent = site.form("/my/clients/new", &creator, &form).await;
    assert_eq!(sent.location(), "/my/clients?done=asked");
    press(&site, &approver, &newest(&site).await, "approve").await;
    let pairs = [("grant_type", "client_credentials"), ("scope", "api:tax-office:read")];
    let works = async |party: &Party| site.call(party, "/oauth/token", &pairs, None).await.status;
    assert_eq!(works(&old).await, StatusCode::OK);
    *keys.lock().unwrap() = new_keys;
    assert_eq!(
        works(&new).await,
        StatusCode::UNAUTHORIZED,
        "a stranger's key has us ask once a minute"
    );
    site.clock.advance(60);
    assert_eq!(works(&new).await, StatusCode::OK);
    assert_eq!(works(&old).await, StatusCode::UNAUTHORIZED);
}

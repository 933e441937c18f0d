use super::site::{CSRF, Site, each};
use crate::rules;
use http::StatusCode;
use kernel::{Actor, Role};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_half_an_hour_idle_and_twelve_hours_in_any_case() {
    for site in each().await {
        let session = site.signed_in("chan-mei-ling").await;
        let known = async || site.identity.visitor(&session).await.unwrap();
        assert!(
            matches!(known().await, Some((Actor::Person { id, .. }, user)) if id == site.chan && !user.officer)
        );
        for _ in 0..23 {
            site.clock.advance(rules::SESSION_IDLE - 1);
            assert!(known().await.is_some(), "used within half an hour");
        }
        site.clock
            .advance(rules::SESSION_LIFE - 23 * (rules::SESSION_IDLE - 1) - rules::SESSION_TOUCH);
        assert!(known().await.is_some());
        site.clock.advance(rules::SESSION_TOUCH);
        assert!(known().await.is_none(), "twelve hours are over");

        let session = site.signed_in("chan-mei-ling").await;
        site.clock.advance(rules::SESSION_IDLE);
        assert!(site.identity.visitor(&session).await.unwrap().is_none(), "idle too long");
        assert!(site.identity.visitor("").await.unwrap().is_none());
        assert!(site.identity.visitor("ses_guess").await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_gives_a_new_session_and_ends_the_old_and_signing_out_ends_it() {
    let site = Site::sqlite().await;
    let first = site.signed_in("chan-mei-ling").await;
    let reply =
        site.form("/sign-in/persona", &first, &[("persona", "lee-admin"), ("next", "/")]).await;
    let second = reply.cookie("session");
    assert_ne!(first, second);
    assert!(
        !reply.cookie("csrf").is_empty() && reply.cookie("csrf") != CSRF,
        "the form token changes too"
    );
    assert!(
        site.identity.visitor(&first).await.unwrap().is_none(),
        "a session planted before is worth nothing"
    );
    let (actor, user) = site.identity.visitor(&second).await.unwrap().unwrap();
    assert!(
        matches!(actor, Actor::Officer { department, role: Role::Admin, .. } if department == "ogcio")
    );
    assert!(user.officer && user.admin);
    assert_eq!(site.form("/sign-out", &second, &[]).await.location(), "/");
    assert!(site.identity.visitor(&second).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_who_leaves_is_signed_out_everywhere() {
    let site = Site::sqlite().await;
    let session = site.signed_in("lee-admin").await;
    let ctx = site.system();
    site.db
        .write(move |tx| {
            let lee = crate::ops::person_by_handle(tx, "lee-admin")?.unwrap();
            crate::ops::stop_officer(tx, &ctx, &lee.id)
        })
        .await
        .unwrap();
    assert!(site.identity.visitor(&session).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_only_within_this_site_and_needs_the_form_token() {
    let site = Site::sqlite().await;
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "/a\r\nset-cookie: x",
    ] {
        let reply = site
            .form("/sign-in/persona", "", &[("persona", "chan-mei-ling"), ("next", next)])
            .await;
        assert_eq!(reply.location(), "/my/data", "{next}");
    }
    let forged = site
        .form("/sign-in/persona", "", &[("csrf", "another"), ("persona", "chan-mei-ling")])
        .await;
    assert_eq!(forged.status, StatusCode::SEE_OTHER, "the first token counts");
    let request = http::Request::post("/sign-in/persona")
        .header("content-type", "application/x-www-form-urlencoded");
    let reply = site.send(request.body("persona=chan-mei-ling".into()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(
        site.form("/sign-in/persona", "", &[("persona", "nobody")]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_installation_has_no_route_to_sign_in_by_a_press() {
    let site = Site::sqlite().await;
    let (_, real) = crate::routes(&site.identity).finish();
    assert!(real.iter().all(|route| !route.path.contains("persona")));
    let (_, demo) = crate::demo_routes(&site.identity).finish();
    assert_eq!(demo.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_page_speaks_three_languages() {
    let site = Site::sqlite().await;
    for locale in kernel::Locale::ALL {
        let title = web::text(locale, "sign-in-title", &[]);
        assert!(!title.is_empty() && title != "sign-in-title", "{locale}");
    }
    let page = site.get("/sign-in", "").await.text;
    let document = scraper::Html::parse_document(&page);
    let find = |css: &str| document.select(&scraper::Selector::parse(css).unwrap()).count();
    assert_eq!(
        (find("h1"), find("form[data-passkey=get]"), find("button[name=persona]")),
        (1, 1, 3)
    );
    assert_eq!(find("form"), find("form input[name=csrf]"), "every form carries the token");
    assert_eq!(find("[onclick], [style]") + find("main script"), 0, "nothing inline");
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_forgets_what_is_over_and_nothing_else() {
    for site in each().await {
        let live = site.signed_in("chan-mei-ling").await;
        let (code, _) = site.code(&site.bank).await;
        let given = site.redeem(&site.bank, &code).await.json();
        let rows = async || {
            const ROWS: store::Sql = store::Sql::both(
                "select (select count(*) from session) + (select count(*) from code) + (select count(*) from interaction)
                    + (select count(*) from access_token) + (select count(*) from spent) + (select count(*) from refresh_token)",
            );
            site.db.read::<_, store::Error>(|tx| tx.query(ROWS, &[])?[0].int(0)).await.unwrap()
        };
        let before = rows().await;
        site.identity.sweep().await;
        assert_eq!(rows().await, before);
        let (ctx, now) = (site.system(), site.now().as_second());
        site.db
            .write(move |tx| {
                (0..1200).try_for_each(|i| crate::ops::spend(tx, &ctx.trace, &i.to_string(), now))
            })
            .await
            .unwrap();
        assert!(site.identity.visitor(&live).await.unwrap().is_some());
        site.clock.advance(8 * 24 * 3600);
        site.identity.sweep().await;
        assert_eq!(rows().await, 1, "only the refresh token is left, whatever there was to forget");
        assert_eq!(
            site.refresh(&site.bank, given["refresh_token"].as_str().unwrap()).await.status,
            StatusCode::OK
        );
    }
}

use super::visit;
use crate::{
    Brand, Routes, Security, Visit, assets_routes, pages_routes, render_problems, security_headers,
};
use axum::{Router, body::Body, extract::Request, middleware};
use http::{HeaderMap, StatusCode, header};
use kernel::Locale;
use scraper::{Html, Selector};
use tower::ServiceExt;

fn app(locale: Locale, signed_in: bool, https: bool) -> Router {
    let (router, _) = Routes::new().merge(assets_routes()).merge(pages_routes()).finish();
    router
        .layer(middleware::from_fn(move |request, next: middleware::Next| {
            security_headers(Security { https }, request, |request| {
                render_problems(request, |request| next.run(request))
            })
        }))
        .layer(axum::Extension(visit(locale, signed_in)))
}

async fn get(app: Router, path: &str, accept: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

fn count(page: &Html, selector: &str) -> usize {
    page.select(&Selector::parse(selector).unwrap()).count()
}

#[tokio::test]
async fn every_page_has_one_heading_one_main_and_says_its_language() {
    for locale in Locale::ALL {
        for signed_in in [false, true] {
            for path in ["/about", "/accessibility", "/nowhere"] {
                let (_, _, text) = get(app(locale, signed_in, false), path, "text/html").await;
                super::gallery::write(
                    &format!(
                        "{}-{}{}.html",
                        path.trim_start_matches('/'),
                        locale.code(),
                        if signed_in { "-in" } else { "" }
                    ),
                    &text,
                );
                let page = Html::parse_document(&text);
                assert_eq!(count(&page, "h1"), 1, "{path}");
                assert_eq!(count(&page, "main#main-content"), 1, "{path}");
                assert_eq!(count(&page, &format!("html[lang={}]", locale.tag())), 1, "{path}");
                assert_eq!(count(&page, "a.govuk-skip-link[href='#main-content']"), 1);
                for other in Locale::ALL {
                    assert_eq!(
                        count(&page, &format!(".praya-languages [lang={}]", other.tag())),
                        1
                    );
                }
                assert_eq!(
                    count(&page, "script:not([src]), style, [style], [onclick]"),
                    0,
                    "nothing inline, or the policy would stop it"
                );
                assert!(
                    !text.contains("shell-") && !text.contains(">part-"),
                    "a text is missing in {path}: {text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_demo_says_on_every_page_that_all_is_made_up() {
    for path in ["/about", "/nowhere"] {
        let (_, _, text) = get(app(Locale::Tc, false, false), path, "text/html").await;
        assert!(text.contains("所有人物及紀錄均屬虛構"));
    }
    let mut real = visit(Locale::En, false);
    real.brand = std::sync::Arc::new(Brand { demo: false, ..(*real.brand).clone() });
    let text = crate::shell::ProblemPage::render(
        &real,
        &kernel::Problem::new(404, "not-found"),
        "x".into(),
        "y".into(),
    );
    assert!(!text.contains("made up") && !text.contains("demonstration"));
}

#[tokio::test]
async fn the_language_switch_keeps_the_rest_of_the_address() {
    let visit =
        Visit { here: "/my/data?page=2&lang=en&from=a%26b".into(), ..visit(Locale::En, true) };
    assert_eq!(
        visit.shell("shell-home").in_language(&Locale::Sc),
        "/my/data?page=2&from=a%26b&lang=sc"
    );
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_a_problem_for_programs() {
    let (status, _, text) = get(app(Locale::En, false, false), "/nowhere", "text/html,*/*").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.contains("There is no such page"));
    let (status, headers, text) =
        get(app(Locale::Sc, false, false), "/nowhere", "application/json").await;
    assert_eq!(
        (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::NOT_FOUND, "application/problem+json")
    );
    let problem: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (problem["code"].as_str(), problem["type"].as_str(), problem["title"].as_str()),
        (Some("not-found"), Some("/problems/not-found"), Some("找不到这个网页"))
    );
}

#[tokio::test]
async fn a_wrong_method_is_a_problem() {
    let request =
        Request::post("/about").header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    let response = app(Locale::En, false, false).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(response.headers().contains_key(header::ALLOW));
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    for (path, status) in [("/about", 200), ("/nowhere", 404)] {
        let (got, headers, _) = get(app(Locale::En, false, false), path, "text/html").await;
        assert_eq!(got.as_u16(), status);
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert!(
            !headers.contains_key(header::STRICT_TRANSPORT_SECURITY),
            "plain http must not promise https"
        );
    }
    let (_, headers, _) = get(app(Locale::En, false, true), "/about", "text/html").await;
    assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn pages_that_lead_to_the_bank_do_not_limit_where_forms_lead() {
    for (path, limited) in
        [("/oauth/consent", false), ("/sign-in", false), ("/oauthx", true), ("/my/data", true)]
    {
        let (_, headers, _) = get(app(Locale::En, false, false), path, "text/html").await;
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("form-action"),
            limited,
            "{path}"
        );
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_an_address_of_their_content() {
    let style = crate::assets::address("praya.css");
    let (status, headers, text) = get(app(Locale::En, false, false), &style, "*/*").await;
    assert_eq!(
        (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    for theirs in ["@font-face", "GDS Transport", "crest", "sourceMappingURL"] {
        assert!(!text.contains(theirs), "{theirs}");
    }
    let request = Request::get(&style)
        .header(header::IF_NONE_MATCH, &headers[header::ETAG])
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        app(Locale::En, false, false).oneshot(request).await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    let request = Request::get(&style)
        .header(header::ACCEPT_ENCODING, "br, gzip;q=0.8")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        app(Locale::En, false, false).oneshot(request).await.unwrap().headers()
            [header::CONTENT_ENCODING],
        "gzip"
    );
    for gone in ["/assets/0000000000000000/praya.css", &style.replace("praya.css", "other.css")] {
        assert_eq!(get(app(Locale::En, false, false), gone, "*/*").await.0, StatusCode::NOT_FOUND);
    }
    for name in ["praya.js", "start.js", "govuk-frontend.js"] {
        let (status, headers, _) =
            get(app(Locale::En, false, false), &crate::assets::address(name), "*/*").await;
        assert_eq!(
            (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
            (StatusCode::OK, "text/javascript; charset=utf-8")
        );
    }
}

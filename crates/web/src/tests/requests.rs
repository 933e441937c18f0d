//! What is read of a request: cookies, language, forms.

use super::visit;
use crate::{
    Form, Routes, Visit,
    cookies::{Cookie, Cookies, csrf, new_csrf, same},
    lang_of, locale_of, render_problems,
};
use axum::{Extension, body::Body, extract::Request, middleware, routing::post};
use http::{HeaderMap, StatusCode, header};
use kernel::Locale;
use tower::ServiceExt;

fn with(name: header::HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, value.parse().unwrap())])
}

fn accepting(value: &str) -> Locale {
    locale_of(&with(header::ACCEPT_LANGUAGE, value), None, None)
}

#[test]
fn the_language_asked_for_wins_over_the_one_remembered_and_the_browsers() {
    let browser = with(header::ACCEPT_LANGUAGE, "zh-CN");
    assert_eq!(locale_of(&browser, Some("a=b&lang=tc"), Some("en")), Locale::Tc);
    assert_eq!(locale_of(&browser, Some("lang=xx"), Some("en")), Locale::En);
    assert_eq!(locale_of(&browser, Some("slang=tc"), None), Locale::Sc);
    assert_eq!(locale_of(&HeaderMap::new(), None, Some("nonsense")), Locale::En);
    assert_eq!(
        (lang_of(Some("lang=sc")), lang_of(Some("q=1")), lang_of(None)),
        (Some(Locale::Sc), None, None)
    );
}

#[test]
fn the_browsers_languages_are_weighed() {
    assert_eq!(accepting("fr-CH, fr;q=0.9, en;q=0.8, zh-HK;q=0.7, *;q=0.5"), Locale::En);
    assert_eq!(accepting("en;q=0.3, zh-Hans;q=0.85, zh-HK;q=0.9"), Locale::Tc);
    assert_eq!(accepting("zh-SG, en"), Locale::Sc);
    assert_eq!(accepting("zh-TW;q=0, en;q=0.001"), Locale::En);
    assert_eq!(accepting("zh-CN;q=high, en-GB;q=0.5"), Locale::En);
    assert_eq!(accepting("de"), Locale::En);
}

#[test]
fn cookies_are_bound_to_host_and_instance() {
    let (secure, plain) = (Cookies::new("a1", true), Cookies::new("b2", false));
    let set = secure.set(Cookie::Session, "abc-._~9", Some(60));
    assert_eq!(
        set,
        "__Host-praya-a1-session=abc-._~9; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
    );
    assert_eq!(
        plain.set(Cookie::Lang, "tc", None),
        "praya-b2-lang=tc; Path=/; HttpOnly; SameSite=Lax"
    );
    assert_eq!(
        secure.clear(Cookie::Session),
        "__Host-praya-a1-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
    );
    let mut headers =
        with(header::COOKIE, "x=1; praya-b2-session=other; __Host-praya-a1-session=mine");
    headers.append(header::COOKIE, "__Host-praya-a1-lang=sc".parse().unwrap());
    assert_eq!(secure.read(&headers, Cookie::Session), Some("mine"));
    assert_eq!(secure.read(&headers, Cookie::Lang), Some("sc"));
    assert_eq!(Cookies::new("c3", false).read(&headers, Cookie::Session), None);
}

#[test]
fn a_value_cannot_add_to_its_cookie() {
    for hostile in ["a; Domain=evil", "a\r\nSet-Cookie: b=c", "ü"] {
        assert_eq!(
            Cookies::new("a1", true).set(Cookie::Lang, hostile, None),
            Cookies::new("a1", true).clear(Cookie::Lang)
        );
    }
}

#[test]
fn a_form_token_is_128_random_bits_and_nothing_else_is_read_as_one() {
    let cookies = Cookies::new("a1", false);
    let visit = visit(Locale::En, false);
    let (one, two) = (new_csrf(&visit.ctx), new_csrf(&visit.ctx));
    assert_ne!(one, two);
    assert_eq!(
        csrf(&cookies, &with(header::COOKIE, &format!("praya-a1-csrf={one}"))),
        Some(one.as_str())
    );
    for wrong in ["", "short", &"g".repeat(32), &format!("{one}0")] {
        assert_eq!(csrf(&cookies, &with(header::COOKIE, &format!("praya-a1-csrf={wrong}"))), None);
    }
    assert!(same(&one, &one) && !same(&one, &two) && !same(&one, &one[1..]));
}

#[derive(serde::Deserialize)]
struct Posted {
    answer: String,
    #[serde(default)]
    fields: Vec<String>,
    page: Option<u32>,
}

async fn post_form(csrf: &str, body: &str) -> (StatusCode, String) {
    async fn handler(Form(form): Form<Posted>) -> String {
        format!(
            "{} {}{}",
            form.answer,
            form.fields.join("+"),
            form.page.map(|page| page.to_string()).unwrap_or_default()
        )
    }
    let (router, _) =
        Routes::new().route("POST", "/answer", crate::Audience::Public, post(handler)).finish();
    let visit = Visit { csrf: csrf.to_owned(), ..visit(Locale::En, true) };
    let app = router
        .layer(middleware::from_fn(|request, next: middleware::Next| {
            render_problems(request, |request| next.run(request))
        }))
        .layer(Extension(visit));
    let request = Request::post("/answer")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_form_without_this_browsers_token_changes_nothing() {
    let token = "0123456789abcdef0123456789abcdef";
    assert_eq!(
        post_form(token, &format!("csrf={token}&answer=yes&fields=a&fields=b")).await,
        (StatusCode::OK, "yes a+b".to_owned())
    );
    for body in
        ["answer=yes", "csrf=&answer=yes", "csrf=0123456789abcdef0123456789abcdee&answer=yes"]
    {
        let (status, text) = post_form(token, body).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(text.contains("\"form-token\""), "{text}");
    }
    // A browser without a token cannot pass with an empty one.
    assert_eq!(post_form("", "csrf=&answer=yes").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_single_ticked_box_is_a_list_of_one() {
    let token = "0123456789abcdef0123456789abcdef";
    assert_eq!(
        post_form(token, &format!("csrf={token}&answer=yes&fields=a")).await,
        (StatusCode::OK, "yes a".to_owned())
    );
    assert_eq!(post_form(token, &format!("csrf={token}&answer=yes&page=")).await.1, "yes ");
    assert_eq!(post_form(token, &format!("csrf={token}&answer=yes&page=7")).await.1, "yes 7");
    assert_eq!(
        post_form(token, &format!("csrf={token}&answer=yes&answer=no")).await.0,
        StatusCode::BAD_REQUEST
    );
    let (status, text) = post_form(token, &format!("csrf={token}")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("form-unreadable"));
}

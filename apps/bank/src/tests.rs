//! The site as a browser meets it, with nobody at the issuer's address.

use super::{Application, Ask, Shell};
use crate::{
    Settings,
    receipt::Place,
    router,
    session::{Grant, Trouble},
    show::{Answer, Checks, Said, View},
    words::Lang,
};
use askama::Template as _;
use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

/// The keys are those of RFC 7518 appendix C and RFC 7515 appendix A.3.
pub(crate) fn settings(issuer: &str) -> Settings {
    let signing = serde_json::json!({
        "kty": "EC", "crv": "P-256", "kid": "s",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    });
    let encryption = serde_json::json!({
        "kty": "EC", "crv": "P-256", "kid": "e",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"
    });
    Settings {
        base_url: "http://localhost:1".parse().unwrap(),
        issuer: issuer.parse().unwrap(),
        client_id: "harbour-bank".to_owned(),
        signing_jwk: signing,
        encryption_jwk: encryption,
        // The example of C2SP signed-note.
        log_vkey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".to_owned(),
        ca_pem: None,
    }
}

/// A settled bank. Port 9 discards: nothing answers there.
fn bank() -> Router {
    router(settings("http://127.0.0.1:9"))
}

struct Seen {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

async fn ask(bank: &Router, request: Request<Body>) -> Seen {
    let response = bank.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Seen {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, cookie: &str, form: &str) -> Request<Body> {
    let request = Request::post(path).header(header::COOKIE, cookie);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(form.to_owned())).unwrap()
}

/// A visit's cookie and its form token.
async fn visit(bank: &Router) -> (String, String) {
    let seen = ask(bank, get("/")).await;
    let cookie = seen.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let (_, rest) = seen.body.split_once("name=\"csrf\" value=\"").unwrap();
    (cookie.split(';').next().unwrap().to_owned(), rest.split('"').next().unwrap().to_owned())
}

#[tokio::test]
async fn the_home_page_speaks_three_languages_without_praya_and_without_inline_code() {
    let bank = bank();
    for (code, tag, title) in [
        ("en", "en", "A business loan, without the paper"),
        ("tc", "zh-Hant", "商業貸款，免交文件"),
        ("sc", "zh-Hans", "商业贷款，免交文件"),
    ] {
        let seen = ask(&bank, get(&format!("/?lang={code}"))).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.body.contains(&format!("<html lang=\"{tag}\"")) && seen.body.contains(title));
        assert!(
            !["<script", "<style", " style=", " onclick="]
                .iter()
                .any(|text| seen.body.contains(text))
        );
        let policy = seen.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let cookies = seen.headers.get_all(header::SET_COOKIE).iter();
        assert!(
            cookies
                .map(|value| value.to_str().unwrap())
                .any(|text| text.starts_with(&format!("harbour1_lang={code};")))
        );
    }
}

#[tokio::test]
async fn a_form_without_its_token_does_nothing() {
    let bank = bank();
    let (cookie, token) = visit(&bank).await;
    for path in ["/apply", "/application/fetch", "/application/refresh", "/application/revoke"] {
        let seen = ask(&bank, post(path, &cookie, "csrf=x&amount=500000&reason=shop")).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path}");
        let stolen = ask(&bank, post(path, "harbour1_visit=y", &format!("csrf={token}"))).await;
        assert_eq!(stolen.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_amount_is_said_beside_the_field_and_what_was_typed_is_kept_and_escaped() {
    let bank = bank();
    let (cookie, token) = visit(&bank).await;
    let form = format!("csrf={token}&amount=5&reason=%3Cb%3Eshop");
    let seen = ask(&bank, post("/apply", &cookie, &form)).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(seen.body.contains("aria-invalid=\"true\"") && seen.body.contains("<title>Error: "));
    assert!(seen.body.contains("shop") && !seen.body.contains("<b>shop"));
}

#[tokio::test]
async fn where_praya_does_not_answer_the_bank_says_so() {
    let bank = bank();
    let (cookie, token) = visit(&bank).await;
    let form = format!("csrf={token}&amount=500,000&reason=shop");
    let seen = ask(&bank, post("/apply", &cookie, &form)).await;
    assert_eq!(seen.status, StatusCode::BAD_GATEWAY);
    assert!(seen.body.contains("Praya is not answering"));
}

#[tokio::test]
async fn an_answer_to_nothing_we_asked_is_not_used() {
    let bank = bank();
    let (cookie, _) = visit(&bank).await;
    let path = "/callback?code=c&state=s&iss=http%3A%2F%2F127.0.0.1%3A9";
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    assert_eq!(ask(&bank, request).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ask(&bank, get("/application/answer.jws")).await.status, StatusCode::NOT_FOUND);
}

/// Three registers' answer whose contents are not the logged ones.
pub(crate) fn answer() -> Answer {
    let claims = serde_json::json!({
        "subject": {"kind": "company", "name": {"en": "Lucky Star Trading Ltd", "tc": "福星貿易有限公司", "sc": "福星贸易有限公司"}},
        "delete_by": "2027-02-21",
        "registers": [
            {"register": "charges", "department": "cr", "status": "ok", "as_of": "2026-11-22", "rows": [
                {"holder": "Peak & <Co>", "amount": 250_000_000, "satisfied": false},
                {"holder": "Tram Finance", "amount": 5_000_050, "satisfied": true}]},
            {"register": "vehicles", "department": "td", "status": "none", "as_of": "2026-11-22T16:30:00Z", "rows": []},
            {"register": "tax", "department": "ird", "status": "unavailable", "rows": [], "note": "timeout"}]
    });
    let registers = serde_json::json!([{
        "id": "charges", "name": {"en": "Charges", "tc": "押記", "sc": "押记"},
        "department_name": {"en": "Companies Registry", "tc": "公司註冊處", "sc": "公司注册处"},
        "fields": [
            {"id": "holder", "name": {"en": "Held by", "tc": "持有人", "sc": "持有人"}, "type": "text"},
            {"id": "amount", "name": {"en": "Amount", "tc": "金額", "sc": "金额"}, "type": "money"},
            {"id": "satisfied", "name": {"en": "Satisfied", "tc": "已清償", "sc": "已清偿"}, "type": "boolean"}]
    }]);
    let checks = Checks {
        place: Ok(Place { index: 1233, size: 1240 }),
        contents: Err("the logged record is about other contents"),
        log: "log.test".to_owned(),
        digest: "d".repeat(43),
    };
    let fetched = "2026-11-23T05:00:00Z".parse().unwrap();
    Answer { jws: String::new(), claims, checks, registers, fetched }
}

fn answered(lang: Lang) -> Application {
    let trouble = Trouble {
        status: 429,
        retry_after: Some(60),
        ..Trouble::ours("frequency-exceeded", "Five of five today.")
    };
    let ask = Ask { lang, visit: None };
    Application {
        shell: Shell::new(&ask, lang.words().app_title, "/application"),
        csrf: "t".to_owned(),
        loan: Some(("HK$500,000".to_owned(), "a second shop".to_owned())),
        grant: Grant {
            access: "at_secret".to_owned(),
            refresh: None,
            consent: "con_1".to_owned(),
            ended: false,
        },
        view: Some(View::new(&answer(), lang)),
        trouble: Some(Said::new(&trouble, None, lang)),
        told: None,
        notices: vec![("23 November 2026 13:00".to_owned(), lang.words().event_given.to_owned())],
    }
}

#[test]
fn the_application_shows_each_registers_state_the_money_and_a_proof_that_fails_as_failed() {
    let html = answered(Lang::En).render().unwrap();
    for text in [
        "Lucky Star Trading Ltd",
        "Companies Registry",
        "HK$2,500,000.00",
        "22 November 2026",
        "21 February 2027",
        "The department holds no such record",
        "The department was not answering",
        "Five of five today.",
        "Entry 1,234 of 1,240",
        "The proof does not hold",
        "Peak &#38; &#60;Co&#62;",
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert!(html.contains("<li class=\"fail\">") && !html.contains("at_secret"));
    let chinese = answered(Lang::Tc).render().unwrap();
    assert!(chinese.contains("公司註冊處"));
    assert!(
        chinese.contains("<p lang=\"en\">Five of five today.</p>"),
        "what was said in another language is marked so"
    );
}

//! The bank's pages and forms.

use crate::{
    session::{Bank, Cookie, Grant, Loan, Told, Trouble, Visit, in_language},
    show::{self, Said, View},
    words::{Lang, Words},
};
use askama::Template;
use axum::{
    Form,
    extract::{FromRequestParts, Query, Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use std::{collections::HashMap, convert::Infallible, sync::Arc};

/// Least and most lent, in dollars.
const AMOUNT: std::ops::RangeInclusive<u64> = 10_000..=50_000_000;
/// Longest reason, in characters.
const REASON: usize = 200;

type Fields = HashMap<String, String>;

/// Who asks, in which language.
pub(crate) struct Ask {
    lang: Lang,
    visit: Option<(String, Visit)>,
}

impl FromRequestParts<Arc<Bank>> for Ask {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, bank: &Arc<Bank>) -> Result<Self, Infallible> {
        let lang = bank.language(parts.uri.query(), &parts.headers);
        Ok(Self { lang, visit: bank.visit(&parts.headers) })
    }
}

/// What every page has.
struct Shell {
    w: &'static Words,
    lang: Lang,
    title: &'static str,
    /// Where the language links lead.
    path: &'static str,
    /// Whether there is an application to go back to.
    open: bool,
    languages: [Lang; 3],
}

impl Shell {
    fn new(ask: &Ask, title: &'static str, path: &'static str) -> Self {
        let open = ask.visit.as_ref().is_some_and(|(_, visit)| visit.grant.is_some());
        Self { w: ask.lang.words(), lang: ask.lang, title, path, open, languages: Lang::ALL }
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    shell: Shell,
    csrf: String,
    amount: String,
    reason: String,
    amount_wrong: bool,
    reason_wrong: bool,
    /// Register names and how many fields; empty where Praya did not answer.
    asked: Vec<String>,
}

#[derive(Template)]
#[template(path = "application.html")]
struct Application {
    shell: Shell,
    csrf: String,
    loan: Option<(String, String)>,
    grant: Grant,
    view: Option<View>,
    trouble: Option<Said>,
    told: Option<&'static str>,
    /// When, what.
    notices: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    shell: Shell,
    text: &'static str,
    said: Option<Said>,
    more: Option<&'static str>,
    link: &'static str,
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn message(ask: &Ask, status: StatusCode, (title, text): (&'static str, &'static str)) -> Response {
    let (shell, link) = (Shell::new(ask, title, "/"), ask.lang.words().app_begin);
    page(status, &Message { shell, text, said: None, more: None, link })
}

fn to_application() -> Response {
    Redirect::to("/application").into_response()
}

/// A middleware: the headers of every answer, and the language cookie when a language was chosen.
pub(crate) async fn headers(
    State(bank): State<Arc<Bank>>,
    request: Request,
    next: Next,
) -> Response {
    let chosen = request.uri().query().is_some_and(|query| query.contains("lang="));
    let lang = bank.language(request.uri().query(), request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Browsers apply form-action to where a form's answer redirects: to Praya.
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        bank.settings.issuer.origin().ascii_serialization()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if chosen && let Some(value) = set_cookie(&bank, Cookie::Lang, lang.code()) {
        headers.append(header::SET_COOKIE, value);
    }
    response
}

fn set_cookie(bank: &Bank, cookie: Cookie, value: &str) -> Option<HeaderValue> {
    let name = bank.cookie_name(cookie);
    let secure = if bank.settings.base_url.scheme() == "https" { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../assets/bank.css"))
}

pub(crate) async fn missing(ask: Ask) -> Response {
    let words = ask.lang.words();
    message(&ask, StatusCode::NOT_FOUND, (words.missing_title, words.missing_text))
}

/// `GET /`.
pub(crate) async fn home(State(bank): State<Arc<Bank>>, ask: Ask) -> Response {
    let (csrf, begun) = match &ask.visit {
        Some((_, visit)) => (visit.csrf.clone(), None),
        None => match bank.begin() {
            Ok((id, visit)) => (visit.csrf, Some(id)),
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    };
    let mut response = home_page(&bank, &ask, csrf, &Fields::new(), (false, false)).await;
    if let Some(cookie) = begun.and_then(|id| set_cookie(&bank, Cookie::Visit, &id)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn home_page(
    bank: &Bank,
    ask: &Ask,
    csrf: String,
    sent: &Fields,
    wrong: (bool, bool),
) -> Response {
    let words = ask.lang.words();
    let registers =
        bank.registers().await.ok().as_ref().map(crate::details::asked_of).unwrap_or_default();
    let asked = registers.iter().map(|register| in_language(&register["name"], ask.lang)).collect();
    let text = |name: &str| sent.get(name).cloned().unwrap_or_default();
    let template = Home {
        shell: Shell::new(ask, words.home_title, "/"),
        csrf,
        amount: text("amount"),
        reason: text("reason"),
        amount_wrong: wrong.0,
        reason_wrong: wrong.1,
        asked,
    };
    let status =
        if wrong == (false, false) { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(status, &template)
}

/// The visit that a form belongs to, or the page that says to start again.
fn posted<'a>(ask: &'a Ask, sent: &Fields) -> Result<(&'a str, &'a Visit), Box<Response>> {
    let same = |visit: &Visit| {
        let token = sent.get("csrf").map(String::as_bytes).unwrap_or_default();
        aws_lc_rs::constant_time::verify_slices_are_equal(token, visit.csrf.as_bytes()).is_ok()
    };
    match &ask.visit {
        Some((id, visit)) if same(visit) => Ok((id, visit)),
        _ => {
            let words = ask.lang.words();
            Err(Box::new(message(
                ask,
                StatusCode::FORBIDDEN,
                (words.trouble, words.t_expired_visit),
            )))
        }
    }
}

/// `POST /apply`: the request is pushed and the person sent to Praya.
pub(crate) async fn apply(
    State(bank): State<Arc<Bank>>,
    ask: Ask,
    Form(sent): Form<Fields>,
) -> Response {
    let (id, visit) = match posted(&ask, &sent) {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let amount = sent.get("amount").and_then(|text| amount_of(text));
    let reason = sent.get("reason").map(|text| text.trim()).unwrap_or_default();
    let wrong = (amount.is_none(), reason.is_empty() || reason.chars().count() > REASON);
    let (Some(amount), false) = (amount, wrong.1) else {
        return home_page(&bank, &ask, visit.csrf.clone(), &sent, wrong).await;
    };
    let loan = Loan { amount, purpose: reason.to_owned() };
    match bank.push(&visit.key, ask.lang).await {
        Ok((away, pending)) => {
            bank.change(id, |visit| (visit.loan, visit.pending) = (Some(loan), Some(pending)));
            Redirect::to(&away).into_response()
        }
        Err(trouble) => trouble_page(&ask, &trouble),
    }
}

/// Whole dollars, with or without commas.
fn amount_of(text: &str) -> Option<u64> {
    text.trim().replace(',', "").parse().ok().filter(|amount| AMOUNT.contains(amount))
}

fn trouble_page(ask: &Ask, trouble: &Trouble) -> Response {
    let said = Some(Said::new(trouble, None, ask.lang));
    let words = ask.lang.words();
    let shell = Shell::new(ask, words.trouble, "/");
    let template = Message { shell, text: "", said, more: None, link: words.app_begin };
    page(StatusCode::BAD_GATEWAY, &template)
}

/// `GET /callback`: the person is back.
pub(crate) async fn callback(
    State(bank): State<Arc<Bank>>,
    ask: Ask,
    Query(query): Query<Fields>,
) -> Response {
    let words = ask.lang.words();
    let given = |name: &str| query.get(name).map(String::as_str);
    let begun =
        ask.visit.as_ref().and_then(|(id, visit)| Some((id, visit, visit.pending.clone()?)));
    // Another issuer's answer, or another browser's, is no answer (RFC 9207 §2.4, RFC 6749 §10.12).
    let ours = begun.filter(|(_, _, pending)| {
        given("state") == Some(pending.state.as_str()) && given("iss") == Some(bank.issuer())
    });
    let Some((id, visit, pending)) = ours else {
        return message(&ask, StatusCode::BAD_REQUEST, (words.back_title, words.back_text));
    };
    bank.change(id, |visit| visit.pending = None);
    let code = match (given("code"), given("error")) {
        (Some(code), None) => code,
        (_, Some("access_denied")) => {
            let shell = Shell::new(&ask, words.denied_title, "/");
            let (more, link) = (Some(words.denied_paper), words.denied_again);
            let template = Message { shell, text: words.denied_text, said: None, more, link };
            return page(StatusCode::OK, &template);
        }
        (_, error) => {
            let detail = given("error_description").unwrap_or_default();
            return trouble_page(&ask, &Trouble::ours(error.unwrap_or("misread"), detail));
        }
    };
    match bank.exchange(&visit.key, code, &pending.verifier).await {
        Ok(grant) => {
            bank.change(id, |visit| {
                (visit.grant, visit.answer) = (Some(grant.clone()), None);
            });
            fetch_into(&bank, id, visit, &grant, ask.lang).await;
            to_application()
        }
        Err(trouble) => trouble_page(&ask, &trouble),
    }
}

async fn fetch_into(bank: &Bank, id: &str, visit: &Visit, grant: &Grant, lang: Lang) {
    let outcome = bank.fetch(&visit.key, grant, lang).await;
    bank.change(id, |visit| {
        visit.told = None;
        match outcome {
            Ok(answer) => (visit.answer, visit.trouble) = (Some(answer), None),
            Err(trouble) => visit.trouble = Some(trouble),
        }
    });
}

/// `GET /application`.
pub(crate) async fn application(State(bank): State<Arc<Bank>>, ask: Ask) -> Response {
    let words = ask.lang.words();
    let found = ask.visit.as_ref().and_then(|(_, visit)| Some((visit, visit.grant.clone()?)));
    let Some((visit, grant)) = found else {
        return message(&ask, StatusCode::OK, (words.app_title, words.app_none));
    };
    let notices = bank.notices(&grant.consent);
    let said = |trouble| Said::new(trouble, notices.first(), ask.lang);
    let trouble = visit.trouble.as_ref().map(said);
    let notices = notices.iter().map(|notice| {
        let at = notice.at.map(|at| show::moment(at, ask.lang)).unwrap_or_default();
        (at, show::event(notice, words))
    });
    let template = Application {
        shell: Shell::new(&ask, words.app_title, "/application"),
        csrf: visit.csrf.clone(),
        loan: visit
            .loan
            .as_ref()
            .map(|loan| (format!("HK${}", show::grouped(loan.amount)), loan.purpose.clone())),
        view: visit.answer.as_ref().map(|answer| View::new(answer, ask.lang)),
        trouble,
        told: visit.told.map(|told| match told {
            Told::GivenBack => words.given_back,
            Told::Renewed => words.renewed,
        }),
        notices: notices.collect(),
        grant,
    };
    page(StatusCode::OK, &template)
}

/// What the forms of the application page begin with.
fn granted(ask: &Ask, sent: &Fields) -> Result<(String, Visit, Grant), Box<Response>> {
    let (id, visit) = posted(ask, sent)?;
    match visit.grant.clone().filter(|grant| !grant.ended) {
        Some(grant) => Ok((id.to_owned(), visit.clone(), grant)),
        None => Err(Box::new(to_application())),
    }
}

/// `POST /application/fetch`.
pub(crate) async fn fetch_again(
    State(bank): State<Arc<Bank>>,
    ask: Ask,
    Form(sent): Form<Fields>,
) -> Response {
    match granted(&ask, &sent) {
        Ok((id, visit, grant)) => {
            fetch_into(&bank, &id, &visit, &grant, ask.lang).await;
            to_application()
        }
        Err(response) => *response,
    }
}

/// `POST /application/refresh`.
pub(crate) async fn refresh(
    State(bank): State<Arc<Bank>>,
    ask: Ask,
    Form(sent): Form<Fields>,
) -> Response {
    let (id, visit, grant) = match granted(&ask, &sent) {
        Ok(granted) => granted,
        Err(response) => return *response,
    };
    let outcome = bank.renew(&visit.key, &grant).await;
    bank.change(&id, |visit| match outcome {
        Ok(grant) => {
            (visit.grant, visit.trouble, visit.told) = (Some(grant), None, Some(Told::Renewed));
        }
        Err(trouble) => (visit.trouble, visit.told) = (Some(trouble), None),
    });
    to_application()
}

/// `POST /application/revoke`: the tokens, the consent, and what was held.
pub(crate) async fn revoke(
    State(bank): State<Arc<Bank>>,
    ask: Ask,
    Form(sent): Form<Fields>,
) -> Response {
    let (id, _, grant) = match granted(&ask, &sent) {
        Ok(granted) => granted,
        Err(response) => return *response,
    };
    let outcome = bank.give_back(&grant).await;
    bank.change(&id, |visit| match outcome {
        Ok(()) => {
            visit.grant =
                Some(Grant { ended: true, access: String::new(), refresh: None, ..grant });
            (visit.answer, visit.trouble, visit.told) = (None, None, Some(Told::GivenBack));
        }
        Err(trouble) => (visit.trouble, visit.told) = (Some(trouble), None),
    });
    to_application()
}

/// `GET /application/answer.jws`: the answer as the government signed it, for `praya verify` or any other tool.
pub(crate) async fn download(ask: Ask) -> Response {
    let Some(answer) = ask.visit.as_ref().and_then(|(_, visit)| visit.answer.as_ref()) else {
        let words = ask.lang.words();
        return message(&ask, StatusCode::NOT_FOUND, (words.missing_title, words.waiting_records));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/jose"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"answer.jws\""),
    ];
    (headers, answer.jws.clone()).into_response()
}

#[cfg(test)]
#[path = "tests.rs"]
pub(crate) mod tests;

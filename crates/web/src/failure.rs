use crate::{Value, has_text, text};
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Locale, Problem, Zone};

/// A [`Problem`] on its way out; [`render_problems`] gives it its form.
#[derive(Debug)]
pub struct Failure(pub Problem);

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.0.status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        for (name, value) in &self.0.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().append(*name, value);
            }
        }
        response.extensions_mut().insert(self.0);
        response
    }
}

pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// The text of a code, or of its kind where a crate has not written it (a test names such codes).
pub(crate) fn said(
    locale: Locale,
    status: u16,
    key: &str,
    suffix: &str,
    values: &[(&str, Value)],
) -> String {
    let known = has_text(&format!("{key}{suffix}"));
    let key = match (known, status) {
        (true, _) => key,
        (false, 500..) => "problem-internal",
        (false, _) => "problem-refused",
    };
    text(locale, &format!("{key}{suffix}"), values)
}

/// The one place that gives a problem its form: `application/problem+json` or a page, by `Accept`.
pub async fn render_problems<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let visit = request.extensions().get::<crate::Visit>().cloned();
    let html = wants_html(request.headers());
    let mut response = next(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let trace = visit.as_ref().map_or("", |visit| visit.ctx.trace.as_str());
    if let Some(cause) = &problem.internal {
        if problem.status < 500 {
            tracing::debug!(trace, code = problem.code, cause, "request refused");
        } else {
            tracing::error!(trace, code = problem.code, cause, "request failed");
        }
    }
    let locale = visit.as_ref().map(|visit| visit.ctx.locale).unwrap_or_default();
    let zone = visit.as_ref().map_or(Zone::utc(), |visit| visit.ctx.zone.clone());
    // A time is said in the reader's way.
    let readable = |value: &String| {
        value
            .parse::<kernel::Timestamp>()
            .map_or_else(|_| value.clone(), |at| crate::texts::moment(locale, &zone, at))
    };
    let values: Vec<_> =
        problem.args.iter().map(|(name, value)| (*name, readable(value).into())).collect();
    let title = said(locale, problem.status, &format!("problem-{}", problem.code), "", &values);
    let next_step =
        said(locale, problem.status, &format!("problem-{}", problem.code), "-next", &values);
    let (mut parts, _) = response.into_parts();
    if let (true, Some(visit)) = (html, &visit) {
        let page = crate::shell::ProblemPage::render(visit, &problem, title, next_step);
        parts
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        return Response::from_parts(parts, page.into());
    }
    let errors: Vec<_> = problem
        .fields
        .iter()
        .map(|field| serde_json::json!({"field": field.field, "code": field.code, "detail": said(locale, problem.status, &format!("problem-{}", field.code), "", &values)}))
        .collect();
    let mut body = serde_json::json!({
        "type": format!("/problems/{}", problem.code), "title": title, "status": problem.status,
        "detail": next_step, "code": problem.code, "instance": trace,
    });
    if !errors.is_empty() {
        body["errors"] = errors.into();
    }
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(parts, body.to_string().into())
}

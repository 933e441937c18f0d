//! The headers that every answer carries.

use axum::{
    extract::Request,
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use http::{HeaderName, HeaderValue, header};
use std::convert::Infallible;

/// How people reach this installation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Security {
    /// Whether by https: then browsers are told to stay with it.
    pub https: bool,
}

/// Marks an answer whose forms may lead, by redirects, to another site (the bank).
///
/// Chromium applies `form-action` to the whole chain of redirects, so such a page goes without it.
/// Addresses under `/oauth` and `/sign-in` need no mark.
#[derive(Debug, Clone, Copy)]
pub struct LeadsAway;

impl IntoResponseParts for LeadsAway {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponse for LeadsAway {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// Every source our pages use; nothing inline, nothing from elsewhere.
macro_rules! policy {
    ($more:literal) => {
        HeaderValue::from_static(concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; ",
            "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
            $more
        ))
    };
}

/// Outermost of what a request passes.
///
/// Strict CSP, no referrer, no sniffing, no framing, no device features, no cache for what did not ask
/// for one (pages hold personal data), and HSTS where https is spoken.
pub async fn security_headers<F: Future<Output = Response>>(
    security: Security,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.uri().path();
    let away = ["/oauth", "/sign-in"].iter().any(|start| {
        path == *start || path.strip_prefix(start).is_some_and(|rest| rest.starts_with('/'))
    });
    let mut response = next(request).await;
    let away = away || response.extensions().get::<LeadsAway>().is_some();
    let headers = response.headers_mut();
    let policy = if away { policy!("") } else { policy!("; form-action 'self'") };
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if security.https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
    }
    response
}

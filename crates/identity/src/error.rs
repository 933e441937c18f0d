//! Why the authorisation server refuses, as the RFCs name it.

use crate::model::Terms;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::Problem;
use std::{borrow::Cow, fmt};

/// An error code of an RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// RFC 6749 §5.2: a parameter is missing, doubled or malformed.
    InvalidRequest,
    /// RFC 6749 §5.2: the client is unknown, stopped, or did not prove itself.
    InvalidClient,
    /// RFC 6749 §5.2: the code or refresh token is unknown, used, expired, or another's.
    InvalidGrant,
    /// RFC 6749 §5.2: this client may not use this grant.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 §5.2.
    InvalidScope,
    /// RFC 8693 §2.2.2: for whom or where the token may not be.
    InvalidTarget,
    /// RFC 9396 §5.
    InvalidAuthorizationDetails,
    /// OpenID Connect Core §3.1.2.6: request objects are taken at the pushed request endpoint alone.
    RequestNotSupported,
    /// RFC 9101 §6.2: not signed by this client, for us and for now.
    InvalidRequestObject,
    /// RFC 9449 §5.
    InvalidDpopProof,
    /// RFC 9449 §8: try again with the nonce of the header.
    UseDpopNonce,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// Grant management draft 03: no such grant of this client.
    UnknownGrant,
    /// RFC 6749 §4.1.2.1: the person said no.
    AccessDenied,
    /// OpenID Connect Core §3.1.2.6: nobody who may be asked is signed in.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6: the person has not agreed yet, and may not be asked.
    ConsentRequired,
    /// OpenID Connect Unmet Authentication Requirements: no sign-in here is worth what the client needs.
    UnmetAuthenticationRequirements,
    /// RFC 9470 §3: the person must sign in better, or again.
    InsufficientUserAuthentication,
    /// RFC 6749 §4.1.2.1: a mistake of ours.
    ServerError,
    /// RFC 6749 §4.1.2.1: busy.
    TemporarilyUnavailable,
    /// RFC 8628 §3.5, as other endpoints use it too: asks too often.
    SlowDown,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 24] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::InvalidAuthorizationDetails,
        Self::RequestNotSupported,
        Self::InvalidRequestObject,
        Self::InvalidDpopProof,
        Self::UseDpopNonce,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::UnknownGrant,
        Self::AccessDenied,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::UnmetAuthenticationRequirements,
        Self::InsufficientUserAuthentication,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::SlowDown,
    ];

    /// As the RFC writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::RequestNotSupported => "request_not_supported",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnknownGrant => "unknown_grant",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::SlowDown => "slow_down",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient | Self::InvalidToken | Self::InsufficientUserAuthentication => {
                StatusCode::UNAUTHORIZED
            }
            Self::InsufficientScope | Self::AccessDenied => StatusCode::FORBIDDEN,
            Self::UnknownGrant => StatusCode::NOT_FOUND,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::SlowDown => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// A refusal on its way to a client: `{"error", "error_description"}` (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// For the client's developers, in English; never a secret, never personal.
    pub detail: Cow<'static, str>,
    /// A fresh nonce, sent as `DPoP-Nonce`.
    pub nonce: Option<String>,
    /// Seconds to wait, sent as `Retry-After`.
    pub retry: Option<String>,
    /// Whether the request came to a protected resource, so that `WWW-Authenticate` is due.
    pub resource: bool,
    /// What a sign-in must be worth and how old it may be, for `WWW-Authenticate` (RFC 9470 §3).
    pub needs: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let (detail, needs) = (detail.into(), String::new());
        Self { code, detail, nonce: None, retry: None, resource: false, needs }
    }

    /// A resource tells a client that the person's sign-in is not what it registered that it needs.
    pub fn step_up(terms: &Terms) -> Self {
        let values = terms.default_acr_values.join(" ");
        let plain = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        let values: String = values.chars().filter(|c| plain(*c)).collect();
        let acr = (!values.is_empty()).then(|| format!(", acr_values=\"{values}\""));
        let age = terms.default_max_age.map(|age| format!(", max_age=\"{age}\""));
        let needs = acr.into_iter().chain(age).collect();
        let why = "the person must sign in better, or again";
        Self { needs, ..Self::new(Code::InsufficientUserAuthentication, why).at_resource() }
    }

    /// The same with a nonce to try again with.
    #[must_use]
    pub fn nonce(mut self, nonce: String) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// The same, from a protected resource.
    #[must_use]
    pub fn at_resource(mut self) -> Self {
        self.resource = true;
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

/// What an operation decided. A refusal is an outcome, not a failure: what it spent stays spent
/// (the proof, the assertion), and what it ended stays ended (the tokens of a code used twice).
pub(crate) type Verdict<T> = Result<T, Refusal>;

/// A failure of ours, or what another domain refused at the pushed request.
impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        if let Some(cause) = &problem.internal {
            tracing::error!(code = problem.code, cause, "an OAuth request failed");
        }
        match problem.status {
            429 => {
                let retry = problem.headers.into_iter().find(|(name, _)| *name == "retry-after");
                let retry = retry.map(|(_, seconds)| seconds);
                Self { retry, ..Self::new(Code::SlowDown, "too many requests") }
            }
            503 => Self::new(Code::TemporarilyUnavailable, "try again"),
            500.. => Self::new(Code::ServerError, "the server failed"),
            _ => {
                let fields: Vec<_> = problem
                    .fields
                    .iter()
                    .map(|field| format!("{} ({})", field.field, field.code))
                    .collect();
                let detail = if fields.is_empty() {
                    problem.code.to_owned()
                } else {
                    format!("{}: {}", problem.code, fields.join(", "))
                };
                Self::new(Code::InvalidAuthorizationDetails, detail)
            }
        }
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // RFC 6749 §5.2 allows printable ASCII without `"` and `\` in a description.
        let detail: String = self
            .detail
            .chars()
            .filter(|c| matches!(c, ' '..='~') && *c != '"' && *c != '\\')
            .take(300)
            .collect();
        let body = serde_json::json!({"error": self.code.as_str(), "error_description": detail});
        let mut response = (self.code.status(), axum::Json(body)).into_response();
        if self.resource && self.code.status() != StatusCode::NOT_FOUND {
            let (code, needs) = (self.code.as_str(), &self.needs);
            let value = format!("DPoP error=\"{code}\", algs=\"ES256 EdDSA\"{needs}");
            insert(&mut response, "www-authenticate", &value);
            if self.code == Code::UseDpopNonce {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            }
        }
        if let Some(nonce) = &self.nonce {
            insert(&mut response, "dpop-nonce", nonce);
        }
        if let Some(seconds) = &self.retry {
            insert(&mut response, "retry-after", seconds);
        }
        insert(&mut response, header::CACHE_CONTROL.as_str(), "no-store");
        response
    }
}

fn insert(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

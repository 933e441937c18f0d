//! We as another provider's client (OpenID Connect Core, code flow): PKCE S256, state, nonce, `iss` (RFC 9207),
//! proved by our own key (`private_key_jwt`), so that no secret is shared. What the provider says of itself is
//! held against the definition; an ID token counts only under a key that it publishes, for us, now, once.

use crate::{
    Identity,
    ops::{Answer, Try},
    rules::federation as rules,
};
use kernel::{Ctx, Problem};
use openidconnect::{
    AuthenticationContextClass, AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken,
    DiscoveryError, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
        CoreUserInfoClaims,
    },
};
use ports::Provider;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The most we read of an answer, in bytes.
const LARGEST: usize = 256 * 1024;
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("{0}")]
    Inside(&'static str),
    #[error("the answer is too long")]
    Long,
    #[error(transparent)]
    Http(#[from] http::Error),
    #[error(transparent)]
    Call(#[from] reqwest::Error),
}

fn refused(code: &'static str) -> Problem {
    Problem::new(403, code)
}

fn silent<E: std::fmt::Display>(error: E) -> Problem {
    tracing::warn!(%error, "a provider of the federation does not answer as it should");
    Problem::new(503, "federation-silent").header("retry-after", 30)
}

async fn call(identity: Identity, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let request = reqwest::Request::try_from(request)?;
    outbound::check_url(request.url(), identity.0.demo).map_err(CallError::Inside)?;
    let call = identity.0.caller.execute(request);
    let mut answer = tokio::time::timeout(Duration::from_secs(10), call)
        .await
        .map_err(|_| CallError::Long)??;
    let mut response = http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST {
            return Err(CallError::Long);
        }
    }
    Ok(response.body(body)?)
}

async fn metadata(
    identity: &Identity,
    provider: &Provider,
) -> Result<CoreProviderMetadata, Problem> {
    let http = |request| call(identity.clone(), request);
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(Problem::internal)?;
    CoreProviderMetadata::discover_async(issuer, &http).await.map_err(|error| match error {
        // It says it is somebody else.
        DiscoveryError::Validation(_) => refused("federation-issuer"),
        other => silent(other),
    })
}

fn back(identity: &Identity, provider: &Provider) -> Result<RedirectUrl, Problem> {
    let at = format!("{}/federation/{}/back", identity.0.issuer, provider.id);
    RedirectUrl::new(at).map_err(Problem::internal)
}

/// Where the browser goes to sign in there. It is asked to tell more than a name only where somebody links their
/// account, never to sign in.
pub(crate) async fn ask(
    identity: &Identity,
    provider: &Provider,
    state: &str,
    asked: &Try,
    link: bool,
) -> Result<String, Problem> {
    let client = CoreClient::from_provider_metadata(
        metadata(identity, provider).await?,
        ClientId::new(provider.client_id.clone()),
        None,
    )
    .set_redirect_uri(back(identity, provider)?);
    let verifier = PkceCodeVerifier::new(asked.verifier.clone());
    let (state, nonce) = (state.to_owned(), asked.nonce.clone());
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            || CsrfToken::new(state),
            || Nonce::new(nonce),
        )
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    for acr in provider.levels.keys() {
        request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
    }
    if link && !provider.attributes.is_empty() {
        let wanted = provider.attributes.iter().map(|claim| (claim.clone(), Json::Null));
        let claims = json!({"userinfo": wanted.collect::<serde_json::Map<_, _>>()});
        request = request.add_extra_param("claims", claims.to_string());
    }
    Ok(request.url().0.to_string())
}

/// Who the provider says it is, and what else it was asked for.
pub(crate) async fn redeem(
    identity: &Identity,
    ctx: &Ctx,
    provider: &Provider,
    asked: &Try,
    code: String,
) -> Result<Answer, Problem> {
    let http = |request| call(identity.clone(), request);
    let metadata = metadata(identity, provider).await?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(provider.client_id.clone()),
        None,
    )
    .set_redirect_uri(back(identity, provider)?);
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(silent)?
        .set_pkce_verifier(PkceCodeVerifier::new(asked.verifier.clone()))
        .add_extra_param("client_assertion_type", ASSERTION)
        .add_extra_param("client_assertion", assertion(identity, ctx, provider)?)
        .request_async(&http)
        .await
        .map_err(silent)?;
    let now = ctx.now.as_second();
    let at = move |second| chrono::DateTime::from_timestamp(second, 0).unwrap_or_default();
    let moment = ctx.now;
    let fresh = move |made: chrono::DateTime<chrono::Utc>| {
        let fresh = rules::is_fresh(made.timestamp(), moment);
        fresh.then_some(()).ok_or_else(|| "not made now".to_owned())
    };
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs([Alg::EcdsaP256Sha256, Alg::RsaSsaPssSha256, Alg::RsaSsaPkcs1V15Sha256])
        .set_time_fn(move || at(now - rules::SKEW))
        .set_issue_time_verifier_fn(fresh);
    let token = answer.id_token().ok_or_else(|| refused("federation-token"))?;
    let claims = token.claims(&verifier, &Nonce::new(asked.nonce.clone())).map_err(|error| {
        tracing::warn!(%error, provider = provider.id, "an ID token was refused");
        refused(match error {
            ClaimsVerificationError::InvalidIssuer(_) => "federation-issuer",
            ClaimsVerificationError::InvalidAudience(_) => "federation-audience",
            ClaimsVerificationError::InvalidNonce(_) => "federation-nonce",
            ClaimsVerificationError::Expired(_) | ClaimsVerificationError::Other(_) => {
                "federation-time"
            }
            ClaimsVerificationError::SignatureVerification(_) => "federation-signature",
            _ => "federation-token",
        })
    })?;
    let acr = claims.auth_context_ref().map(|acr| acr.as_str());
    let level = rules::level(provider, acr).map_err(refused)?;
    let subject = claims.subject().clone();
    let mut told = Vec::new();
    if asked.wants.is_some() && !provider.attributes.is_empty() {
        let request = client.user_info(answer.access_token().clone(), Some(subject.clone()));
        let said: CoreUserInfoClaims =
            request.map_err(silent)?.request_async(&http).await.map_err(silent)?;
        told = rules::told(provider, &serde_json::to_value(&said).map_err(Problem::internal)?);
    }
    Ok(Answer { subject: subject.as_str().to_owned(), level, told })
}

/// Who we are, by our own key (RFC 7523), for this provider alone.
fn assertion(identity: &Identity, ctx: &Ctx, provider: &Provider) -> Result<String, Problem> {
    let now = ctx.now.as_second();
    let claims = json!({"iss": provider.client_id, "sub": provider.client_id, "aud": provider.issuer,
        "jti": ctx.id("jti"), "iat": now, "exp": now + 60});
    let key = identity.0.keys.signer(ctx.now)?;
    key.sign(&json!({"typ": "JWT"}), claims.to_string().as_bytes()).map_err(Problem::internal)
}

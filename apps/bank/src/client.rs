//! The bank as an OAuth client: pushed request, code, token, fetch, refresh, revoke.
//!
//! The `oauth2` crate builds and reads what RFC 6749 and 7636 know; PAR, RAR, DPoP and assertions are ours.

use crate::{
    clock,
    details::details,
    jose::{Signer, sha256, verify},
    receipt,
    session::{Bank, Grant, Pending, Trouble},
    show::{Answer, Checks},
    words::Lang,
};
use http::{HeaderMap, StatusCode};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::pin::Pin;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Largest answer read, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;

/// What a token response holds beyond RFC 6749.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    #[serde(default)]
    authorization_details: Value,
}

impl ExtraTokenFields for Extra {}

type Tokens = StandardTokenResponse<Extra, BasicTokenType>;
type OAuth = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;
type Got<T> = Result<T, Trouble>;

fn unreachable(error: impl ToString) -> Trouble {
    Trouble::ours("unreachable", error)
}

fn misread(what: impl ToString) -> Trouble {
    Trouble::ours("misread", what)
}

/// An endpoint of the issuer's metadata.
fn endpoint<'a>(metadata: &'a Value, name: &str) -> Got<&'a str> {
    metadata[name].as_str().ok_or_else(|| misread(format!("the issuer names no {name}")))
}

impl Bank {
    async fn json(&self, url: &str) -> Got<Value> {
        let answer = self.http.get(url).send().await.map_err(unreachable)?;
        answer.error_for_status().map_err(unreachable)?.json().await.map_err(misread)
    }

    /// RFC 8414; what names another issuer is refused (§3.3).
    pub(crate) async fn metadata(&self) -> Got<Value> {
        let url = format!("{}/.well-known/oauth-authorization-server", self.issuer());
        let metadata = self.json(&url).await?;
        if metadata["issuer"] == self.issuer() {
            Ok(metadata)
        } else {
            Err(misread("another issuer"))
        }
    }

    pub(crate) async fn jwks(&self) -> Got<Value> {
        let metadata = self.metadata().await?;
        self.json(endpoint(&metadata, "jwks_uri")?).await
    }

    /// What can be asked for, with names and types.
    pub(crate) async fn registers(&self) -> Got<Value> {
        self.json(&format!("{}/exchange/v1/registers", self.issuer())).await
    }

    /// Why one may ask, and for which fields.
    async fn purposes(&self) -> Got<Value> {
        self.json(&format!("{}/exchange/v1/purposes", self.issuer())).await
    }

    fn oauth(&self, metadata: &Value) -> Got<OAuth> {
        let client = Client::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(
                AuthUrl::new(endpoint(metadata, "authorization_endpoint")?.to_owned())
                    .map_err(misread)?,
            )
            .set_token_uri(
                TokenUrl::new(endpoint(metadata, "token_endpoint")?.to_owned()).map_err(misread)?,
            )
            .set_redirect_uri(
                RedirectUrl::new(format!("{}/callback", self.base())).map_err(misread)?,
            );
        Ok(client)
    }

    /// What proves to the issuer that we are this client; fresh for every request.
    fn authentication(&self) -> Got<[(&'static str, String); 2]> {
        let assertion =
            self.signer.assertion(&self.settings.client_id, self.issuer()).map_err(misread)?;
        Ok([("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", assertion)])
    }

    /// Pushes the request (RFC 9126) and gives the address to send the person to.
    pub(crate) async fn push(&self, key: &Signer, lang: Lang) -> Got<(String, Pending)> {
        let metadata = self.metadata().await?;
        let details = details(&self.registers().await?, &self.purposes().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let oauth = self.oauth(&metadata)?;
        let (asked, state) = oauth
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("records".to_owned()))
            .set_pkce_challenge(challenge)
            .add_extra_param("authorization_details", details.to_string())
            .add_extra_param("dpop_jkt", key.thumbprint().map_err(misread)?)
            .add_extra_param("ui_locales", lang.tag())
            .url();
        let mut form: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
        form.extend(self.authentication()?.map(|(name, value)| (name.to_owned(), value)));
        let url = endpoint(&metadata, "pushed_authorization_request_endpoint")?;
        let answer = self.http.post(url).form(&form).send().await.map_err(unreachable)?;
        let status = answer.status();
        let said: Value = answer.json().await.map_err(misread)?;
        let Some(request_uri) = said["request_uri"].as_str().filter(|_| status.is_success()) else {
            return Err(refused(status, &said));
        };
        let mut away = oauth.auth_uri().url().clone();
        away.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("request_uri", request_uri);
        let pending = Pending { state: state.into_secret(), verifier: verifier.into_secret() };
        Ok((away.into(), pending))
    }

    /// Exchanges the code.
    pub(crate) async fn exchange(&self, key: &Signer, code: &str, verifier: &str) -> Got<Grant> {
        match self.exchange_once(key, code, verifier).await {
            Err(trouble) if wants_nonce(&trouble) => self.exchange_once(key, code, verifier).await,
            done => done,
        }
    }

    async fn exchange_once(&self, key: &Signer, code: &str, verifier: &str) -> Got<Grant> {
        let oauth = self.oauth(&self.metadata().await?)?;
        let mut request = oauth
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        for (name, value) in self.authentication()? {
            request = request.add_extra_param(name, value);
        }
        read_tokens(request.request_async(&Proving { bank: self, key }).await, None)
    }

    /// Gets a fresh access token.
    pub(crate) async fn renew(&self, key: &Signer, grant: &Grant) -> Got<Grant> {
        match self.renew_once(key, grant).await {
            Err(trouble) if wants_nonce(&trouble) => self.renew_once(key, grant).await,
            done => done,
        }
    }

    async fn renew_once(&self, key: &Signer, grant: &Grant) -> Got<Grant> {
        let oauth = self.oauth(&self.metadata().await?)?;
        let token = grant.refresh.clone().ok_or_else(|| Trouble::ours("no-refresh", ""))?;
        let token = RefreshToken::new(token);
        let mut request = oauth.exchange_refresh_token(&token);
        for (name, value) in self.authentication()? {
            request = request.add_extra_param(name, value);
        }
        read_tokens(request.request_async(&Proving { bank: self, key }).await, Some(grant))
    }

    /// Asks for the records with the access token and a proof that we hold its key.
    async fn ask(&self, key: &Signer, grant: &Grant, lang: Lang) -> Got<Vec<u8>> {
        let url = format!("{}/exchange/v1/records", self.issuer());
        let nonce = self.nonce();
        let proof = key.dpop(("POST", &url), Some(&grant.access), nonce.as_deref());
        let answer = self
            .http
            .post(&url)
            .header("dpop", proof.map_err(misread)?)
            .header("authorization", format!("DPoP {}", grant.access))
            .header("accept-language", lang.tag())
            .send()
            .await
            .map_err(unreachable)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.keep_nonce(&headers);
        let body = read(answer).await?;
        match status {
            StatusCode::OK => Ok(body),
            _ => Err(problem(status, &headers, &body, lang)),
        }
    }

    /// Fetches the records, decrypts the answer and checks every claim it makes.
    pub(crate) async fn fetch(&self, key: &Signer, grant: &Grant, lang: Lang) -> Got<Answer> {
        let body = match self.ask(key, grant, lang).await {
            Err(trouble) if wants_nonce(&trouble) => self.ask(key, grant, lang).await?,
            done => done?,
        };
        let failed = |why: &'static str| Trouble::ours("not-proven", why);
        let body = String::from_utf8(body).map_err(|_| failed("not a JWE"))?;
        let jws = self.opener.decrypt(&body).map_err(failed)?;
        let jws = String::from_utf8(jws).map_err(|_| failed("not a JWS"))?;
        // Records without the government's signature are nobody's word: they are not even shown.
        let signed = verify(&jws, &self.jwks().await?, "praya-release+jwt").map_err(failed)?;
        let claims: Value = serde_json::from_slice(&signed.payload).map_err(misread)?;
        if claims["iss"] != self.issuer()
            || claims["aud"] != self.settings.client_id.as_str()
            || claims["consent"] != grant.consent.as_str()
        {
            return Err(failed("the answer is for somebody or something else"));
        }
        let (log, opening) = (&signed.header["receipt"], &signed.header["opening"]);
        let checks = Checks {
            place: receipt::check_log(log, &self.log),
            contents: receipt::check_opening(
                log,
                opening,
                &signed.payload,
                &key.thumbprint().map_err(failed)?,
            ),
            log: self.log.name.clone(),
            digest: crate::jose::b64(sha256(&signed.payload)),
        };
        Ok(Answer {
            jws,
            claims,
            checks,
            registers: self.registers().await?,
            fetched: clock::now(),
        })
    }

    /// Gives the permission back: revoking the refresh token ends the grant and its consent (RFC 7009 §2.1).
    pub(crate) async fn give_back(&self, grant: &Grant) -> Got<()> {
        let metadata = self.metadata().await?;
        let token = grant.refresh.as_ref().unwrap_or(&grant.access);
        let mut form = vec![("token", token.clone())];
        form.extend(self.authentication()?);
        let url = endpoint(&metadata, "revocation_endpoint")?;
        let answer = self.http.post(url).form(&form).send().await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        Err(refused(status, &answer.json().await.unwrap_or_default()))
    }

    /// Tells Praya that what was held is deleted.
    pub(crate) async fn attest_deletion(&self, consent: &str) -> Got<()> {
        let [(kind, is), (name, assertion)] = self.authentication()?;
        let body = json!({kind: is, name: assertion, "deleted_at": clock::now()});
        let url = format!("{}/exchange/v1/deletions/{consent}", self.issuer());
        let answer = self.http.post(url).json(&body).send().await.map_err(unreachable)?;
        answer.error_for_status().map(drop).map_err(unreachable)
    }
}

/// An answer's body, given up as soon as it is too long.
async fn read(mut answer: reqwest::Response) -> Got<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + part.len() > LARGEST {
            return Err(misread("the answer is too long"));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// Whether the server first wants its nonce in the proof (RFC 9449 §8, §9); by then we keep it.
fn wants_nonce(trouble: &Trouble) -> bool {
    matches!(trouble.code.as_str(), "use_dpop_nonce" | "use-dpop-nonce")
}

/// Sends what the `oauth2` crate wrote, with a proof.
struct Proving<'a> {
    bank: &'a Bank,
    key: &'a Signer,
}

impl<'c> AsyncHttpClient<'c> for Proving<'_> {
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Proving<'_> {
    async fn send(&self, request: HttpRequest) -> std::io::Result<HttpResponse> {
        let other = std::io::Error::other::<reqwest::Error>;
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let nonce = self.bank.nonce();
        let proof = self.key.dpop((parts.method.as_str(), &url), None, nonce.as_deref());
        let proof = proof.map_err(std::io::Error::other)?;
        let request = self.bank.http.request(parts.method, &url).headers(parts.headers);
        let answer = request.header("dpop", proof).body(body).send().await.map_err(other)?;
        self.bank.keep_nonce(answer.headers());
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = http::Response::new(answer.bytes().await.map_err(other)?.to_vec());
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}

fn read_tokens<E: std::error::Error + 'static>(
    said: Result<Tokens, RequestTokenError<E, BasicErrorResponse>>,
    before: Option<&Grant>,
) -> Got<Grant> {
    let tokens = said.map_err(|error| match error {
        RequestTokenError::ServerResponse(said) => {
            let detail = said.error_description().cloned().unwrap_or_default();
            Trouble { status: 400, ..Trouble::ours(said.error().as_ref(), detail) }
        }
        RequestTokenError::Request(error) => unreachable(error),
        other => misread(other),
    })?;
    // A token that needs no key could be used by whoever finds it (RFC 9449 §5).
    if !matches!(tokens.token_type(), BasicTokenType::Extension(name) if name.eq_ignore_ascii_case("dpop"))
    {
        return Err(misread("the token is not bound to our key"));
    }
    let consent = tokens.extra_fields().authorization_details[0]["consent"].as_str();
    let consent = consent.or(before.map(|grant| grant.consent.as_str()));
    Ok(Grant {
        access: tokens.access_token().secret().clone(),
        refresh: tokens
            .refresh_token()
            .map(|token| token.secret().clone())
            .or_else(|| before?.refresh.clone()),
        ended: false,
        consent: consent.ok_or_else(|| misread("the token names no consent"))?.to_owned(),
    })
}

/// An OAuth error body (RFC 6749 §5.2).
fn refused(status: StatusCode, said: &Value) -> Trouble {
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    Trouble {
        status: status.as_u16(),
        code: text("error"),
        detail: text("error_description"),
        ..Trouble::default()
    }
}

/// A problem body (RFC 9457), in the language we asked for.
fn problem(status: StatusCode, headers: &HeaderMap, body: &[u8], lang: Lang) -> Trouble {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let retry_after =
        headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Trouble {
        status: status.as_u16(),
        code: text("code"),
        title: text("title"),
        detail: text("detail"),
        retry_after,
        lang,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_problems_words_and_when_to_come_back() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("3600"));
        let body = br#"{"code":"frequency-used","title":"Enough for today","detail":"5 of 5"}"#;
        let trouble = problem(StatusCode::TOO_MANY_REQUESTS, &headers, body, Lang::Tc);
        assert_eq!((trouble.retry_after, trouble.lang), (Some(3600), Lang::Tc));
        assert_eq!(
            (trouble.code.as_str(), trouble.title.as_str()),
            ("frequency-used", "Enough for today")
        );
    }
}

//! Who sent a request: the client, by its assertion (RFC 7523), and the key it holds (RFC 9449).

use super::{Params, keys, known::Known, single};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::{Auth, Client, Profile},
    ops,
    rules::certificate,
};
use axum::{body::Bytes, extract::FromRequest, response::Response};
use http::{HeaderMap, Method, Uri, header};
use kernel::{Ctx, Problem};
use std::sync::Arc;
use store::Tx;
use wire::{
    assertion::{self, Assertion, Unverified},
    dpop::{self, Expected, Proof},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A request to an endpoint that programs call.
pub(crate) struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    near: bool,
    certificate: Option<[u8; 32]>,
    pub(crate) params: Params,
}

impl FromRequest<Identity> for Request {
    type Rejection = Response;

    async fn from_request(
        request: axum::extract::Request,
        state: &Identity,
    ) -> Result<Self, Response> {
        let refuse = |refusal: Refusal| super::open(super::finish(Err(refusal)));
        let (method, uri, headers) =
            (request.method().clone(), request.uri().clone(), request.headers().clone());
        let near = request.extensions().get::<web::Near>().is_some();
        let shown = request.extensions().get::<web::ClientCertificate>();
        let certificate = shown.map(|shown| shown.0);
        let params = if method == Method::POST {
            let too_long = |_| {
                refuse(Refusal::new(Code::InvalidRequest, "the body is too long or broken off"))
            };
            let body = Bytes::from_request(request, state).await.map_err(too_long)?;
            Params::posted(&headers, &body).map_err(refuse)?
        } else {
            Params::default()
        };
        // A token or secret in an address ends in logs (RFC 9700 §4.3.2).
        if uri.query().is_some_and(|query| {
            ["access_token=", "client_assertion=", "client_secret="]
                .iter()
                .any(|name| query.contains(name))
        }) {
            return Err(refuse(Refusal::new(
                Code::InvalidRequest,
                "secrets do not belong into the address",
            )));
        }
        Ok(Self { method, uri, headers, near, certificate, params })
    }
}

/// A client that proved itself, with what must be spent in the transaction that answers it.
#[derive(Clone)]
pub(crate) struct Sender {
    known: Arc<Known>,
    assertion: Option<Assertion>,
    certificate: Option<[u8; 32]>,
    pub(crate) proof: Option<Proof>,
}

/// Neither a proof nor what stands in for one.
pub(super) fn no_proof() -> Refusal {
    Refusal::new(Code::InvalidDpopProof, "the DPoP header is missing")
}

fn not_proven(why: &'static str) -> Refusal {
    Refusal::new(Code::InvalidClient, why)
}

impl Request {
    /// Authenticates the client. Outside any transaction: it costs a signature's check.
    pub(crate) async fn client(&self, identity: &Identity) -> Verdict<Sender> {
        identity.may_issue()?;
        if self.headers.contains_key(header::AUTHORIZATION) {
            return self.by_secret(identity).await;
        }
        if let Some(secret) = self.params.get("client_secret") {
            if self.params.get("client_assertion").is_some() {
                return Err(not_proven("the client proves itself twice"));
            }
            let id = self.params.get("client_id");
            let id = id.ok_or_else(|| not_proven("client_id is missing"))?;
            return self.known_by(identity, id, secret).await;
        }
        let Some(text) = self.params.get("client_assertion") else {
            let id = self
                .params
                .get("client_id")
                .ok_or_else(|| not_proven("client_assertion is missing"))?;
            let known = self.find(identity, id).await?;
            return match (known.client.profile, known.client.terms.auth) {
                (Profile::Public, _) => Ok(self.sender(known, None)),
                (_, Auth::SelfSignedTlsClientAuth) => self.by_certificate(identity, known).await,
                _ => Err(not_proven("client_assertion is missing")),
            };
        };
        if self.params.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(not_proven("client_assertion_type is not jwt-bearer"));
        }
        let read =
            Unverified::new(text).map_err(|_| not_proven("client_assertion cannot be read"))?;
        if self.params.get("client_id").is_some_and(|id| id != read.client_id()) {
            return Err(not_proven("client_id is not the assertion's"));
        }
        let mut known = self.find(identity, read.client_id()).await?;
        if known.client.profile != Profile::Confidential
            || known.client.terms.auth != Auth::PrivateKeyJwt
        {
            return Err(not_proven("this client does not authenticate by assertion"));
        }
        if keys::stale(identity, &known, false) {
            known = keys::renewed(identity, known).await?;
        }
        let (issuer, now) = (&identity.0.issuer, identity.now().as_second());
        let mut outcome = read.verify(&known.keys, issuer, now);
        if let Err(assertion::Refusal::Form(_)) = outcome
            && keys::stale(identity, &known, true)
        {
            known = keys::renewed(identity, known).await?;
            outcome = Unverified::new(text).and_then(|read| read.verify(&known.keys, issuer, now));
        }
        let held = outcome.map_err(|why| Refusal::new(Code::InvalidClient, why.to_string()))?;
        // Not before it has proved itself: others could use up its allowance in its name.
        if !self.near {
            identity.0.per_client.admit(&known.client.id, identity.now())?;
        }
        Ok(self.sender(known, Some(held)))
    }

    fn basic(&self) -> Verdict<(String, String)> {
        let (id, secret) = single(&self.headers, "authorization")
            .ok()
            .flatten()
            .and_then(basic)
            .ok_or_else(|| not_proven("Authorization is not Basic"))?;
        if self.params.get("client_id").is_some_and(|named| named != id)
            || self.params.get("client_assertion").is_some()
            || self.params.get("client_secret").is_some()
        {
            return Err(not_proven("the client names itself twice"));
        }
        Ok((id, secret))
    }

    /// A client that proves itself by its secret, as it was last read: its operation must find that it still stands,
    /// and where it does not, [`Request::client`] says why. Saves a look at the database.
    pub(crate) fn remembered(&self, identity: &Identity) -> Option<Sender> {
        if !self.headers.contains_key(header::AUTHORIZATION) || identity.may_issue().is_err() {
            return None;
        }
        let (id, secret) = self.basic().ok()?;
        let now = identity.now();
        let known = identity.0.clients.held(&id)?;
        let proven =
            known.client.terms.auth == Auth::ClientSecretBasic && known.holds(&secret, now);
        if !proven || (!self.near && identity.0.per_client.admit(&id, now).is_err()) {
            return None;
        }
        Some(self.sender(known, None))
    }

    /// `client_secret_basic` (RFC 6749 §2.3.1): id and secret are form-encoded, then base64.
    async fn by_secret(&self, identity: &Identity) -> Verdict<Sender> {
        let (id, secret) = self.basic()?;
        self.known_by(identity, &id, &secret).await
    }

    async fn known_by(&self, identity: &Identity, id: &str, secret: &str) -> Verdict<Sender> {
        let now = identity.now();
        let found = identity.0.clients.find(&identity.0.db, id).await?;
        let known = found
            .filter(|known| known.client.terms.auth == Auth::ClientSecretBasic)
            .filter(|known| known.holds(secret, now))
            .ok_or_else(|| not_proven("the client or its secret is unknown, or it is stopped"))?;
        if !self.near {
            identity.0.per_client.admit(&known.client.id, now)?;
        }
        Ok(self.sender(known, None))
    }

    /// A client that showed a certificate which stands in its keys (RFC 8705 §2.2).
    async fn by_certificate(&self, identity: &Identity, known: Arc<Known>) -> Verdict<Sender> {
        let shown = self.certificate.ok_or_else(|| {
            not_proven("no certificate was shown: this client calls at mtls_endpoint_aliases")
        })?;
        let fits =
            |known: &Known| certificate::registered(&known.client.jwks).any(|one| one == shown);
        let mut known = known;
        if !fits(&known) && keys::stale(identity, &known, true) {
            known = keys::renewed(identity, known).await?;
        }
        if !fits(&known) {
            return Err(not_proven("the certificate is not one of this client's"));
        }
        if !self.near {
            identity.0.per_client.admit(&known.client.id, identity.now())?;
        }
        Ok(self.sender(known, None))
    }

    fn sender(&self, known: Arc<Known>, assertion: Option<Assertion>) -> Sender {
        Sender { known, assertion, certificate: self.certificate, proof: None }
    }

    /// What a token would be bound to by the certificate that was shown.
    pub(crate) fn certificate(&self) -> Option<String> {
        self.certificate.as_ref().map(certificate::binding)
    }

    async fn find(&self, identity: &Identity, id: &str) -> Verdict<Arc<Known>> {
        let found = identity.0.clients.find(&identity.0.db, id).await?;
        found.ok_or_else(|| not_proven("the client is unknown or stopped"))
    }

    /// Checks the DPoP proof, if there is one; a wrong nonce costs nothing but another try.
    pub(crate) fn proof(&self, identity: &Identity, token: Option<&str>) -> Verdict<Option<Proof>> {
        let bad = |why: String| Refusal::new(Code::InvalidDpopProof, why);
        let Some(text) = single(&self.headers, "dpop")
            .map_err(|()| bad("more than one DPoP header".to_owned()))?
        else {
            return Ok(None);
        };
        let now = identity.now().as_second();
        let url = format!("{}{}", identity.0.issuer, self.uri.path());
        let nonces = identity.0.keys.nonces();
        let expected =
            Expected { method: self.method.as_str(), url: &url, now, token, nonces: Some(nonces) };
        match dpop::check(text, expected) {
            Ok(proof) => Ok(Some(proof)),
            Err(dpop::Refusal::Nonce) => {
                Err(Refusal::new(Code::UseDpopNonce, "use the nonce of the DPoP-Nonce header")
                    .nonce(nonces.make(now)))
            }
            Err(why) => Err(bad(why.to_string())),
        }
    }

    /// A DPoP proof that must be there.
    pub(crate) fn need_proof(&self, identity: &Identity, token: Option<&str>) -> Verdict<Proof> {
        self.proof(identity, token)?.ok_or_else(no_proof)
    }

    /// The access token of `Authorization: DPoP …`; as a bearer it is refused.
    pub(crate) fn token(&self) -> Verdict<&str> {
        let missing = || {
            Refusal::new(Code::InvalidToken, "send the token as Authorization: DPoP").at_resource()
        };
        let value = single(&self.headers, "authorization").ok().flatten().ok_or_else(missing)?;
        let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
        if scheme.eq_ignore_ascii_case("DPoP") && token.len() <= 4096 {
            Ok(token)
        } else {
            Err(missing())
        }
    }
}

impl Request {
    /// Whether the sender wants this kind of answer, by its own name.
    pub(crate) fn accepts(&self, kind: &str) -> bool {
        let accept = self.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| {
            accept.split(',').any(|one| one.split(';').next().is_some_and(|one| one.trim() == kind))
        })
    }

    /// The access token however it came (RFC 6750 §2.1, §2.2; RFC 9449 §7.1), and whether as one that is bound
    /// to a key. Only where a token may be anybody's who bears it.
    pub(crate) fn any_token(&self) -> Verdict<(&str, bool)> {
        let bad = |why| Refusal::new(Code::InvalidToken, why).at_resource();
        let header = single(&self.headers, "authorization")
            .map_err(|()| bad("more than one Authorization header"))?;
        let (token, bound) = match (header, self.params.get("access_token")) {
            (Some(_), Some(_)) => return Err(bad("send the token once")),
            (None, None) => return Err(bad("the token is missing")),
            (None, Some(token)) => (token, false),
            (Some(value), None) => {
                let (scheme, token) =
                    value.split_once(' ').ok_or_else(|| bad("Authorization cannot be read"))?;
                match scheme.to_ascii_lowercase().as_str() {
                    "bearer" => (token, false),
                    "dpop" => (token, true),
                    _ => return Err(bad("Authorization is neither Bearer nor DPoP")),
                }
            }
        };
        if token.len() <= 4096 { Ok((token, bound)) } else { Err(bad("the token is too long")) }
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") || text.len() > 1024 {
        return None;
    }
    let pair = String::from_utf8(wire::b64::from_standard(text.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let plain = |part: &str| {
        let mut pairs = url::form_urlencoded::parse(part.as_bytes());
        pairs.next().map(|(name, _)| name.into_owned()).filter(|_| !part.contains(['&', '=']))
    };
    Some((plain(id)?, plain(secret)?))
}

impl Sender {
    /// Whether something of it must be used up, so that even a question is a write.
    pub(crate) fn spends(&self) -> bool {
        self.assertion.is_some() || self.proof.is_some()
    }

    /// The client.
    pub(crate) fn client(&self) -> &Client {
        &self.known.client
    }

    /// What a pushed request asks: the form, or the object that the client signed (RFC 9101 §4) and nothing
    /// beside it.
    pub(crate) fn asked(&self, identity: &Identity, params: &Params) -> Verdict<Params> {
        let Some(object) = params.get("request") else {
            return if self.client().terms.signed_requests {
                Err(Refusal::new(Code::InvalidRequest, "this client signs its requests"))
            } else {
                Ok(params.clone())
            };
        };
        if params.get("request_uri").is_some() {
            // RFC 9126 §2.1, beside a signed request too.
            return Err(Refusal::new(
                Code::InvalidRequest,
                "request_uri does not belong into a pushed request",
            ));
        }
        let (id, now) = (&self.client().id, identity.now().as_second());
        wire::request_object::read(object, &self.known.keys, id, &identity.0.issuer, now)
            .map(Params::signed)
            .map_err(|why| Refusal::new(Code::InvalidRequestObject, why.to_string()))
    }

    /// The client's id, and what shows that it was not changed since it was read.
    pub(crate) fn stamped(&self) -> (&str, i64) {
        (&self.client().id, self.known.stamp)
    }

    /// Uses up the assertion and the proof, in the transaction that answers. A replay is refused; that the
    /// client is still active is read again.
    pub(crate) fn spend(&self, tx: &mut Tx<'_>) -> Result<Verdict<()>, Problem> {
        if !ops::client_stands(tx, &self.client().id, self.known.stamp)? {
            return Ok(Err(not_proven("the client was changed or stopped a moment ago")));
        }
        if let Some(held) = &self.assertion
            && !once(ops::spend(
                tx,
                &format!("assertion {}", self.client().id),
                &held.jti,
                held.exp,
            ))?
        {
            return Ok(Err(not_proven("the assertion was used before")));
        }
        match &self.proof {
            Some(proof) => spend_proof(tx, proof),
            None => Ok(Ok(())),
        }
    }

    /// The thumbprint of the key it proved.
    pub(crate) fn jkt(&self) -> Option<&str> {
        self.proof.as_ref().map(|proof| proof.jkt.as_str())
    }

    /// What its tokens are bound to: the key it proved, or the certificate it showed; nothing is empty.
    pub(crate) fn bound(&self) -> String {
        let terms = &self.client().terms;
        let by_certificate = terms.auth == Auth::SelfSignedTlsClientAuth
            || terms.tls_client_certificate_bound_access_tokens;
        match (self.jkt(), &self.certificate) {
            (Some(jkt), _) => jkt.to_owned(),
            (None, Some(shown)) if by_certificate => certificate::binding(shown),
            _ => String::new(),
        }
    }

    /// A fresh nonce for its next proof.
    pub(crate) fn next_nonce(&self, identity: &Identity, ctx: &Ctx) -> Option<String> {
        self.proof.as_ref().map(|_| identity.0.keys.nonces().make(ctx.now.as_second()))
    }
}

/// Uses up a proof.
pub(crate) fn spend_proof(tx: &mut Tx<'_>, proof: &Proof) -> Result<Verdict<()>, Problem> {
    let fresh = once(ops::spend(tx, &proof.jkt, &proof.jti, proof.iat))?;
    Ok(if fresh {
        Ok(())
    } else {
        Err(Refusal::new(Code::InvalidDpopProof, "the proof was used before"))
    })
}

fn once(spent: Result<(), Problem>) -> Result<bool, Problem> {
    match spent {
        Ok(()) => Ok(true),
        Err(problem) if problem.code == "proof-replayed" => Ok(false),
        Err(problem) => Err(problem),
    }
}

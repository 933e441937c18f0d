//! What browsers and clients send.

use super::{BACK, CSRF, ISSUER, Party, Reply, Site, VERIFIER, sign_proof};
use axum::body::Body;
use http::{Method, StatusCode};
use kernel::{Id, Problem};
use ports::{Authorizations as _, Directory as _};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

impl Site {
    pub(in crate::tests) async fn send(&self, request: http::Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(in crate::tests) async fn get(&self, path: &str, session: &str) -> Reply {
        let request = http::Request::get(path)
            .header("accept", "text/html")
            .header("cookie", format!("praya-test-session={session}; praya-test-csrf={CSRF}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A form of a page.
    pub(in crate::tests) async fn form(
        &self,
        path: &str,
        session: &str,
        pairs: &[(&str, &str)],
    ) -> Reply {
        let mut all = vec![("csrf", CSRF)];
        all.extend(pairs);
        let request = http::Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", format!("praya-test-session={session}; praya-test-csrf={CSRF}"));
        self.send(request.body(serde_urlencoded::to_string(all).unwrap().into()).unwrap()).await
    }

    /// The session of a person who signed in by a press.
    pub(in crate::tests) async fn signed_in(&self, persona: &str) -> String {
        let reply =
            self.form("/sign-in/persona", "", &[("persona", persona), ("next", "/my/data")]).await;
        assert_eq!(reply.location(), "/my/data");
        reply.cookie("session")
    }

    /// A client's claims for its assertion, good for now.
    pub(in crate::tests) fn claims(&self, party: &Party) -> Json {
        let now = self.now().as_second();
        json!({"iss": party.id, "sub": party.id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": self.random()})
    }

    pub(in crate::tests) fn random(&self) -> String {
        wire::b64::encode(self.system().random::<16>())
    }

    pub(in crate::tests) fn nonce(&self) -> String {
        self.identity.keys().nonces().make(self.now().as_second())
    }

    /// A proof for a request, with a fresh nonce of ours.
    pub(in crate::tests) fn proof(
        &self,
        party: &Party,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> String {
        self.proof_with(party, method, path, token, Some(&self.nonce()))
    }

    pub(in crate::tests) fn proof_with(
        &self,
        party: &Party,
        method: &str,
        path: &str,
        token: Option<&str>,
        nonce: Option<&str>,
    ) -> String {
        let mut claims = json!({"jti": self.random(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": self.now().as_second()});
        if let Some(token) = token {
            claims["ath"] = wire::dpop::ath(token).into();
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        sign_proof(&party.dpop, &claims)
    }

    /// A client's request, proving itself as it must.
    pub(in crate::tests) async fn call(
        &self,
        party: &Party,
        path: &str,
        pairs: &[(&str, &str)],
        proof: Option<&str>,
    ) -> Reply {
        let assertion = party.assertion(&self.claims(party));
        self.call_as(party, path, pairs, proof, &assertion).await
    }

    pub(in crate::tests) async fn call_as(
        &self,
        party: &Party,
        path: &str,
        pairs: &[(&str, &str)],
        proof: Option<&str>,
        assertion: &str,
    ) -> Reply {
        let mut all: Vec<(&str, &str)> = pairs.to_vec();
        if party.public {
            all.push(("client_id", &party.id));
        } else {
            all.push((
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
            all.push(("client_assertion", assertion));
        }
        self.raw(path, &all, proof).await
    }

    pub(in crate::tests) async fn raw(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        proof: Option<&str>,
    ) -> Reply {
        let mut request =
            http::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        self.send(request.body(serde_urlencoded::to_string(pairs).unwrap().into()).unwrap()).await
    }

    pub(in crate::tests) async fn push(&self, party: &Party, pairs: &[(String, String)]) -> Reply {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.call(party, "/oauth/par", &pairs, None).await
    }

    /// Pushes, brings the browser, says yes: the code and its consent.
    pub(in crate::tests) async fn code(&self, party: &Party) -> (String, Id) {
        let reply = self.push(party, &party.asked()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let uri = reply.json()["request_uri"].as_str().unwrap().to_owned();
        self.bring(party, &uri).await
    }

    /// Brings a request to Chan Mei Ling, who is about to decide.
    pub(in crate::tests) async fn decide(&self, party: &Party, uri: &str) -> Id {
        let session = self.signed_in("chan-mei-ling").await;
        let query =
            serde_urlencoded::to_string([("client_id", party.id.as_str()), ("request_uri", uri)])
                .unwrap();
        let reply = self.get(&format!("/oauth/authorize?{query}"), &session).await;
        Id::from(reply.location().strip_prefix("/exchange/decide/").unwrap())
    }

    /// Brings a request, and she says yes: the code and its consent.
    pub(in crate::tests) async fn bring(&self, party: &Party, uri: &str) -> (String, Id) {
        let interaction = self.decide(party, uri).await;
        let (to, consent) = self.approve(&interaction).await.unwrap();
        let url = url::Url::parse(&to).unwrap();
        let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        (code, consent)
    }

    pub(in crate::tests) async fn approve(
        &self,
        interaction: &Id,
    ) -> Result<(String, Id), Problem> {
        let (ctx, port, company, id) = (
            self.as_person(&self.chan),
            self.port.clone(),
            self.company.clone(),
            interaction.clone(),
        );
        self.db
            .write(move |tx| {
                let subject = port.subject(tx, &company)?.unwrap();
                let details = port
                    .pending(tx, &ctx, &id)?
                    .ok_or_else(|| Problem::new(404, "interaction-unknown"))?
                    .details;
                let consent = ctx.id("con");
                Ok((port.approve(tx, &ctx, &id, &subject, &consent, &details)?, consent))
            })
            .await
    }

    pub(in crate::tests) async fn redeem(&self, party: &Party, code: &str) -> Reply {
        let back = if party.public { "http://127.0.0.1/back" } else { BACK };
        self.redeem_with(
            party,
            &[("code", code), ("redirect_uri", back), ("code_verifier", VERIFIER)],
        )
        .await
    }

    pub(in crate::tests) async fn redeem_with(
        &self,
        party: &Party,
        pairs: &[(&str, &str)],
    ) -> Reply {
        let mut all = vec![("grant_type", "authorization_code")];
        all.extend(pairs);
        self.call(
            party,
            "/oauth/token",
            &all,
            Some(&self.proof(party, "POST", "/oauth/token", None)),
        )
        .await
    }

    pub(in crate::tests) async fn refresh(&self, party: &Party, token: &str) -> Reply {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.call(
            party,
            "/oauth/token",
            &pairs,
            Some(&self.proof(party, "POST", "/oauth/token", None)),
        )
        .await
    }

    /// Whether an access token works, with its own key.
    pub(in crate::tests) async fn works(&self, party: &Party, token: &str) -> bool {
        let (port, token, jkt, now) =
            (self.port.clone(), token.to_owned(), party.jkt(), self.now());
        self.db.read(move |tx| port.access(tx, &token, &jkt, now)).await.is_ok()
    }
}

/// For requests that are not forms.
pub(in crate::tests) fn bare(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> http::Request<Body> {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

//! `fapi2-security-profile-final-test-plan` and `fapi2-message-signing-final-test-plan`, with `private_key_jwt`,
//! DPoP and OpenID Connect. The second runs what the first runs, with signed requests and signed answers, and
//! then what only those have.

mod proof;
mod request;
mod signed;
mod token;

use super::{Landing, Outcome, believed, check, follow, recorded, registered};
use crate::demo::{Browser, Demo, client, now, random};
use serde_json::{Value, json};
use std::{fmt::Write as _, sync::Mutex};
use wire::{
    b64,
    jwk::{Jwk, PrivateJwk},
    jws::SigningKey,
    sha256,
};

const PUSH: &str = "/oauth/par";
const TOKEN: &str = "/oauth/token";
const USERINFO: &str = "/oauth/userinfo";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What is otherwise than usual: a value in place of another, `null` to leave it out.
type Changes<'a> = &'a [(&'a str, Value)];
type Answer = (u16, Value);

fn changed(mut usual: Value, changes: Changes<'_>) -> Value {
    let all = usual.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Value::Null => drop(all.remove(*name)),
            other => drop(all.insert((*name).to_owned(), other.clone())),
        }
    }
    usual
}

/// The members of an object as a form carries them.
fn form(members: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    members.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// That an endpoint refused by this name.
fn refused((status, body): &Answer, error: &str) -> Outcome {
    let holds = (400..=401).contains(status) && body["error"] == error;
    check(holds, format!("not refused as {error}: {status} {body}"))
}

fn new_key() -> SigningKey {
    SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap()
}

/// A client of the high profile with its keys, and the browser of somebody who uses it.
struct Clinic {
    base: String,
    id: String,
    back: String,
    key: SigningKey,
    dpop: SigningKey,
    /// Whether it signs its requests and wants signed answers.
    signs: bool,
    verifier: String,
    nonce: Mutex<String>,
    http: reqwest::Client,
    browser: Browser,
}

impl Clinic {
    async fn new(demo: &Demo, signs: bool) -> Self {
        let id = format!("clinic-{}", random());
        let back = format!("https://{}.example/back", id.to_lowercase());
        let private = PrivateJwk::generate_p256("sig").unwrap();
        let terms = json!({"flow": "high", "signed_requests": signs});
        let described = json!({
            "id": id, "name": {"en": "Clinic", "tc": "診所", "sc": "诊所"}, "redirect_uris": [back],
            "jwks": {"keys": [private.public]}, "profile": "confidential",
            "scopes": "openid profile offline_access", "terms": terms,
        });
        drop(registered(demo, &id, &described));
        let made = Self {
            base: demo.base.clone(),
            id,
            back,
            key: SigningKey::new(&private).unwrap(),
            dpop: new_key(),
            signs,
            verifier: format!("{0}{0}", random()),
            nonce: Mutex::default(),
            http: client(),
            browser: Browser::new(&demo.base),
        };
        let first = made.token("no code", &[]).await;
        assert_eq!(first.1["error"], "use_dpop_nonce", "a nonce for the proofs to come");
        made
    }

    fn assertion(&self, changes: Changes<'_>) -> String {
        let usual = json!({"iss": self.id, "sub": self.id, "aud": self.base, "iat": now(), "exp": now() + 60, "jti": random()});
        self.key
            .sign(&json!({"typ": "JWT"}), changed(usual, changes).to_string().as_bytes())
            .unwrap()
    }

    /// A proof whose header and claims are otherwise than usual.
    fn proof(
        &self,
        (method, path): (&str, &str),
        token: Option<&str>,
        header: Changes<'_>,
        claims: Changes<'_>,
    ) -> String {
        let public = Jwk::from(self.dpop.public().key.clone());
        let usual = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public});
        let header = changed(usual, header);
        let mut usual = json!({
            "jti": random(), "htm": method, "htu": format!("{}{path}", self.base), "iat": now(),
        });
        let nonce = self.nonce.lock().unwrap().clone();
        if !nonce.is_empty() {
            usual["nonce"] = nonce.into();
        }
        if let Some(token) = token {
            usual["ath"] = b64::encode(sha256(&[token.as_bytes()])).into();
        }
        self.dpop.sign_header(&header, changed(usual, claims).to_string().as_bytes()).unwrap()
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        if let Some(fresh) = answer.headers().get("dpop-nonce") {
            fresh.to_str().unwrap().clone_into(&mut self.nonce.lock().unwrap());
        }
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Posts a form with this assertion, and a proof if there is one.
    async fn send(
        &self,
        path: &str,
        fields: &Value,
        assertion: &str,
        proof: Option<&str>,
    ) -> Answer {
        let mut all = form(fields);
        all.push(("client_assertion_type".to_owned(), ASSERTION_TYPE.to_owned()));
        all.push(("client_assertion".to_owned(), assertion.to_owned()));
        let mut request = self.http.post(format!("{}{path}", self.base)).form(&all);
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        self.answered(request).await
    }

    /// A usual request, with changes.
    fn asked(&self, changes: Changes<'_>) -> Value {
        let mut usual = json!({
            "client_id": self.id, "response_type": "code", "redirect_uri": self.back, "scope": "openid",
            "state": "a state", "nonce": "a nonce", "code_challenge_method": "S256",
            "code_challenge": b64::encode(sha256(&[self.verifier.as_bytes()])),
        });
        if self.signs {
            usual["response_mode"] = "jwt".into();
            let life = json!({"iss": self.id, "aud": self.base, "nbf": now(), "exp": now() + 300});
            usual.as_object_mut().unwrap().extend(life.as_object().unwrap().clone());
        }
        changed(usual, changes)
    }

    /// A request signed by this key.
    fn object(&self, key: &SigningKey, changes: Changes<'_>) -> String {
        let header = json!({"typ": "oauth-authz-req+jwt"});
        key.sign(&header, self.asked(changes).to_string().as_bytes()).unwrap()
    }

    /// What the form of a pushed request carries: the parameters, or the object that has them.
    fn carried(&self, changes: Changes<'_>) -> Value {
        if self.signs {
            json!({"client_id": self.id, "request": self.object(&self.key, changes)})
        } else {
            self.asked(changes)
        }
    }

    async fn push(&self, changes: Changes<'_>) -> Answer {
        self.send(PUSH, &self.carried(changes), &self.assertion(&[]), None).await
    }

    /// That a pushed request is refused: by this name, or as the object that it stood in.
    async fn not_pushed(&self, changes: Changes<'_>, error: &str) -> Outcome {
        refused(&self.push(changes).await, error)
    }

    /// Where the browser goes with a request that must be taken.
    async fn address(&self, changes: Changes<'_>) -> Result<String, String> {
        let (status, body) = self.push(changes).await;
        let uri = body["request_uri"].as_str().filter(|_| status == 201);
        let uri = uri.ok_or_else(|| format!("the pushed request is refused: {body}"))?;
        Ok(self.address_of(&self.id, uri, &[]))
    }

    fn address_of(&self, client: &str, uri: &str, more: &[(&str, &str)]) -> String {
        let mut url = url::Url::parse(&format!("{}/oauth/authorize", self.base)).unwrap();
        url.query_pairs_mut()
            .extend_pairs([("client_id", client), ("request_uri", uri)])
            .extend_pairs(more);
        url.to_string()
    }

    /// What comes back when the person gives this answer; read, if it is signed.
    async fn brought(&self, address: &str, answer: &str) -> Result<Landing, String> {
        let page = self.browser.get(address).await;
        let landing = follow(&self.browser, &self.base, &self.back, page, answer)
            .await
            .map_err(|page| format!("stopped at a page: {}", page.status))?;
        let landing = if self.signs {
            let signed = landing.get("response").ok_or("the answer is not signed")?;
            check(landing.len() == 1, "something stands beside the signed answer")?;
            let said = believed(&self.http, &self.base, signed).await?;
            check(said["aud"] == self.id.as_str(), "the answer is for another client")?;
            check(said["exp"].as_i64().is_some_and(|exp| exp > now()), "the answer never ends")?;
            form(&said).into_iter().collect()
        } else {
            landing
        };
        check(landing.get("iss") == Some(&self.base), "iss is not the issuer")?;
        Ok(landing)
    }

    async fn landed(&self, changes: Changes<'_>) -> Result<Landing, String> {
        self.brought(&self.address(changes).await?, "allow").await
    }

    async fn code(&self, changes: Changes<'_>) -> Result<String, String> {
        let landing = self.landed(changes).await?;
        landing.get("code").cloned().ok_or_else(|| format!("no code: {landing:?}"))
    }

    fn redemption(&self, code: &str, changes: Changes<'_>) -> Value {
        let usual = json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.back,
            "code_verifier": self.verifier,
        });
        changed(usual, changes)
    }

    /// Redeems a code with a good assertion and a good proof.
    async fn token(&self, code: &str, changes: Changes<'_>) -> Answer {
        let proof = self.proof(("POST", TOKEN), None, &[], &[]);
        let fields = self.redemption(code, changes);
        self.send(TOKEN, &fields, &self.assertion(&[]), Some(&proof)).await
    }

    /// The tokens of a request that must succeed.
    async fn tokens(&self, changes: Changes<'_>) -> Result<Value, String> {
        given(self.token(&self.code(changes).await?, &[]).await)
    }

    async fn userinfo_by(&self, scheme: &str, access: &str, proof: &str) -> Answer {
        let request = self.http.get(format!("{}{USERINFO}", self.base));
        let request = request.header("authorization", format!("{scheme} {access}"));
        self.answered(request.header("dpop", proof)).await
    }

    async fn userinfo(&self, access: &str) -> Answer {
        let proof = self.proof(("GET", USERINFO), Some(access), &[], &[]);
        self.userinfo_by("DPoP", access, &proof).await
    }
}

/// The tokens that the token endpoint gave.
fn given((status, body): Answer) -> Result<Value, String> {
    if status == 200 { Ok(body) } else { Err(format!("the token endpoint said {status} {body}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_the_fapi_security_profile_that_is_ported_passes() {
    let demo = Demo::start().await;
    recorded("fapi2-security-profile-final-test-plan", &Box::pin(common(&demo, false)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_the_fapi_message_signing_that_is_ported_passes() {
    let demo = Demo::start().await;
    let mut ran = Box::pin(common(&demo, true)).await;
    ran.extend(signed::plan(&demo).await);
    recorded("fapi2-message-signing-final-test-plan", &ran);
}

/// What both plans run. What waits for something to end waits beside the rest.
async fn common(demo: &Demo, signs: bool) -> Vec<&'static str> {
    let late = async {
        plan!(Clinic::new(demo, signs).await, FAPI2SPFinalAttemptToUseExpiredAuthCode => token::expired_code)
    };
    let later = async {
        plan!(Clinic::new(demo, signs).await, FAPI2SPFinalPARAttemptToUseExpiredRequestUri => request::expired_uri)
    };
    let rest = async {
        [
            Box::pin(request::plan(demo, signs)).await,
            token::plan(demo, signs).await,
            proof::plan(demo, signs).await,
        ]
        .concat()
    };
    let (late, later, rest) = tokio::join!(late, later, rest);
    [late.to_vec(), later.to_vec(), rest].concat()
}

//! The two sides: where each is, who its clients are, and how a request looks.

use crate::Failure;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use kernel::World;
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use wire::{
    b64,
    jwk::{Jwk, PrivateJwk},
    jws::SigningKey,
};

/// What is asked again and again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Job {
    /// A token by a secret.
    Token { jwt: bool },
    /// A token by a signature, bound to a key.
    KeyToken { jwt: bool },
    /// About an opaque token, by a secret.
    Introspect,
    /// About an opaque token, by a signature.
    KeyIntrospect,
}

/// One side.
pub(super) struct Side {
    address: &'static str,
    issuer: String,
    token: &'static str,
    introspect: &'static str,
    scope: &'static str,
    /// `bench-jwt` and `bench-opaque` with their `Authorization`.
    jwt: String,
    opaque: String,
    /// The same of `bench-site`, where people sign in.
    site: String,
    key: SigningKey,
    world: World,
    held: RwLock<Vec<String>>,
    next: AtomicUsize,
    cookie: String,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Side {
    /// Ours, from the folder that `praya bench-identity` filled.
    pub(super) fn ours(address: &'static str, data: &Path) -> Result<Self, Failure> {
        let all: Value = serde_json::from_slice(&std::fs::read(data.join("identity.json"))?)?;
        let secret = |id: &str| basic(id, all["secrets"][id].as_str().unwrap_or_default());
        let issuer = issuer(address)?;
        // The demo's cookies carry the port.
        let port = issuer.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(Self {
            address,
            issuer,
            token: "/oauth/token",
            introspect: "/oauth/introspect",
            scope: "api:tax:read",
            jwt: secret("bench-jwt"),
            opaque: secret("bench-opaque"),
            site: secret("bench-site"),
            key: SigningKey::new(&PrivateJwk::parse(all["key"].to_string().as_bytes())?)?,
            world: World::system(),
            held: RwLock::default(),
            next: AtomicUsize::new(0),
            cookie: format!("praya-{port}-session"),
        })
    }

    /// Theirs, and the configuration it starts with.
    pub(super) fn theirs(address: &'static str) -> Result<(Self, Value), Failure> {
        let (key, world) = (PrivateJwk::generate_p256("sig")?, World::system());
        let mut random = [0; 32];
        world.entropy.fill(&mut random);
        let secret = format!("cs_{}", b64::encode(random));
        let issuer = issuer(address)?;
        let client = |id: &str, more: Value| {
            let mut client = json!({
                "client_id": id, "grant_types": ["client_credentials"], "redirect_uris": [], "response_types": [],
            });
            if let (Some(client), Some(more)) = (client.as_object_mut(), more.as_object()) {
                client.extend(more.clone());
            }
            client
        };
        let by_secret =
            json!({"client_secret": secret, "token_endpoint_auth_method": "client_secret_basic"});
        let by_key = json!({
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [serde_json::from_str::<Value>(&key.public.to_json())?]},
        });
        let mut site = client("bench-site", by_secret.clone());
        site["grant_types"] = json!(["authorization_code"]);
        site["response_types"] = json!(["code"]);
        site["redirect_uris"] = json!([super::signin::BACK]);
        let port: u16 = issuer.rsplit(':').next().unwrap_or_default().parse()?;
        let config = json!({"port": port, "clients": [
            client("bench-jwt", by_secret.clone()), client("bench-opaque", by_secret.clone()), site,
            client("bench-key-jwt", by_key.clone()), client("bench-key", by_key),
        ]});
        let side = Self {
            address,
            issuer,
            token: "/token",
            introspect: "/token/introspection",
            scope: "read",
            jwt: basic("bench-jwt", &secret),
            opaque: basic("bench-opaque", &secret),
            site: basic("bench-site", &secret),
            key: SigningKey::new(&key)?,
            world,
            held: RwLock::default(),
            next: AtomicUsize::new(0),
            cookie: String::new(),
        };
        Ok((side, config))
    }

    /// Where people sign in, and by which client.
    pub(super) fn site(&self) -> super::signin::Site {
        super::signin::Site {
            ours: !self.cookie.is_empty(),
            address: self.address,
            client: ("bench-site".to_owned(), self.site.clone()),
        }
    }

    pub(super) fn address(&self) -> &'static str {
        self.address
    }

    /// Tokens to ask about, from answers of the token endpoint.
    pub(super) fn hold(&self, answers: &[Bytes]) -> Result<(), Failure> {
        let mut tokens = Vec::new();
        for answer in answers {
            let answer: Value = serde_json::from_slice(answer)?;
            tokens.push(answer["access_token"].as_str().ok_or("no access token")?.to_owned());
        }
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = tokens;
        Ok(())
    }

    /// A request.
    pub(super) fn request(
        &self,
        job: Job,
        nonce: Option<&str>,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let own = format!("grant_type=client_credentials&scope={}", self.scope.replace(':', "%3A"));
        let request = |path: &str| {
            let host = self.issuer.trim_start_matches("http://");
            Request::post(path).header("host", host).header("content-type", FORM)
        };
        Ok(match job {
            Job::Token { jwt } => {
                let authorization = if jwt { &self.jwt } else { &self.opaque };
                request(self.token).header("authorization", authorization).body(Full::from(own))?
            }
            Job::KeyToken { jwt } => {
                request(self.token).header("dpop", self.proof(nonce)?).body(Full::from(format!(
                    "{own}&{}",
                    self.assertion(if jwt { "bench-key-jwt" } else { "bench-key" })?
                )))?
            }
            Job::Introspect => request(self.introspect)
                .header("authorization", &self.opaque)
                .body(Full::from(format!("token={}", self.one())))?,
            Job::KeyIntrospect => request(self.introspect).body(Full::from(format!(
                "token={}&{}",
                self.one(),
                self.assertion("bench-key")?
            )))?,
        })
    }

    /// A page of ours, with a session.
    pub(super) fn page(&self, session: &str) -> Result<Request<Full<Bytes>>, Failure> {
        let host = self.issuer.trim_start_matches("http://");
        Ok(Request::get("/my/mandates")
            .header("host", host)
            .header("accept", "text/html")
            .header("cookie", format!("{}={session}", self.cookie))
            .body(Full::default())?)
    }

    /// Whether an answer is what was asked for.
    pub(super) fn check(job: Job, answer: &[u8]) -> Result<(), Failure> {
        let sign: &[u8] = match job {
            Job::Token { .. } | Job::KeyToken { .. } => b"\"access_token\":",
            Job::Introspect | Job::KeyIntrospect => b"\"active\":true",
        };
        if answer.windows(sign.len()).any(|window| window == sign) {
            return Ok(());
        }
        Err(format!("{job:?} was answered {}", String::from_utf8_lossy(answer)).into())
    }

    fn one(&self) -> String {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let at = self.next.fetch_add(1, Ordering::Relaxed) % held.len().max(1);
        held.get(at).cloned().unwrap_or_default()
    }

    fn random(&self) -> String {
        let mut random = [0; 16];
        self.world.entropy.fill(&mut random);
        b64::encode(random)
    }

    fn assertion(&self, client: &str) -> Result<String, Failure> {
        let now = self.world.clock.now().as_second();
        let claims = json!({"iss": client, "sub": client, "aud": self.issuer, "iat": now, "exp": now + 60, "jti": self.random()});
        let jws = self.key.sign(&json!({}), claims.to_string().as_bytes())?;
        Ok(format!(
            "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={jws}"
        ))
    }

    fn proof(&self, nonce: Option<&str>) -> Result<String, Failure> {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": Jwk::from(self.key.public().key.clone())});
        let mut claims = json!({
            "jti": self.random(), "htm": "POST", "htu": format!("{}{}", self.issuer, self.token),
            "iat": self.world.clock.now().as_second(),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        Ok(self.key.sign_header(&header, claims.to_string().as_bytes())?)
    }
}

fn issuer(address: &str) -> Result<String, Failure> {
    let (_, port) = address.rsplit_once(':').ok_or("an address without a port")?;
    Ok(format!("http://localhost:{port}"))
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", b64::standard(format!("{id}:{secret}")))
}

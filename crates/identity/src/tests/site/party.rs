//! A client with its keys, and what it hears.

use super::{BACK, VERIFIER};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use wire::{jwk::PrivateJwk, jws::SigningKey};

/// A client with its keys.
#[derive(Clone)]
pub(in crate::tests) struct Party {
    pub(in crate::tests) id: String,
    pub(in crate::tests) sig: Arc<SigningKey>,
    pub(in crate::tests) dpop: Arc<SigningKey>,
    pub(in crate::tests) public: bool,
}

impl Party {
    pub(in crate::tests) fn new(id: &str, public: bool) -> (Self, Json) {
        let (sig, enc) =
            (PrivateJwk::generate_p256("sig").unwrap(), PrivateJwk::generate_p256("enc").unwrap());
        let jwks = json!({"keys": [sig.public, enc.public]});
        (
            Self {
                id: id.to_owned(),
                sig: Arc::new(SigningKey::new(&sig).unwrap()),
                dpop: key(),
                public,
            },
            jwks,
        )
    }

    /// The same client holding another DPoP key.
    pub(in crate::tests) fn other_key(&self) -> Self {
        Self { dpop: key(), ..self.clone() }
    }

    pub(in crate::tests) fn jkt(&self) -> String {
        self.dpop.public().key.thumbprint()
    }

    /// A good pushed request.
    pub(in crate::tests) fn asked(&self) -> Vec<(String, String)> {
        let challenge = wire::b64::encode(wire::sha256(&[VERIFIER.as_bytes()]));
        let details =
            json!([{"type": "praya_records", "purpose": "loan-assessment", "subject": "company"}])
                .to_string();
        let back = if self.public { "http://127.0.0.1/back" } else { BACK };
        [
            ("response_type", "code"),
            ("redirect_uri", back),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("scope", "records"),
            ("state", "st"),
            ("authorization_details", &details),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub(in crate::tests) fn assertion(&self, claims: &Json) -> String {
        self.sig.sign(&json!({"typ": "JWT"}), claims.to_string().as_bytes()).unwrap()
    }
}

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap())
}

/// What came back.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Reply {
    pub(in crate::tests) status: StatusCode,
    pub(in crate::tests) headers: HeaderMap,
    pub(in crate::tests) text: String,
}

impl Reply {
    pub(in crate::tests) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(in crate::tests) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    pub(in crate::tests) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub(in crate::tests) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.header("location")
    }

    /// The value of a cookie it sets.
    pub(in crate::tests) fn cookie(&self, name: &str) -> String {
        let all = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
        all.filter_map(|v| v.split(';').next()?.split_once('='))
            .find(|(n, _)| n.ends_with(name))
            .map(|(_, v)| v.to_owned())
            .unwrap_or_default()
    }
}

pub(in crate::tests) fn sign_proof(key: &SigningKey, claims: &Json) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": wire::jwk::Jwk::from(key.public().key.clone())});
    key.sign_header(&header, claims.to_string().as_bytes()).unwrap()
}

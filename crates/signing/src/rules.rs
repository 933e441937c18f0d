//! What a service may ask, and what a passkey confirms: decisions, pure.

use crate::{
    model::{Form, Meant, Request},
    pki::{hex, unhex},
};
use kernel::{Id, Problem};
use serde::Deserialize;
use serde_json::json;

/// The scope of a token that asks for signatures.
pub const SCOPE: &str = "signing";
/// How long a request waits, in seconds, unless the service says otherwise.
const WAIT: i64 = 900;
/// The shortest and longest wait.
const WAITS: std::ops::RangeInclusive<i64> = 60..=86_400;
/// How long a signature and its document are kept for who asked, in seconds.
pub(crate) const KEPT: i64 = 86_400;
/// The longest name of a document, in characters.
const LONGEST: usize = 200;

/// The document of a request, as a service names it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) name: String,
    #[serde(default)]
    sha256: Option<String>,
    /// Base64.
    #[serde(default)]
    pub(crate) pdf: Option<String>,
}

/// What a service asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    pub(crate) document: Named,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    pub(crate) signer: Option<Meant>,
}

/// What a service asks, read.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) name: String,
    /// SHA-256, hexadecimal.
    pub(crate) digest: String,
    pub(crate) form: Form,
    /// In seconds.
    pub(crate) wait: i64,
    pub(crate) meant: Option<Meant>,
}

/// Whether a document may be called so: one line that cannot look like something else.
pub(crate) fn is_name(name: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let count = name.trim().chars().count();
    (1..=LONGEST).contains(&count) && !name.chars().any(|c| c.is_control() || turns(c))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && unhex(text).is_some()
}

impl Ask {
    /// Checks; the problem names each refused member. `pdf`: the SHA-256 of the PDF that came with it.
    pub(crate) fn read(self, pdf: Option<[u8; 32]>) -> Result<Asked, Problem> {
        let mut problem = Problem::new(400, "request-refused");
        if !is_name(&self.document.name) {
            problem = problem.field("/document/name", "document-name");
        }
        let digest = self.document.sha256.map(|text| text.to_ascii_lowercase());
        if digest.as_deref().is_some_and(|text| !is_digest(text)) {
            problem = problem.field("/document/sha256", "digest-form");
        }
        let found = match (digest, pdf) {
            (Some(digest), None) => Some((digest, Form::Hash)),
            (None, Some(digest)) => Some((hex(&digest), Form::Pdf)),
            _ => None,
        };
        if found.is_none() {
            problem = problem.field("/document", "document-one");
        }
        let wait = self.expires_in.unwrap_or(WAIT);
        if !WAITS.contains(&wait) {
            problem = problem.field("/expires_in", "wait-range");
        }
        if let Some(meant) = &self.signer {
            if !(16..=64).contains(&meant.salt.len()) || !meant.salt.is_ascii() {
                problem = problem.field("/signer/salt", "salt-form");
            }
            if !is_digest(&meant.hkid_digest) {
                problem = problem.field("/signer/hkid_digest", "digest-form");
            }
        }
        match found {
            Some((digest, form)) if problem.fields.is_empty() => {
                let name = self.document.name.trim().to_owned();
                Ok(Asked { name, digest, form, wait, meant: self.signer })
            }
            _ => Err(problem),
        }
    }
}

impl Meant {
    /// Whether a person with this identity card number is meant.
    pub(crate) fn is(&self, hkid: &str) -> bool {
        let own = hex(&wire::sha256(&[self.salt.as_bytes(), hkid.as_bytes()]));
        wire::seal::same(own.as_bytes(), self.hkid_digest.to_ascii_lowercase().as_bytes())
    }
}

/// Four digits, for both screens.
pub(crate) fn code(random: [u8; 4]) -> String {
    format!("{:04}", u32::from_be_bytes(random) % 10_000)
}

/// What the passkey signs: this document, asked by this service, in this request, by this person.
pub(crate) fn confirmed(request: &Request, person: &Id) -> Result<[u8; 32], Problem> {
    let terms = json!({
        "what": "praya signature", "request": request.id, "consumer": request.client,
        "document": request.name, "sha256": request.digest, "form": request.form, "person": person,
    });
    Ok(wire::sha256(&[&wire::jcs::to_vec(&terms).map_err(Problem::internal)?]))
}

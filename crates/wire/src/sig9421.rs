//! Signed HTTP requests for webhooks: RFC 9421 with the body's digest of RFC 9530.
//!
//! One profile: the components `@method`, `@target-uri`, `content-digest`, `content-type`, with `created`,
//! `keyid` and `alg="ecdsa-p256-sha256"`.

use crate::{
    Error, Result, b64,
    jws::{Alg, SigningKey, VerifyingKey},
    sha256,
};
use std::fmt::Write as _;

const ALG: &str = "ecdsa-p256-sha256";
const COMPONENTS: [&str; 4] = ["@method", "@target-uri", "content-digest", "content-type"];
/// Longest header read, in bytes.
const LONGEST: usize = 2048;
/// A signature may come from a clock this far ahead, in seconds.
const AHEAD: i64 = 10;

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The full URL, as requested.
    pub url: &'a str,
    /// The `Content-Type` header.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// The three headers that make a request a signed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// `Content-Digest` of a body (RFC 9530 §2).
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", b64::standard(sha256(&[body])))
}

/// Signs a request at `created`, seconds since 1970.
pub fn sign(message: Message<'_>, key: &SigningKey, created: i64) -> Result<Headers> {
    if key.alg() != Alg::Es256 || !is_plain(key.kid()) {
        return Err(Error::Unsupported("this signing key"));
    }
    let content_digest = content_digest(message.body);
    let names = COMPONENTS.map(|name| format!("\"{name}\"")).join(" ");
    let params = format!("({names});created={created};keyid=\"{}\";alg=\"{ALG}\"", key.kid());
    let base = base_of(message, &content_digest, &COMPONENTS, &params)?;
    let signature = format!("praya=:{}:", b64::standard(key.sign_bytes(base.as_bytes())?));
    Ok(Headers { content_digest, signature_input: format!("praya={params}"), signature })
}

/// Verifies a request: its body against the digest, the signature by the key that `find` gives for its
/// `keyid`, and that it was made within the last `max_age` seconds.
pub fn verify<'k>(
    message: Message<'_>,
    headers: &Headers,
    find: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
    now: i64,
    max_age: i64,
) -> Result<()> {
    let malformed = Error::Malformed("Signature-Input");
    if headers.signature_input.len() > LONGEST || headers.signature.len() > LONGEST {
        return Err(Error::TooLong("signature header"));
    }
    if headers.content_digest != content_digest(message.body) {
        return Err(Error::Signature);
    }
    let (label, params) = headers.signature_input.split_once('=').ok_or(malformed)?;
    let (names, rest) =
        params.strip_prefix('(').and_then(|text| text.split_once(')')).ok_or(malformed)?;
    let unquote = |text: &'_ str| -> Option<String> {
        text.strip_prefix('"')?.strip_suffix('"').filter(|inner| is_plain(inner)).map(str::to_owned)
    };
    let names = names.split(' ').map(unquote).collect::<Option<Vec<_>>>().ok_or(malformed)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.len() != COMPONENTS.len() || COMPONENTS.iter().any(|name| !names.contains(name)) {
        return Err(Error::Unsupported("this list of components"));
    }
    let (mut created, mut keyid, mut alg) = (None, None, None);
    for param in rest.split(';').skip(1) {
        let (name, value) = param.split_once('=').ok_or(malformed)?;
        match name {
            "created" => created = value.parse::<i64>().ok(),
            "keyid" => keyid = unquote(value),
            "alg" => alg = unquote(value),
            _ => return Err(Error::Unsupported("this signature parameter")),
        }
    }
    let (created, keyid) = created.zip(keyid).ok_or(malformed)?;
    if alg.as_deref() != Some(ALG) {
        return Err(Error::Unsupported("this signature algorithm"));
    }
    if created > now.saturating_add(AHEAD) || created < now.saturating_sub(max_age) {
        return Err(Error::Signature);
    }
    let signature = headers
        .signature
        .strip_prefix(label)
        .and_then(|text| text.strip_prefix("=:")?.strip_suffix(':'))
        .ok_or(Error::Malformed("Signature"))?;
    let key = find(&keyid).filter(|key| key.alg() == Alg::Es256).ok_or(Error::NoKey)?;
    let base = base_of(message, &headers.content_digest, &names, params)?;
    key.verify_bytes(base.as_bytes(), &b64::from_standard(signature)?)
}

fn base_of(message: Message<'_>, digest: &str, names: &[&str], params: &str) -> Result<String> {
    let mut components = Vec::new();
    for name in names {
        let value = match *name {
            "@method" => message.method,
            "@target-uri" => message.url,
            "content-digest" => digest,
            "content-type" => message.content_type,
            _ => return Err(Error::Unsupported("this component")),
        };
        components.push((*name, value));
    }
    signature_base(&components, params)
}

/// The signature base (RFC 9421 §2.5).
pub(crate) fn signature_base(components: &[(&str, &str)], params: &str) -> Result<String> {
    let mut base = String::new();
    for (name, value) in components {
        // A line break within a value would let one component pose as another.
        if value.contains(['\n', '\r']) {
            return Err(Error::Malformed("signature component"));
        }
        // Writing to a text cannot fail.
        let _ = writeln!(base, "\"{name}\": {}", value.trim());
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(params);
    Ok(base)
}

/// Fits between quotation marks without escapes, and between parameters.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b';'))
}

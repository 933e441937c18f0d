//! A posted form, as OAuth wants it: no parameter twice (RFC 6749 §3.1), bounded in number and length.

use crate::error::{Code, Refusal, Verdict};
use http::{HeaderMap, header};

/// Most parameters of a request.
const MOST: usize = 40;

/// The parameters of a request, each at most once. An empty value counts as absent (RFC 6749 §3.1).
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `application/x-www-form-urlencoded`. Nothing at all has no form to be wrong.
    pub fn posted(headers: &HeaderMap, body: &[u8]) -> Verdict<Self> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| {
                kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
            });
        if !form {
            return Err(Refusal::new(
                Code::InvalidRequest,
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        Self::read(body)
    }

    /// Reads a query or body.
    pub fn read(text: &[u8]) -> Verdict<Self> {
        let bad = |why: &'static str| Refusal::new(Code::InvalidRequest, why);
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_bytes(text).map_err(|_| bad("the parameters cannot be read"))?;
        if pairs.len() > MOST {
            return Err(bad("there are too many parameters"));
        }
        for (i, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().skip(i + 1).any(|(other, _)| other == name) {
                return Err(bad("a parameter stands twice"));
            }
        }
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(bad("a parameter carries NUL"));
        }
        Ok(Self(pairs))
    }

    /// The parameters of a request object (RFC 9101); one that stands twice in JSON stood once in the end.
    pub fn signed(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    pub fn need(&self, name: &'static str) -> Verdict<&str> {
        self.get(name)
            .ok_or_else(|| Refusal::new(Code::InvalidRequest, format!("{name} is missing")))
    }
}

//! Cookies of this installation.
//!
//! Over https every cookie is `__Host-…; Secure`. Over plain http, which only the demo on the loopback
//! address speaks, it has neither: Chromium takes `Secure` cookies from `http://localhost`, but Safari
//! and most HTTP clients do not, and `__Host-` without `Secure` is refused by all. The instance's id
//! stands in the name, because all ports of a host share their cookies.

use http::{HeaderMap, HeaderValue, header};
use kernel::Ctx;

/// What a cookie is for; the names of one installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session of a person signed in.
    Session,
    /// The token that every form of this browser carries ([`Form`](crate::Form)).
    Csrf,
    /// The language once chosen with `?lang=`.
    Lang,
    /// A ceremony that has begun (a passkey's challenge).
    Ceremony,
}

impl Cookie {
    const fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Csrf => "csrf",
            Self::Lang => "lang",
            Self::Ceremony => "ceremony",
        }
    }
}

/// How this installation writes its cookies.
#[derive(Debug, Clone)]
pub struct Cookies {
    instance: String,
    https: bool,
}

impl Cookies {
    /// `instance`: letters and digits, the same for all nodes of an installation. `https`: whether people reach it so.
    pub fn new(instance: impl Into<String>, https: bool) -> Self {
        Self { instance: instance.into(), https }
    }

    /// The cookie's full name.
    pub fn name(&self, cookie: Cookie) -> String {
        let prefix = if self.https { "__Host-" } else { "" };
        format!("{prefix}praya-{}-{}", self.instance, cookie.word())
    }

    /// The value the browser sent, if any.
    pub fn read<'a>(&self, headers: &'a HeaderMap, cookie: Cookie) -> Option<&'a str> {
        let name = self.name(cookie);
        let pairs = headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// A `Set-Cookie` header. `seconds`: how long it is kept; without it, until the browser closes.
    /// A value with anything but letters, digits and `-_.~` in it is not sent, and clears the cookie.
    pub fn set(&self, cookie: Cookie, value: &str, seconds: Option<u64>) -> HeaderValue {
        if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)) {
            return self.clear(cookie);
        }
        self.header(cookie, value, seconds)
    }

    /// A `Set-Cookie` header that forgets it.
    pub fn clear(&self, cookie: Cookie) -> HeaderValue {
        self.header(cookie, "", Some(0))
    }

    fn header(&self, cookie: Cookie, value: &str, seconds: Option<u64>) -> HeaderValue {
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self.https { "; Secure" } else { "" };
        let text =
            format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", self.name(cookie));
        // Letters, digits and punctuation only, so this is always a header.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The browser's form token, if its cookie holds one of ours.
pub fn csrf<'a>(cookies: &Cookies, headers: &'a HeaderMap) -> Option<&'a str> {
    cookies
        .read(headers, Cookie::Csrf)
        .filter(|token| token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A new form token: 128 random bits. Give the browser a new one whenever it signs in or out, so that
/// a token somebody planted before is worth nothing after.
pub fn new_csrf(ctx: &Ctx) -> String {
    format!("{:032x}", u128::from_be_bytes(ctx.random::<16>()))
}

/// Compares two tokens in a time that does not tell where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .fold(0, |difference, (a, b)| std::hint::black_box(difference | (a ^ b)))
            == 0
}

//! Addresses that others give us and that we shall call: never one inside (SSRF).

use outbound::{is_public, is_public_name};
use url::{Host, Url};

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// Not an absolute URL, or longer than 2,048 bytes.
    #[error("this is not a web address")]
    Form,
    /// Not `https`.
    #[error("the address must begin with https")]
    Scheme,
    /// A user or password in it.
    #[error("the address carries a user or password")]
    User,
    /// A name or number that means this machine or a private network.
    #[error("the address points inside")]
    Inside,
}

/// Checks an address that we were given to call. `allow_loopback` is for the demonstration, whose bank
/// runs beside it over plain http.
///
/// A name may still resolve to a private number: whoever connects asks [`is_public`] of what it resolved to.
pub fn safe_url(text: &str, allow_loopback: bool) -> Result<Url, Unsafe> {
    if text.len() > 2048 {
        return Err(Unsafe::Form);
    }
    let url = Url::parse(text).map_err(|_| Unsafe::Form)?;
    let host = url.host().ok_or(Unsafe::Form)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unsafe::User);
    }
    let loopback = match &host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    let excused = loopback && allow_loopback;
    if url.scheme() != "https" && !(excused && url.scheme() == "http") {
        return Err(Unsafe::Scheme);
    }
    let outside = match &host {
        Host::Domain(name) => is_public_name(name),
        Host::Ipv4(ip) => is_public((*ip).into()),
        Host::Ipv6(ip) => is_public((*ip).into()),
    };
    if outside || excused { Ok(url) } else { Err(Unsafe::Inside) }
}

//! Calling out without being led inside: an address given to us must be public, unless a definition
//! says otherwise with its reason. No redirects are followed.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    error::Error,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};
use url::{Host, Url};

/// Whether an address is one of the public Internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let special = ip.is_unspecified()
                || ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && (b == 18 || b == 19));
            !special
        }
        IpAddr::V6(ip) => {
            inner_v4(ip).map_or_else(|| is_public_v6(ip), |inner| is_public(IpAddr::V4(inner)))
        }
    }
}

/// The IPv4 address inside a mapped, translated (64:ff9b::/96) or 6to4 one.
fn inner_v4(ip: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let bytes =
        |high: u16, low: u16| std::net::Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(bytes(high, low)),
        _ => None,
    }
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // Global unicast is 2000::/3; of it 2001::/23 (Teredo, benchmarks, ORCHID) and documentation are not.
    (0x2000..0x4000).contains(&first)
        && !matches!(ip.segments(), [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..])
}

#[rustfmt::skip]
const INSIDE_NAMES: [&str; 11] = [
    "localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "test", "invalid", "onion",
];

/// Whether a name may be one of the public Internet: not those of one label, nor those set aside for use
/// inside (RFC 6761, 6762, 8375). Whoever connects asks [`is_public`] of what it resolves to.
pub fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.contains('.')
        && !INSIDE_NAMES.iter().any(|end| {
            name == *end || name.strip_suffix(end).is_some_and(|head| head.ends_with('.'))
        })
}

/// Why an address is refused that is not of the public Internet.
pub const INSIDE: &str = "an address that points inside";

/// A name was resolved, and every address found lies inside.
#[derive(Debug, thiserror::Error)]
#[error("{INSIDE}")]
pub struct Inside;

/// Whether a call failed because the name leads inside.
pub fn leads_inside(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(this) = cause {
        if this.is::<Inside>() {
            return true;
        }
        cause = this.source();
    }
    false
}

/// Checks a URL before it is called: `http(s)`, no user name, and no address inside. A name is checked
/// again when it is resolved.
pub fn check_url(url: &Url, allow_private: bool) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "https" | "http") || (url.scheme() == "http" && !allow_private) {
        return Err("not an https address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user name");
    }
    let inside = match url.host() {
        None => return Err("an address without a host"),
        Some(Host::Ipv4(ip)) => !is_public(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => !is_public(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => !is_public_name(name),
    };
    if inside && !allow_private { Err(INSIDE) } else { Ok(()) }
}

struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|at| is_public(at.ip()))
                .collect();
            if found.is_empty() {
                return Err(Inside.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A client that follows no redirect and, unless allowed, resolves names to public addresses alone.
pub fn client(allow_private: bool) -> Result<reqwest::Client, String> {
    builder(allow_private).build().map_err(|error| error.to_string())
}

/// The same before it is built, to add a CA or a client certificate.
pub fn builder(allow_private: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(3))
        .user_agent("Praya");
    if allow_private { builder } else { builder.dns_resolver(Arc::new(PublicOnly)) }
}

#[cfg(test)]
mod tests;

//! Addresses that others give us and that we shall call: never one inside (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
/// A name may still resolve to a private number: whoever connects asks [`safe_ip`] of what it resolved to.
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
        Host::Domain(name) => public_name(name),
        Host::Ipv4(ip) => safe_ip((*ip).into(), false),
        Host::Ipv6(ip) => safe_ip((*ip).into(), false),
    };
    if outside || excused { Ok(url) } else { Err(Unsafe::Inside) }
}

/// Names that only mean something inside: one label, and those set aside by RFC 6761, 6762, 8375.
fn public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let inside = [
        "localhost",
        "local",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "home.arpa",
        "test",
        "invalid",
        "onion",
    ];
    name.contains('.')
        && !inside.iter().any(|end| {
            name == *end || name.strip_suffix(end).is_some_and(|head| head.ends_with('.'))
        })
}

/// Whether a number is one of the open internet's (the registries of RFC 6890).
pub fn safe_ip(ip: IpAddr, allow_loopback: bool) -> bool {
    if allow_loopback && ip.is_loopback() {
        return true;
    }
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => public_v6(ip),
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let inside = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !inside
}

fn public_v6(ip: Ipv6Addr) -> bool {
    // What only wraps a number of the old kind is judged by it.
    if let Some(v4) = ip.to_ipv4_mapped() {
        return public_v4(v4);
    }
    match ip.segments() {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        // Teredo, documentation, ORCHID and other special uses lie in 2001::/23.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        // Only 2000::/3 is given out.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

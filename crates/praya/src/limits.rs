//! Who asks too often is told when to come back: by network, before anything is looked up.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method};
use kernel::World;
use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};
use web::{Failure, Limiter, Near};

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

pub(crate) struct Limits {
    world: World,
    by_proxy: bool,
    sign_in: Limiter,
    oauth: Limiter,
}

impl Limits {
    /// `by_proxy`: every connection is our proxy's, which says in `X-Forwarded-For` whose it is.
    pub(crate) fn new(world: World, by_proxy: bool) -> Self {
        Self {
            world,
            by_proxy,
            // A try writes a row. An office behind one address signs in within a minute; a program that
            // tries has nothing to gain.
            sign_in: Limiter::new(30, Duration::from_secs(2)),
            // A request costs the check of a signature, whoever sent it. A bank that renews more than
            // sixty thousand tokens while one lives comes from more than one address.
            oauth: Limiter::new(1000, Duration::from_millis(10)),
        }
    }

    /// Whose allowance a request uses; `None` for whoever is on this machine.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if self.by_proxy {
            // What stands last our proxy wrote; whatever stands before it anyone may have.
            let last = headers.get_all("x-forwarded-for").iter().next_back();
            let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next());
            return Some(network(last.and_then(|ip| ip.trim().parse().ok()).unwrap_or(peer)));
        }
        (!peer.to_canonical().is_loopback()).then(|| network(peer))
    }
}

/// One subscriber has a whole /64 of IPv6 addresses.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Signing in, and what programs ask of the authorisation server.
pub(crate) async fn limit<F: Future<Output = Response>>(
    limits: &Limits,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.uri().path();
    let oauth = path.starts_with("/oauth/");
    let limiter = match *request.method() {
        Method::POST if path.starts_with("/sign-in") || path.starts_with("/invitation/") => {
            &limits.sign_in
        }
        Method::POST | Method::DELETE if oauth => &limits.oauth,
        _ => return next(request).await,
    };
    let Some(Peer(peer)) = request.extensions().get().copied() else {
        return next(request).await;
    };
    let Some(caller) = limits.caller(peer, request.headers()) else {
        request.extensions_mut().insert(Near);
        return next(request).await;
    };
    request.extensions_mut().insert(web::Caller(caller));
    match limiter.admit(caller, limits.world.clock.now()) {
        Ok(()) => next(request).await,
        Err(problem) if oauth => identity::Refusal::from(problem).into_response(),
        Err(problem) => Failure::from(problem).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;
    use http::{HeaderMap, HeaderValue};
    use kernel::World;

    fn caller(by_proxy: bool, peer: &str, forwarded: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        let limits = Limits::new(World::system(), by_proxy);
        limits.caller(peer.parse().unwrap(), &headers).map(|ip| ip.to_string())
    }

    #[test]
    fn the_caller_is_whom_our_proxy_names_and_nobody_names_themselves() {
        for (by_proxy, peer, forwarded, expected) in [
            (false, "203.0.113.9", &["198.51.100.7"][..], Some("203.0.113.9")),
            (false, "127.0.0.1", &["198.51.100.7"], None),
            (false, "::1", &[], None),
            (false, "::ffff:127.0.0.1", &[], None),
            (false, "2001:db8:1:2:3::4", &[], Some("2001:db8:1:2::")),
            (true, "127.0.0.1", &["198.51.100.7"], Some("198.51.100.7")),
            (true, "127.0.0.1", &["10.0.0.1, 198.51.100.7"], Some("198.51.100.7")),
            (true, "127.0.0.1", &["10.0.0.1", "198.51.100.7"], Some("198.51.100.7")),
            (true, "127.0.0.1", &[], Some("127.0.0.1")),
            (true, "127.0.0.1", &["198.51.100.7, nobody"], Some("127.0.0.1")),
        ] {
            let found = caller(by_proxy, peer, forwarded);
            assert_eq!(found.as_deref(), expected, "{by_proxy} {peer} {forwarded:?}");
        }
    }
}

//! Decisions, pure: what a client may register, ask and bring. Lifetimes stand here too.

pub mod acting;
pub mod address;
pub mod assurance;
pub mod certificate;
pub mod claims;
pub mod companies;
pub mod federation;
pub mod joining;
pub mod logout;
pub mod mandates;
pub mod passwords;
mod pushed;
pub mod sign_in;

pub use address::safe_url;
pub use pushed::pushed;

use crate::{
    error::{Code, Refusal, Verdict},
    model::{Auth, Client, Flow, IdTokenAlg, Profile, Terms},
};
use kernel::Timestamp;
use serde_json::Value as Json;
use url::Url;
use wire::{b64, jwk::Jwks, seal};

/// A `request_uri` may be brought for this long, in seconds (RFC 9126 §2.2).
pub const REQUEST_URI_LIFE: i64 = 90;
/// A person who has begun has this long to sign in, in seconds.
pub const SIGN_IN_LIFE: i64 = 15 * 60;
/// A person may decide, and a second one agree, for this long, in seconds.
pub const DECIDING_LIFE: i64 = 7 * 24 * 3600;
/// A signed answer may be believed for this long, in seconds (JARM §2.1).
pub const SIGNED_ANSWER_LIFE: i64 = 600;
/// A code lives this long, in seconds.
pub const CODE_LIFE: i64 = 60;
/// An access token lives this long, in seconds.
pub const ACCESS_LIFE: i64 = 600;
/// What a creator's program registers with is good for this long, in seconds.
pub const REGISTRATION_TOKEN_LIFE: i64 = 24 * 3600;
/// After a new secret of a client the one before is good for this long, in seconds.
pub const SECRET_OVERLAP: i64 = 24 * 3600;
/// So often may a client that has proved itself ask at once, and then once in each [`CLIENT_EVERY`]: it can
/// renew three hundred thousand tokens while one lives, and cannot keep a node from serving others.
pub const CLIENT_BURST: u32 = 5000;
/// See [`CLIENT_BURST`].
pub const CLIENT_EVERY: std::time::Duration = std::time::Duration::from_millis(2);
/// A refresh token lives at most this long, in seconds; its consent usually ends before.
pub const REFRESH_LIFE: i64 = 366 * 24 * 3600;
/// A screen waits this long for a phone, in seconds.
pub const APPROVAL_LIFE: i64 = 180;
/// So often may somebody try a code for one account at once, and then once in each [`ACCOUNT_EVERY`]. Nobody is
/// locked out by it: a passkey is not counted.
pub const ACCOUNT_BURST: u32 = 5;
/// See [`ACCOUNT_BURST`].
pub const ACCOUNT_EVERY: std::time::Duration = std::time::Duration::from_mins(1);
/// So many wrong codes in a row, each under the right password, and it must be set up anew: whoever tries them has
/// the password (NIST SP 800-63B-4 §3.2.2 allows a hundred).
pub const WRONG_CODES: i64 = 20;
/// A session ends after this long without a request, in seconds.
pub const SESSION_IDLE: i64 = 30 * 60;
/// And after this long in any case, in seconds.
pub const SESSION_LIFE: i64 = 12 * 3600;
/// That a session was used is written down at most this often, in seconds.
pub const SESSION_TOUCH: i64 = 60;
/// How a person signs in may be changed for this long after a sign-in, in seconds.
pub const SIGN_IN_RECENT: i64 = 10 * 60;
/// The longest name of a passkey, in characters.
pub const PASSKEY_NAME: usize = 60;
/// A passkey ceremony must be answered within this long, in seconds.
pub const CEREMONY_LIFE: i64 = 300;
/// An invitation is good for this long, in seconds.
pub const INVITATION_LIFE: i64 = 24 * 3600;
/// Two accounts made one can be made two again for this long, in seconds.
pub const UNDO_MERGE: i64 = 30 * 24 * 3600;
/// So many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Whoever comes with a recovery code waits this long, in seconds, and can be stopped.
pub const RECOVERY_WAIT: i64 = 3 * 24 * 3600;
/// And then has this long to make a passkey, in seconds.
pub const RECOVERY_LIFE: i64 = 7 * 24 * 3600;
/// A person who closes their account can come back for this long, in seconds.
pub const CLOSING: i64 = 30 * 24 * 3600;
/// A new signing key is published this long before it signs, and an old one this long after, in seconds.
pub const KEY_OVERLAP: i64 = 24 * 3600;

/// The scope of a person's grant.
pub const RECORDS: &str = "records";
/// The scope of asking a person to fill a form.
pub const FORMS: &str = "forms";
/// The scope by which a department's client fetches for many subjects on its own behalf.
pub const BATCH: &str = "exchange:batch";
/// The scope by which a service asks people to sign documents, on its own behalf.
pub const SIGNING: &str = "signing";
/// The scope of a client that may ask about tokens of others (a resource server).
pub const INTROSPECT: &str = "introspect";
/// Grant management draft 03 §6.1.
pub const GRANT_QUERY: &str = "grant_management_query";
/// Grant management draft 03 §6.1.
pub const GRANT_REVOKE: &str = "grant_management_revoke";
/// Who signs in (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Tokens that outlast the session (Core §11).
pub const OFFLINE: &str = "offline_access";
/// What a person may be asked about themselves, beside records: [`OPENID`] and what goes with it.
pub const IDENTITY: [&str; 7] = [
    OPENID,
    claims::PROFILE,
    claims::EMAIL,
    claims::PHONE,
    claims::ADDRESS,
    OFFLINE,
    acting::DELEGATE,
];
/// What can be asked for at all.
pub const SCOPES: [&str; 13] = [
    RECORDS,
    FORMS,
    BATCH,
    SIGNING,
    GRANT_QUERY,
    GRANT_REVOKE,
    OPENID,
    claims::PROFILE,
    claims::EMAIL,
    claims::PHONE,
    claims::ADDRESS,
    OFFLINE,
    acting::DELEGATE,
];
/// The types of `authorization_details` (RFC 9396), each asked for under its scope.
pub const DETAILS_TYPES: [&str; 2] = ["praya_records", "praya_form"];

/// The type that goes with a scope.
pub fn details_type(scope: &str) -> Option<&'static str> {
    let [records, form] = DETAILS_TYPES;
    match (has_scope(scope, RECORDS), has_scope(scope, FORMS)) {
        (true, _) => Some(records),
        (_, true) => Some(form),
        _ => None,
    }
}

/// Whether a form is to be filled without a name.
pub fn is_anonymous(details: &Json) -> bool {
    details["type"] == DETAILS_TYPES[1] && details["anonymous"] == true
}

/// Whether a list of scopes has one.
pub fn has_scope(list: &str, scope: &str) -> bool {
    list.split(' ').any(|one| one == scope)
}

/// What a client gets of the scopes it asked for by `client_credentials`: all, or `invalid_scope`.
///
/// A client that says nothing gets the one it is registered for. Every client may manage its grants.
pub fn own_scopes(client: &Client, asked: Option<&str>) -> Verdict<String> {
    if client.profile == Profile::Public {
        return Err(Refusal::new(
            Code::UnauthorizedClient,
            "only a confidential client may act for itself",
        ));
    }
    let asked = asked.filter(|text| !text.is_empty()).unwrap_or(BATCH);
    for one in asked.split(' ') {
        let allowed = match one {
            GRANT_QUERY | GRANT_REVOKE => true,
            BATCH | SIGNING => has_scope(&client.scopes, one),
            // One token speaks to one service.
            _ => audience(asked).is_some() && has_scope(&client.scopes, one),
        };
        if !allowed {
            return Err(Refusal::new(
                Code::InvalidScope,
                "this client may not have this scope for itself",
            ));
        }
    }
    Ok(asked.to_owned())
}

/// Whether a scope is a service's own: `api:SERVICE` or `api:SERVICE:WHAT`, where SERVICE is that service's
/// client id.
pub fn service_scope(scope: &str) -> Option<&str> {
    let (service, what) = match scope.strip_prefix("api:")?.split_once(':') {
        Some((service, what)) => (service, what),
        None => (scope.strip_prefix("api:")?, "all"),
    };
    let plain = |text: &str, more: &[u8]| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b) || more.contains(&b))
    };
    (plain(service, b"") && plain(what, b":")).then_some(service)
}

/// The one service that all these scopes are of, if they are of one.
pub fn audience(scopes: &str) -> Option<&str> {
    let mut services = scopes.split(' ').map(service_scope);
    let first = services.next()??;
    services.all(|one| one == Some(first)).then_some(first)
}

/// Whether a client's own token with these scopes may be used by whoever bears it. What reaches records or
/// grants never is: that token is bound to a key.
pub fn may_bear(client: &Client, scopes: &str) -> bool {
    client.node.is_none() && audience(scopes).is_some()
}

/// Whether `verifier` is what `challenge` was made of (RFC 7636 §4.6, S256).
pub fn pkce(verifier: &str, challenge: &str) -> bool {
    let form = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    form && seal::same(
        b64::encode(wire::sha256(&[verifier.as_bytes()])).as_bytes(),
        challenge.as_bytes(),
    )
}

/// Whether a client may be answered at `asked`: exactly as registered. Only under a loopback number that it
/// registered may a program use any port (RFC 8252 §7.3).
pub fn redirect_matches(client: &Client, asked: &str) -> bool {
    let same_but_port = |registered: &str| {
        let (Ok(mut a), Ok(mut b)) = (Url::parse(registered), Url::parse(asked)) else {
            return false;
        };
        let loopback = matches!(a.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback())
            || matches!(a.host(), Some(url::Host::Ipv6(ip)) if ip.is_loopback());
        // As sent: the parser's own normalisation must not widen the match.
        loopback
            && a.scheme() == "http"
            && b.as_str() == asked
            && a.set_port(None).is_ok()
            && b.set_port(None).is_ok()
            && a == b
    };
    client.redirect_uris.iter().any(|one| one == asked || same_but_port(one))
}

/// Whether a redirect URI may be registered: `https`, or `http` on a loopback address; complete,
/// without fragment, user or wildcard.
pub fn redirect_registrable(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    scheme
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains('*')
        && text.len() <= 512
}

/// Why a client may not be registered as given: the field and a code of `problem-…`.
pub fn registration(
    client: &Client,
    allow_loopback: bool,
) -> Result<(), (&'static str, &'static str)> {
    let id_ok = (1..=64).contains(&client.id.len())
        && client.id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !id_ok {
        return Err(("client_id", "client-id-form"));
    }
    if client.node.is_some() {
        return node_registration(client);
    }
    // A service that calls others, and is called by no person's browser, has nowhere to be answered.
    let alone =
        client.scopes.split(' ').all(|one| one == INTROSPECT || service_scope(one).is_some());
    if (client.redirect_uris.is_empty() && !alone)
        || !client.redirect_uris.iter().all(|uri| redirect_registrable(uri))
    {
        return Err(("redirect_uris", "client-redirect-form"));
    }
    let by_secret = client.terms.auth == Auth::ClientSecretBasic;
    let baseline = client.terms.flow == Flow::Baseline;
    let identity_only = client
        .scopes
        .split(' ')
        .all(|one| IDENTITY.contains(&one) || (!baseline && service_scope(one).is_some()));
    if baseline && (!identity_only || has_scope(&client.scopes, acting::DELEGATE)) {
        return Err(("terms", "client-flow-form"));
    }
    if by_secret && (client.profile == Profile::Public || !(alone || baseline)) {
        // Records need more than a word that can be copied.
        return Err(("terms", "client-auth-form"));
    }
    if let Some(address) = &client.terms.jwks_uri
        && (safe_url(address, allow_loopback).is_err() || client.profile == Profile::Public)
    {
        return Err(("jwks_uri", "client-keys-address"));
    }
    // Keys at an address of its own are read before it is registered there.
    let unread = client.terms.jwks_uri.is_some() && client.jwks == serde_json::json!({"keys": []});
    if client.profile == Profile::Confidential && !by_secret && !unread {
        let keys = Jwks::parse(client.jwks.to_string().as_bytes())
            .map_err(|_| ("jwks", "client-keys-form"))?;
        let mut kids: Vec<_> = keys.keys.iter().filter_map(|key| key.kid.as_deref()).collect();
        kids.sort_unstable();
        let unique = kids.windows(2).all(|pair| pair[0] != pair[1]);
        let signs = keys.keys.iter().any(|key| key.usage.as_deref() == Some("sig"));
        let certified = client.terms.auth != Auth::SelfSignedTlsClientAuth
            || certificate::registered(&client.jwks).next().is_some();
        if !certified
            || !unique
            || !signs
            || (keys.encryption_key().is_none() && !alone && !identity_only)
        {
            return Err(("jwks", "client-keys-form"));
        }
    }
    if client.webhook.as_deref().is_some_and(|hook| safe_url(hook, allow_loopback).is_err()) {
        return Err(("webhook", "client-webhook-form"));
    }
    let terms = &client.terms;
    if terms.flow == Flow::High && terms.id_token_signed_response_alg == IdTokenAlg::Rs256 {
        return Err(("terms", "client-alg-form"));
    }
    if !terms.post_logout_redirect_uris.iter().all(|uri| redirect_registrable(uri)) {
        return Err(("terms", "client-redirect-form"));
    }
    let hook = terms.backchannel_logout_uri.as_deref();
    if hook.is_some_and(|hook| safe_url(hook, allow_loopback).is_err()) {
        return Err(("terms", "client-webhook-form"));
    }
    let known = |scope: &str| {
        SCOPES.contains(&scope) || scope == INTROSPECT || service_scope(scope).is_some()
    };
    if !client.scopes.split(' ').all(known) {
        return Err(("scopes", "client-scopes-form"));
    }
    Ok(())
}

/// Whether a session begun then is recent enough to change how its person signs in: whoever finds an open
/// browser may not add a key of their own.
pub fn recent(begun: Timestamp, now: Timestamp) -> bool {
    (0..SIGN_IN_RECENT).contains(&(now.as_second() - begun.as_second()))
}

/// What a browser and its device are called, such as `Firefox, Windows`; empty where it does not say. Only
/// this is kept of what the browser tells of itself.
pub fn device(user_agent: &str) -> String {
    // Each names those before it as well: the most particular comes first.
    let browsers = [
        ("Edg", "Edge"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("HarmonyOS", "HarmonyOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let first = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    [first(&browsers), first(&systems)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Another node proves each question by its signature: what an OAuth client needs would let it be more.
fn node_registration(client: &Client) -> Result<(), (&'static str, &'static str)> {
    let more = !client.redirect_uris.is_empty()
        || !client.scopes.is_empty()
        || client.webhook.is_some()
        || client.profile != Profile::Confidential
        || client.terms != Terms::default();
    if more {
        return Err(("node", "client-node-form"));
    }
    let rights = client.node.iter().flat_map(|node| [&node.registers, &node.purposes]);
    if rights.clone().any(Vec::is_empty) {
        return Err(("node", "client-node-form"));
    }
    let keys = Jwks::parse(client.jwks.to_string().as_bytes())
        .map_err(|_| ("jwks", "client-node-keys-form"))?;
    let usable = keys.for_use("sig").any(|key| key.kid.is_some());
    if usable { Ok(()) } else { Err(("jwks", "client-node-keys-form")) }
}

/// Where to go after signing in: a path on this server, never another site's.
pub fn local_path(next: Option<&str>) -> &str {
    let ok = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 2048
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    next.filter(ok).unwrap_or("/my/data")
}

/// The answer's address (RFC 6749 §4.1.2) with `iss` (RFC 9207).
pub fn answer_at(
    redirect_uri: &str,
    issuer: &str,
    state: Option<&str>,
    pairs: &[(&str, &str)],
) -> String {
    let more = state.map(|state| ("state", state)).into_iter().chain([("iss", issuer)]);
    with_query(redirect_uri, &pairs.iter().copied().chain(more).collect::<Vec<_>>())
}

/// An address with parameters added to those that it has.
pub fn with_query(to: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let joint = if to.contains('?') { '&' } else { '?' };
    format!("{to}{joint}{query}")
}

/// The one element of a type in `authorization_details` (RFC 9396 §2).
pub(crate) fn details_element(text: &str, kind: &str) -> Verdict<Json> {
    let bad = |why: &'static str| Refusal::new(Code::InvalidAuthorizationDetails, why);
    if text.len() > 32 * 1024 {
        return Err(bad("authorization_details is too long"));
    }
    let list: Vec<Json> =
        serde_json::from_str(text).map_err(|_| bad("authorization_details is not a JSON array"))?;
    let mut elements = list.into_iter();
    match (elements.next(), elements.next()) {
        (Some(one), None) if one.get("type").and_then(Json::as_str) == Some(kind) => Ok(one),
        (Some(_), None) => Err(bad("this type of authorization_details is not known")),
        _ => Err(bad("authorization_details must hold one element")),
    }
}

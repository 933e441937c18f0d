//! What a sign-in is worth: how well the person is known, and how they proved to be themselves.

use crate::model::{Level, Method, SignIn, Terms};
use kernel::Timestamp;

/// The `acr` of a sign-in: `urn:praya:acr:LEVEL:passkey`, or `…:code` where no passkey was used. A press in the
/// demonstration is good for nothing: `0`.
pub fn acr(level: Level, method: Method) -> String {
    match method {
        Method::Persona => "0".to_owned(),
        Method::Federated(there) => {
            format!("urn:praya:acr:{}:code", level.min(there).as_str())
        }
        Method::Passkey => format!("urn:praya:acr:{}:passkey", level.as_str()),
        Method::SecondDevice | Method::Code => format!("urn:praya:acr:{}:code", level.as_str()),
    }
}

/// Every `acr` that a service may ask for; `phr` stands for any sign-in with a passkey.
pub fn acrs() -> Vec<String> {
    let mut all = vec!["phr".to_owned()];
    for how in ["passkey", "code"] {
        all.extend(Level::ALL.map(|level| format!("urn:praya:acr:{}:{how}", level.as_str())));
    }
    all
}

/// Whether a sign-in is worth at least one of `acr_values`. A value we do not know is not met.
pub fn meets(acr_values: &str, level: Level, method: Method) -> bool {
    let passkey = method == Method::Passkey;
    let level = if let Method::Federated(there) = method { level.min(there) } else { level };
    acr_values.split(' ').any(|wanted| {
        let Some((least, how)) =
            wanted.strip_prefix("urn:praya:acr:").and_then(|rest| rest.split_once(':'))
        else {
            return wanted == "0" || (wanted == "phr" && passkey);
        };
        method != Method::Persona
            && Level::parse(least).is_some_and(|least| level >= least)
            && (how == "code" || (how == "passkey" && passkey))
    })
}

/// The `acr` that a client is told who wanted `acr_values`: the first of them that the sign-in is worth, so that
/// the client finds what it asked for; else what it is.
pub fn told(acr_values: &str, level: Level, method: Method) -> String {
    let met = acr_values.split(' ').find(|wanted| meets(wanted, level, method));
    met.map_or_else(|| acr(level, method), ToOwned::to_owned)
}

/// Whether a sign-in is worth what a client registered that it needs, at that moment.
pub fn enough(terms: &Terms, sign_in: &SignIn, now: Timestamp) -> bool {
    let method = Method::parse(&sign_in.method).unwrap_or(Method::Persona);
    let begun = Timestamp::from_second(sign_in.auth_time).unwrap_or(Timestamp::UNIX_EPOCH);
    let worth = (sign_in.level, method, begun);
    missing(&terms.default_acr_values.join(" "), terms.default_max_age, worth, now).is_none()
}

/// What a sign-in lacks for what a service needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The person must be better known: that takes a counter.
    Level,
    /// They must sign in with a passkey.
    Passkey,
    /// They must sign in again: it is too long ago.
    Age,
}

impl Missing {
    /// As texts name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Passkey => "passkey",
            Self::Age => "age",
        }
    }
}

/// What is missing, if anything, of a sign-in begun then, for `acr_values` (none: anything does) and `max_age`
/// in seconds.
pub fn missing(
    acr_values: &str,
    max_age: Option<i64>,
    (level, method, begun): (Level, Method, Timestamp),
    now: Timestamp,
) -> Option<Missing> {
    if !acr_values.is_empty() && !meets(acr_values, level, method) {
        let by_passkey = meets(acr_values, level, Method::Passkey);
        return Some(if by_passkey { Missing::Passkey } else { Missing::Level });
    }
    let old = max_age.is_some_and(|most| now.as_second() - begun.as_second() > most);
    old.then_some(Missing::Age)
}

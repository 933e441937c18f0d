//! What a sign-in is worth: how well the person is known, and how they proved to be themselves.

use crate::model::{Level, Method};

/// The `acr` of a sign-in: `urn:praya:acr:LEVEL:passkey`, or `…:code` where no passkey was used. A press in the
/// demonstration is good for nothing: `0`.
pub fn acr(level: Level, method: Method) -> String {
    match method {
        Method::Persona => "0".to_owned(),
        Method::Federated(there) => {
            format!("urn:praya:acr:{}:code", level.min(there).as_str())
        }
        Method::Passkey => format!("urn:praya:acr:{}:passkey", level.as_str()),
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

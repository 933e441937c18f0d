//! What a client may be told of a person (OpenID Connect Core §5), each claim by its own yes.

use super::has_scope;
use crate::model::Wanted;
use serde_json::Value as Json;

/// The scope that asks for the claims of [`KNOWN`] that name it (Core §5.4).
pub const PROFILE: &str = "profile";

/// The same, for each other.
pub const EMAIL: &str = "email";
/// The same.
pub const PHONE: &str = "phone";
/// The same.
pub const ADDRESS: &str = "address";

/// Every claim there is, and the scope that asks for it.
pub const KNOWN: [(&str, &str); 4] =
    [("name", PROFILE), ("email", EMAIL), ("phone_number", PHONE), ("address", ADDRESS)];

/// Whether a claim is true goes with it, unasked: nobody is told an address without it.
pub const VERIFIED: [(&str, &str); 2] =
    [("email", "email_verified"), ("phone_number", "phone_number_verified")];

/// What the scopes and the `claims` parameter (Core §5.5) ask for, each claim once; what is not known is passed
/// over. `None` when the parameter is no object of objects.
pub fn wanted(scope: &str, parameter: Option<&str>) -> Option<Vec<Wanted>> {
    let asked = match parameter {
        None => Json::Null,
        Some(text) if text.len() <= 8192 => serde_json::from_str(text).ok()?,
        Some(_) => return None,
    };
    let place = |name: &str| match asked.get(name) {
        None | Some(Json::Null) => Some(None),
        Some(Json::Object(claims)) => Some(Some(claims)),
        Some(_) => None,
    };
    if parameter.is_some() && !asked.is_object() {
        return None;
    }
    let (userinfo, id_token) = (place("userinfo")?, place("id_token")?);
    let one = |(name, by): &(&str, &str)| {
        let verified =
            VERIFIED.iter().find(|(claim, _)| claim == name).map(|(_, verified)| verified);
        let of = |all: &'_ serde_json::Map<String, Json>| {
            all.get(*name).or_else(|| verified.and_then(|verified| all.get(*verified))).cloned()
        };
        let (told, token) = (userinfo.and_then(of), id_token.and_then(of));
        let essential = [&told, &token].into_iter().flatten().any(|how| how["essential"] == true);
        let wanted = told.is_some() || token.is_some() || has_scope(scope, by);
        wanted.then(|| Wanted { name: (*name).to_owned(), essential, id_token: token.is_some() })
    };
    Some(KNOWN.iter().filter_map(one).collect())
}

/// What the sign-in shall be worth, and whether less does not do: the `acr` claim of the `claims` parameter (Core
/// §5.5.1.1), else `acr_values`.
pub fn acr(acr_values: &str, parameter: Option<&str>) -> (String, bool) {
    let asked = parameter.and_then(|text| serde_json::from_str::<Json>(text).ok());
    let acr = asked.map_or(Json::Null, |asked| asked["id_token"]["acr"].clone());
    let words: Vec<&str> = match (&acr["value"], &acr["values"]) {
        (Json::String(one), _) => vec![one],
        (_, Json::Array(all)) => all.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let plain = |word: &&str| !word.is_empty() && !word.contains(' ');
    let words: Vec<&str> = words.into_iter().filter(plain).collect();
    if words.is_empty() {
        (acr_values.to_owned(), false)
    } else {
        (words.join(" "), acr["essential"] == true)
    }
}

/// Whether a person who was asked for `before` need not be asked again for `now`.
pub fn covered(before: &[String], now: &[Wanted]) -> bool {
    now.iter().all(|wanted| before.contains(&wanted.name))
}

//! What the answer of another provider is worth, and whose account it may open or join.

use crate::model::Level;
use kernel::{Id, Timestamp};
use ports::Provider;
use serde_json::Value as Json;

/// The person has this long to sign in there, in seconds.
pub const TRY_LIFE: i64 = 10 * 60;
/// Clocks may be apart by this much, in seconds.
pub const SKEW: i64 = 10;
/// An answer is at most this old, in seconds.
pub const OLDEST: i64 = 10 * 60;

/// What its `acr` is worth here: what the table says, and nothing where it says nothing.
pub fn level(provider: &Provider, acr: Option<&str>) -> Result<Level, &'static str> {
    let level = acr.and_then(|acr| provider.levels.get(acr)).and_then(|level| Level::parse(level));
    level.ok_or("federation-level")
}

/// A value that it tells is at most so long, in characters.
pub const LONGEST: usize = 400;

/// Of what it told: what it was asked for, as texts of a fair length.
pub fn told(provider: &Provider, said: &Json) -> Vec<(String, String)> {
    let one = |claim: &String| {
        let value = if claim == "address" { &said[claim]["formatted"] } else { &said[claim] };
        let text = value.as_str()?.trim();
        (!text.is_empty() && text.chars().count() <= LONGEST)
            .then(|| (claim.clone(), text.to_owned()))
    };
    provider.attributes.iter().filter_map(one).collect()
}

/// Whether an answer was made about now.
pub fn is_fresh(made: i64, now: Timestamp) -> bool {
    (-SKEW..=OLDEST).contains(&(now.as_second() - made))
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This person is signed in.
    SignIn(Id),
    /// The name there is linked to this person.
    Link(Id),
}

/// Decides. `wants`: who was signed in here when the link was asked for; `here`: who is now; `known`: whom the
/// name there is linked to. Linking needs both sign-ins, in one session.
pub fn decide(
    wants: Option<&(Id, Id)>,
    here: Option<&(Id, Id)>,
    known: Option<&Id>,
) -> Result<Outcome, &'static str> {
    match (wants, known) {
        (None, Some(person)) => Ok(Outcome::SignIn(person.clone())),
        (None, None) => Err("federation-unlinked"),
        (Some(_), _) if wants != here => Err("federation-session"),
        (Some((person, _)), Some(known)) if person != known => Err("federation-taken"),
        (Some((person, _)), _) => Ok(Outcome::Link(person.clone())),
    }
}

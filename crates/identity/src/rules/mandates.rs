//! Who may give whom which mandate, and who may end one.

use kernel::{Id, Text, Timestamp};
use ports::Extent;

/// A mandate that a person gives lasts at most this long, in seconds.
pub const LONGEST: i64 = 3 * 366 * 24 * 3600;
/// At most so many must agree.
pub const MOST: u32 = 9;
/// So many may hold it one after another below whom a manager gives it to, at most.
pub const ONWARD: u32 = 2;
/// The role of whoever holds a mandate that a person gave.
pub const ROLE: &str = "representative";

/// Who gives: who manages the company's mandates, as the register alone lets somebody, or who holds one that may
/// be given on.
#[derive(Debug, Clone, Copy)]
pub struct Giver<'a> {
    /// The person.
    pub person: &'a Id,
    /// How far their own mandate goes.
    pub extent: &'a Extent,
    /// Whether it is one to manage all.
    pub manages: bool,
}

/// How many must agree before the mandate counts: as many as where the giver acts. Or the fields that are not
/// allowed, each with its code.
pub fn may_give(
    giver: Giver<'_>,
    to: &Id,
    wanted: &Extent,
    known: &[String],
    now: Timestamp,
) -> Result<u32, Vec<(&'static str, &'static str)>> {
    let own = giver.extent;
    let mut wrong = Vec::new();
    if to == giver.person {
        wrong.push(("hkid", "mandate-to-self"));
    }
    let theirs = |purpose: &String| known.contains(purpose) && own.covers(purpose);
    // None would mean all.
    if wanted.purposes.is_empty() || !wanted.purposes.iter().all(theirs) {
        wrong.push(("purpose", "mandate-purposes"));
    }
    let ahead = wanted.until.map_or(i64::MAX, |until| until.as_second() - now.as_second());
    if !(1..=LONGEST).contains(&ahead) || own.until.is_some_and(|own| wanted.until > Some(own)) {
        wrong.push(("until", "mandate-until"));
    }
    // A manager's own number is asked of those who give; whoever gives on gives on that too.
    let fewest = if giver.manages { 1 } else { own.needs.max(1) };
    if !(fewest..=MOST).contains(&wanted.needs) {
        wrong.push(("needs", "mandate-count"));
    }
    let sum = wanted.most.map_or(own.most.is_none(), |sum| sum.cents > 0 && own.allows(sum));
    if !sum {
        wrong.push(("most", "mandate-sum"));
    }
    let onward = if giver.manages { ONWARD + 1 } else { own.onward };
    if wanted.onward >= onward {
        wrong.push(("onward", "mandate-onward"));
    }
    if wrong.is_empty() { Ok(own.needs.max(1)) } else { Err(wrong) }
}

/// Whether a mandate may be ended by who asks, who is `above` it where they manage the company's mandates or hold
/// one under which it was given: `None` where they may not even know of it.
pub fn may_end(above: bool, holds: bool, given: bool) -> Option<Result<(), &'static str>> {
    match (above || holds, given) {
        (false, _) => None,
        // What the register says stands until the register changes.
        (true, false) => Some(Err("mandate-of-register")),
        (true, true) => Some(Ok(())),
    }
}

/// Whether a name as typed is this person's, in any of its forms: whoever knows a card number alone learns
/// nothing from it.
pub fn is_called(typed: &str, name: &Text) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let typed = plain(typed);
    !typed.is_empty() && [&name.en, &name.tc, &name.sc].into_iter().any(|name| plain(name) == typed)
}

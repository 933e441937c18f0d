//! Who may give whom which mandate, and who may end one.

use kernel::{Id, Text, Timestamp};

/// A mandate that a person gives lasts at most this long, in seconds.
pub const LONGEST: i64 = 3 * 366 * 24 * 3600;
/// At most so many must agree.
pub const MOST: u32 = 9;
/// The role of whoever holds a mandate that a person gave.
pub const ROLE: &str = "representative";

/// Who gives: by a mandate to manage the company's mandates. Those come from the register alone, so that no
/// mandate that was given can give another.
#[derive(Debug, Clone)]
pub struct Giver<'a> {
    /// The person.
    pub person: &'a Id,
    /// For which purposes they act; empty: for all.
    pub purposes: &'a [String],
    /// Until when their own mandate lasts, if limited.
    pub until: Option<Timestamp>,
    /// How many must agree where they act.
    pub needs: u32,
}

/// What is to be given.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// To whom.
    pub person: &'a Id,
    /// For which purposes.
    pub purposes: &'a [String],
    /// How many must agree whenever it is used.
    pub needs: u32,
    /// Until when.
    pub until: Timestamp,
}

/// How many of the company's people must agree before the mandate counts: as many as where they act. Or the
/// fields that are not allowed, each with its code.
pub fn may_give(
    giver: &Giver<'_>,
    wanted: &Wanted<'_>,
    known: &[String],
    now: Timestamp,
) -> Result<u32, Vec<(&'static str, &'static str)>> {
    let mut wrong = Vec::new();
    if wanted.person == giver.person {
        wrong.push(("hkid", "mandate-to-self"));
    }
    let theirs = |purpose: &String| {
        known.contains(purpose) && (giver.purposes.is_empty() || giver.purposes.contains(purpose))
    };
    // None would mean all.
    if wanted.purposes.is_empty() || !wanted.purposes.iter().all(theirs) {
        wrong.push(("purpose", "mandate-purposes"));
    }
    let ahead = wanted.until.as_second() - now.as_second();
    if !(1..=LONGEST).contains(&ahead) || giver.until.is_some_and(|until| wanted.until > until) {
        wrong.push(("until", "mandate-until"));
    }
    if !(1..=MOST).contains(&wanted.needs) {
        wrong.push(("needs", "mandate-count"));
    }
    if wrong.is_empty() { Ok(giver.needs.max(1)) } else { Err(wrong) }
}

/// Whether a mandate may be ended by who asks: `None` where they may not even know of it.
pub fn may_end(manages: bool, holds: bool, given: bool) -> Option<Result<(), &'static str>> {
    match (manages || holds, given) {
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

//! Who may open a company's account, and what a change of its officers changes.

use kernel::Id;
use ports::{Officer, Registered};

/// The role of whoever the register says directs a company.
pub const DIRECTOR: &str = "director";
/// What a director may do: agree to an exchange of records, manage the company's mandates.
pub const SCOPES: &str = "records mandates";
/// The register is asked again after this long, in seconds.
pub const CHECKED: i64 = 24 * 3600;
/// And where it did not answer, after this long.
pub const ASK_AGAIN: i64 = 3600;

/// So often may a person have the register asked at once, and then once in each [`LOOK_EVERY`].
pub const LOOKS: u32 = 10;
/// See [`LOOKS`].
pub const LOOK_EVERY: std::time::Duration = std::time::Duration::from_mins(1);

/// Whether the holder of this card may open the company's account, or the code that says why not.
pub fn may_open<'a>(card: &str, found: &'a Registered) -> Result<&'a Officer, &'static str> {
    if !found.live {
        return Err("company-not-live");
    }
    let directs = |one: &&Officer| one.directs && one.hkid.as_deref() == Some(card);
    let own = found.officers.iter().find(directs);
    own.filter(|_| !card.is_empty()).ok_or("company-officer-unknown")
}

/// How many directors must agree. The register does not say: two, where there are two, when the account is
/// opened, so that nobody gives themselves the company; and never more than there are.
pub fn needs(before: Option<u32>, directors: usize) -> u32 {
    let most = u32::try_from(directors).unwrap_or(u32::MAX).max(1);
    before.unwrap_or(2).clamp(1, most)
}

/// Which mandates of the register end and who gets one: `held` are those there are, `directs` who directs the
/// company now and has an account.
pub fn changes<'a>(held: &'a [(Id, Id)], directs: &'a [Id]) -> (Vec<&'a (Id, Id)>, Vec<&'a Id>) {
    let ends = held.iter().filter(|(_, person)| !directs.contains(person)).collect();
    let begins = |person: &&Id| !held.iter().any(|(_, holds)| holds == *person);
    let mut new: Vec<_> = directs.iter().filter(begins).collect();
    new.dedup();
    (ends, new)
}

//! What domains hold of people, when two accounts turn out to be one person's and when a person leaves.

use kernel::{Ctx, Id, Problem};
use store::{Sql, Tx};

/// Rows of one table that belong to a person.
pub struct Theirs {
    /// How the list of what went over names it.
    pub table: &'static str,
    /// The keys of those rows of `$1` that `$2` has nothing against which they would stand.
    pub list: Sql,
    /// The row `$1` of `$2` becomes `$3`'s: there when two accounts become one, and back when that is undone.
    pub hand: Sql,
}

/// What a domain holds of people (implemented by each that does). What somebody signed, and what the log commits
/// to, is never handed on: it is read under every account that the person has ([`crate::Directory::selves`]).
pub trait Holdings: Send + Sync {
    /// What goes over from one account to another.
    fn theirs(&self) -> &'static [Theirs];
    /// The account is closed for good: deletes what was only the person's own, ends what nobody is left to stop.
    fn gone(&self, tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<(), Problem>;
}

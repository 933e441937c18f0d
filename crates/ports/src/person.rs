//! What a person is told, and their own records.

use crate::{Own, Word};
use kernel::{Ctx, Id, Problem, Timestamp};
use std::{collections::BTreeMap, pin::Pin};
use store::Tx;

/// A person's own records, asked of their sources now (implemented by `exchange`).
pub trait OwnRecords: Send + Sync {
    /// The values of the person signed in, of these fields by register; the look is logged before it returns.
    fn own<'a>(
        &'a self,
        ctx: &'a Ctx,
        wanted: &'a [(String, Vec<String>)],
    ) -> Pin<Box<dyn Future<Output = Result<Own, Problem>> + Send + 'a>>;
}

/// What a person is told (implemented by `inbox`).
pub trait Inbox: Send + Sync {
    /// Leaves a message for a person, in the transaction of what it tells of; by mail and push goes only
    /// that there is one. `about` is the id of what it tells of: of one thing a template tells once.
    fn leave(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        person: &Id,
        template: &'static str,
        about: &str,
        words: &[(&'static str, Word)],
    ) -> Result<(), Problem>;
    /// Who asked to be told of a topic that is not told unasked, and since when.
    fn asked_for(&self, tx: &mut Tx<'_>, topic: &str) -> Result<Vec<(Id, Timestamp)>, Problem>;
    /// How many messages of the person are unread.
    fn unread(&self, tx: &mut Tx<'_>, person: &Id) -> Result<u32, Problem>;
}

/// What a person keeps to tell services of themselves, by the names of OpenID Connect Core §5.1; an address in
/// Chinese beside the other is `address#zh-Hant-HK`.
pub type Particulars = BTreeMap<&'static str, Particular>;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particular {
    /// As the person wrote it.
    pub value: String,
    /// Whether the person proved that it is theirs; otherwise it is their word alone.
    pub proved: bool,
}

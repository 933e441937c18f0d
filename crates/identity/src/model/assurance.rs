//! How well we know who a person is, and what an officer may do.

use kernel::{Id, Text, Timestamp};
use serde::{Deserialize, Serialize};

/// How a person's identity was checked; a later one in the list is worth more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// They said so.
    #[default]
    SelfDeclared,
    /// From afar: by another provider, or by what only they could know or hold.
    Remote,
    /// An officer looked at them and their document.
    InPerson,
}

impl Level {
    /// All, the lowest first.
    pub const ALL: [Self; 3] = [Self::SelfDeclared, Self::Remote, Self::InPerson];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfDeclared => "self-declared",
            Self::Remote => "remote",
            Self::InPerson => "in-person",
        }
    }

    /// Reads what was stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What an officer may look at. What the evidence of a check is.
pub const DOCUMENTS: [&str; 4] =
    ["hong-kong-identity-card", "passport", "mainland-travel-permit", "residence-permit"];

/// One check, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckView {
    /// How.
    pub level: Level,
    /// A word of [`DOCUMENTS`], or where it came from.
    pub evidence: String,
    /// Which office.
    pub department: String,
    /// When.
    pub at: Timestamp,
}

/// What an officer may do, given by another person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Checks people and their documents at a counter.
    Counter,
    /// Decides whether two accounts are one person.
    Reviewer,
    /// Keeps the installation running.
    Operator,
}

impl Duty {
    /// All.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Reviewer, Self::Operator];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Reviewer => "reviewer",
            Self::Operator => "operator",
        }
    }

    /// Reads what was stored or sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What became of two accounts that may be one person's.
///
/// ```text
/// open --reviewer: two people--> apart
/// open, undone --reviewer: one person--> merged
/// merged --reviewer, within thirty days--> undone
/// undone --reviewer: two people--> apart
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided.
    Open,
    /// Two people.
    Apart,
    /// One person.
    Merged,
    /// It was undone.
    Undone,
}

impl State {
    /// All.
    pub const ALL: [Self; 4] = [Self::Open, Self::Apart, Self::Merged, Self::Undone];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Apart => "apart",
            Self::Merged => "merged",
            Self::Undone => "undone",
        }
    }

    /// Reads what was stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// Whether one may follow the other.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Open | Self::Undone, Self::Apart | Self::Merged) | (Self::Merged, Self::Undone)
        )
    }
}

/// Two accounts that may be one person's, as a reviewer sees them.
#[derive(Debug, Clone)]
pub struct DuplicateView {
    /// `dup_…`.
    pub id: Id,
    /// Both: id, the account's name, the person's name.
    pub accounts: [(Id, String, Text); 2],
    /// What became of it.
    pub state: State,
    /// When it was found.
    pub found: Timestamp,
    /// Which is kept.
    pub kept: Option<Id>,
    /// Why, as decided.
    pub reason: String,
    /// Until when it can be undone.
    pub undo_until: Option<Timestamp>,
}

/// An officer, as administrators see them.
#[derive(Debug, Clone)]
pub struct OfficerView {
    /// The person.
    pub id: Id,
    /// Their account's name.
    pub handle: String,
    /// Their name.
    pub name: Text,
    /// The department's pack id.
    pub department: String,
    /// Whether they administer the installation.
    pub admin: bool,
    /// What they may do, and who gave it.
    pub duties: Vec<(Duty, Text)>,
}

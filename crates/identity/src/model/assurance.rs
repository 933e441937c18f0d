//! How well we know who a person is, and what an officer may do.

use kernel::{Id, Text, Timestamp};

/// How a person's identity was checked; a later one in the list is worth more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
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

//! A client on its way to be registered.

use super::Client;
use kernel::{Id, Text, Timestamp};

/// What a person may do about clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientRole {
    /// Registers them, for one organisation.
    Creator,
    /// Approves what others registered.
    Approver,
}

impl ClientRole {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Approver => "approver",
        }
    }

    /// Reads what was stored or typed.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Creator, Self::Approver].into_iter().find(|role| role.as_str() == text)
    }
}

/// How far a registration has come.
///
/// ```text
/// waiting --another person says yes--> approved
/// waiting --another person says no--> refused
/// waiting --its creator--> withdrawn
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nobody has decided.
    Waiting,
    /// The client is as it was asked.
    Approved,
    /// No.
    Refused,
    /// Taken back.
    Withdrawn,
}

impl Progress {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads what was stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Approved, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A registration as those who have to do with it see it.
#[derive(Debug, Clone)]
pub struct RegistrationView {
    /// `reg_…`.
    pub id: Id,
    /// For which organisation.
    pub organisation: String,
    /// What is asked.
    pub asked: Client,
    /// How far it has come.
    pub state: Progress,
    /// Who asked.
    pub by: Text,
    /// When.
    pub at: Timestamp,
    /// Who decided, once decided.
    pub decided_by: Option<Text>,
    /// Why not.
    pub reason: String,
    /// Whether the person who looks asked for it.
    pub mine: bool,
    /// Whether it is the client's newest approved form; then whether the client acts.
    pub active: Option<bool>,
}

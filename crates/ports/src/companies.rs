//! A company and its officers, as the register says.

use kernel::{Ctx, Id, Problem, Text, Timestamp};
use std::pin::Pin;

/// Somebody whom the companies register names as an officer of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Their name.
    pub name: Text,
    /// The number of their card, as the register has it.
    pub hkid: Option<String>,
    /// In which capacity, in the register's words.
    pub capacity: Text,
    /// Whether that capacity directs the company.
    pub directs: bool,
    /// Since when, as the register has it.
    pub since: String,
}

/// A company as its register says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: Text,
    /// Whether it exists still: one that is dissolved can do nothing.
    pub live: bool,
    /// Its officers.
    pub officers: Vec<Officer>,
    /// As of when.
    pub at: Timestamp,
}

/// The companies register (implemented by `exchange`).
pub trait Companies: Send + Sync {
    /// A company by its business registration number, asked of the register now; `None` where it knows none.
    /// The look is logged before it returns: it is for `about` to see, the company once it has an account,
    /// or the person who opens one.
    fn registered<'a>(
        &'a self,
        ctx: &'a Ctx,
        brn: &'a str,
        about: &'a Id,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Registered>, Problem>> + Send + 'a>>;
}

//! What everyone may read without signing in: services, notices, the calendar, offices with their hours and
//! queues.
//!
//! Invariants: a fact of the pack names where it was read and when, or says that it is made up; a notice has
//! three languages or is not published; an officer writes for their own department alone.

mod content;
mod hours;
mod ops;
mod pages;
mod sql;
#[cfg(test)]
mod tests;

pub use content::{Content, FILE};
pub use ops::{NewNotice, publish};
pub use pages::{Today, routes};
pub use sql::ALL;

use kernel::Text;
use std::{collections::BTreeMap, sync::Arc};
use store::Db;

/// The public part: cheap to clone.
#[derive(Clone)]
pub struct Open(Arc<Inner>);

struct Inner {
    db: Db,
    content: Content,
    departments: BTreeMap<String, Text>,
}

impl Open {
    /// With the pack's content and its departments by id.
    pub fn new(db: Db, content: Content, departments: BTreeMap<String, Text>) -> Self {
        Self(Arc::new(Inner { db, content, departments }))
    }

    fn department(&self, id: &str) -> Text {
        self.0.departments.get(id).cloned().unwrap_or_else(|| Text::same(id))
    }
}

//! One SQL text for SQLite and PostgreSQL. The only crate that names a driver.
//!
//! ```text
//! let row  = db.read(move |tx| ops::consent(tx, &id)).await?;
//! let done = db.write(move |tx| ops::revoke(tx, &ctx, &id)).await?;   // durable when it returns
//! ```
//!
//! Invariants: a write is serialisable and durable before its answer is let out; no network call can
//! happen inside one (closures are synchronous); on SQLite everything that waits shares one sync
//! (group commit), each closure in its own savepoint; a statement is a constant of its crate's
//! `sql.rs`, listed in `ALL`, and a test prepares every one on both engines.

mod cells;
mod db;
mod error;
mod migrate;
mod postgres;
mod query;
mod sqlite;
pub mod testing;
mod tls;
mod tx;
mod value;

#[cfg(test)]
mod tests;

pub use cells::{Cell, Cells};
pub use db::{AfterCommit, BeforeCommit, Db, Engine, Notice};
pub use error::{Error, Result};
pub use query::{ReadError, ReadOnly};
pub use tls::in_the_clear;
pub use tx::{Sql, Tx};
pub use value::{Row, Value};

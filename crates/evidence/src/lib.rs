//! The public log: what was done, provable to anyone, saying nothing personal.
//!
//! ```text
//! let (looked, ticket) = db.write(move |tx| { change state; evidence::append(tx, &ctx, "look", "ird", &record) }).await?;
//! let receipt = log.receipt(&ticket).await?;      // durable and signed: only now may an answer go out
//! ```
//!
//! A public entry is `{department, digest, hour, kind, version}` where the digest is SHA-256(salt ‖ JCS(record)).
//! Record and salt stay in the database; erasing the salt erases the link.
//!
//! Invariants:
//! - **Change state before you append.** The row lock that your change takes then orders the appends: an entry
//!   about a consent that comes after its revocation has a higher place than the revocation, on every node.
//! - No head is signed that does not extend the head in the database, compared and swapped in the transaction
//!   that writes the tiles; no head leaves before it is durable.
//! - A transaction that is rolled back leaves no leaf.
//! - This crate knows bytes, not people: what a record means is for the domains.

mod append;
mod edge;
mod entry;
mod error;
mod log;
mod sequence;
pub mod sql;
pub mod verify;

pub use append::{Draft, Logged, Ticket, append, erase, for_each_record, logged};
pub use entry::{Entry, Opening, Receipt};
pub use error::{Error, Result};
pub use log::Log;

#[cfg(test)]
mod tests;

//! Registers, sources, purposes, consents, the gateway, receipts: the Consented Data Exchange Gateway.
//!
//! Invariants: records leave through `gateway` alone, after their log entry is durable; a consent never
//! changes, an amendment is a new one; whether a look is allowed is decided by the row of
//! `consent_state` inside the committing transaction; the consumer gets consented fields and no others.

mod api;
mod companies;
pub mod fuzz;
mod gateway;
pub mod model;
pub mod node;
pub mod ops;
mod own;
pub mod pack;
mod pages;
mod receipts;
mod routes;
pub mod rules;
pub mod sources;
pub mod sql;
mod state;
mod tell;
pub mod verify;
pub mod webhooks;

pub use routes::{jobs_of, routes};
pub use state::{Cache, Deps, Exchange, Parts, RecordsPort, Signer};

#[cfg(test)]
mod tests;

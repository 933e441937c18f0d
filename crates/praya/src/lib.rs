//! Praya: the command line, the configuration, one list of all routes, the wiring, the demo.
//!
//! Invariant: no rule of any domain lives here. `app` puts the domains together through their ports;
//! everything else is how the program is started and spoken to.

mod app;
mod cli;
mod config;
mod demo;
mod kinds;
mod limits;
mod log_pages;
mod mark;
mod openapi;
mod portal;
mod server;
mod signing_keys;
mod tools;
mod verify;

pub use app::{App, route_table};
pub use cli::{Cli, run};

/// What went wrong, as the command line says it: what, why, what to do.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

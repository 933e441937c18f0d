//! One test binary: the built `praya` over HTTP, and the rules of the house.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops where it finds something wrong, and says what it skipped"
)]

mod architecture;
mod batch;
mod browser;
mod demo;
mod durable;
mod faults;
mod federation;
mod forms;
mod inbox;
mod inside;
mod life;
mod limits;
mod node;
#[macro_use]
mod openid;
mod restored;
mod routes;
mod signing;
mod unsynced;
mod walk;

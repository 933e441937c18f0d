//! The load generator: drives the release binary as a child over TLS, and says what a request costs it.
//!
//! `cargo xtask bench exchange` builds both and runs this.

mod client;
mod consumer;
mod drive;
mod echo;
mod exchange;
mod identity;
mod report;
mod server;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Any failure, in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(about = "What a request costs the server")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Fetches of consented records.
    Exchange(exchange::Options),
    /// Tokens, questions about them, sign-ins and sessions, beside npm `oidc-provider`.
    Identity(identity::Options),
    /// The peer: a bare echo. Started by the others.
    #[command(hide = true)]
    Echo(echo::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().what {
        What::Exchange(options) => exchange::run(options).await,
        What::Identity(options) => identity::run(options).await,
        What::Echo(options) => echo::run(options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::say(&format!("bench: {error}")).ok();
            ExitCode::FAILURE
        }
    }
}

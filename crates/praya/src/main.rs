//! The binary: reads the command line and does what it says.

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match praya::run(praya::Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("praya: {error}");
            ExitCode::FAILURE
        }
    }
}

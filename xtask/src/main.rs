//! What a developer and CI run: `cargo xtask test`, `cargo xtask lint`, `cargo xtask bench`.
#![expect(clippy::print_stdout, reason = "a command line speaks")]

mod bench;
mod lint;
mod postgres;
mod run;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Tests, lints and benchmarks of Praya.
#[derive(Parser)]
#[command(
    after_help = "Examples:\n  cargo xtask test            everything, as CI runs it\n  cargo xtask test --quick    SQLite alone, no browser, no clients\n  cargo xtask test --kills 200 --filter after_a_kill\n                              200 kills under load on each engine; prints what was checked\n  cargo xtask bench exchange --json out.json"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what is missing, starts a throwaway PostgreSQL, runs every test and every client.
    Test(test::Options),
    /// Formatting, clippy, licences, words that must not be committed.
    Lint,
    /// Measures the release binary beside a bare server; prints one table.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Test(options) => test::run(&options),
        Command::Lint => lint::run(),
        Command::Bench(options) => bench::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

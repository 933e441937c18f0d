//! `cargo xtask bench`: builds the release binaries and runs the load generator of `bench/`.

use crate::run::{Failure, must, root, say};
use clap::Args;
use std::process::Command;

#[derive(Args)]
pub(crate) struct Options {
    /// What to measure: `exchange`.
    what: String,
    /// Everything after it goes to the load generator; see `--help` after `--`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.what != "exchange" {
        return Err(
            format!("there is no benchmark {:?} yet; there is `exchange`", options.what).into()
        );
    }
    say("release build");
    must(
        Command::new("cargo")
            .args(["build", "--release", "-p", "praya", "-p", "bench"])
            .current_dir(root()),
    )?;
    must(
        Command::new(root().join("target/release/bench"))
            .arg(&options.what)
            .args(&options.rest)
            .current_dir(root()),
    )
}

//! `cargo xtask bench`: builds the release binaries and runs the load generator of `bench/`.

use crate::run::{Failure, have, must, root, say};
use clap::Args;
use std::process::{Command, Stdio};

#[derive(Args)]
pub(crate) struct Options {
    /// What to measure: `exchange` or `identity`.
    what: String,
    /// Everything after it goes to the load generator; see `--help` after `--`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if !["exchange", "identity"].contains(&options.what.as_str()) {
        return Err(format!(
            "there is no benchmark {:?}; there are `exchange` and `identity`",
            options.what
        )
        .into());
    }
    if options.what == "identity" {
        peer()?;
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

/// The peer that is measured beside us, from its own lock file; without npm it is left out, and the bench says so.
fn peer() -> Result<(), Failure> {
    if !have("npm") {
        return Ok(());
    }
    say("the peer, npm oidc-provider");
    must(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(root().join("tests/clients/oidc-provider"))
            .stdout(Stdio::null()),
    )
}

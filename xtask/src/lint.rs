//! `cargo xtask lint`.

use crate::run::{Failure, must, root, say};
use std::{fs, process::Command};

/// Licences that dependencies may have.
const LICENCES: [&str; 14] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "0BSD",
    "MPL-2.0",
    "BSL-1.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "OpenSSL",
];

pub(crate) fn run() -> Result<(), Failure> {
    let cargo = || {
        let mut command = Command::new("cargo");
        command.current_dir(root());
        command
    };
    say("formatting");
    must(cargo().args(["fmt", "--all", "--check"]))?;
    say("clippy");
    must(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    say("words");
    words()?;
    say("licences");
    licences()
}

/// No path of one machine and no registry's host in what is committed.
fn words() -> Result<(), Failure> {
    let out = Command::new("git").args(["ls-files"]).current_dir(root()).output()?;
    let paths = String::from_utf8(out.stdout)?;
    let mut found = Vec::new();
    // Put together here, so that this file does not hold them.
    let forbidden =
        [["/wo", "rk/"], ["/ro", "ot/"], ["registry.npm", "js.org"], ["index.cra", "tes.io"]]
            .map(|halves| halves.concat());
    for path in paths.lines() {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if forbidden.iter().any(|word| line.contains(word.as_str())) && path != "Cargo.lock" {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("paths of one machine or hosts of a registry:\n{}", found.join("\n")).into())
    }
}

/// Every dependency's licence is one we may use.
fn licences() -> Result<(), Failure> {
    let out = Command::new("cargo")
        .args(["metadata", "--format-version", "1"])
        .current_dir(root())
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout)?;
    let mut refused = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let licence = package["license"].as_str().unwrap_or_default();
        // Either side of an "or" will do; all sides of an "and" must.
        let allowed = |one: &str| {
            LICENCES.contains(
                &one.trim_matches(['(', ')', ' ']).split(" WITH ").next().unwrap_or_default(),
            )
        };
        let fits = licence
            .replace('/', " OR ")
            .split(" OR ")
            .any(|choice| choice.split(" AND ").all(allowed));
        if !fits {
            refused.push(format!("{} {}: {licence:?}", package["name"], package["version"]));
        }
    }
    if refused.is_empty() {
        Ok(())
    } else {
        Err(format!("licences to look at:\n{}", refused.join("\n")).into())
    }
}

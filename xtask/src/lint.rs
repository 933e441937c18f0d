//! `cargo xtask lint`.

use crate::run::{Failure, must, root, say};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

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
    licences()?;
    say("dependencies in more than one major version");
    duplicates()
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

/// Lists dependencies that are here in more than one incompatible version; each costs time to build and to
/// audit, but most are not ours to end, so this only says so.
fn duplicates() -> Result<(), Failure> {
    let out = Command::new("cargo")
        .args(["tree", "--workspace", "-e", "normal", "-d", "--depth", "0", "--prefix", "none"])
        .current_dir(root())
        .output()?;
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(out.stdout)?.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name.to_owned()).or_default().insert(major(version));
        }
    }
    for (name, majors) in versions.into_iter().filter(|(_, majors)| majors.len() > 1) {
        println!("{name}: {}", majors.into_iter().collect::<Vec<_>>().join(", "));
    }
    Ok(())
}

/// The part of a version that changes when it breaks: `1` of 1.2.3, `0.2` of 0.2.3.
fn major(version: &str) -> String {
    let mut parts = version.trim_start_matches('v').split('.');
    match (parts.next(), parts.next()) {
        (Some("0"), Some(minor)) => format!("0.{minor}"),
        (first, _) => first.unwrap_or_default().to_owned(),
    }
}

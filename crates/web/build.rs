//! Joins the texts of all crates and prepares the assets that the program carries inside.

#[path = "build/assets.rs"]
mod assets;
#[path = "build/texts.rs"]
mod texts;

use std::{env, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    for file in ["build.rs", "build/assets.rs", "build/texts.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    match texts::join(&out).and_then(|()| assets::prepare(&out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            for line in why.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

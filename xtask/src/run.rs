//! Running other programs.

use std::{
    error::Error,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// What went wrong, for the person who ran the command.
pub(crate) type Failure = Box<dyn Error>;

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    // `cargo run` says where the sources are now; they may have moved since this was built.
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().map(PathBuf::from).unwrap_or(own)
}

/// Says what is done, to whoever watches.
pub(crate) fn say(text: &str) {
    eprintln!("--- {text}");
}

/// Runs a command; an error that names it when it fails.
pub(crate) fn must(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})").into()) }
}

/// Runs a command and gives each line of its output to `line` as it comes; whether it succeeded.
pub(crate) fn watch(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool, Failure> {
    let mut child = Running(
        command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{command:?}: {error}"))?,
    );
    if let Some(out) = child.0.stdout.take() {
        for text in BufReader::new(out).lines() {
            let text = text?;
            println!("{text}");
            line(&text);
        }
    }
    Ok(child.0.wait()?.success())
}

/// A child that does not outlive us.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Whether a program is on the path.
pub(crate) fn have(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"))
}

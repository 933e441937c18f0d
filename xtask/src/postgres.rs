//! A PostgreSQL of our own, that does not outlive us.

use crate::run::{Failure, is_root, must, say};
use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A server in a folder of its own. It stops, and its folder goes, when this is dropped, and also when this
/// process ends in any other way: a shell beside it waits for our end of a pipe to close.
pub(crate) struct Postgres {
    guard: Child,
    /// Where it answers.
    pub(crate) url: String,
}

impl Postgres {
    /// Makes and starts it; ready when this returns.
    pub(crate) fn start() -> Result<Self, Failure> {
        say("PostgreSQL");
        let bin = newest(Path::new("/usr/lib/postgresql"))?;
        let folder = std::env::temp_dir().join(format!("praya-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        if is_root() {
            must(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (tools, dir) = (bin.display(), folder.display());
        must(
            shell(&format!("{tools}/initdb -D {dir}/data -U postgres --locale=C -E UTF8 -A trust"))
                .current_dir(&folder)
                .stdout(Stdio::null()),
        )?;
        let guard = shell(&format!(
            "{tools}/postgres -D {dir}/data -p {port} -k {dir} -c listen_addresses=127.0.0.1 \
             -c max_connections=400 >{dir}/log 2>&1 & \
             server=$!; cat >/dev/null; kill -QUIT $server; wait $server; cd /; rm -rf {dir}"
        ))
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // Out of the terminal's group: Ctrl-C ends us, and then the pipe ends it.
        .process_group(0)
        .spawn()?;
        let server = Self { guard, url: format!("postgres://postgres@127.0.0.1:{port}/postgres") };
        let began = Instant::now();
        while began.elapsed() < Duration::from_mins(1) {
            let mut ask = Command::new(bin.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
            if ask.status()?.success() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        Err(format!("PostgreSQL was not ready within a minute:\n{log}").into())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        self.guard.wait().ok();
    }
}

/// A line for the shell; as the user `postgres` where we are root, which `initdb` refuses.
fn shell(line: &str) -> Command {
    let mut command = if is_root() { Command::new("su") } else { Command::new("sh") };
    if is_root() {
        command.args(["postgres", "-s", "/bin/sh"]);
    }
    command.args(["-c", line]);
    command
}

/// The programs of the newest version here that has a server, not the client alone.
fn newest(folder: &Path) -> Result<PathBuf, Failure> {
    let version = |bin: &PathBuf| -> Option<u32> {
        bin.parent()?.file_name()?.to_str()?.split('.').next()?.parse().ok()
    };
    fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .max_by_key(version)
        .ok_or_else(|| format!("no PostgreSQL server under {}", folder.display()).into())
}

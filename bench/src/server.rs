//! What is measured: a child process, its clock and its weight as the kernel keeps them.

use crate::Failure;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Where a server under test listens. The port is part of the log's name in a benchmark's data; the
/// address is out of the way of whatever else runs on this machine.
pub(crate) const PRAYA: &str = "127.0.0.77:8443";
/// Where the demo's bank listens.
const BANK: &str = "127.0.0.77:8444";
/// Where the echo listens.
pub(crate) const ECHO: &str = "127.0.0.77:8445";
/// Longest wait for a start: the first one of a large folder makes the demo's own history.
const PATIENCE: Duration = Duration::from_mins(2);
/// Linux counts processes' time in hundredths of a second, whatever the machine.
const TICKS: f64 = 100.0;

/// A server that ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// From spawn to the first answer.
    pub(crate) ready: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    /// Starts `praya demo` on a folder and waits for `/readyz`.
    pub(crate) async fn praya(
        program: &Path,
        data: &Path,
        database: Option<&str>,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(["demo", "--tls", "--listen", PRAYA, "--bank", BANK, "--data"]).arg(data);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        Self::start(command, PRAYA, &data.join("ca.pem")).await
    }

    /// Starts this program's echo with the folder's certificate, its answers `size` bytes long.
    pub(crate) async fn echo(data: &Path, size: usize) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["echo", "--listen", ECHO, "--size", &size.to_string(), "--data"]).arg(data);
        Self::start(command, ECHO, &data.join("ca.pem")).await
    }

    /// Starts any program that is ready once `address` takes a connection: spoken to over plain HTTP.
    pub(crate) async fn plain(mut command: Command, address: &str) -> Result<Self, Failure> {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Err(format!("something else listens on {address}").into());
        }
        let began = Instant::now();
        let child = command.stdout(Stdio::null()).spawn().map_err(|error| {
            format!("cannot start {}: {error}", command.get_program().display())
        })?;
        let mut server = Self { child, ready: Duration::ZERO };
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended before it was ready: {status}").into());
            }
            if began.elapsed() > PATIENCE {
                return Err("the server is not ready after two minutes".into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.ready = began.elapsed();
        Ok(server)
    }

    async fn start(mut command: Command, address: &str, ca: &Path) -> Result<Self, Failure> {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Err(format!("something else listens on {address}").into());
        }
        let began = Instant::now();
        let child = command.stdout(Stdio::null()).spawn().map_err(|error| {
            format!("cannot start {}: {error}", command.get_program().display())
        })?;
        let mut server = Self { child, ready: Duration::ZERO };
        loop {
            if ca.exists()
                && let Ok(mut connection) = crate::client::Connection::open(address, ca).await
                && connection.get("/readyz").await.is_ok_and(|(status, _)| status == 200)
            {
                server.ready = began.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended before it was ready: {status}").into());
            }
            if began.elapsed() > PATIENCE {
                return Err("the server is not ready after two minutes".into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn proc(&self, file: &str) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    /// User and system time of all its threads so far, in seconds.
    pub(crate) fn cpu(&self) -> Result<f64, Failure> {
        let stat = self.proc("stat")?;
        // The name in brackets may hold blanks; utime and stime are the 14th and 15th fields, proc(5).
        let after =
            stat.rsplit_once(')').map(|(_, rest)| rest).ok_or("an unknown /proc/PID/stat")?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok((user + system) / TICKS),
            _ => Err("an unknown /proc/PID/stat".into()),
        }
    }

    /// Resident memory, in megabytes.
    pub(crate) fn resident_mb(&self) -> Result<f64, Failure> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = line
            .and_then(|line| line.split_whitespace().next())
            .and_then(|kb| kb.parse::<f64>().ok());
        kb.map(|kb| kb / 1024.0).ok_or_else(|| "no VmRSS in /proc/PID/status".into())
    }
}

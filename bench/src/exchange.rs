//! `bench exchange`: what one exchange costs the server, on SQLite or PostgreSQL.

use crate::{
    Failure,
    consumer::Consumer,
    drive::{self, Measured, Target},
    report::{Report, say},
    server::Server,
};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

/// Connections that ask without a pause.
const BUSY: usize = 64;
/// Connections that arrivals are spread over.
const OPEN: usize = 200;
/// How much more data there is when growth is measured.
const TIMES: usize = 10;
/// Entries in the log when growth is measured.
const ENTRIES: usize = 1_000_000;
/// How long a server rests before it is weighed.
const REST: Duration = Duration::from_secs(2);
/// Bytes in a megabyte, as weights are given.
const MEGA: f64 = 1024.0 * 1024.0;

/// `bench exchange`.
#[derive(Args)]
pub(crate) struct Options {
    /// Write the measures to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// On PostgreSQL, in a schema of its own of the server that PRAYA_TEST_POSTGRES names.
    #[arg(long)]
    postgres: bool,
    /// `postgres://…`
    #[arg(long, env = "PRAYA_TEST_POSTGRES", hide_env_values = true)]
    server: Option<String>,
    /// How long each measurement takes, after two seconds of warm-up.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many consents, each with its company, token and records.
    #[arg(long, default_value_t = 100_000)]
    consents: usize,
    /// Leave out growth, which fills ten times the data first.
    #[arg(long)]
    quick: bool,
    /// Eight registers of eight sources an exchange, instead of one of ten kilobytes.
    #[arg(long)]
    wide: bool,
    /// The program measured.
    #[arg(long, default_value = "target/release/praya")]
    program: PathBuf,
}

/// Measures, prints, writes.
pub(crate) async fn run(options: Options) -> Result<(), Failure> {
    let mut report = Report::default();
    let suffix = if options.postgres { ".pg" } else { "" };
    let window = Duration::from_secs(options.seconds);
    let data = Data::fill(&options, options.consents, 0).await?;
    let small = measure(&options, &data, suffix, window, &mut report).await?;
    data.remove().await?;
    if !options.quick {
        let data = Data::fill(&options, options.consents * TIMES, ENTRIES).await?;
        let (server, target) = data.start(&options.program).await?;
        let large = drive::closed(&server, &target, &data.ca(), BUSY, window).await?;
        let growth = small.per_cpu / large.per_cpu;
        report.add(
            "exchange.growth",
            suffix,
            (growth, "× cost at 10× the data, 10^6 entries"),
            None,
        )?;
        drop(server);
        data.remove().await?;
    }
    say("")?;
    report.print()?;
    options.json.map_or(Ok(()), |path| report.write(&path))
}

async fn measure(
    options: &Options,
    data: &Data,
    suffix: &str,
    window: Duration,
    report: &mut Report,
) -> Result<Measured, Failure> {
    // The first start makes the demo's own people and history; the second is what a start costs.
    drop(data.start(&options.program).await?);
    let (server, target) = data.start(&options.program).await?;
    tokio::time::sleep(REST).await;
    report.add("weight.ready_s", suffix, (server.ready.as_secs_f64(), "s"), None)?;
    report.add("weight.idle_mb", suffix, (server.resident_mb()?, "MB"), None)?;
    #[expect(clippy::cast_precision_loss, reason = "a file's length")]
    let binary = std::fs::metadata(&options.program)?.len() as f64 / MEGA;
    report.add("weight.binary_mb", suffix, (binary, "MB"), None)?;

    let ca = data.ca();
    let busy = drive::closed(&server, &target, &ca, BUSY, window).await?;
    let half = drive::open(&server, &target, &ca, OPEN, busy.rate / 2.0, window).await?;
    let loaded = server.resident_mb()?;
    drop(server);

    let Target::Praya(consumer) = &target else { return Err("not a target".into()) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean length")]
    let echo = Server::echo(data.folder.path(), busy.size as usize).await?;
    let ceiling = drive::closed(&echo, &Target::Echo(consumer.clone()), &ca, BUSY, window).await?;
    drop(echo);

    report.add(
        "exchange.per_cpu_s",
        suffix,
        (busy.per_cpu, "per server-CPU-second"),
        Some(("bare axum+rustls echo", ceiling.per_cpu)),
    )?;
    report.add(
        "exchange.of_echo",
        suffix,
        (busy.per_cpu / ceiling.per_cpu, "of the echo"),
        None,
    )?;
    report.add(
        "exchange.rate",
        suffix,
        (busy.rate, "/s, client beside"),
        Some(("echo", ceiling.rate)),
    )?;
    report.add(
        "exchange.busy_p50_ms",
        suffix,
        (busy.p50_ms, "ms"),
        Some(("echo", ceiling.p50_ms)),
    )?;
    report.add(
        "exchange.busy_p99_ms",
        suffix,
        (busy.p99_ms, "ms"),
        Some(("echo", ceiling.p99_ms)),
    )?;
    report.add("exchange.open_rate", suffix, (half.rate, "/s arriving"), None)?;
    report.add("exchange.p50_ms", suffix, (half.p50_ms, "ms at half the maximum"), None)?;
    report.add("exchange.p99_ms", suffix, (half.p99_ms, "ms at half the maximum"), None)?;
    report.add("exchange.answer_bytes", suffix, (busy.size, "B encrypted"), None)?;
    report.add("exchange.payload_bytes", suffix, (busy.payload, "B of records"), None)?;
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    report.add(
        "exchange.checked",
        suffix,
        ((busy.checked + half.checked) as f64, "answers opened and right"),
        None,
    )?;
    report.add("weight.loaded_mb", suffix, (loaded, "MB"), None)?;
    Ok(busy)
}

/// A filled folder, and its schema where it is on PostgreSQL.
struct Data {
    folder: tempfile::TempDir,
    /// The schema's name, the server's URL, and the URL that finds the schema.
    schema: Option<(String, String, String)>,
}

impl Data {
    async fn fill(options: &Options, consents: usize, entries: usize) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let mut data = Self { folder, schema: None };
        if options.postgres {
            let base = options
                .server
                .as_deref()
                .ok_or("--postgres needs PRAYA_TEST_POSTGRES=postgres://…")?;
            let schema = format!("bench_{}_{consents}", std::process::id());
            statement(base, &format!("create schema {schema}")).await?;
            let joint = if base.contains('?') { '&' } else { '?' };
            let url = format!("{base}{joint}options=-c%20search_path%3D{schema}");
            data.schema = Some((schema, base.to_owned(), url));
        }
        let began = Instant::now();
        let mut command = Command::new(&options.program);
        command.arg("bench-data").arg("--data").arg(data.folder.path());
        command.args(["--consents", &consents.to_string(), "--entries", &entries.to_string()]);
        if options.wide {
            command.arg("--wide");
        }
        if let Some(url) = data.url() {
            command.args(["--database", url]);
        }
        let status = command.status().map_err(|error| {
            format!("cannot run {} (cargo build --release): {error}", options.program.display())
        })?;
        if !status.success() {
            return Err(format!("praya bench-data failed: {status}").into());
        }
        say(&format!(
            "{consents} consents, {entries} entries made in {:.0} s",
            began.elapsed().as_secs_f64()
        ))?;
        Ok(data)
    }

    fn url(&self) -> Option<&str> {
        self.schema.as_ref().map(|(_, _, url)| url.as_str())
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    async fn start(&self, program: &Path) -> Result<(Server, Target), Failure> {
        let server = Server::praya(program, self.folder.path(), self.url()).await?;
        let consumer = Consumer::load(self.folder.path()).await?;
        Ok((server, Target::Praya(Arc::new(consumer))))
    }

    async fn remove(self) -> Result<(), Failure> {
        match &self.schema {
            Some((schema, base, _)) => {
                statement(base, &format!("drop schema {schema} cascade")).await
            }
            None => Ok(()),
        }
    }
}

async fn statement(url: &str, sql: &str) -> Result<(), Failure> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let pump = tokio::spawn(connection);
    client.batch_execute(sql).await?;
    drop(client);
    Ok(pump.await??)
}

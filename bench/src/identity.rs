//! `bench identity`: what a token, a question about one, a sign-in and a session cost, beside npm `oidc-provider`.
//!
//! Both sides over plain HTTP on loopback, kept-alive connections, in turns: ours, theirs, ours, theirs.

mod device;
mod load;
mod sides;
mod signin;

use crate::{
    Failure,
    report::{Report, say},
    server::Server,
};
use clap::Args;
use load::Measured;
use sides::{Job, Side};
use signin::People;
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

/// Where ours listens, and its bank.
const OURS: &str = "127.0.0.1:18461";
const BANK: &str = "127.0.0.1:18462";
/// Where theirs listens.
const THEIRS: &str = "127.0.0.1:18463";
/// The peer as the report names it.
const PEER: &str = "oidc-provider, in memory";

/// `bench identity`.
#[derive(Args)]
pub(crate) struct Options {
    /// Write the measures to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// How long each measurement takes, after a warm-up.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// How often each measurement is repeated on each side, in turns.
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Connections that ask without a pause.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Open sessions whose memory is weighed.
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,
    /// Only measures whose name holds this.
    #[arg(long)]
    only: Option<String>,
    /// The program measured.
    #[arg(long, default_value = "target/release/praya")]
    program: PathBuf,
    /// The peer's folder, installed by `npm ci`.
    #[arg(long, default_value = "tests/clients/oidc-provider")]
    peer: PathBuf,
}

/// Measures, prints, writes.
pub(crate) async fn run(options: Options) -> Result<(), Failure> {
    let mut report = Report::default();
    let folder = tempfile::tempdir()?;
    let ours = Ours::start(&options, folder.path()).await?;
    let theirs = Theirs::start(&options, folder.path()).await?;
    for (measure, job) in [
        ("token.per_cpu_s", Job::Token { jwt: true }),
        ("token.opaque.per_cpu_s", Job::Token { jwt: false }),
        ("token.key_dpop.per_cpu_s", Job::KeyToken { jwt: true }),
        ("introspect.per_cpu_s", Job::Introspect),
        ("introspect.key.per_cpu_s", Job::KeyIntrospect),
    ] {
        if options.only.as_deref().is_some_and(|only| !measure.contains(only)) {
            continue;
        }
        compare(&options, measure, job, &ours, theirs.as_ref(), &mut report).await?;
    }
    if options.only.as_deref().is_none_or(|only| "signin.per_cpu_s".contains(only)) {
        let folder = folder.path();
        // What a page asks may change; the other measures stand.
        if let Err(error) = sign_ins(&options, &ours, theirs.as_ref(), folder, &mut report).await {
            say(&format!("  signin.per_cpu_s could not be measured: {error}"))?;
        }
    }
    if options.only.as_deref().is_none_or(|only| "sessions".contains(only)) {
        sessions(&options, &ours, folder.path(), &mut report).await?;
    }
    drop((ours, theirs));
    say("")?;
    report.print()?;
    options.json.map_or(Ok(()), |path| report.write(&path))
}

/// Our server, and what its clients know.
struct Ours {
    server: Server,
    side: Arc<Side>,
}

impl Ours {
    async fn start(options: &Options, data: &Path) -> Result<Self, Failure> {
        let status = Command::new(&options.program)
            .args(["bench-identity", "--sessions", &options.sessions.to_string(), "--data"])
            .arg(data)
            .status()
            .map_err(|error| {
                format!("cannot run {} (cargo build --release): {error}", options.program.display())
            })?;
        if !status.success() {
            return Err(format!("praya bench-identity failed: {status}").into());
        }
        let mut command = Command::new(&options.program);
        command.args(["demo", "--listen", OURS, "--bank", BANK, "--data"]).arg(data);
        let server = Server::plain(command, OURS).await?;
        Ok(Self { server, side: Arc::new(Side::ours(OURS, data)?) })
    }
}

/// The peer, where npm and its packages are.
struct Theirs {
    server: Server,
    side: Arc<Side>,
}

impl Theirs {
    async fn start(options: &Options, data: &Path) -> Result<Option<Self>, Failure> {
        if !options.peer.join("node_modules/oidc-provider").exists() {
            say(
                "skipped: the peer needs npm (npm ci in tests/clients/oidc-provider); only ours is measured",
            )?;
            return Ok(None);
        }
        let (side, config) = Side::theirs(THEIRS)?;
        let file = data.join("peer.json");
        std::fs::write(&file, config.to_string())?;
        let mut command = Command::new("node");
        command.arg(options.peer.join("server.mjs")).arg(file);
        command.stderr(std::process::Stdio::null());
        let server = Server::plain(command, THEIRS).await?;
        Ok(Some(Self { server, side: Arc::new(side) }))
    }
}

async fn compare(
    options: &Options,
    measure: &str,
    job: Job,
    ours: &Ours,
    theirs: Option<&Theirs>,
    report: &mut Report,
) -> Result<(), Failure> {
    let window = Duration::from_secs(options.seconds);
    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        mine.push(load::run(&ours.server, &ours.side, job, options.connections, window).await?);
        if let Some(theirs) = theirs {
            let run = load::run(&theirs.server, &theirs.side, job, options.connections, window);
            other.push(run.await?);
        }
    }
    let peer = (!other.is_empty()).then(|| (PEER, mean(&other, |one| one.per_cpu)));
    report.add(measure, "", (mean(&mine, |one| one.per_cpu), "per server-CPU-second"), peer)?;
    let p99 = measure.replace("per_cpu_s", "p99_ms");
    let peer = (!other.is_empty()).then(|| (PEER, mean(&other, |one| one.p99_ms)));
    report.add(&p99, "", (mean(&mine, |one| one.p99_ms), "ms, all connections busy"), peer)
}

/// Whole sign-ins, in turns.
async fn sign_ins(
    options: &Options,
    ours: &Ours,
    theirs: Option<&Theirs>,
    data: &Path,
    report: &mut Report,
) -> Result<(), Failure> {
    let known: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.join("identity.json"))?)?;
    let list = known["invitations"].as_array().cloned().unwrap_or_default();
    let invitations: Vec<_> =
        list.iter().filter_map(|one| one.as_str()).map(str::to_owned).collect();
    let window = Duration::from_secs(options.seconds);
    let site = ours.side.site();
    let mut mine = Some(People::gather(&site, &invitations, options.connections).await?);
    let mut others = match theirs {
        Some(theirs) => {
            Some(People::gather(&theirs.side.site(), &invitations, options.connections).await?)
        }
        None => None,
    };
    let (mut rates, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        if let Some(people) = mine.take() {
            let (rate, again) = people.run(&ours.server, window).await?;
            rates.push(rate);
            mine = Some(again);
        }
        if let (Some(people), Some(theirs)) = (others.take(), theirs) {
            let (rate, again) = people.run(&theirs.server, window).await?;
            peers.push(rate);
            others = Some(again);
        }
    }
    let mean = |all: &[f64]| all.iter().sum::<f64>() / f64::from(options.rounds.max(1));
    let peer = (!peers.is_empty()).then(|| (PEER, mean(&peers)));
    let unit = "whole sign-ins per server-CPU-second";
    report.add("signin.per_cpu_s", "", (mean(&rates), unit), peer)
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rounds")]
fn mean(all: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    all.iter().map(of).sum::<f64>() / all.len().max(1) as f64
}

/// Uses every open session once, and weighs the server before and after.
async fn sessions(
    options: &Options,
    ours: &Ours,
    data: &Path,
    report: &mut Report,
) -> Result<(), Failure> {
    let all = std::fs::read_to_string(data.join("sessions.txt"))?;
    let tokens: Vec<String> = all.lines().map(str::to_owned).collect();
    let before = ours.server.resident_mb()?;
    let used = load::browse(OURS, &ours.side, tokens, options.connections).await?;
    let after = ours.server.resident_mb()?;
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    report.add("sessions.open", "", (used as f64, "sessions, each used"), None)?;
    report.add("sessions.mb", "", (after - before, "MB over before"), None)
}

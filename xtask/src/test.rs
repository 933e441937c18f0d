//! `cargo xtask test`: all that CI runs.

use crate::{
    postgres::Postgres,
    run::{Failure, Running, have, is_root, must, root, say, watch},
};
use clap::Args;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Debian packages the whole test needs.
const PACKAGES: [&str; 10] = [
    "postgresql",
    "chromium",
    "chromium-driver",
    "fonts-noto-cjk",
    "strace",
    "python3-venv",
    "apache2",
    "libapache2-mod-auth-openidc",
    "openssl",
    "poppler-utils",
];

#[derive(Args)]
pub(crate) struct Options {
    /// SQLite alone: no PostgreSQL, no browser, no clients; nothing is installed.
    #[arg(long)]
    quick: bool,
    /// Only tests whose name holds this.
    #[arg(long)]
    filter: Option<String>,
    /// How often the tests of a kill under load kill the server, on each engine; four times without it.
    #[arg(long)]
    kills: Option<u32>,
}

/// What the runs added up to.
#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
    skipped: Vec<String>,
}

impl Counts {
    /// Reads a line of `cargo test`.
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result:") {
            let number = |word: &str| {
                rest.split([';', '.'])
                    .find(|part| part.ends_with(word))
                    .and_then(|part| part.split_whitespace().rev().nth(1)?.parse::<u64>().ok())
                    .unwrap_or(0)
            };
            self.passed += number("passed");
            self.failed += number("failed");
            self.ignored += number("ignored");
        } else if let Some(at) = line.find("skipped: ") {
            self.skipped.push(line.get(at..).unwrap_or_default().to_owned());
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut counts = Counts::default();
    if !options.quick {
        prerequisites()?;
    }
    say("formatting");
    run_in_root(Command::new("cargo").args(["fmt", "--all", "--check"]))?;
    let postgres = if options.quick { None } else { Some(Postgres::start()?) };
    let mut test = Command::new("cargo");
    test.args(["test", "--workspace", "--no-fail-fast"]).current_dir(root());
    if let Some(filter) = &options.filter {
        test.arg(filter);
    }
    test.args(["--", "--nocapture"]);
    if let Some(server) = &postgres {
        test.env("PRAYA_TEST_POSTGRES", &server.url).env("PRAYA_TEST_BROWSER", "1");
    }
    if let Some(kills) = options.kills {
        test.env("PRAYA_TEST_KILLS", kills.to_string());
    }
    let data = root().join("../shared/data");
    if data.exists() {
        test.env("PRAYA_TEST_DATA", fs::canonicalize(data)?);
    }
    say("tests");
    let good = watch(&mut test, |line| counts.line(line))?;
    if !good && counts.failed == 0 {
        return Err("cargo test failed before it ran every test".into());
    }
    if !options.quick && options.filter.is_none() && good {
        clients(&mut counts)?;
    }
    let allowed = counts.skipped.iter().filter(|line| line.contains("PRAYA_TEST_DATA")).count();
    let missing = counts.skipped.len() - allowed;
    for line in &counts.skipped {
        eprintln!("{line}");
    }
    println!(
        "{} passed, {} failed, {} skipped",
        counts.passed,
        counts.failed,
        counts.skipped.len()
    );
    if counts.failed > 0 || (!options.quick && missing > 0) || counts.ignored > 0 {
        return Err(format!(
            "{} failed, {missing} skipped without leave, {} ignored",
            counts.failed, counts.ignored
        )
        .into());
    }
    Ok(())
}

fn run_in_root(command: &mut Command) -> Result<(), Failure> {
    must(command.current_dir(root()))
}

/// Installs what is missing, or says which line does.
fn prerequisites() -> Result<(), Failure> {
    for program in ["node", "npm"] {
        if !have(program) {
            return Err(
                format!("{program} is missing: install Node.js 20 or newer with npm").into()
            );
        }
    }
    let missing: Vec<_> = PACKAGES.into_iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install -y {}", missing.join(" "));
    if !is_root() {
        return Err(format!("packages are missing; run this once: sudo sh -c '{line}'").into());
    }
    say(&line);
    let quiet = || Stdio::null();
    must(Command::new("apt-get").args(["update", "-qq"]).stdout(quiet()))?;
    must(
        Command::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(quiet()),
    )
}

fn installed(package: &str) -> bool {
    let out = Command::new("dpkg-query")
        .args(["-W", "-f", "${Status}", package])
        .stderr(Stdio::null())
        .output();
    out.is_ok_and(|out| out.stdout.ends_with(b"install ok installed"))
}

/// Programs that others wrote, against the built binary: each folder of `tests/clients` with a `walk.mjs` or
/// `walk.py`, installed from its own lock file.
fn clients(counts: &mut Counts) -> Result<(), Failure> {
    let mut folders: Vec<_> = fs::read_dir(root().join("tests/clients"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("walk.mjs").exists() || path.join("walk.py").exists())
        .collect();
    folders.sort();
    // All before the first is run: one may use what another brought.
    for folder in folders.iter().filter(|folder| folder.join("package.json").exists()) {
        must(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(folder)
                .stdout(Stdio::null()),
        )?;
    }
    for folder in folders {
        let name =
            folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        say(&format!("client {name}"));
        let mut walk = if folder.join("walk.py").exists() {
            python(&folder)?
        } else {
            let mut node = Command::new("node");
            node.arg("walk.mjs");
            node
        };
        let demo = Demo::start(&name)?;
        walk.arg(demo.data.join("demo.json")).current_dir(&folder);
        if watch(&mut walk, |line| counts.line(line))? {
            counts.passed += 1;
        } else {
            counts.failed += 1;
        }
    }
    Ok(())
}

/// The folder's walk in an environment of its own, with what its `requirements.txt` pins.
fn python(folder: &Path) -> Result<Command, Failure> {
    let own = folder.join(".venv");
    must(Command::new("python3").args(["-m", "venv"]).arg(&own))?;
    let pip = ["install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
    must(Command::new(own.join("bin/pip")).args(pip).current_dir(folder))?;
    let mut walk = Command::new(own.join("bin/python"));
    walk.arg("walk.py");
    Ok(walk)
}

/// The built demo, on free ports, in a folder of its own.
struct Demo {
    _child: Running,
    data: PathBuf,
}

impl Demo {
    fn start(name: &str) -> Result<Self, Failure> {
        let data = std::env::temp_dir().join(format!("praya-client-{name}-{}", std::process::id()));
        fs::remove_dir_all(&data).ok();
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let (listen, bank) = (free()?, free()?);
        let binary = root().join("target/debug/praya");
        let binary = std::env::var_os("CARGO_TARGET_DIR")
            .map_or(binary, |target| PathBuf::from(target).join("debug/praya"));
        let mut command = Command::new(binary);
        command
            .arg("demo")
            .arg("--listen")
            .arg(listen.to_string())
            .arg("--bank")
            .arg(bank.to_string())
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::null());
        let child = Running(command.spawn()?);
        let began = Instant::now();
        while began.elapsed() < Duration::from_mins(1) {
            if ready(listen.port()) {
                return Ok(Self { _child: child, data });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("the demo was not ready within a minute".into())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.data).ok();
    }
}

fn ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

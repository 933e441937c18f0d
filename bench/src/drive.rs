//! Load: connections that ask again as soon as they are answered, and arrivals that wait for nobody.

use crate::{
    Failure,
    client::Connection,
    consumer::{Consumer, PATH},
    server::{ECHO, PRAYA, Server},
};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Before anything is counted.
const WARM_UP: Duration = Duration::from_secs(2);
/// One answer in this many is opened and checked.
const CHECKED: u64 = 100;

/// Whom to ask.
#[derive(Clone)]
pub(crate) enum Target {
    /// Praya, as the bank.
    Praya(Arc<Consumer>),
    /// The echo: the same request's headers, signed once, since it does not look at them.
    Echo(Arc<Consumer>),
}

/// What a run measured.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Answers per second of the server's CPU.
    pub(crate) per_cpu: f64,
    /// Mean length of an answer, in bytes.
    pub(crate) size: f64,
    /// Mean length of the records inside, in bytes; zero where nothing was opened.
    pub(crate) payload: f64,
    /// Latency in milliseconds that half stay under.
    pub(crate) p50_ms: f64,
    /// And that all but one in a hundred stay under.
    pub(crate) p99_ms: f64,
    /// Answers opened and found right.
    pub(crate) checked: u64,
}

/// Sums over all connections; only what was answered in the window counts.
#[derive(Default)]
struct Sums {
    answers: AtomicU64,
    bytes: AtomicU64,
    checked: AtomicU64,
    payload: AtomicU64,
}

/// One connection's state.
struct Asker {
    target: Target,
    connection: Connection,
    nonce: String,
    sums: Arc<Sums>,
    proof: Option<(String, String)>,
}

impl Asker {
    async fn new(target: Target, ca: &Path, sums: Arc<Sums>) -> Result<Self, Failure> {
        let address = if matches!(target, Target::Praya(_)) { PRAYA } else { ECHO };
        let connection = Connection::open(address, ca).await?;
        let mut asker = Self { target, connection, nonce: String::new(), sums, proof: None };
        if let Target::Echo(consumer) = &asker.target {
            let request = consumer.request(consumer.token(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")?;
            let header = |name: &str| {
                let value = request.headers().get(name).and_then(|value| value.to_str().ok());
                value.unwrap_or_default().to_owned()
            };
            asker.proof = Some((header("authorization"), header("dpop")));
        }
        Ok(asker)
    }

    fn request(&self, token: &str) -> Result<Request<Empty<Bytes>>, Failure> {
        match (&self.target, &self.proof) {
            (Target::Echo(_), Some((authorization, dpop))) => Ok(Request::post(PATH)
                .header("host", "localhost:8443")
                .header("authorization", authorization)
                .header("dpop", dpop)
                .body(Empty::new())?),
            (Target::Praya(consumer) | Target::Echo(consumer), _) => {
                consumer.request(token, &self.nonce)
            }
        }
    }

    /// Asks until records come; the answer.
    async fn ask(&mut self) -> Result<Bytes, Failure> {
        let (Target::Praya(consumer) | Target::Echo(consumer)) = self.target.clone();
        let token = consumer.token();
        for _ in 0..2 {
            let answer = self.connection.send(self.request(token)?).await?;
            let fresh = answer.headers().get("dpop-nonce").and_then(|value| value.to_str().ok());
            if let Some(fresh) = fresh {
                fresh.clone_into(&mut self.nonce);
            }
            let status = answer.status().as_u16();
            let body = answer.into_body();
            if status == 200 {
                return Ok(body);
            }
            let text = String::from_utf8_lossy(&body);
            if status != 401 || !text.contains("use-dpop-nonce") {
                return Err(format!("answered {status}: {text}").into());
            }
        }
        Err("the server asks for nonces without end".into())
    }

    /// Counts an answer, and opens one in a hundred.
    fn count(&self, answer: &Bytes) -> Result<(), Failure> {
        let n = self.sums.answers.fetch_add(1, Ordering::Relaxed);
        self.sums.bytes.fetch_add(answer.len() as u64, Ordering::Relaxed);
        if let Target::Praya(consumer) = &self.target
            && n.is_multiple_of(CHECKED)
        {
            let payload = consumer.check(answer)?;
            self.sums.checked.fetch_add(1, Ordering::Relaxed);
            self.sums.payload.fetch_add(payload as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// `connections` ask without a pause for `window`, after a warm-up.
pub(crate) async fn closed(
    server: &Server,
    target: &Target,
    ca: &Path,
    connections: usize,
    window: Duration,
) -> Result<Measured, Failure> {
    let sums = Arc::new(Sums::default());
    let from = Instant::now() + WARM_UP;
    let until = from + window;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut asker = Asker::new(target.clone(), ca, sums.clone()).await?;
        tasks.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            loop {
                let began = Instant::now();
                if began >= until {
                    return Ok::<_, Failure>(waits);
                }
                let answer = asker.ask().await?;
                let now = Instant::now();
                if (from..until).contains(&now) {
                    asker.count(&answer)?;
                    waits.push(now - began);
                }
            }
        }));
    }
    let cpu = cpu_between(server, from, until).await?;
    measured(&sums, tasks, cpu, window).await
}

/// Requests arrive at `rate` a second, at random, whether or not earlier ones were answered; latency runs
/// from when each should have been sent.
pub(crate) async fn open(
    server: &Server,
    target: &Target,
    ca: &Path,
    connections: usize,
    rate: f64,
    window: Duration,
) -> Result<Measured, Failure> {
    let sums = Arc::new(Sums::default());
    let next = Arc::new(AtomicUsize::new(0));
    let mut askers = Vec::new();
    for _ in 0..connections {
        askers.push(Asker::new(target.clone(), ca, sums.clone()).await?);
    }
    let arrivals = Arc::new(arrivals(rate, WARM_UP + window));
    let start = Instant::now();
    let mut tasks = Vec::new();
    for mut asker in askers {
        let (arrivals, next) = (arrivals.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            loop {
                let Some(at) = arrivals.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return Ok::<_, Failure>(waits);
                };
                tokio::time::sleep_until((start + *at).into()).await;
                let answer = asker.ask().await?;
                if *at >= WARM_UP {
                    waits.push((start + *at).elapsed());
                    asker.count(&answer)?;
                }
            }
        }));
    }
    let cpu = cpu_between(server, start + WARM_UP, start + WARM_UP + window).await?;
    measured(&sums, tasks, cpu, window).await
}

/// Moments of a Poisson process, from a fixed seed so that runs can be compared.
fn arrivals(rate: f64, length: Duration) -> Vec<Duration> {
    let (mut at, mut state, mut all) = (0.0, 0x9E37_79B9_7F4A_7C15_u64, Vec::new());
    while at < length.as_secs_f64() {
        all.push(Duration::from_secs_f64(at));
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        #[expect(clippy::cast_precision_loss, reason = "53 random bits fit")]
        let uniform = ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        at -= uniform.ln() / rate;
    }
    all
}

async fn cpu_between(server: &Server, from: Instant, until: Instant) -> Result<f64, Failure> {
    tokio::time::sleep_until(from.into()).await;
    let before = server.cpu()?;
    tokio::time::sleep_until(until.into()).await;
    Ok(server.cpu()? - before)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run")]
async fn measured(
    sums: &Sums,
    tasks: Vec<tokio::task::JoinHandle<Result<Vec<Duration>, Failure>>>,
    cpu: f64,
    window: Duration,
) -> Result<Measured, Failure> {
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    waits.sort_unstable();
    let at = |percent: usize| {
        let place = (waits.len() * percent / 100).min(waits.len().saturating_sub(1));
        waits.get(place).map_or(f64::NAN, |wait| wait.as_secs_f64() * 1000.0)
    };
    let sum = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
    let answers = sum(&sums.answers) as f64;
    if answers == 0.0 {
        return Err("nothing was answered in the window".into());
    }
    Ok(Measured {
        rate: answers / window.as_secs_f64(),
        per_cpu: answers / cpu.max(0.01),
        size: sum(&sums.bytes) as f64 / answers,
        payload: sum(&sums.payload) as f64 / (sum(&sums.checked) as f64).max(1.0),
        p50_ms: at(50),
        p99_ms: at(99),
        checked: sum(&sums.checked),
    })
}

//! Connections that ask again as soon as they are answered, over plain HTTP.

use super::sides::{Job, Side};
use crate::{Failure, server::Server};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Before anything is counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// What a run measured.
pub(super) struct Measured {
    /// Answers per second of the server's CPU.
    pub(super) per_cpu: f64,
    /// Latency in milliseconds that all but one in a hundred stay under.
    pub(super) p99_ms: f64,
}

/// One kept-alive connection.
pub(super) struct Plain(SendRequest<Full<Bytes>>);

impl Plain {
    pub(super) async fn open(address: &str) -> Result<Self, Failure> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Failure> {
        self.0.ready().await?;
        let (head, body) = self.0.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

/// One asker: asks, and once more where a nonce is wanted.
async fn ask(
    connection: &mut Plain,
    side: &Side,
    job: Job,
    nonce: &mut Option<String>,
) -> Result<Bytes, Failure> {
    for _ in 0..2 {
        let answer = connection.send(side.request(job, nonce.as_deref())?).await?;
        let fresh = answer.headers().get("dpop-nonce").and_then(|value| value.to_str().ok());
        if let Some(fresh) = fresh {
            *nonce = Some(fresh.to_owned());
        }
        let status = answer.status().as_u16();
        let body = answer.into_body();
        if status == 200 {
            return Ok(body);
        }
        let text = String::from_utf8_lossy(&body);
        if !text.contains("use_dpop_nonce") {
            return Err(format!("{job:?} was answered {status}: {text}").into());
        }
    }
    Err("the server asks for nonces without end".into())
}

/// `connections` ask without a pause for `window`, after a warm-up.
pub(super) async fn run(
    server: &Server,
    side: &Arc<Side>,
    job: Job,
    connections: usize,
    window: Duration,
) -> Result<Measured, Failure> {
    let about = match job {
        Job::Introspect => Some(Job::Token { jwt: false }),
        Job::KeyIntrospect => Some(Job::KeyToken { jwt: false }),
        Job::Token { .. } | Job::KeyToken { .. } => None,
    };
    if let Some(about) = about {
        // Made in this run: they live ten minutes.
        let mut connection = Plain::open(side.address()).await?;
        let (mut tokens, mut nonce) = (Vec::new(), None);
        for _ in 0..200 {
            tokens.push(ask(&mut connection, side, about, &mut nonce).await?);
        }
        side.hold(&tokens)?;
    }
    let from = Instant::now() + WARM_UP;
    let until = from + window;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (mut connection, side) = (Plain::open(side.address()).await?, side.clone());
        tasks.push(tokio::spawn(async move {
            let (mut waits, mut nonce) = (Vec::new(), None);
            loop {
                let began = Instant::now();
                if began >= until {
                    return Ok::<_, Failure>(waits);
                }
                let answer = ask(&mut connection, &side, job, &mut nonce).await?;
                Side::check(job, &answer)?;
                let now = Instant::now();
                if (from..until).contains(&now) {
                    waits.push(now - began);
                }
            }
        }));
    }
    tokio::time::sleep_until(from.into()).await;
    let before = server.cpu()?;
    tokio::time::sleep_until(until.into()).await;
    let cpu = server.cpu()? - before;
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).ok_or("nothing was answered in the window")?;
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let answers = waits.len() as f64;
    Ok(Measured { per_cpu: answers / cpu.max(0.01), p99_ms: p99.as_secs_f64() * 1000.0 })
}

/// A page of each of these sessions' people, once; how many came.
pub(super) async fn browse(
    address: &'static str,
    side: &Arc<Side>,
    tokens: Vec<String>,
    connections: usize,
) -> Result<usize, Failure> {
    let (tokens, next, came) =
        (Arc::new(tokens), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (tokens, next, came, side) = (tokens.clone(), next.clone(), came.clone(), side.clone());
        tasks.push(tokio::spawn(async move {
            let mut connection = Plain::open(address).await?;
            while let Some(token) = tokens.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answer = connection.send(side.page(token)?).await?;
                if answer.status() != 200 {
                    return Err(format!("a session was answered {}", answer.status()).into());
                }
                came.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failure>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(came.load(Ordering::Relaxed))
}

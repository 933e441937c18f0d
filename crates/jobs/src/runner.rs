use crate::{TRIES, spread, sql};
use futures_util::future::BoxFuture;
use kernel::{Timestamp, World, micros};
use serde_json::Value as Json;
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::{Db, Error, Result};

/// Does one kind of job; an error is kept and the job tried again.
pub type Handler = Arc<dyn Fn(Json) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;
/// Does something regularly.
type Regular =
    (&'static str, i64, Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>);

/// While a job runs no other node takes it; when a node dies, another takes it after this long.
const LEASE_SECONDS: i64 = 120;

/// Runs jobs of the kinds it knows until it is dropped.
pub struct Runner {
    db: Db,
    world: World,
    handlers: HashMap<&'static str, Handler>,
    regular: Vec<Regular>,
}

impl Runner {
    /// A runner that knows no kind yet.
    pub fn new(db: Db, world: World) -> Self {
        Self { db, world, handlers: HashMap::new(), regular: Vec::new() }
    }

    /// Does jobs of `kind` with `handler`.
    #[must_use]
    pub fn on(mut self, kind: &'static str, handler: Handler) -> Self {
        self.handlers.insert(kind, handler);
        self
    }

    /// Does `task` every `seconds`, once for all nodes.
    #[must_use]
    pub fn every(
        mut self,
        name: &'static str,
        seconds: i64,
        task: impl Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static,
    ) -> Self {
        self.regular.push((name, seconds, Arc::new(task)));
        self
    }

    /// Runs for ever: woken by a notice, by the next job's time, and at least every five seconds.
    pub async fn run(self) {
        let mut notices = self.db.notices();
        loop {
            if let Err(error) = self.regular_tasks().await {
                tracing::warn!(%error, "schedules cannot be read");
            }
            while let Ok(true) = self.one().await {}
            let pause = self.until_next().await.unwrap_or(Duration::from_secs(5));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = notices.recv() => {}
            }
        }
    }

    /// Takes and does one job that is due. False when none was.
    pub async fn one(&self) -> Result<bool> {
        let now = micros(self.world.clock.now());
        let claimed = self
            .db
            .write::<_, Error>(move |tx| {
                tx.query_opt(sql::CLAIM, &[now.into(), (now + LEASE_SECONDS * 1_000_000).into()])
            })
            .await?;
        let Some(row) = claimed else { return Ok(false) };
        let (id, kind, attempts) = (row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.int(3)?);
        let outcome = match (self.handlers.get(kind.as_str()), serde_json::from_str(row.text(2)?)) {
            (Some(handler), Ok(payload)) => handler(payload).await,
            (None, _) => Err(format!("no handler for jobs of kind {kind}")),
            (_, Err(error)) => Err(format!("unreadable payload: {error}")),
        };
        self.settle(id, attempts, outcome).await?;
        Ok(true)
    }

    async fn settle(&self, id: String, attempts: i64, outcome: Result<(), String>) -> Result<()> {
        let now: Timestamp = self.world.clock.now();
        let again = micros(now) + spread(attempts, self.world.entropy.as_ref());
        self.db
            .write(move |tx| match &outcome {
                Ok(()) => tx.execute(sql::DONE, &[id.as_str().into()]).map(drop),
                Err(error) => {
                    let state = if attempts >= TRIES { "dead" } else { "waiting" };
                    let excerpt: String = error.chars().take(500).collect();
                    tx.execute(
                        sql::FAILED,
                        &[id.as_str().into(), state.into(), again.into(), excerpt.into()],
                    )
                    .map(drop)
                }
            })
            .await
    }

    async fn regular_tasks(&self) -> Result<()> {
        for (name, seconds, task) in &self.regular {
            let (name, now) = (*name, micros(self.world.clock.now()));
            let next = now + seconds * 1_000_000;
            let mine = self
                .db
                .write::<_, Error>(move |tx| {
                    tx.execute(sql::SCHEDULE, &[name.into(), now.into()])?;
                    tx.execute(sql::TAKE_TURN, &[name.into(), now.into(), next.into()])
                })
                .await?;
            if mine == 1
                && let Err(error) = task().await
            {
                tracing::warn!(
                    name,
                    error,
                    "a regular task failed; it is tried again at its next time"
                );
            }
        }
        Ok(())
    }

    async fn until_next(&self) -> Result<Duration> {
        let row = self.db.read::<_, Error>(|tx| tx.query_opt(sql::NEXT, &[])).await?;
        let now = micros(self.world.clock.now());
        let due = row.and_then(|row| row.opt_int(0).ok().flatten()).unwrap_or(i64::MAX);
        let wait = u64::try_from(due.saturating_sub(now)).unwrap_or(0);
        Ok(Duration::from_micros(wait.clamp(50_000, 5_000_000)))
    }
}

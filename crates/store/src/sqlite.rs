//! SQLite: one writer thread that commits what waits as one group, and a pool of readers.

use crate::{AfterCommit, BeforeCommit, Error, Notice, Result, Tx};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError, mpsc},
    time::{Duration, Instant},
};
use tokio::sync::broadcast;

/// Answers once the outcome of the group's commit is known.
type Answer = Box<dyn FnOnce(&Result<()>) + Send>;
/// Runs one closure in its savepoint of an open transaction, if there is one; gives its answer and what
/// it wants told.
type Job = Box<dyn FnOnce(Option<&rusqlite::Connection>) -> (Answer, Vec<Notice>) + Send>;

/// While several write at once, a group waits for company, this long for each that came last time: what a
/// commit costs is shared by all in the group, and whoever writes alone never waits.
const COMPANY: Duration = Duration::from_millis(1);
/// But no longer than this many times as long.
const PATIENCE: u32 = 8;

/// Two hundred and fifty-six closures share one sync at most, so that the first does not wait for ever.
const GROUP: usize = 256;

pub(crate) struct Sqlite {
    path: PathBuf,
    queue: mpsc::Sender<Job>,
    readers: Mutex<Vec<rusqlite::Connection>>,
}

fn connect(path: &Path) -> Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(path)?;
    connection.execute_batch(
        "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma busy_timeout=5000;
         pragma cache_size=-32768; pragma temp_store=memory; pragma wal_autocheckpoint=16000",
    )?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

impl Sqlite {
    pub(crate) fn open(
        path: &Path,
        hook: &'static OnceLock<BeforeCommit>,
        told: broadcast::Sender<Notice>,
    ) -> Result<Self> {
        let (queue, jobs) = mpsc::channel::<Job>();
        let writer = connect(path)?;
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                let mut last: usize = 1;
                while let Ok(first) = jobs.recv() {
                    // Asleep, not waiting for the next: each that comes would have to wake us.
                    let company =
                        u32::try_from(last - 1).unwrap_or(PATIENCE).min(PATIENCE) * COMPANY;
                    std::thread::sleep(company);
                    last = group(&writer, first, &jobs, hook.get(), &told);
                }
            })
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { path: path.to_owned(), queue, readers: Mutex::default() })
    }

    pub(crate) async fn write<T, E>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, outcome) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let mut notices = Vec::new();
            let result = connection.map(|connection| {
                let mut tx = Tx::sqlite(connection);
                let result = in_savepoint(&mut tx, f);
                if result.is_ok() {
                    notices = std::mem::take(&mut tx.notices);
                }
                result
            });
            let tell: Answer = Box::new(move |committed| {
                let result = match (result, committed) {
                    (Some(result), Ok(())) => result,
                    // A refusal stands whatever became of the group; a success does not.
                    (Some(result), Err(error)) => result.and(Err(error.clone().into())),
                    (None, Err(error)) => Err(error.clone().into()),
                    (None, Ok(())) => Err(Error::Unavailable("no transaction".into()).into()),
                };
                answer.send(result).ok();
            });
            (tell, notices)
        });
        let gone = || E::from(Error::Unavailable("the writer has stopped".into()));
        self.queue.send(job).map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }

    /// A read runs where it is called: a point read costs four microseconds, a hop to another thread fifty.
    pub(crate) fn read<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = kept.map_or_else(|| connect(&self.path), Ok)?;
        connection.prepare_cached("begin").and_then(|mut s| s.execute([])).map_err(Error::from)?;
        let result = f(&mut Tx::sqlite(&connection));
        connection
            .prepare_cached("rollback")
            .and_then(|mut s| s.execute([]))
            .map_err(Error::from)?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < 32 {
            readers.push(connection);
        }
        result
    }

    /// A consistent copy while others read and write.
    pub(crate) fn backup(&self, to: &Path) -> Result<()> {
        let from = connect(&self.path)?;
        let mut to = rusqlite::Connection::open(to)?;
        rusqlite::backup::Backup::new(&from, &mut to)?.run_to_completion(
            1000,
            Duration::ZERO,
            None,
        )?;
        Ok(())
    }
}

fn in_savepoint<T, E: From<Error>>(
    tx: &mut Tx<'_>,
    f: impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    const SAVEPOINT: crate::Sql = crate::Sql::both("savepoint one");
    const RELEASE: crate::Sql = crate::Sql::both("release one");
    const BACK: crate::Sql = crate::Sql::both("rollback to one");
    tx.execute(SAVEPOINT, &[])?;
    let began = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| f(tx))).unwrap_or_else(|_| {
        Err(Error::Other("a write panicked; nothing of it was kept".into()).into())
    });
    let took = began.elapsed();
    if took > Duration::from_millis(20) {
        tracing::warn!(
            millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "a slow write delays its group"
        );
    }
    if result.is_err() {
        tx.execute(BACK, &[])?;
    }
    tx.execute(RELEASE, &[])?;
    result
}

/// Runs what waits as one group; how many there were.
fn group(
    connection: &rusqlite::Connection,
    first: Job,
    jobs: &mpsc::Receiver<Job>,
    hook: Option<&BeforeCommit>,
    told: &broadcast::Sender<Notice>,
) -> usize {
    let run = |sql: &str| {
        connection
            .prepare_cached(sql)
            .and_then(|mut s| s.execute([]))
            .map(drop)
            .map_err(Error::from)
    };
    let begun = run("begin immediate");
    let mut answers = Vec::new();
    let mut notices = Vec::new();
    let mut next = Some(first);
    while let Some(job) = next {
        // Without a transaction every savepoint would commit by itself.
        let (answer, told) = job(begun.is_ok().then_some(connection));
        answers.push(answer);
        notices.extend(told);
        next = if answers.len() < GROUP { jobs.try_recv().ok() } else { None };
    }
    let (mut outcome, mut after): (Result<()>, Option<AfterCommit>) = (begun, None);
    if let (Ok(()), Some(hook)) = (&outcome, hook) {
        match hook(&mut Tx::sqlite(connection)) {
            Ok(then) => after = Some(then),
            Err(error) => outcome = Err(error),
        }
    }
    outcome = outcome.and_then(|()| run("commit"));
    if let Err(error) = &outcome {
        tracing::error!(%error, writes = answers.len(), "a group of writes was not committed");
        run("rollback").ok();
    }
    if let Some(after) = after {
        after(outcome.is_ok());
    }
    let size = answers.len();
    for answer in answers {
        answer(&outcome);
    }
    if outcome.is_ok() {
        for notice in notices {
            told.send(notice).ok();
        }
    }
    size
}

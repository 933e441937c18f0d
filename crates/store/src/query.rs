//! Reading a department's own database: read-only, one statement, limited in time, rows and bytes.

use crate::{Cell, Cells, Error, Value, tx::bind};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use futures_util::TryStreamExt;
use rusqlite::types::ValueRef;
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio_postgres::error::SqlState;

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;
/// The most bytes of text and blobs that one answer may hold.
const MOST_BYTES: usize = 4 << 20;
/// A SQLite statement runs where it is asked, for this long; one that takes longer begins anew on a thread
/// that may wait, so that a slow file never holds up those who serve.
const INLINE: Duration = Duration::from_millis(20);
/// How long such a one waits for a lock of its owner's.
const BUSY: Duration = Duration::from_millis(200);
/// How long a SQLite file may be replaced by another without our noticing.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Why a read gave nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The time limit is over; the statement was interrupted.
    #[error("took too long")]
    Timeout,
    /// More rows or bytes than one answer may have: an error, never a silent cut.
    #[error("more rows or bytes than one answer may have")]
    TooLarge,
    /// The database said something else.
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<tokio_postgres::Error> for ReadError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) if *code == SqlState::QUERY_CANCELED => Self::Timeout,
            _ => Error::from(error).into(),
        }
    }
}

/// Somebody else's database, to read from.
pub struct ReadOnly(Open);

enum Open {
    Sqlite(Arc<File>),
    Postgres(Pool),
}

struct File {
    path: PathBuf,
    idle: Mutex<Idle>,
}

/// Connections to a SQLite file that wait for work.
#[derive(Default)]
struct Idle {
    connections: Vec<rusqlite::Connection>,
    /// The file they are to, by its time and length.
    mark: Option<(SystemTime, u64)>,
    /// Counts files; a connection to an earlier one is not kept.
    generation: u64,
    looked: Option<Instant>,
}

impl ReadOnly {
    /// Prepares to read `sqlite:PATH` or `postgres://…`; connects when first asked.
    pub fn open(url: &str) -> Result<Self, Error> {
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                Ok(Self(Open::Sqlite(Arc::new(File { path: path.into(), idle: Mutex::default() }))))
            }
            Some(("postgres" | "postgresql", _)) => {
                let (mut config, tls) = crate::tls::target(url)?;
                let options =
                    config.get_options().map_or_else(String::new, |options| format!("{options} "));
                config.options(format!("{options}-c default_transaction_read_only=on"));
                let manager = Manager::from_config(
                    config,
                    tls,
                    ManagerConfig { recycling_method: RecyclingMethod::Fast },
                );
                let pool = Pool::builder(manager)
                    .max_size(8)
                    .build()
                    .map_err(|error| Error::Unavailable(error.to_string()))?;
                Ok(Self(Open::Postgres(pool)))
            }
            _ => Err(Error::Other("a source's database is `sqlite:PATH` or `postgres://…`".into())),
        }
    }

    /// What one statement with one parameter, `$1`, finds: the columns of these names, in this order; one
    /// that it has not is empty. At most `most` rows. The time limit interrupts it on both engines.
    pub async fn query(
        &self,
        sql: &str,
        key: &str,
        columns: &[&str],
        limit: Duration,
        most: usize,
    ) -> Result<Cells, ReadError> {
        let asked = Asked { sql, key, columns, limit, most };
        match &self.0 {
            Open::Sqlite(file) => {
                let quick = Asked { limit: limit.min(INLINE), ..asked };
                let quick = file.read(&quick, Duration::ZERO);
                if limit <= INLINE || !matches!(&quick, Err(error) if error.is_of_haste()) {
                    return quick;
                }
                let (file, sql, key) = (file.clone(), sql.to_owned(), key.to_owned());
                let columns: Vec<_> = columns.iter().map(|&name| name.to_owned()).collect();
                tokio::task::spawn_blocking(move || {
                    let columns: Vec<_> = columns.iter().map(String::as_str).collect();
                    let asked = Asked { sql: &sql, key: &key, columns: &columns, limit, most };
                    file.read(&asked, BUSY)
                })
                .await
                .map_err(|error| Error::Other(error.to_string()))?
            }
            Open::Postgres(pool) => tokio::time::timeout(limit, postgres(pool, &asked))
                .await
                .unwrap_or(Err(ReadError::Timeout)),
        }
    }
}

/// One read.
struct Asked<'a> {
    sql: &'a str,
    key: &'a str,
    columns: &'a [&'a str],
    limit: Duration,
    most: usize,
}

impl Asked<'_> {
    /// Where the columns stand among a statement's.
    fn places<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Vec<Option<usize>> {
        let place = |column: &&str| names.clone().position(|name| name == *column);
        self.columns.iter().map(place).collect()
    }
}

impl ReadError {
    /// Whether more time may help.
    const fn is_of_haste(&self) -> bool {
        matches!(self, Self::Timeout | Self::Database(Error::Retry(_)))
    }
}

impl File {
    fn read(&self, asked: &Asked<'_>, busy: Duration) -> Result<Cells, ReadError> {
        let (kept, generation) = self.idle().take(&self.path);
        let connection = kept.map_or_else(|| connect(&self.path), Ok)?;
        connection.busy_timeout(busy)?;
        let answer = sqlite(&connection, asked);
        let mut idle = self.idle();
        if idle.generation == generation {
            idle.connections.push(connection);
        }
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// A connection, if one waits, and which file it is to. A file put in the place of another is noticed:
    /// the old one would otherwise be read for ever.
    fn take(&mut self, path: &Path) -> (Option<rusqlite::Connection>, u64) {
        let now = Instant::now();
        if self.looked.is_none_or(|at| now.duration_since(at) >= LOOK_AGAIN) {
            self.looked = Some(now);
            let facts = std::fs::metadata(path).ok();
            let mark = facts.and_then(|facts| Some((facts.modified().ok()?, facts.len())));
            if self.mark != mark {
                self.mark = mark;
                self.generation += 1;
                self.connections.clear();
            }
        }
        (self.connections.pop(), self.generation)
    }
}

/// Opens for reading. The file is not mapped into memory: one that its owner cuts short while we read
/// would end the whole process.
fn connect(path: &Path) -> Result<rusqlite::Connection, ReadError> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection
        .execute_batch("pragma query_only=on; pragma mmap_size=0; pragma cache_size=-16384")?;
    Ok(connection)
}

fn sqlite(connection: &rusqlite::Connection, asked: &Asked<'_>) -> Result<Cells, ReadError> {
    let until = Instant::now() + asked.limit;
    connection.progress_handler(STEPS, Some(move || Instant::now() > until))?;
    let run = || {
        let mut statement = connection.prepare_cached(asked.sql)?;
        if !statement.readonly() {
            return Err(Error::Other("a source's statement must only read".into()).into());
        }
        let names = statement.column_names();
        let places = asked.places(names.iter().copied());
        bind(&mut statement, &[Value::from(asked.key)])?;
        let mut found = statement.raw_query();
        let (mut cells, mut size) = (Cells::new(places.len()), 0);
        while let Some(row) = found.next()? {
            let value = |at: &Option<usize>| {
                at.map_or(Ok(Cell::Null), |at| row.get_ref(at).map(from_sqlite))
            };
            let values = places.iter().map(value).collect::<Result<Vec<_>, _>>()?;
            size += values.iter().filter_map(Cell::text).map(str::len).sum::<usize>();
            if size > MOST_BYTES || cells.len() == asked.most {
                return Err(ReadError::TooLarge);
            }
            cells.push(values);
        }
        Ok(cells)
    };
    let answer = run();
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match answer {
        Err(ReadError::Database(_)) if Instant::now() > until => Err(ReadError::Timeout),
        other => other,
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Cell<Cow<'_, str>> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(v) => Cell::Int(v),
        ValueRef::Real(v) => real(v),
        // As a rule it is UTF-8, which is checked faster when nothing is to be replaced.
        ValueRef::Text(v) => {
            Cell::Text(str::from_utf8(v).map_or_else(|_| String::from_utf8_lossy(v), Cow::Borrowed))
        }
        ValueRef::Blob(_) => Cell::Other,
    }
}

const fn real<T>(v: f64) -> Cell<T> {
    if v.is_finite() { Cell::Real(v) } else { Cell::Other }
}

async fn postgres(pool: &Pool, asked: &Asked<'_>) -> Result<Cells, ReadError> {
    let client = pool.get().await.map_err(Error::from)?;
    // Set anew each time: a statement before may have changed it for this session.
    let session = format!(
        "set statement_timeout = {}; set default_transaction_read_only = on",
        asked.limit.as_millis().max(1)
    );
    client.batch_execute(&session).await?;
    let statement = client.prepare_cached(asked.sql).await.map_err(ReadError::from)?;
    let places = asked.places(statement.columns().iter().map(tokio_postgres::Column::name));
    let mut found = pin!(client.query_raw(&statement, [Value::from(asked.key)]).await?);
    let (mut cells, mut size) = (Cells::new(places.len()), 0);
    // Row by row, so that a flood is never held in memory.
    while let Some(row) = found.try_next().await? {
        size += row.raw_size_bytes();
        if size > MOST_BYTES || cells.len() == asked.most {
            return Err(ReadError::TooLarge);
        }
        let value = |at: &Option<usize>| {
            at.map_or(Ok(Value::Null), |at| row.try_get::<_, Value>(at)).map(from_postgres)
        };
        cells.push(places.iter().map(value).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(cells)
}

fn from_postgres(value: Value) -> Cell<String> {
    match value {
        Value::Null => Cell::Null,
        Value::Int(v) => Cell::Int(v),
        Value::Real(v) => real(v),
        Value::Text(v) => Cell::Text(v),
        Value::Blob(_) => Cell::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{LOOK_AGAIN, ReadError, ReadOnly};
    use crate::Cell;
    use std::time::Duration;

    fn make(name: &str, rows: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("praya-query-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let made = rusqlite::Connection::open(&path).unwrap();
        made.execute_batch(&format!("create table thing (id text, name text); {rows}")).unwrap();
        path
    }

    async fn name(database: &ReadOnly) -> Result<String, ReadError> {
        let asked = "select name from thing where id = $1";
        let found =
            database.query(asked, "a", &["nothing", "name"], Duration::from_secs(5), 10).await?;
        assert_eq!(found.get(0, 0), Cell::Null);
        Ok(found.get(0, 1).text().unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_file_put_in_the_place_of_another_is_read() {
        let old = make("old", "insert into thing values ('a', 'Old name')");
        let database = ReadOnly::open(&format!("sqlite:{}", old.display())).unwrap();
        assert_eq!(name(&database).await.unwrap(), "Old name");
        let new = make("new", "insert into thing values ('a', 'New name'), ('b', 'Another')");
        std::fs::rename(new, &old).unwrap();
        tokio::time::sleep(LOOK_AGAIN).await;
        assert_eq!(name(&database).await.unwrap(), "New name");
        std::fs::remove_file(&old).unwrap();
        tokio::time::sleep(LOOK_AGAIN).await;
        assert!(matches!(
            name(&database).await,
            Err(ReadError::Database(crate::Error::Unavailable(_)))
        ));
    }

    #[tokio::test]
    async fn a_slow_file_does_not_hold_up_those_who_serve() {
        let path = make("slow", "");
        let database = ReadOnly::open(&format!("sqlite:{}", path.display())).unwrap();
        let endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t where $1 is not null";
        let asked = database.query(endless, "a", &[], Duration::from_secs(2), 10);
        let others = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            biased;
            answer = asked => panic!("nothing else ran on this thread meanwhile: {answer:?}"),
            () = others => {}
        }
        std::fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn more_rows_than_allowed_are_an_error_and_not_a_silent_cut() {
        let path = make("rows", "insert into thing values ('a', '1'), ('a', '2'), ('a', '3')");
        let database = ReadOnly::open(&format!("sqlite:{}", path.display())).unwrap();
        let asked = "select name from thing where id = $1";
        let ask =
            async |most| database.query(asked, "a", &["name"], Duration::from_secs(5), most).await;
        assert_eq!(ask(3).await.unwrap().len(), 3);
        assert!(matches!(ask(2).await, Err(ReadError::TooLarge)));
        std::fs::remove_file(path).unwrap();
    }
}

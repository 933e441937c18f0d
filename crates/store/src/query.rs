//! Reading a department's own database: read-only, one statement, limited in time and rows.

use crate::{Error, Result, Row, Value, tx::bind, value::from_sqlite};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use std::{
    path::PathBuf,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio_postgres::NoTls;

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

/// Somebody else's database, to read from.
pub struct ReadOnly(Open);

enum Open {
    Sqlite { path: PathBuf, idle: Mutex<Vec<rusqlite::Connection>> },
    Postgres(Pool),
}

impl ReadOnly {
    /// Prepares to read `sqlite:PATH` or `postgres://…`; connects when first asked.
    pub fn open(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                Ok(Self(Open::Sqlite { path: path.into(), idle: Mutex::default() }))
            }
            Some(("postgres" | "postgresql", _)) => {
                let mut config = tokio_postgres::Config::from_str(url)?;
                let options =
                    config.get_options().map_or_else(String::new, |options| format!("{options} "));
                config.options(format!("{options}-c default_transaction_read_only=on"));
                let manager = Manager::from_config(
                    config,
                    NoTls,
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

    /// The rows of one statement with one parameter, `$1`; the names of its columns. At most `most` rows:
    /// more is an error, never a silent cut. [`Error::Retry`] when `limit` is over.
    pub async fn query(
        &self,
        sql: &str,
        key: &str,
        limit: Duration,
        most: usize,
    ) -> Result<(Vec<String>, Vec<Row>)> {
        match &self.0 {
            Open::Sqlite { path, idle } => {
                let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = kept.map_or_else(|| connect(path), Ok)?;
                let answer = sqlite(&connection, sql, key, limit, most);
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                answer
            }
            Open::Postgres(pool) => {
                match tokio::time::timeout(limit, postgres(pool, sql, key, limit, most)).await {
                    Ok(answer) => answer,
                    Err(_) => Err(Error::Retry("the source took too long".into())),
                }
            }
        }
    }
}

fn connect(path: &PathBuf) -> Result<rusqlite::Connection> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.execute_batch("pragma query_only=on; pragma busy_timeout=200; pragma mmap_size=1073741824; pragma cache_size=-16384")?;
    Ok(connection)
}

/// Runs where it is called, like every read of ours; the time limit interrupts it.
fn sqlite(
    connection: &rusqlite::Connection,
    sql: &str,
    key: &str,
    limit: Duration,
    most: usize,
) -> Result<(Vec<String>, Vec<Row>)> {
    let until = Instant::now() + limit;
    connection.progress_handler(STEPS, Some(move || Instant::now() > until))?;
    let run = || {
        let mut statement = connection.prepare_cached(sql)?;
        if !statement.readonly() {
            return Err(Error::Other("a source's statement must only read".into()));
        }
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        bind(&mut statement, &[Value::from(key)])?;
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            if rows.len() == most {
                return Err(Error::Other(format!(
                    "the source has more than {most} rows for one subject"
                )));
            }
            rows.push(Row((0..names.len())
                .map(|i| row.get_ref(i).map(from_sqlite))
                .collect::<rusqlite::Result<_>>()?));
        }
        Ok((names, rows))
    };
    let answer = run();
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match answer {
        Err(_) if Instant::now() > until => Err(Error::Retry("the source took too long".into())),
        other => other,
    }
}

async fn postgres(
    pool: &Pool,
    sql: &str,
    key: &str,
    limit: Duration,
    most: usize,
) -> Result<(Vec<String>, Vec<Row>)> {
    let client = pool.get().await?;
    client.batch_execute(&format!("set statement_timeout = {}", limit.as_millis().max(1))).await?;
    let statement = client.prepare_cached(sql).await?;
    let found =
        client.query(&statement, &[&Value::from(key)]).await.map_err(|error| {
            match error.code() {
                Some(code) if *code == tokio_postgres::error::SqlState::QUERY_CANCELED => {
                    Error::Retry("the source took too long".into())
                }
                _ => error.into(),
            }
        })?;
    if found.len() > most {
        return Err(Error::Other(format!("the source has more than {most} rows for one subject")));
    }
    let names = statement.columns().iter().map(|column| column.name().to_owned()).collect();
    let rows = found
        .iter()
        .map(|row| {
            (0..row.len())
                .map(|i| row.try_get::<_, Value>(i).map_err(Error::from))
                .collect::<Result<_>>()
                .map(Row)
        })
        .collect::<Result<_>>()?;
    Ok((names, rows))
}

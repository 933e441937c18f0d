use crate::{Engine, Error, Result, Row, Value, value::from_sqlite};
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;

/// A statement: one text for both engines, or, rarely, one for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sql {
    /// As SQLite runs it.
    pub sqlite: &'static str,
    /// As PostgreSQL runs it.
    pub postgres: &'static str,
}

impl Sql {
    /// The same text on both.
    pub const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }

    /// The text for one engine.
    pub const fn text(self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// An open transaction. Statements are prepared once and kept.
pub struct Tx<'a> {
    inner: Inner<'a>,
    /// Whether a statement lost against another transaction, so that the closure may run again.
    pub(crate) retry: bool,
    pub(crate) notices: Vec<crate::Notice>,
}

enum Inner<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a Handle, &'a deadpool_postgres::Transaction<'a>),
}

impl<'a> Tx<'a> {
    pub(crate) fn sqlite(connection: &'a rusqlite::Connection) -> Self {
        Self { inner: Inner::Sqlite(connection), retry: false, notices: Vec::new() }
    }

    pub(crate) fn postgres(handle: &'a Handle, tx: &'a deadpool_postgres::Transaction<'a>) -> Self {
        Self { inner: Inner::Postgres(handle, tx), retry: false, notices: Vec::new() }
    }

    /// Which engine runs this.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(..) => Engine::Postgres,
        }
    }

    /// All rows of a statement with parameters `$1`, `$2` ….
    pub fn query(&mut self, sql: Sql, args: &[Value]) -> Result<Vec<Row>> {
        let rows = match &self.inner {
            Inner::Sqlite(connection) => sqlite_query(connection, sql.sqlite, args),
            Inner::Postgres(handle, tx) => handle.block_on(async {
                let statement = tx.prepare_cached(sql.postgres).await?;
                let rows = tx.query(&statement, &params(args)).await?;
                rows.iter()
                    .map(|row| {
                        (0..row.len())
                            .map(|i| row.try_get::<_, Value>(i).map_err(Error::from))
                            .collect::<Result<_>>()
                            .map(Row)
                    })
                    .collect()
            }),
        };
        self.note(rows)
    }

    /// The first row, if any.
    pub fn query_opt(&mut self, sql: Sql, args: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(sql, args)?.into_iter().next())
    }

    /// Runs a statement; how many rows it changed.
    pub fn execute(&mut self, sql: Sql, args: &[Value]) -> Result<u64> {
        let changed = match &self.inner {
            Inner::Sqlite(connection) => sqlite_execute(connection, sql.sqlite, args),
            Inner::Postgres(handle, tx) => handle.block_on(async {
                let statement = tx.prepare_cached(sql.postgres).await?;
                Ok(tx.execute(&statement, &params(args)).await?)
            }),
        };
        self.note(changed)
    }

    /// Inserts one row; gives its whole-number key. On PostgreSQL the statement ends in `returning`; on
    /// SQLite the key is the row's number, since `returning` there builds a table for each row.
    pub fn insert(&mut self, sql: Sql, args: &[Value]) -> Result<i64> {
        if let Inner::Sqlite(connection) = &self.inner {
            sqlite_execute(connection, sql.sqlite, args)?;
            return Ok(connection.last_insert_rowid());
        }
        let row = self.query_opt(sql, args)?;
        row.ok_or_else(|| Error::Other("no row was inserted".into()))?.int(0)
    }

    /// Tells every node, once this commits, that something changed (`LISTEN/NOTIFY`).
    pub fn notify(&mut self, channel: &'static str, payload: &str) -> Result<()> {
        const NOTIFY: Sql = Sql::both("select pg_notify($1, $2)::text");
        match self.engine() {
            Engine::Sqlite => self
                .notices
                .push(crate::Notice { channel: channel.to_owned(), payload: payload.to_owned() }),
            Engine::Postgres => drop(self.query(NOTIFY, &[channel.into(), payload.into()])?),
        }
        Ok(())
    }

    /// Prepares a statement without running it, for the test that prepares them all.
    pub fn prepare(&mut self, sql: Sql) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(connection) => {
                connection.prepare(sql.sqlite).map(drop).map_err(Error::from)
            }
            Inner::Postgres(handle, tx) => {
                handle.block_on(async { Ok(tx.prepare(sql.postgres).await.map(drop)?) })
            }
        }
    }

    /// Runs statements that come from a file of ours, such as a migration; never from outside.
    pub(crate) fn batch(&mut self, text: &str) -> Result<()> {
        match &self.inner {
            Inner::Sqlite(connection) => connection.execute_batch(text).map_err(Error::from),
            Inner::Postgres(handle, tx) => {
                handle.block_on(async { Ok(tx.batch_execute(text).await?) })
            }
        }
    }

    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        self.retry |= matches!(result, Err(Error::Retry(_)));
        result
    }
}

fn sqlite_query(connection: &rusqlite::Connection, sql: &str, args: &[Value]) -> Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    bind(&mut statement, args)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(Row((0..columns)
            .map(|i| row.get_ref(i).map(from_sqlite))
            .collect::<rusqlite::Result<_>>()?));
    }
    Ok(out)
}

fn sqlite_execute(connection: &rusqlite::Connection, sql: &str, args: &[Value]) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    Ok(statement.raw_execute()? as u64)
}

/// Binds by the number in the name: to SQLite `$2` is a name, and it numbers names as they appear.
pub(crate) fn bind(statement: &mut rusqlite::Statement<'_>, args: &[Value]) -> Result<()> {
    for index in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.get(1..))
            .and_then(|n| n.parse::<usize>().ok());
        let value = number.and_then(|n| args.get(n.checked_sub(1)?));
        let value = value.ok_or_else(|| {
            Error::Other(format!(
                "parameter {index} of a statement has no value: {} were given",
                args.len()
            ))
        })?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

fn params(args: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    args.iter().map(|value| value as _).collect()
}

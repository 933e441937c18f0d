use crate::{Error, Result, Sql, Tx, migrate, postgres::Postgres, sqlite::Sqlite};
use std::{
    path::Path,
    sync::{Arc, OnceLock},
};
use tokio::sync::broadcast;
use tokio_postgres::IsolationLevel;

/// Which database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Inside the program, one machine.
    Sqlite,
    /// Any number of nodes.
    Postgres,
}

/// What another node, or another task, says has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `praya_log` or `praya_change`.
    pub channel: String,
    /// What, in a few characters.
    pub payload: String,
}

/// Called once per group on SQLite, inside its transaction, before it commits.
pub type BeforeCommit = Box<dyn Fn(&mut Tx<'_>) -> Result<AfterCommit> + Send + Sync>;
/// Called with whether the group was committed, before any of its answers is let out.
pub type AfterCommit = Box<dyn FnOnce(bool)>;

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Open,
    hook: &'static OnceLock<BeforeCommit>,
    told: broadcast::Sender<Notice>,
}

enum Open {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`. Does not migrate.
    pub async fn open(url: &str) -> Result<Self> {
        let (told, _) = broadcast::channel(1024);
        // The writer thread outlives every handle, so its hook lives as long as the process.
        let hook: &'static OnceLock<BeforeCommit> = Box::leak(Box::default());
        let engine = match url.split_once(':') {
            Some(("sqlite", path)) => {
                Open::Sqlite(Sqlite::open(Path::new(path), hook, told.clone())?)
            }
            Some(("postgres" | "postgresql", _)) => {
                Open::Postgres(Postgres::open(url, told.clone()).await?)
            }
            _ => {
                return Err(Error::Other(
                    "a database is `sqlite:PATH` or `postgres://USER@HOST/NAME`".into(),
                ));
            }
        };
        Ok(Self(Arc::new(Inner { engine, hook, told })))
    }

    /// Which engine.
    pub fn engine(&self) -> Engine {
        match self.0.engine {
            Open::Sqlite(_) => Engine::Sqlite,
            Open::Postgres(_) => Engine::Postgres,
        }
    }

    /// Sets what runs before each group commits (SQLite); once, at start.
    pub fn before_commit(&self, hook: BeforeCommit) -> Result<()> {
        self.0.hook.set(hook).map_err(|_| Error::Other("before_commit is set already".into()))
    }

    /// A consistent view, read-only. Short: on SQLite it runs on the calling thread.
    pub async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.0.engine {
            Open::Sqlite(db) => db.read(f),
            Open::Postgres(db) => db.read(f).await,
        }
    }

    /// A consistent view for long work (reports, verification), away from the threads that serve requests.
    pub async fn read_long<T, E>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.0.engine {
            Open::Sqlite(_) => {
                let db = self.clone();
                let run = move || match &db.0.engine {
                    Open::Sqlite(db) => db.read(f),
                    Open::Postgres(_) => Err(E::from(Error::Other("the engine changed".into()))),
                };
                tokio::task::spawn_blocking(run)
                    .await
                    .map_err(|error| E::from(Error::Other(error.to_string())))?
            }
            Open::Postgres(db) => db.read(f).await,
        }
    }

    /// One serialisable transaction, durable when this returns. `f` runs again when it lost against
    /// another transaction, so it must have no effect but through `Tx`.
    pub async fn write<T, E>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.0.engine {
            Open::Sqlite(db) => db.write(f).await,
            Open::Postgres(db) => db.write(IsolationLevel::Serializable, None, f).await,
        }
    }

    /// One transaction that no other holder of `key` runs beside, on any node; read committed.
    pub async fn exclusive<T, E>(
        &self,
        key: i64,
        f: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.0.engine {
            Open::Sqlite(db) => db.write(f).await,
            Open::Postgres(db) => db.write(IsolationLevel::ReadCommitted, Some(key), f).await,
        }
    }

    /// What changes, on this node and on others, from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.0.told.subscribe()
    }

    /// Brings the schema up to date; refuses migrations it does not know or that were edited.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        self.exclusive(migrate::LOCK, migrate::run).await
    }

    /// A consistent copy of an SQLite database into a new file.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        let (db, to) = (self.clone(), to.to_owned());
        let run = move || match &db.0.engine {
            Open::Sqlite(db) => db.backup(&to),
            Open::Postgres(_) => {
                Err(Error::Other("back up PostgreSQL with pg_dump or a base backup".into()))
            }
        };
        tokio::task::spawn_blocking(run).await.map_err(|error| Error::Other(error.to_string()))?
    }

    /// Prepares every statement, none of them run; the first that the engine refuses is named.
    pub async fn prepare_all(&self, all: &'static [&'static [Sql]]) -> Result<usize> {
        self.write(move |tx| {
            for sql in all.iter().copied().flatten() {
                tx.prepare(*sql)
                    .map_err(|error| Error::Other(format!("{}: {error}", sql.text(tx.engine()))))?;
            }
            Ok(all.iter().map(|list| list.len()).sum())
        })
        .await
    }
}

//! PostgreSQL: a pool, serialisable writes with retry, notices from other nodes.

use crate::{Error, Notice, Result, Tx, tls::target};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use std::time::Duration;
use tokio::{runtime::Handle, sync::broadcast};
use tokio_postgres::{AsyncMessage, IsolationLevel};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A closure that lost this often is told so.
const TRIES: u32 = 12;

pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn open(url: &str, told: broadcast::Sender<Notice>) -> Result<Self> {
        let (config, tls) = target(url)?;
        let manager = Manager::from_config(
            config.clone(),
            tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(32)
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let client = pool.get().await?;
        let collation: String = client
            .query_one("select datcollate from pg_database where datname = current_database()", &[])
            .await?
            .try_get(0)?;
        if !matches!(collation.as_str(), "C" | "POSIX" | "C.UTF-8" | "C.utf8") {
            return Err(Error::Other(format!(
                "the database sorts text by {collation}, SQLite by bytes: create it with `create database praya template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`"
            )));
        }
        tokio::spawn(listen(config, tls, told));
        Ok(Self { pool })
    }

    pub(crate) async fn write<T, E>(
        &self,
        level: IsolationLevel,
        lock: Option<i64>,
        f: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let mut client = self.pool.get().await.map_err(Error::from)?;
        let handle = Handle::current();
        let run = move || {
            // A session lock is taken before the transaction begins, so that its snapshot sees all that
            // the last holder committed.
            if let Some(key) = lock {
                handle
                    .block_on(client.execute("select pg_advisory_lock($1)", &[&key]))
                    .map_err(Error::from)?;
            }
            let result = tries(&handle, &mut client, level, f);
            if let Some(key) = lock {
                let unlocked =
                    handle.block_on(client.execute("select pg_advisory_unlock($1)", &[&key]));
                if unlocked.is_err() {
                    // The lock must not go back into the pool with the connection.
                    drop(deadpool_postgres::Object::take(client));
                }
            }
            result
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|error| E::from(Error::Other(error.to_string())))?
    }

    pub(crate) async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let mut client = self.pool.get().await.map_err(Error::from)?;
        let handle = Handle::current();
        let run = move || {
            let begun = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start();
            let tx = handle.block_on(begun).map_err(Error::from)?;
            let result = f(&mut Tx::postgres(&handle, &tx));
            handle.block_on(tx.commit()).map_err(Error::from)?;
            result
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|error| E::from(Error::Other(error.to_string())))?
    }
}

fn tries<T, E: From<Error>>(
    handle: &Handle,
    client: &mut deadpool_postgres::Client,
    level: IsolationLevel,
    f: impl Fn(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut last = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            std::thread::sleep(Duration::from_micros(200 << attempt.min(7)));
        }
        let tx = handle
            .block_on(client.build_transaction().isolation_level(level).start())
            .map_err(Error::from)?;
        let mut open = Tx::postgres(handle, &tx);
        match f(&mut open) {
            Ok(value) => match handle.block_on(tx.commit()).map_err(Error::from) {
                Ok(()) => return Ok(value),
                Err(Error::Retry(why)) => last = Some(why),
                Err(error) => return Err(error.into()),
            },
            Err(error) => {
                let lost = open.retry;
                handle.block_on(tx.rollback()).ok();
                if !lost {
                    return Err(error);
                }
                last = Some("a statement lost against another transaction".into());
            }
        }
    }
    Err(Error::Retry(last.unwrap_or_default()).into())
}

/// Hears what other nodes notify, for as long as the process lives; reconnects when the server went away.
async fn listen(
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    told: broadcast::Sender<Notice>,
) {
    loop {
        if let Ok((client, mut connection)) = config.connect(tls.clone()).await {
            let notices = told.clone();
            let pump = tokio::spawn(async move {
                while let Some(Ok(message)) =
                    futures_util::future::poll_fn(|cx| connection.poll_message(cx)).await
                {
                    if let AsyncMessage::Notification(n) = message {
                        notices
                            .send(Notice {
                                channel: n.channel().to_owned(),
                                payload: n.payload().to_owned(),
                            })
                            .ok();
                    }
                }
            });
            if client.batch_execute("listen praya_log; listen praya_change").await.is_ok() {
                pump.await.ok();
            }
        }
        if told.receiver_count() == 0 && told.strong_count() <= 1 {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

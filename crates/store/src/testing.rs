//! A fresh, migrated database for a test: SQLite always, PostgreSQL where `PRAYA_TEST_POSTGRES` names one.

use crate::{Db, Error, Result};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

/// A database of one test; its file or schema goes with it.
pub struct TestDb {
    /// The database, migrated.
    pub db: Db,
    /// What it was opened with.
    pub url: String,
    folder: Option<PathBuf>,
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            std::fs::remove_dir_all(folder).ok();
        }
    }
}

fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // A process id comes back; with the time it does not.
    let began = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_micros());
    format!("t{}_{}_{began:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A fresh SQLite database.
pub async fn sqlite() -> Result<TestDb> {
    let folder = std::env::temp_dir().join(format!("praya-{}", unique()));
    std::fs::create_dir_all(&folder).map_err(|error| Error::Unavailable(error.to_string()))?;
    let url = format!("sqlite:{}", folder.join("praya.sqlite").display());
    let db = Db::open(&url).await?;
    db.migrate().await?;
    Ok(TestDb { db, url, folder: Some(folder) })
}

/// A fresh schema in the PostgreSQL of `PRAYA_TEST_POSTGRES`, if there is one.
#[expect(clippy::disallowed_methods, reason = "tests learn of their database from the environment")]
pub async fn postgres() -> Result<Option<TestDb>> {
    let Ok(base) = std::env::var("PRAYA_TEST_POSTGRES") else { return Ok(None) };
    let schema = unique();
    let (client, connection) = tokio_postgres::connect(&base, tokio_postgres::NoTls).await?;
    let pump = tokio::spawn(connection);
    client.batch_execute(&format!("create schema {schema}")).await?;
    pump.abort();
    let joint = if base.contains('?') { '&' } else { '?' };
    let url = format!("{base}{joint}options=-c%20search_path%3D{schema}");
    let db = Db::open(&url).await?;
    db.migrate().await?;
    Ok(Some(TestDb { db, url, folder: None }))
}

/// One of each engine that is here, to run the same story on both.
pub async fn each() -> Result<Vec<TestDb>> {
    let mut all = vec![sqlite().await?];
    all.extend(postgres().await?);
    Ok(all)
}

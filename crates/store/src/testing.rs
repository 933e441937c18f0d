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
    left: Left,
}

/// What must go with a test's database.
enum Left {
    Folder(PathBuf),
    Schema { base: String, name: String },
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.left {
            Left::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Left::Schema { base, name } => {
                let (base, name) = (base.clone(), name.clone());
                // A thread with a runtime of its own: whoever drops this may be inside another.
                std::thread::spawn(move || drop_schema(&base, &name)).join().ok();
            }
        }
    }
}

/// Best effort: what a killed server still holds is left after a few seconds.
fn drop_schema(base: &str, name: &str) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        if let Ok((client, connection)) = tokio_postgres::connect(base, tokio_postgres::NoTls).await
        {
            tokio::spawn(connection);
            let drop = format!("set lock_timeout = '5s'; drop schema {name} cascade");
            client.batch_execute(&drop).await.ok();
        }
    });
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
    Ok(TestDb { db, url, left: Left::Folder(folder) })
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
    Ok(Some(TestDb { db, url, left: Left::Schema { base, name: schema } }))
}

/// One of each engine that is here, to run the same story on both.
#[expect(clippy::print_stdout, reason = "a test says what it skipped")]
pub async fn each() -> Result<Vec<TestDb>> {
    let mut all = vec![sqlite().await?];
    match postgres().await? {
        Some(other) => all.push(other),
        None => println!("skipped: needs PRAYA_TEST_POSTGRES"),
    }
    Ok(all)
}

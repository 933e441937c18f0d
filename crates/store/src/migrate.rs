//! One set of migrations (`migrations/NNNN_domain_change.sql`) for both engines. A line that begins
//! with `--postgres:` runs on PostgreSQL alone (a sequence, say).

use crate::{Engine, Error, Result, Sql, Tx};
use std::collections::BTreeMap;

/// The lock that keeps two nodes from migrating at once.
pub(crate) const LOCK: i64 = 0x7072_6179_6101;

#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../migrations"]
struct Files;

const DONE: Sql = Sql::both("select name, body from store_migration order by name");
const RECORD: Sql = Sql::both("insert into store_migration (name, body) values ($1, $2)");

/// Applies what is new; the names of what was applied.
pub(crate) fn run(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    tx.batch(
        "create table if not exists store_migration (name text primary key, body text not null)",
    )?;
    let mut known = BTreeMap::new();
    for name in Files::iter() {
        let file = Files::get(&name)
            .ok_or_else(|| Error::Other(format!("migration {name} cannot be read")))?;
        known.insert(name.into_owned(), String::from_utf8_lossy(&file.data).into_owned());
    }
    let mut done = Vec::new();
    for row in tx.query(DONE, &[])? {
        let name = row.text(0)?.to_owned();
        match known.get(&name) {
            None => {
                return Err(Error::Other(format!(
                    "the database has migration {name}, which this program does not know: run the newer program"
                )));
            }
            Some(body) if body != row.text(1)? => {
                return Err(Error::Other(format!(
                    "migration {name} was edited after it was applied: add a new one instead"
                )));
            }
            Some(_) => done.push(name),
        }
    }
    let mut applied = Vec::new();
    for (name, body) in known {
        if !done.contains(&name) {
            tx.batch(&for_engine(&body, tx.engine()))
                .map_err(|error| Error::Other(format!("migration {name}: {error}")))?;
            tx.execute(RECORD, &[name.as_str().into(), body.into()])?;
            applied.push(name);
        }
    }
    Ok(applied)
}

fn for_engine(body: &str, engine: Engine) -> String {
    body.lines()
        .map(|line| match (line.strip_prefix("--postgres:"), engine) {
            (Some(rest), Engine::Postgres) => rest,
            _ => line,
        })
        .fold(String::new(), |all, line| all + line + "\n")
}

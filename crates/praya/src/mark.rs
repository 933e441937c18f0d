//! How far the log has come, kept in a file beside the installation's secret and so outside the database: a
//! database that reaches less far was put back from an older copy, and then nothing is issued (`praya trust`).

use crate::{Error, tools::say};
use identity::ops;
use kernel::{Actor, Ctx, Locale, World};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use store::Db;

/// So often is the file written.
const EVERY: Duration = Duration::from_secs(2);

/// The file of an installation.
pub(crate) fn beside(secret: &Path) -> PathBuf {
    secret.with_extension("mark")
}

fn read(file: &Path) -> Option<i64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Compares the database with the file, and holds all issuing if it went back.
pub(crate) async fn check(db: &Db, world: &World, file: &Path) -> Result<(), Error> {
    let size = db.read(ops::log_size).await?;
    if let Some(had) = read(file).filter(|had| *had > size) {
        let ctx = Ctx::new(world, Actor::System("start"), Locale::En);
        db.write(move |tx| ops::hold(tx, &ctx, had)).await?;
        // From here on it grows again.
        std::fs::write(file, size.to_string())?;
    }
    if let Some(held) = db.read(ops::held).await? {
        say(&format!(
            "This database was restored: its log has {} entries, and there were {}. Nothing is issued and nobody signs in until you say how far it may be trusted: compare it with a witness or monitor, then `praya trust --log-size {}`.",
            held.size, held.had, held.size
        ));
    }
    Ok(())
}

/// Keeps the file, for as long as the program runs.
pub(crate) async fn keep(db: Db, file: PathBuf) {
    let mut last = read(&file);
    loop {
        if let Ok(size) = db.read(ops::log_size).await
            && last.is_none_or(|last| size > last)
        {
            let fresh = file.with_extension("mark.new");
            let written = std::fs::write(&fresh, size.to_string())
                .and_then(|()| std::fs::rename(&fresh, &file));
            match written {
                Ok(()) => last = Some(size),
                Err(error) => tracing::error!(%error, "how far the log has come could not be kept"),
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use identity::ops;
    use kernel::{Actor, Ctx, Locale, World};
    use store::Db;

    #[tokio::test]
    async fn a_database_whose_log_went_back_is_held_at_its_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (data, mark) = (folder.path().join("praya.sqlite"), folder.path().join("secret.mark"));
        let db = Db::open(&format!("sqlite:{}", data.display())).await.unwrap();
        db.migrate().await.unwrap();
        let world = World::system();
        let held = async || db.read(ops::held).await.unwrap();
        check(&db, &world, &mark).await.unwrap();
        assert_eq!(held().await, None, "a new installation has no mark yet");
        std::fs::write(&mark, "0").unwrap();
        check(&db, &world, &mark).await.unwrap();
        assert_eq!(held().await, None);
        std::fs::write(&mark, "41").unwrap();
        check(&db, &world, &mark).await.unwrap();
        assert_eq!(held().await, Some(ops::Restored { size: 0, had: 41 }));
        // Another start changes nothing; the operator's word does.
        check(&db, &world, &mark).await.unwrap();
        assert!(held().await.is_some());
        let ctx = Ctx::new(&world, Actor::System("test"), Locale::En);
        db.write(move |tx| ops::trust(tx, &ctx, 0)).await.unwrap();
        check(&db, &world, &mark).await.unwrap();
        assert_eq!(held().await, None);
    }
}

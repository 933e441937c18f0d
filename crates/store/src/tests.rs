use crate::{Db, Error, Sql, Value, testing};

const MAKE: Sql = Sql::both(
    "create table story (id text primary key, n bigint not null check (n >= 0), flag boolean, raw bytea)",
);
const ADD: Sql = Sql::both("insert into story (id, n, flag, raw) values ($1, $2, $3, $4)");
const ALL: Sql = Sql::both("select id, n, flag, raw from story order by id");
const BUMP: Sql = Sql::both("update story set n = n + 1 where id = $1");

async fn story() -> Vec<testing::TestDb> {
    let all = testing::each().await.unwrap();
    for one in &all {
        one.db.write::<_, Error>(|tx| tx.execute(MAKE, &[])).await.unwrap();
    }
    all
}

async fn add(db: &Db, id: &'static str, n: i64) -> Result<u64, Error> {
    db.write(move |tx| tx.execute(ADD, &[id.into(), n.into(), true.into(), vec![1, 2].into()]))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_read_back_alike_on_both_engines() {
    for one in story().await {
        add(&one.db, "b", 2).await.unwrap();
        one.db
            .write::<_, Error>(|tx| {
                tx.execute(ADD, &["a".into(), 1.into(), Value::Null, Value::Null])
            })
            .await
            .unwrap();
        let rows = one.db.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].text(0).unwrap(), rows[0].opt_int(2).unwrap()), ("a", None));
        assert_eq!(
            (rows[1].int(1).unwrap(), rows[1].bool(2).unwrap(), rows[1].blob(3).unwrap()),
            (2, true, &[1, 2][..])
        );
        assert!(rows[1].text(1).is_err(), "a column of another type is named, not guessed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_are_told_apart_alike_on_both_engines() {
    for one in story().await {
        add(&one.db, "a", 1).await.unwrap();
        assert!(matches!(add(&one.db, "a", 1).await, Err(Error::Unique(_))));
        assert!(matches!(add(&one.db, "c", -1).await, Err(Error::Check(_))));
        let nul = one
            .db
            .write(|tx| tx.execute(ADD, &["n\0".into(), 1.into(), Value::Null, Value::Null]))
            .await;
        assert!(nul.is_err(), "text with NUL is refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_keeps_nothing_and_harms_no_other() {
    for one in story().await {
        let bad = one.db.write::<(), Error>(|tx| {
            tx.execute(ADD, &["bad".into(), 1.into(), Value::Null, Value::Null])?;
            Err(Error::Other("changed my mind".into()))
        });
        let (bad, good) = tokio::join!(bad, add(&one.db, "good", 1));
        assert!(bad.is_err());
        good.unwrap();
        let rows = one.db.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>(), ["good"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_write_keeps_nothing_and_the_writer_goes_on() {
    let one = testing::sqlite().await.unwrap();
    one.db.write::<_, Error>(|tx| tx.execute(MAKE, &[])).await.unwrap();
    let bad = one.db.write::<(), Error>(|tx| {
        tx.execute(ADD, &["bad".into(), 1.into(), Value::Null, Value::Null])?;
        panic!("a bug")
    });
    assert!(bad.await.is_err());
    add(&one.db, "good", 1).await.unwrap();
    assert_eq!(one.db.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_is_lost_among_many_writers() {
    for one in story().await {
        add(&one.db, "a", 0).await.unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let db = one.db.clone();
                tokio::spawn(async move {
                    db.write::<_, Error>(|tx| tx.execute(BUMP, &["a".into()])).await
                })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += i64::from(task.await.unwrap().is_ok());
        }
        let rows = one.db.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap();
        assert_eq!(rows[0].int(1).unwrap(), done, "every acknowledged write counts once");
        assert!(done > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_group_commits_with_its_hook_or_not_at_all() {
    use std::sync::atomic::{AtomicBool, Ordering};
    static REFUSE: AtomicBool = AtomicBool::new(false);
    let one = testing::sqlite().await.unwrap();
    one.db.write::<_, Error>(|tx| tx.execute(MAKE, &[])).await.unwrap();
    one.db
        .before_commit(Box::new(|_| {
            if REFUSE.load(Ordering::SeqCst) {
                Err(Error::Other("no".into()))
            } else {
                Ok(Box::new(|_| ()))
            }
        }))
        .unwrap();
    add(&one.db, "a", 1).await.unwrap();
    REFUSE.store(true, Ordering::SeqCst);
    assert!(add(&one.db, "b", 1).await.is_err());
    REFUSE.store(false, Ordering::SeqCst);
    add(&one.db, "c", 1).await.unwrap();
    let rows = one.db.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>(), ["a", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_hear_of_a_change_once_it_is_committed() {
    for one in story().await {
        let mut heard = one.db.notices();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        one.db.write::<_, Error>(|tx| tx.notify("praya_change", "client:bank")).await.unwrap();
        let notice = tokio::time::timeout(std::time::Duration::from_secs(10), heard.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (notice.channel.as_str(), notice.payload.as_str()),
            ("praya_change", "client:bank")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_twice_changes_nothing_and_an_edited_migration_is_refused() {
    const EDIT: Sql = Sql::both(
        "insert into store_migration (name, body) values ('9999_from_the_future.sql', 'x')",
    );
    for one in story().await {
        assert!(one.db.migrate().await.unwrap().is_empty());
        one.db.write::<_, Error>(|tx| tx.execute(EDIT, &[])).await.unwrap();
        assert!(one.db.migrate().await.unwrap_err().to_string().contains("9999_from_the_future"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_whole_database() {
    let one = story().await.remove(0);
    add(&one.db, "a", 1).await.unwrap();
    let to = std::path::PathBuf::from(one.url.trim_start_matches("sqlite:"))
        .with_file_name("copy.sqlite");
    one.db.backup(&to).await.unwrap();
    let copy = Db::open(&format!("sqlite:{}", to.display())).await.unwrap();
    assert_eq!(copy.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_bound_by_number_in_whatever_order_they_stand() {
    const ORDER: Sql = Sql::both("select cast($2 as text), cast($1 as text), cast($2 as text)");
    for one in testing::each().await.unwrap() {
        let rows = one
            .db
            .read::<_, Error>(|tx| tx.query(ORDER, &["first".into(), "second".into()]))
            .await
            .unwrap();
        assert_eq!(
            (0..3).map(|i| rows[0].text(i).unwrap()).collect::<Vec<_>>(),
            ["second", "first", "second"]
        );
        assert!(
            one.db.read::<_, Error>(|tx| tx.query(ORDER, &["first".into()])).await.is_err(),
            "a missing value is refused"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_finds_no_transaction_keeps_nothing() {
    let one = story().await.remove(0);
    let path = one.url.trim_start_matches("sqlite:").to_owned();
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    assert!(add(&one.db, "a", 1).await.is_err(), "another process holds the write lock");
    other.execute_batch("rollback").unwrap();
    assert!(one.db.read::<_, Error>(|tx| tx.query(ALL, &[])).await.unwrap().is_empty());
    add(&one.db, "b", 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "tests learn of their database from the environment")]
async fn a_tests_schema_goes_with_it() {
    let Some(one) = testing::postgres().await.unwrap() else {
        println!("skipped: needs PRAYA_TEST_POSTGRES");
        return;
    };
    let schema = one.url.rsplit_once("%3D").unwrap().1.to_owned();
    drop(one);
    let base = std::env::var("PRAYA_TEST_POSTGRES").unwrap();
    let (client, connection) = tokio_postgres::connect(&base, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let ask = "select 1 from pg_namespace where nspname = $1";
    assert!(client.query(ask, &[&schema]).await.unwrap().is_empty(), "{schema} is left");
}

//! Departments' own databases.

use super::{ask, ask_again, pack_with};
use crate::sources::{Answer, SourceError, Sources};
use kernel::World;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

async fn sql_source(name: &str, url: &str, query: &str) -> Result<Answer<'static>, SourceError> {
    let source = format!(
        "id = \"thing\"\nkind = \"sql\"\nurl = \"{url}\"\nquery = \"{query}\"\ntimeout_ms = 300\n"
    );
    let (pack, folder) = pack_with(name, &source);
    let answer = ask(pack, &BTreeMap::new()).await;
    std::fs::remove_dir_all(folder).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_read_by_key_within_its_time_and_cannot_be_written() {
    const MAKE: store::Sql =
        store::Sql::both("create table thing (brn text, name text, shares bigint, made_on text)");
    const ADD: store::Sql = store::Sql::both(
        "insert into thing values ('12345678', 'Lucky Star', 5, null), ('87654321', 'Other', 6, null)",
    );
    for (i, one) in store::testing::each().await.unwrap().into_iter().enumerate() {
        one.db
            .write::<_, store::Error>(|tx| {
                tx.execute(MAKE, &[])?;
                tx.execute(ADD, &[])
            })
            .await
            .unwrap();
        let good = sql_source(
            &format!("sql{i}"),
            &one.url,
            "select brn, name, shares, made_on from thing where brn = $1",
        )
        .await
        .unwrap();
        assert_eq!((good.rows.len(), &json!(good.rows)[0]["name"]), (1, &json!("Lucky Star")));
        let endless = "select $1::text as brn, count(*)::text as name, 1 as shares, null::text as made_on from generate_series(1, 10000000000)";
        let slow = match one.db.engine() {
            store::Engine::Sqlite => {
                "select n as name, $1 as brn, 1 as shares, null as made_on from (with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) as n from t)"
            }
            store::Engine::Postgres => endless,
        };
        assert_eq!(
            sql_source(&format!("slow{i}"), &one.url, slow).await.unwrap_err(),
            SourceError::Timeout
        );
        let flood = match one.db.engine() {
            store::Engine::Sqlite => {
                "select $1 as brn, hex(zeroblob(50000)) as name, 1 as shares, null as made_on from (with recursive t(n) as (select 1 union all select n + 1 from t where n < 1000) select n from t)"
            }
            store::Engine::Postgres => {
                "select $1::text as brn, repeat('x', 100000) as name, 1 as shares, null::text as made_on from generate_series(1, 1000)"
            }
        };
        assert_eq!(
            sql_source(&format!("flood{i}"), &one.url, flood).await.unwrap_err(),
            SourceError::TooLarge
        );
        let database = store::ReadOnly::open(&one.url).unwrap();
        let written = database
            .query("delete from thing where brn = $1", "12345678", &[], Duration::from_secs(1), 10)
            .await;
        assert!(written.is_err(), "a source is never written");
        assert_eq!(
            sql_source(
                &format!("still{i}"),
                &one.url,
                "select brn, name, shares, made_on from thing where brn = $1"
            )
            .await
            .unwrap()
            .rows
            .len(),
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_where_a_text_belongs_are_a_wrong_type_and_not_nothing() {
    let (_, folder) = pack_with(
        "empty",
        "id = \"thing\"\nkind = \"sql\"\nurl = \"sqlite:x\"\nquery = \"select * from thing where brn = $1\"\n",
    );
    let path = folder.join("empty.db");
    std::fs::write(&path, "").unwrap();
    let url = format!("sqlite:{}", path.display());
    let asked =
        "select $1 as brn, x'00' as name, 1 as shares, x'00' as made_on from (select 1) as one";
    let error = sql_source("bytes", &url, asked).await.unwrap_err();
    let what = "of another type";
    assert_eq!(error, SourceError::BadShape { field: "name".to_owned(), what });
    let (pack, gone) = pack_with(
        "gone",
        "id = \"thing\"\nkind = \"sql\"\nurl = \"sqlite:/nowhere/at/all.db\"\nquery = \"select * from thing where brn = $1\"\n",
    );
    let sources = Sources::new(pack, &BTreeMap::new(), World::system()).unwrap();
    assert_eq!(ask_again(&sources).await.unwrap_err(), SourceError::Unreachable);
    for folder in [folder, gone] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

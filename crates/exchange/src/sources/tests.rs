//! Sources that answer, hang, lie, flood and lead inside: real servers on loopback, real files.

use super::{Answer, Lookup, SourceError, Sources};
use crate::pack::{self, Pack};
use axum::{Json, Router, body::Body, extract::Query, response::Redirect, routing::get};
use kernel::World;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// A pack of one register whose source is `source`, in a folder of its own.
fn pack_with(name: &str, source: &str) -> (Arc<Pack>, std::path::PathBuf) {
    let folder = std::env::temp_dir().join(format!("praya-sources-{name}-{}", std::process::id()));
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let text = |word: &str| format!("{{ en = \"{word}\", tc = \"{word}\", sc = \"{word}\" }}");
    write(
        "pack.toml",
        &format!(
            "id = \"test\"\nname = {}\ntime_zone = \"Asia/Hong_Kong\"\ncurrency = \"HKD\"\n",
            text("Test")
        ),
    );
    write("departments/cr.toml", &format!("id = \"cr\"\nname = {}\n", text("Registry")));
    let field = |id: &str, kind: &str, more: &str| {
        format!(
            "[[fields]]\nid = \"{id}\"\nname = {}\ntype = \"{kind}\"\nclassification = \"public\"\n{more}\n",
            text(id)
        )
    };
    let fields = [
        field("brn", "brn", ""),
        field("name", "text", ""),
        field("shares", "number", ""),
        field("made_on", "date", "optional = true"),
    ];
    write(
        "registers/thing.toml",
        &format!(
            "id = \"thing\"\ndepartment = \"cr\"\nsubject = \"company\"\nkey = \"brn\"\nname = {}\ndescription = {}\ncardinality = \"many\"\nsource = \"thing\"\npurposes = [\"loan\"]\n\n{}",
            text("Thing"),
            text("Things"),
            fields.join("\n")
                + "\n[[examples]]\nbrn = \"12345678\"\nname = \"Made up\"\nshares = 1\n"
        ),
    );
    write(
        "purposes/loan.toml",
        &format!(
            "id = \"loan\"\nname = {0}\nwhy = {0}\nsubjects = [\"company\"]\nbasis = {0}\n[registers]\nthing = \"all\"\n[limits]\nlook_back_days = 100\nlength_days = 100\nmodes = [\"look\"]\nfrequency = {{ unit = \"day\", times = 1 }}\ndata_life = {{ unit = \"day\", value = 1 }}\n",
            text("Loan")
        ),
    );
    write("sources/thing.toml", source);
    let pack = pack::load_dir(&folder).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    (Arc::new(pack), folder)
}

async fn ask(pack: Arc<Pack>, places: &BTreeMap<String, String>) -> Result<Answer, SourceError> {
    let sources = Sources::new(pack, places, World::system()).unwrap();
    ask_again(&sources).await
}

async fn ask_again(sources: &Sources) -> Result<Answer, SourceError> {
    let lookup = Lookup {
        key: "12345678".to_owned(),
        fields: vec!["name".to_owned(), "shares".to_owned()],
        range: None,
    };
    sources.fetch_all(vec![("thing".to_owned(), lookup)], Duration::from_secs(5)).await.remove(0)
}

fn row(more: &[(&str, Value)]) -> Value {
    let mut row = Map::from_iter([
        ("brn".to_owned(), json!("12345678")),
        ("name".to_owned(), json!("Lucky Star")),
        ("shares".to_owned(), json!(5)),
    ]);
    for (name, value) in more {
        row.insert((*name).to_owned(), value.clone());
    }
    row.into()
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Asks an HTTP source that answers as `router` does at `/x`.
async fn asked(name: &str, router: Router) -> Result<Answer, SourceError> {
    let base = serve(router).await;
    let source = format!(
        "id = \"thing\"\nkind = \"http\"\nurl = \"{base}/x?brn={{key}}\"\nrows = \"/items\"\ntimeout_ms = 700\nallow_private = \"a test on loopback\"\n"
    );
    let (pack, folder) = pack_with(name, &source);
    let answer = ask(pack, &BTreeMap::new()).await;
    std::fs::remove_dir_all(folder).unwrap();
    answer
}

fn items(rows: Value) -> Router {
    Router::new().route("/x", get(move || async move { Json(json!({ "items": rows })) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_asked_for_the_key_and_only_wanted_fields_are_kept() {
    let router = Router::new().route(
        "/x",
        get(async |Query(asked): Query<BTreeMap<String, String>>| {
            let rows = if asked["brn"] == "12345678" {
                vec![row(&[("secret", json!("extra"))])]
            } else {
                Vec::new()
            };
            Json(json!({ "items": rows }))
        }),
    );
    let answer = asked("good", router).await.unwrap();
    assert_eq!(
        answer.rows,
        [Map::from_iter([
            ("name".to_owned(), json!("Lucky Star")),
            ("shares".to_owned(), json!(5))
        ])]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_lies_is_not_believed() {
    let shape = |field: &str, what| Err(SourceError::BadShape { field: field.to_owned(), what });
    let cases: [(&str, Value, Result<(), SourceError>); 5] = [
        ("type", json!([row(&[("shares", json!("many"))])]), shape("shares", "not a number")),
        ("null", json!([row(&[("name", Value::Null)])]), shape("name", "missing")),
        ("other", json!([row(&[("brn", json!("87654321"))])]), Err(SourceError::WrongSubject)),
        ("nested", json!([[1, 2]]), shape("(answer)", "not an object")),
        ("text", json!("no rows"), shape("(answer)", "missing")),
    ];
    for (name, rows, expected) in cases {
        assert_eq!(asked(name, items(rows)).await.map(drop), expected, "{name}");
    }
    let many: Vec<_> = (0..1001).map(|_| row(&[])).collect();
    assert_eq!(asked("many", items(json!(many))).await.unwrap_err(), SourceError::TooLarge);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_hangs_floods_breaks_off_or_redirects_costs_its_own_register_alone() {
    let hang = Router::new().route("/x", get(async || std::future::pending::<&str>().await));
    assert_eq!(asked("hang", hang).await.unwrap_err(), SourceError::Timeout);
    let flood = Router::new().route(
        "/x",
        get(async || {
            let piece = axum::body::Bytes::from(vec![b' '; 1 << 20]);
            Body::from_stream(futures_util::stream::iter(
                (0..100).map(move |_| Ok::<_, std::io::Error>(piece.clone())),
            ))
        }),
    );
    assert_eq!(asked("flood", flood).await.unwrap_err(), SourceError::TooLarge);
    let half = Router::new().route(
        "/x",
        get(async || {
            let pieces = [Ok("{\"items\": [".to_owned()), Err(std::io::Error::other("gone"))];
            Body::from_stream(futures_util::stream::iter(pieces))
        }),
    );
    assert_eq!(asked("half", half).await.unwrap_err(), SourceError::Unreachable);
    let away = Router::new()
        .route("/x", get(async || Redirect::temporary("http://169.254.169.254/latest")));
    assert_eq!(asked("away", away).await.unwrap_err(), SourceError::Refused(307));
    let sick =
        Router::new().route("/x", get(async || axum::http::StatusCode::INTERNAL_SERVER_ERROR));
    assert_eq!(asked("sick", sick).await.unwrap_err(), SourceError::Refused(500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_at_an_address_inside_is_refused_unless_its_definition_says_why() {
    for address in [
        "https://127.0.0.1:9",
        "https://[::ffff:127.0.0.1]",
        "https://localhost",
        "https://169.254.169.254",
        "https://10.1.2.3",
    ] {
        let source = format!(
            "id = \"thing\"\nkind = \"http\"\nurl = \"{address}/x?brn={{key}}\"\nrows = \"/items\"\n"
        );
        let (pack, folder) = pack_with("inside", &source);
        let error = ask(pack, &BTreeMap::new()).await.unwrap_err();
        assert_eq!(error.code(), "not-set-up", "{address}: {error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_keeps_failing_is_left_alone_and_says_so_in_its_health() {
    let source = "id = \"thing\"\nkind = \"http\"\nurl = \"http://127.0.0.1:9/x?brn={key}\"\nretries = 0\nallow_private = \"a test on loopback\"\n";
    let (pack, folder) = pack_with("breaker", source);
    let sources = Sources::new(pack, &BTreeMap::new(), World::system()).unwrap();
    for _ in 0..5 {
        assert_eq!(ask_again(&sources).await.unwrap_err(), SourceError::Unreachable);
    }
    assert_eq!(ask_again(&sources).await.unwrap_err(), SourceError::CircuitOpen);
    let health = sources.health();
    assert_eq!(
        (health["thing"].state.name(), health["thing"].last_error),
        ("open", Some("unreachable"))
    );
    std::fs::remove_dir_all(folder).unwrap();
}

async fn sql_source(name: &str, url: &str, query: &str) -> Result<Answer, SourceError> {
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
        assert_eq!((good.rows.len(), good.rows[0]["name"].as_str()), (1, Some("Lucky Star")));
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
        let database = store::ReadOnly::open(&one.url).unwrap();
        let written = database
            .query("delete from thing where brn = $1", "12345678", Duration::from_secs(1), 10)
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
async fn a_file_is_read_anew_when_it_changes_and_a_row_without_a_key_is_listed() {
    let (pack, folder) = pack_with(
        "file",
        "id = \"thing\"\nkind = \"file\"\nformat = \"csv\"\npath = \"{data}/thing.csv\"\nkey = \"brn\"\n",
    );
    let csv = folder.join("thing.csv");
    std::fs::write(&csv, "brn,name,shares,made_on\n12345678,\"Lucky, Star\",5,\n ,Nobody,1,\n")
        .unwrap();
    let places = BTreeMap::from([("data".to_owned(), folder.display().to_string())]);
    let sources = Sources::new(pack, &places, World::system()).unwrap();
    assert_eq!(ask_again(&sources).await.unwrap().rows[0]["name"], "Lucky, Star");
    let report = &sources.load_reports()["thing"];
    assert_eq!((report.rows, report.mapped, report.unmapped, report.listed[0].row), (2, 1, 1, 2));
    std::fs::write(
        &csv,
        "brn,name,shares,made_on\n12345678,Another name,5,\n12345678,And one more,7,\n",
    )
    .unwrap();
    assert_eq!(ask_again(&sources).await.unwrap().rows.len(), 2);
    std::fs::remove_file(&csv).unwrap();
    assert_eq!(ask_again(&sources).await.unwrap_err(), SourceError::Unreachable);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "tests learn of their data from the environment")]
async fn the_two_real_registers_load_without_losing_a_row() {
    let Ok(data) = std::env::var("PRAYA_TEST_DATA") else {
        println!("skipped: needs PRAYA_TEST_DATA");
        return;
    };
    let lines = std::fs::read_to_string(Path::new(&data).join("companies-isle-of-man.csv"))
        .unwrap()
        .lines()
        .count()
        - 1;
    let schools: Value = serde_json::from_slice(
        &std::fs::read(Path::new(&data).join("schools-hong-kong.json")).unwrap(),
    )
    .unwrap();
    let schools = schools["contacts"].as_array().unwrap().len() - 1;
    let cases = [
        (
            "format = \"csv\"\npath = \"{data}/companies-isle-of-man.csv\"\nkey = \"Number\"\n[mapping]\nbrn = \"Number\"\nname = \"Name\"",
            lines,
        ),
        (
            "format = \"json\"\npath = \"{data}/schools-hong-kong.json\"\nrows = \"/contacts\"\nheader = \"first-object\"\nkey = \"SCHOOL NO.\"\n[mapping]\nbrn = \"SCHOOL NO.\"\nname = \"ENGLISH NAME\"",
            schools,
        ),
    ];
    for (i, (source, rows)) in cases.into_iter().enumerate() {
        let (pack, folder) =
            pack_with(&format!("real{i}"), &format!("id = \"thing\"\nkind = \"file\"\n{source}\n"));
        let sources = Sources::new(
            pack,
            &BTreeMap::from([("data".to_owned(), data.clone())]),
            World::system(),
        )
        .unwrap();
        let report = &sources.load_reports()["thing"];
        assert_eq!((report.rows, report.mapped + report.unmapped), (rows, rows), "{report:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

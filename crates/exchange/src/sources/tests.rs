//! Sources that answer, hang, lie, flood and lead inside: real servers on loopback, real files.

use super::{Answer, Lookup, SourceError, Sources};
use crate::pack::{self, Pack};
use axum::{Json, Router, body::Body, extract::Query, response::Redirect, routing::get};
use kernel::World;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

mod databases;
mod files;
mod mapping;
mod node;
mod tls;

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

async fn ask(
    pack: Arc<Pack>,
    places: &BTreeMap<String, String>,
) -> Result<Answer<'static>, SourceError> {
    ask_again(Box::leak(Box::new(Sources::new(pack, places, World::system()).unwrap()))).await
}

async fn ask_again(sources: &Sources) -> Result<Answer<'_>, SourceError> {
    let fields = ["name", "shares"].map(str::to_owned);
    let lookup = Lookup { key: "12345678", fields: &fields, range: None, asking: None };
    sources.fetch_all(&[("thing", lookup)], Duration::from_secs(5)).await.remove(0)
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
async fn asked(name: &str, router: Router) -> Result<Answer<'static>, SourceError> {
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
    assert_eq!(json!(answer.rows), json!([{"name": "Lucky Star", "shares": 5}]));
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
        assert_eq!(error.code(), "inside", "{address}: {error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_set_up_says_so_however_often_it_is_asked() {
    let source = "id = \"thing\"\nkind = \"http\"\nurl = \"https://example.com/x?brn={key}\"\nbearer_file = \"{data}/token\"\n";
    let (pack, folder) = pack_with("unready", source);
    let sources = Sources::new(pack.clone(), &BTreeMap::new(), World::system()).unwrap();
    let places = BTreeMap::from([("data".to_owned(), folder.display().to_string())]);
    let without_token = Sources::new(pack, &places, World::system()).unwrap();
    assert!(sources.health()["thing"].checked_at.is_none());
    for _ in 0..7 {
        assert_eq!(ask_again(&sources).await.unwrap_err().code(), "not-set-up");
        assert_eq!(ask_again(&without_token).await.unwrap_err().code(), "not-set-up");
    }
    let health = &sources.health()["thing"];
    assert_eq!((health.last_error, health.last_ok), (Some("not-set-up"), None));
    assert!(health.checked_at.is_some());
    std::fs::remove_dir_all(folder).unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn an_api_says_that_it_holds_nothing_by_no_rows_and_never_by_a_path_that_is_not_there() {
    assert!(asked("nobody", items(json!([]))).await.unwrap().rows.is_empty());
    let lost = Router::new().route("/y", get(async || "elsewhere"));
    assert_eq!(asked("mistyped", lost).await.unwrap_err(), SourceError::Refused(404));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_lost_is_asked_once_more_and_a_refusal_is_not() {
    for (name, status, calls) in [("lost", 503, 2), ("refused", 500, 1), ("not-allowed", 403, 1)] {
        let count = Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        let answer = move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            axum::http::StatusCode::from_u16(status).unwrap()
        };
        let error = asked(name, Router::new().route("/x", get(answer))).await.unwrap_err();
        assert_eq!(error, SourceError::Refused(status));
        assert_eq!(count.load(Ordering::SeqCst), calls, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_subjects_bad_record_does_not_close_the_register_to_others() {
    let base = serve(items(json!([row(&[("shares", json!("many"))])]))).await;
    let source = format!(
        "id = \"thing\"\nkind = \"http\"\nurl = \"{base}/x?brn={{key}}\"\nrows = \"/items\"\nallow_private = \"a test on loopback\"\n"
    );
    let (pack, folder) = pack_with("dirty", &source);
    let sources = Sources::new(pack, &BTreeMap::new(), World::system()).unwrap();
    for _ in 0..10 {
        assert_eq!(ask_again(&sources).await.unwrap_err().code(), "bad-shape");
    }
    let health = sources.health();
    assert_eq!(
        (health["thing"].state.name(), health["thing"].last_error),
        ("closed", Some("bad-shape"))
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_of_one_record_a_subject_refuses_two() {
    let base = serve(items(json!([row(&[]), row(&[("name", json!("Another"))])]))).await;
    let source = format!(
        "id = \"thing\"\nkind = \"http\"\nurl = \"{base}/x?brn={{key}}\"\nrows = \"/items\"\nallow_private = \"a test on loopback\"\n"
    );
    let (_, folder) = pack_with("two", &source);
    let path = folder.join("registers/thing.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"many\"", "\"one\"")).unwrap();
    let pack = Arc::new(pack::load_dir(&folder).ok().unwrap());
    let error = ask(pack, &BTreeMap::new()).await.unwrap_err();
    let what = "in more than one record";
    assert_eq!(error, SourceError::BadShape { field: "brn".to_owned(), what });
    std::fs::remove_dir_all(folder).unwrap();
}

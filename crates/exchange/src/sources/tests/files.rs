//! Files, made up and real.

use super::{ask_again, pack_with};
use crate::{
    pack::{Register, Source},
    sources::{SourceError, Sources, file::FileSource, mapping::map_row},
};
use kernel::World;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

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
    assert_eq!(json!(ask_again(&sources).await.unwrap().rows)[0]["name"], "Lucky, Star");
    let report = &sources.load_reports().await["thing"];
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
async fn a_row_that_cannot_be_read_is_listed_and_its_subject_is_not_said_to_hold_nothing() {
    let (pack, folder) = pack_with(
        "broken",
        "id = \"thing\"\nkind = \"file\"\nformat = \"csv\"\npath = \"{data}/thing.csv\"\nkey = \"brn\"\n",
    );
    let places = BTreeMap::from([("data".to_owned(), folder.display().to_string())]);
    let sources = Sources::new(pack, &places, World::system()).unwrap();
    for (row, why, value) in [
        (&b"12345678,Short"[..], "more or fewer columns than the header", "12345678"),
        (b"12345678,Long,5,,x", "more or fewer columns than the header", "12345678"),
        (b"12345678,\xff,5,", "not UTF-8", "12345678"),
        (b"12345678,Lucky Star,many,", "field shares is not a number", "many"),
        (
            b"12345678,Lucky Star,5,\"on the last day of the year before last, a Sunday\"",
            "field made_on is not a date",
            "on the last day of the year before last,…",
        ),
    ] {
        let bytes = [b"brn,name,shares,made_on\n87654321,Other,1,\n", row, b"\n"].concat();
        std::fs::write(folder.join("thing.csv"), bytes).unwrap();
        let report = &sources.load_reports().await["thing"];
        assert_eq!((report.rows, report.mapped, report.unmapped), (2, 1, 1), "{why}");
        assert_eq!((report.listed[0].row, report.listed[0].why.as_str()), (2, why));
        assert_eq!(report.listed[0].value.as_deref(), Some(value));
        if !why.contains("made_on") {
            assert_eq!(ask_again(&sources).await.unwrap_err().code(), "bad-shape", "{why}");
        }
    }
    std::fs::write(folder.join("thing.csv"), "brn,name,name,shares\n").unwrap();
    let error = ask_again(&sources).await.unwrap_err();
    let what = "with two columns of one name";
    assert_eq!(error, SourceError::BadShape { field: "(file)".to_owned(), what });
    std::fs::remove_dir_all(folder).unwrap();
}

/// A register whose fields `c0`, `c1` … are the columns, all text but those of `dates`; the source of it.
fn as_it_is(columns: &[String], key: &str, dates: &[&str], source: &str) -> (Register, Source) {
    let text = json!({"en": "x", "tc": "x", "sc": "x"});
    let own = columns.iter().position(|column| column == key).unwrap();
    let field = |(i, column): (usize, &String)| {
        let kind = if dates.contains(&column.as_str()) { "date" } else { "text" };
        json!({"id": format!("c{i}"), "name": text, "type": kind, "classification": "public", "optional": i != own})
    };
    let register = json!({
        "id": "real", "department": "cr", "subject": "company", "key": format!("c{own}"), "name": text,
        "description": text, "cardinality": "many", "source": "real", "purposes": [],
        "fields": columns.iter().enumerate().map(field).collect::<Vec<_>>(),
    });
    let mut source: Source =
        toml::from_str(&format!("id = \"real\"\nkind = \"file\"\nkey = \"{key}\"\n{source}"))
            .unwrap();
    source.mapping =
        columns.iter().enumerate().map(|(i, c)| (format!("c{i}"), c.clone())).collect();
    (serde_json::from_value(register).unwrap(), source)
}

/// Every row that its key gives back, each as its cells, sorted.
async fn given_back(
    file: &Arc<FileSource>,
    register: &Register,
    source: &Source,
    keys: BTreeSet<&str>,
) -> Vec<Vec<String>> {
    let fields: Vec<_> = register.fields.iter().map(|field| field.id.clone()).collect();
    let mut rows = Vec::new();
    for key in keys {
        for raw in file.rows(key).await.unwrap() {
            let row = map_row(register, source, &raw, key, &fields).unwrap();
            let cell = |field: &String| row[field].as_str().unwrap_or_default().to_owned();
            rows.push(fields.iter().map(cell).collect());
        }
    }
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "tests learn of their data from the environment")]
async fn the_two_real_registers_load_without_losing_a_row_or_a_cell() {
    let Ok(data) = std::env::var("PRAYA_TEST_DATA") else {
        println!("skipped: needs PRAYA_TEST_DATA");
        return;
    };
    let companies = std::fs::read(Path::new(&data).join("companies-isle-of-man.csv")).unwrap();
    let mut companies: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(companies.as_slice())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let schools = std::fs::read(Path::new(&data).join("schools-hong-kong.json")).unwrap();
    let schools: Value = serde_json::from_slice(&schools).unwrap();
    let cells = |row: &Value| {
        let row: &Map<String, Value> = row.as_object().unwrap();
        row.values().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let mut schools: Vec<Vec<String>> =
        schools["contacts"].as_array().unwrap().iter().map(cells).collect();
    let places = BTreeMap::from([("data".to_owned(), data)]);
    let cases = [
        (
            &mut companies,
            39_228,
            "Number",
            "format = \"csv\"\npath = \"{data}/companies-isle-of-man.csv\"\n",
        ),
        (
            &mut schools,
            3_641,
            "SCHOOL NO.",
            "format = \"json\"\npath = \"{data}/schools-hong-kong.json\"\nrows = \"/contacts\"\nheader = \"first-object\"\n",
        ),
    ];
    for (rows, count, key, source) in cases {
        let columns = rows.remove(0);
        assert_eq!(rows.len(), count);
        let own = columns.iter().position(|column| column == key).unwrap();
        let (register, source) = as_it_is(&columns, key, &[], source);
        let file = Arc::new(FileSource::new(&source, Some(&register), &places).unwrap());
        let report = file.report().await;
        assert_eq!((report.rows, report.mapped, report.unmapped), (count, count, 0), "{report:?}");
        let keys: BTreeSet<&str> = rows.iter().map(|row| row[own].trim()).collect();
        let found = given_back(&file, &register, &source, keys).await;
        // A blank cell is given back as nothing; every other as it stands, spaces and all.
        let blank =
            |cell: &String| if cell.trim().is_empty() { String::new() } else { cell.clone() };
        let mut expected: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(blank).collect()).collect();
        expected.sort();
        assert!(found == expected, "{key}: what came back is not what the file holds");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "tests learn of their data from the environment")]
async fn what_cannot_be_mapped_of_a_real_register_is_counted_and_listed() {
    let Ok(data) = std::env::var("PRAYA_TEST_DATA") else {
        println!("skipped: needs PRAYA_TEST_DATA");
        return;
    };
    let columns = ["Number", "Name", "Inc/Reg Date", "Index Date"].map(str::to_owned);
    let places = BTreeMap::from([("data".to_owned(), data)]);
    let source = "format = \"csv\"\npath = \"{data}/companies-isle-of-man.csv\"\n";
    let (register, source) = as_it_is(&columns, "Number", &["Inc/Reg Date"], source);
    let file = FileSource::new(&source, Some(&register), &places).unwrap();
    let report = Arc::new(file).report().await;
    // Dates are written `26 Oct 1865` there, which is no ISO 8601 date; the blank ones may be absent.
    let path = Path::new(&places["data"]).join("companies-isle-of-man.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let dated = reader.records().filter(|row| !row.as_ref().unwrap()[2].trim().is_empty()).count();
    assert_eq!((report.rows, report.mapped, report.unmapped), (39_228, 39_228 - dated, dated));
    assert_eq!(
        (report.listed.len(), report.listed[0].why.as_str()),
        (100, "field c2 is not a date")
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn while_a_changed_file_is_read_others_have_what_was_there_before() {
    let (pack, folder) = pack_with(
        "slow",
        "id = \"thing\"\nkind = \"file\"\nformat = \"csv\"\npath = \"{data}/thing.csv\"\nkey = \"brn\"\ntimeout_ms = 60000\n",
    );
    let csv = folder.join("thing.csv");
    let header = "brn,name,shares,made_on\n";
    std::fs::write(&csv, format!("{header}12345678,Before,5,\n")).unwrap();
    let places = BTreeMap::from([("data".to_owned(), folder.display().to_string())]);
    let sources = Arc::new(Sources::new(pack, &places, World::system()).unwrap());
    assert_eq!(json!(ask_again(&sources).await.unwrap().rows)[0]["name"], "Before");
    // A pipe is read for as long as nobody writes into it.
    std::fs::remove_file(&csv).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&csv).status().unwrap().success());
    let reading = sources.clone();
    let reading = tokio::spawn(async move { json!(ask_again(&reading).await.unwrap().rows) });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    for _ in 0..20 {
        assert_eq!(json!(ask_again(&sources).await.unwrap().rows)[0]["name"], "Before");
    }
    assert!(!reading.is_finished());
    let pipe = csv.clone();
    let after = format!("{header}12345678,After,5,\n");
    tokio::task::spawn_blocking(move || std::fs::write(pipe, after)).await.unwrap().unwrap();
    assert_eq!(reading.await.unwrap()[0]["name"], "After");
    std::fs::remove_dir_all(folder).unwrap();
}

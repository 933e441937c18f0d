use super::*;
use std::collections::BTreeSet;

const PACK: &str = r#"id = "test"
name = { en = "Test", tc = "測試", sc = "测试" }
time_zone = "Asia/Hong_Kong"
currency = "HKD"
"#;
const DEPARTMENT: &str = r#"id = "ird"
name = { en = "Revenue", tc = "稅務局", sc = "税务局" }
"#;
const REGISTER: &str = r#"id = "books"
department = "ird"
subject = "company"
key = "brn"
cardinality = "many"
source = "books"
purposes = ["loan"]
name = { en = "Books", tc = "帳簿", sc = "账簿" }
description = { en = "Their books.", tc = "公司帳簿。", sc = "公司账簿。" }

[[fields]]
id = "brn"
type = "brn"
classification = "public"
name = { en = "Number", tc = "號碼", sc = "号码" }

[[fields]]
id = "filed_on"
type = "date"
classification = "restricted"
date_field = true
name = { en = "Filed on", tc = "交付日期", sc = "提交日期" }

[[fields]]
id = "state"
type = "choice"
classification = "confidential"
choices = ["open", "shut"]
name = { en = "State", tc = "狀況", sc = "状态" }

[fields.labels]
open = { en = "Open", tc = "開啟", sc = "打开" }
shut = { en = "Shut", tc = "關閉", sc = "关闭" }

[[examples]]
brn = "12345678"
filed_on = "2026-01-31"
state = "open"
"#;
const PURPOSE: &str = r#"id = "loan"
name = { en = "Loan", tc = "貸款", sc = "贷款" }
why = { en = "To lend.", tc = "用以貸款。", sc = "用于贷款。" }
basis = { en = "Consent.", tc = "同意。", sc = "同意。" }
subjects = ["company"]

[registers]
books = ["brn", "state"]

[limits]
frequency = { unit = "day", times = 4 }
data_life = { unit = "month", value = 3 }
look_back_days = 365
length_days = 90
modes = ["look", "store"]
"#;
const SOURCE: &str = r#"id = "books"
kind = "sql"
url = "sqlite:{data}/ird.sqlite"
query = "select brn, filed_on, state from books where brn = $1"
timeout_ms = 2000
"#;

fn good() -> BTreeMap<String, Vec<u8>> {
    let files = [
        ("pack.toml", PACK),
        ("departments/ird.toml", DEPARTMENT),
        ("registers/books.toml", REGISTER),
        ("purposes/loan.toml", PURPOSE),
        ("sources/books.toml", SOURCE),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
}

/// What is found after `from` has become `to` in a file of the good pack.
fn after(path: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = good();
    let text = String::from_utf8(files.remove(path).unwrap()).unwrap();
    assert!(text.contains(from), "{from} is not in {path}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    load(files).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_hong_kong_pack_has_no_mistakes() {
    let pack = load_embedded().unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    assert_eq!(pack.government().currency, "HKD");
    assert!(pack.departments().count() >= 12);
    assert!(pack.registers().count() >= 14);
    assert!(pack.purposes().count() >= 6);
    assert!(pack.registers().all(|register| pack.source(&register.source).is_some()
        && pack.department(&register.department).is_some()));
    let kinds: BTreeSet<_> = pack.sources().map(|source| source.kind.name()).collect();
    assert!(["file", "http", "sql"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn a_pack_is_the_same_from_its_folder_and_gives_its_files_back_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/hong-kong");
    let (embedded, read) = (load_embedded().unwrap(), load_dir(&folder).unwrap());
    let files = |pack: &Pack| {
        pack.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(files(&embedded), files(&read));
    for (path, bytes) in read.files() {
        assert_eq!(bytes, std::fs::read(folder.join(path)).unwrap(), "{path}");
    }
}

#[test]
fn a_purpose_has_the_hash_of_its_file() {
    let pack = load(good()).unwrap();
    let hash = &pack.purpose("loan").unwrap().hash;
    assert_eq!(hash, "a7fb9436cf44306f59d84d5a66f10db1083628498bb6628ecdc328d4336c28b6");
    assert_eq!(pack.hash("purposes/loan.toml").as_ref(), Some(hash));
    assert!(pack.hash("purposes/rent.toml").is_none());
    let mut files = good();
    files.insert("purposes/loan.toml".to_owned(), format!("{PURPOSE}# a remark\n").into_bytes());
    assert_ne!(&load(files).unwrap().purpose("loan").unwrap().hash, hash);
}

/// (file, what stood there, what stands there now, what is said)
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const FORM: &[Case] = &[
    (
        "registers/books.toml",
        "key = \"brn\"",
        "kee = \"brn\"",
        &[
            "registers/books.toml:1:1: missing key `key` — add it",
            "registers/books.toml:4:1: unknown key `kee` — take it out or correct its name; known here: `id`, `department`, `subject`, `key`, `name`, `description`, `cardinality`, `source`, `purposes`, `fields`, `examples`",
        ],
    ),
    (
        "registers/books.toml",
        "classification = \"restricted\"",
        "classification = \"secret\"",
        &[
            "registers/books.toml:20:18: unknown value `secret` — write one of `public`, `restricted`, `confidential`",
        ],
    ),
    (
        "registers/books.toml",
        "date_field = true",
        "date_feild = true\nsensitiv = true",
        &[
            "registers/books.toml:21:1: unknown key `date_feild` — take it out or correct its name; known here: `id`, `name`, `type`, `classification`, `sensitive`, `optional`, `date_field`, `choices`, `labels`",
            "registers/books.toml:22:1: unknown key `sensitiv` — take it out or correct its name; known here: `id`, `name`, `type`, `classification`, `sensitive`, `optional`, `date_field`, `choices`, `labels`",
        ],
    ),
    (
        "registers/books.toml",
        "id = \"state\"",
        "id = ",
        &[
            "registers/books.toml:25:6: string values must be quoted, expected literal string — correct the TOML here",
        ],
    ),
    (
        "sources/books.toml",
        "timeout_ms",
        "timeout",
        &[
            "sources/books.toml:5:1: unknown key `timeout` — take it out or correct its name; known here: `url` or `query`, and for every kind `timeout_ms`, `retries`, `probe_key`, `allow_private`, `mapping`",
        ],
    ),
    (
        "sources/books.toml",
        "kind = \"sql\"",
        "kind = \"ftp\"",
        &[
            "sources/books.toml:2:8: unknown value `ftp` — write one of `sql`, `http`, `file`, `node`",
        ],
    ),
    (
        "purposes/loan.toml",
        "[\"brn\", \"state\"]",
        "\"most\"",
        &[
            "purposes/loan.toml:8:9: neither `\"all\"` nor a list of fields — write \"all\" or a list of field ids",
        ],
    ),
    (
        "departments/ird.toml",
        "tc = \"稅務局\"",
        "tc = \" \"",
        &["departments/ird.toml:2:31: nothing written in tc — write it in this language"],
    ),
    (
        "departments/ird.toml",
        "id = \"ird\"",
        "id = \"IRD\"",
        &[
            "departments/ird.toml:1:6: id \"IRD\" — begin with a letter and use a-z, 0-9 and - alone",
            "departments/ird.toml:1:6: id \"IRD\" in a file named \"ird\" — name the file IRD.toml, or the id \"ird\"",
        ],
    ),
    (
        "pack.toml",
        "HKD",
        "dollars",
        &["pack.toml:4:12: currency \"dollars\" — write three letters of ISO 4217 such as \"HKD\""],
    ),
];

const REFERENCES: &[Case] = &[
    (
        "registers/books.toml",
        "department = \"ird\"",
        "department = \"tax\"",
        &[
            "registers/books.toml:2:14: no department \"tax\" — write departments/tax.toml or name another",
        ],
    ),
    (
        "registers/books.toml",
        "source = \"books\"",
        "source = \"book\"",
        &[
            "registers/books.toml:6:10: no source \"book\" — write sources/book.toml or name another",
            "sources/books.toml:1:6: no register is read from source \"books\" — name it in a register's source, or take the file out",
        ],
    ),
    (
        "registers/books.toml",
        "[\"loan\"]",
        "[\"loan\", \"rent\"]",
        &[
            "registers/books.toml:7:21: no purpose \"rent\" — write purposes/rent.toml or take it out",
        ],
    ),
    (
        "registers/books.toml",
        "[\"loan\"]",
        "[]",
        &[
            "purposes/loan.toml:8:9: register \"books\" does not serve \"loan\" — add \"loan\" to the purposes of registers/books.toml, or take it out here",
        ],
    ),
    (
        "registers/books.toml",
        "key = \"brn\"",
        "key = \"number\"",
        &[
            "registers/books.toml:4:7: key \"number\" is not among the fields — add the field, or name one that is there",
        ],
    ),
    (
        "registers/books.toml",
        "key = \"brn\"",
        "key = \"state\"",
        &[
            "registers/books.toml:4:7: key \"state\" cannot find its subject — make it a field of type \"brn\" that is not optional",
        ],
    ),
    (
        "purposes/loan.toml",
        "books = [\"brn\", \"state\"]",
        "books = [\"brn\", \"stat\"]\nboats = \"all\"",
        &[
            "purposes/loan.toml:8:17: register \"books\" has no field \"stat\" — correct the name, or take it out",
            "purposes/loan.toml:9:9: no register \"boats\" — write registers/boats.toml or take it out",
        ],
    ),
    (
        "purposes/loan.toml",
        "[\"company\"]",
        "[\"person\"]",
        &[
            "purposes/loan.toml:8:9: register \"books\" holds records of others than the subjects — add its kind of subject, or take it out",
        ],
    ),
    (
        "sources/books.toml",
        "timeout_ms = 2000",
        "probe_key = \"1\"\n\n[mapping]\nstat = \"status\"",
        &[
            "sources/books.toml:5:13: probe key \"1\" has not the form of \"brn\" — write a made-up key of the right form",
            "sources/books.toml:8:8: register \"books\" has no field \"stat\" — correct the name, or take it out",
        ],
    ),
];

const VALUES: &[Case] = &[
    (
        "registers/books.toml",
        "id = \"state\"",
        "id = \"brn\"",
        &[
            "purposes/loan.toml:8:17: register \"books\" has no field \"state\" — correct the name, or take it out",
            "registers/books.toml:25:6: \"brn\" a second time — take one of them out",
            "registers/books.toml:38:9: no field \"state\" — add the field, or take this out",
        ],
    ),
    (
        "registers/books.toml",
        "choices = [\"open\", \"shut\"]",
        "choices = [\"open\"]",
        &[
            "registers/books.toml:33:8: words for \"shut\", which is no choice — add the choice, or take this out",
        ],
    ),
    (
        "registers/books.toml",
        "classification = \"confidential\"",
        "classification = \"confidential\"\ndate_field = true",
        &[
            "registers/books.toml:28:14: \"filed_on\" is the date of this register already — keep date_field at one field",
            "registers/books.toml:28:14: a range cannot filter by \"state\" — choose a field of type \"date\" that is not optional",
        ],
    ),
    (
        "registers/books.toml",
        "brn = \"12345678\"",
        "brn = \"1234\"\npages = 3",
        &[
            "registers/books.toml:36:7: \"1234\" does not fit \"brn\" — write a business registration number such as \"12345678\"",
            "registers/books.toml:37:9: no field \"pages\" — add the field, or take this out",
        ],
    ),
    (
        "registers/books.toml",
        "2026-01-31",
        "2026-02-31",
        &[
            "registers/books.toml:37:12: \"2026-02-31\" does not fit \"filed_on\" — write a date such as \"2026-11-30\"",
        ],
    ),
    (
        "registers/books.toml",
        "state = \"open\"\n",
        "",
        &["registers/books.toml:35:1: no value for \"state\" — add it, or make the field optional"],
    ),
    (
        "purposes/loan.toml",
        "times = 4",
        "times = 0",
        &["purposes/loan.toml:11:37: 0 times — write 1 to 1000"],
    ),
    (
        "purposes/loan.toml",
        "\"month\", value = 3",
        "\"year\", value = 11",
        &["purposes/loan.toml:12:38: 11 years — write 1 to 10"],
    ),
    (
        "purposes/loan.toml",
        "length_days = 90\nmodes = [\"look\", \"store\"]",
        "length_days = 40000\nmodes = []",
        &[
            "purposes/loan.toml:14:15: 40000 days — write 1 to 3660",
            "purposes/loan.toml:15:9: no mode — name \"look\", \"store\" or both",
        ],
    ),
    (
        "sources/books.toml",
        "select brn",
        "delete brn",
        &[
            "sources/books.toml:4:9: the query does not begin with select — write one select statement",
        ],
    ),
    (
        "sources/books.toml",
        "brn = $1",
        "brn = $2 or brn = $1; --",
        &[
            "sources/books.toml:4:9: the query has not exactly one $1 — write $1 once, where the subject's key belongs, and no other parameter",
            "sources/books.toml:4:9: the query holds a semicolon — write one statement without it",
        ],
    ),
    (
        "sources/books.toml",
        "timeout_ms = 2000",
        "timeout_ms = 0\nretries = 9\nallow_private = \"\"",
        &[
            "sources/books.toml:5:14: 0 milliseconds — write 1 to 60000",
            "sources/books.toml:6:11: 9 retries — write 0 to 5",
            "sources/books.toml:7:17: no reason — write why it may lie at a private address, or take it out",
        ],
    ),
    (
        "sources/books.toml",
        "sqlite:{data}",
        "mysql:{home}",
        &[
            "sources/books.toml:3:7: database \"mysql:{home}/ird.sqlite\" — begin with sqlite: or postgres://",
            "sources/books.toml:3:7: nothing fills in {home} — use {data}",
        ],
    ),
];

fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (path, from, to, said) in cases {
        let found = after(path, from, to);
        if found != *said {
            wrong.push(format!("{from} → {to}:\n    {}", found.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    check(FORM);
}

#[test]
fn a_reference_that_leads_nowhere_is_said_with_its_place() {
    check(REFERENCES);
}

#[test]
fn a_value_out_of_bounds_is_said_with_its_place() {
    check(VALUES);
}

#[test]
fn a_file_in_the_wrong_place_and_a_missing_one_are_said() {
    let mut files = good();
    files.remove("pack.toml");
    files.insert("register/more.toml".to_owned(), Vec::new());
    files.insert("sources/latin.toml".to_owned(), vec![0xe9]);
    let found: Vec<_> = load(files).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "pack.toml:1:1: missing — write it: id, name, time_zone, currency",
            "register/more.toml:1:1: nothing reads this file — move it to one of departments, registers, purposes, sources, or take it out",
            "sources/latin.toml:1:1: not UTF-8 — save it as UTF-8",
        ]
    );
}

#[test]
fn an_id_that_is_taken_or_unlike_its_file_is_said_and_one_source_serves_one_register() {
    let mut files = good();
    files.insert("departments/tax.toml".to_owned(), DEPARTMENT.as_bytes().to_vec());
    let second = REGISTER.replace("id = \"books\"", "id = \"ledgers\"").replace("[\"loan\"]", "[]");
    files.insert("registers/ledgers.toml".to_owned(), second.into_bytes());
    let found: Vec<_> = load(files).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            r#"departments/tax.toml:1:6: id "ird" in a file named "tax" — name the file ird.toml, or the id "tax""#,
            r#"departments/tax.toml:1:6: id "ird" is taken by departments/ird.toml — give one of them another id"#,
            r#"registers/ledgers.toml:6:10: source "books" serves "books" already — give each register a source of its own"#,
        ]
    );
}

/// (what the source says after its id, what is said about it)
const KINDS: [(&str, &[&str]); 5] = [
    (
        "kind = \"http\"\nurl = \"http://example.org/\"\nrows = \"items\"\nclient_key = \"k.pem\"",
        &[
            "sources/books.toml:3:7: address \"http://example.org/\" — begin with https://, or say in allow_private why not",
            "sources/books.toml:3:7: the subject's key is not in the address — put {key} where it belongs",
            "sources/books.toml:4:8: \"items\" is no JSON pointer — begin with /, or leave it empty for the whole",
            "sources/books.toml:5:14: half of a client certificate — name both client_certificate and client_key, or neither",
        ],
    ),
    (
        "kind = \"http\"\nurl = \"{department_api}/books?n={key}\"\n[mapping]\nbrn = \"number\"",
        &[
            "sources/books.toml:5:7: \"brn\" is read from \"number\" — write a JSON pointer within a row, such as \"/name/en\"",
        ],
    ),
    (
        "kind = \"file\"\npath = \"{data}/b.csv\"\nformat = \"csv\"\nkey = \" \"\nrows = \"/items\"",
        &[
            "sources/books.toml:5:7: no key — write it",
            "sources/books.toml:6:8: a CSV has no pointer to its rows — take it out",
        ],
    ),
    (
        "kind = \"file\"\npath = \"b.csv\"\nformat = \"csv\"\nkey = \"n\"\nheader = \"first-object\"",
        &[
            "sources/books.toml:6:10: a CSV has no first object — write \"first-row\", or take it out",
        ],
    ),
    (
        "kind = \"node\"\nurl = \"https://example.org\"\nclient_id = \"\"\nissuer = \"https://example.org\"\nlog_key = \"k\"\nregister = \"books\"",
        &["sources/books.toml:4:13: no client_id — write it"],
    ),
];

#[test]
fn each_kind_of_source_is_checked_for_what_it_needs() {
    for (text, said) in KINDS {
        let mut files = good();
        files.insert(
            "sources/books.toml".to_owned(),
            format!("id = \"books\"\n{text}\n").into_bytes(),
        );
        let found: Vec<_> =
            load(files).err().unwrap_or_default().iter().map(ToString::to_string).collect();
        assert_eq!(found, said, "{text}");
    }
}

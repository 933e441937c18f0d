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

/// What is found after `from` has become `to` in a file of the good pack; `...` is all but its first line.
fn after(path: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = good();
    let text = String::from_utf8(files.remove(path).unwrap()).unwrap();
    let rest = text.split_once('\n').unwrap().1.to_owned();
    let from = if from == "..." { rest.trim_end() } else { from };
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

#[test]
fn every_mistake_is_said_with_its_place_and_what_to_do() {
    let blocks = include_str!("tests/mistakes.txt").split("\n\n");
    let (mut tried, mut wrong) = (0, Vec::new());
    for block in blocks.filter(|block| !block.starts_with('#')) {
        let (path, lines) = block.trim_end().split_once('\n').unwrap();
        let all = |mark: &str| {
            lines.lines().filter_map(|line| line.strip_prefix(mark)).collect::<Vec<_>>()
        };
        let (from, to, said) = (all("- ").join("\n"), all("+ ").join("\n"), all("! "));
        let found = after(path, &from, &to);
        if found != said {
            let tried = block.lines().filter(|line| !line.starts_with("! "));
            let heard = found.iter().map(|line| format!("! {line}"));
            wrong.push(tried.map(str::to_owned).chain(heard).collect::<Vec<_>>().join("\n"));
        }
        tried += 1;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
    assert!(tried >= 80, "{tried}");
}

#[test]
fn the_examples_of_the_readme_make_a_pack_with_each_kind_of_source() {
    let readme = include_str!("../../../../packs/README.md");
    let blocks: Vec<_> = readme
        .split("```toml\n# ")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next()?.split_once('\n'))
        .collect();
    let (sources, others): (Vec<_>, Vec<_>) =
        blocks.into_iter().partition(|(path, _)| path.starts_with("sources/"));
    let mut kinds = BTreeSet::new();
    for (path, text) in sources {
        let files = others
            .iter()
            .chain([&(path, text)])
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect();
        let pack = load(files).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        kinds.extend(pack.sources().map(|source| source.kind.name()));
    }
    assert_eq!(kinds, BTreeSet::from(["file", "http", "node", "sql"]));
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
            "register/more.toml:1:1: nothing reads this file — move it to one of departments, registers, purposes, sources, providers, or take it out",
            "sources/latin.toml:1:1: not UTF-8 — save it as UTF-8",
        ]
    );
}

#[test]
fn an_id_that_is_taken_or_unlike_its_file_is_said_and_one_source_serves_one_register() {
    let mut files = good();
    files.insert("departments/tax.toml".to_owned(), DEPARTMENT.as_bytes().to_vec());
    let second = REGISTER.replace("id = \"books\"", "id = \"ledgers\"");
    files.insert("registers/ledgers.toml".to_owned(), second.into_bytes());
    let found: Vec<_> = load(files).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            r#"departments/tax.toml:1:6: id "ird" in a file named "tax" — name the file ird.toml, or the id "tax""#,
            r#"departments/tax.toml:1:6: id "ird" is taken by departments/ird.toml — give one of them another id"#,
            r#"registers/ledgers.toml:6:10: source "books" serves "books" already — give each register a source of its own"#,
            r#"registers/ledgers.toml:7:13: purpose "loan" does not ask for "ledgers" — add ledgers to the registers of purposes/loan.toml, or take it out here"#,
        ]
    );
}

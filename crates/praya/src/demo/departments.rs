//! The departments' own records, as the pack's sources expect them: SQLite files, a CSV, an HTTP API.

use super::data::{Data, registers_of};
use crate::Error;
use axum::{
    Json, Router,
    extract::{Path as UrlPath, Query, State},
    routing::get,
};
use exchange::pack::{FieldType, Pack, Register, SourceKind};
use kernel::{Date, World};
use ports::SubjectKind;
use serde_json::{Map, Value as Json_, json};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    path::Path,
    sync::Arc,
};
use store::{Db, Sql, Value};

type Rows = Vec<Map<String, Json_>>;

/// Rows are written this many to a transaction: a benchmark's do not all fit into memory.
const CHUNK: usize = 20_000;

/// All made-up records of a register.
fn records(register: &Register, data: &Data, today: Date) -> Rows {
    made_up(register, data, today).collect()
}

fn made_up<'a>(
    register: &'a Register,
    data: &'a Data,
    today: Date,
) -> impl Iterator<Item = Map<String, Json_>> + 'a {
    let companies = data.companies.iter().map(|company| &company.brn);
    let people = data.people.iter().map(|person| &person.card);
    let of_company = companies.filter(|_| register.subject == SubjectKind::Company);
    let of_person = people.filter(|_| register.subject == SubjectKind::Person);
    of_company.chain(of_person).flat_map(move |key| data.records(register, key, today))
}

fn today(world: &World) -> Date {
    world.zone.day(world.clock.now())
}

/// Writes what is missing of the departments' files.
pub(crate) async fn write(
    folder: &Path,
    pack: &Pack,
    data: &Data,
    world: &World,
) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    for register in registers(pack) {
        if let Some(SourceKind::File { path, .. }) =
            pack.source(&register.source).map(|source| &source.kind)
        {
            let path = folder.join(file_name(path));
            if !path.exists() {
                std::fs::write(path, csv(register, &records(register, data, today(world))))?;
            }
        }
    }
    databases(folder, pack, registers(pack), data, world).await
}

/// Writes what is missing of those registers that are databases.
pub(crate) async fn databases<'a>(
    folder: &Path,
    pack: &Pack,
    registers: impl Iterator<Item = &'a Register>,
    data: &Data,
    world: &World,
) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    let mut files: BTreeMap<String, Vec<&Register>> = BTreeMap::new();
    for register in registers {
        if let Some(SourceKind::Sql { url, .. }) =
            pack.source(&register.source).map(|source| &source.kind)
        {
            files.entry(file_name(url)).or_default().push(register);
        }
    }
    for (name, registers) in files {
        let path = folder.join(name);
        if !path.exists() {
            sqlite(&path, &registers, data, today(world)).await?;
        }
    }
    Ok(())
}

fn registers(pack: &Pack) -> impl Iterator<Item = &Register> {
    registers_of(pack, SubjectKind::Company).chain(registers_of(pack, SubjectKind::Person))
}

fn file_name(address: &str) -> String {
    address.rsplit('/').next().unwrap_or(address).to_owned()
}

/// Writes registers into a new SQLite file, each a table of the register's name.
async fn sqlite(
    path: &Path,
    registers: &[&Register],
    data: &Data,
    today: Date,
) -> Result<(), Error> {
    let partial = path.with_extension("partial");
    std::fs::remove_file(&partial).ok();
    let db = Db::open(&format!("sqlite:{}", partial.display())).await?;
    for register in registers {
        let table = register.id.replace('-', "_");
        let columns: Vec<_> = register
            .fields
            .iter()
            .map(|field| {
                format!("{} {}", field.id, if is_number(field.kind) { "bigint" } else { "text" })
            })
            .collect();
        let places: Vec<_> = (1..=register.fields.len()).map(|n| format!("${n}")).collect();
        // Made once at start, from names that `praya check` has passed: kept for the life of the process.
        let leak = |text: String| Sql::both(Box::leak(text.into_boxed_str()));
        let create = leak(format!("create table {table} ({})", columns.join(", ")));
        let index = leak(format!("create index {table}_key on {table} ({})", register.key));
        let insert = leak(format!("insert into {table} values ({})", places.join(", ")));
        db.write::<_, store::Error>(move |tx| tx.execute(create, &[]).map(drop)).await?;
        let mut rows = made_up(register, data, today).peekable();
        while rows.peek().is_some() {
            let chunk: Vec<Vec<Value>> = rows
                .by_ref()
                .take(CHUNK)
                .map(|row| register.fields.iter().map(|field| value(row.get(&field.id))).collect())
                .collect();
            db.write::<_, store::Error>(move |tx| {
                chunk.iter().try_for_each(|row| tx.execute(insert, row).map(drop))
            })
            .await?;
        }
        db.write::<_, store::Error>(move |tx| tx.execute(index, &[]).map(drop)).await?;
    }
    db.backup(path).await?;
    drop(db);
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(format!("{}{suffix}", partial.display())).ok();
    }
    Ok(())
}

fn is_number(kind: FieldType) -> bool {
    matches!(kind, FieldType::Money | FieldType::Number | FieldType::Boolean)
}

fn value(json: Option<&Json_>) -> Value {
    match json {
        Some(Json_::String(text)) => text.as_str().into(),
        Some(Json_::Number(number)) => number.as_i64().map_or(Value::Null, Value::from),
        Some(Json_::Bool(yes)) => (*yes).into(),
        _ => Value::Null,
    }
}

fn csv(register: &Register, rows: &Rows) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out =
        register.fields.iter().map(|field| quoted(&field.id)).collect::<Vec<_>>().join(",")
            + "\r\n";
    for row in rows {
        let cells: Vec<_> = register
            .fields
            .iter()
            .map(|field| {
                row.get(&field.id).map_or_else(String::new, |cell| {
                    quoted(cell.as_str().map_or_else(|| cell.to_string(), str::to_owned).as_str())
                })
            })
            .collect();
        writeln!(out, "{}\r", cells.join(",")).ok();
    }
    out
}

/// Serves the registers whose source is `http`, on a loopback port of its own; gives its address.
pub(crate) async fn serve_api(pack: &Pack, data: &Data, world: &World) -> Result<String, Error> {
    let mut registers: HashMap<String, (String, Rows)> = HashMap::new();
    for register in pack.registers() {
        if pack
            .source(&register.source)
            .is_some_and(|source| matches!(source.kind, SourceKind::Http { .. }))
        {
            registers.insert(
                register.id.clone(),
                (register.key.clone(), records(register, data, today(world))),
            );
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/{register}", get(items)).with_state(Arc::new(registers));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn items(
    State(registers): State<Arc<HashMap<String, (String, Rows)>>>,
    UrlPath(register): UrlPath<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Json<Json_> {
    let rows = registers.get(&register).map(|(key, rows)| {
        rows.iter()
            .filter(|row| {
                asked
                    .get(key)
                    .is_some_and(|wanted| row.get(key).and_then(Json_::as_str) == Some(wanted))
            })
            .collect::<Vec<_>>()
    });
    Json(json!({ "items": rows.unwrap_or_default() }))
}

//! A file, in memory by key, read anew when it changes. No row is lost: one that no key leads to, or that
//! does not fit its register, is counted and listed; asking for its key is an error, never "nothing held".

use super::{SourceError, fill, mapping};
use crate::pack::{FieldType, FileFormat, Header, Register, Source, SourceKind};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};
use tokio::sync::Mutex;

/// A list shows this many rows; the count is exact.
const LISTED: usize = 100;
/// So much of a value is shown, in characters: enough to find it in the file.
const EXCERPT: usize = 40;

type Row = Map<String, Json>;

/// A row's key as the file writes it, and the row, or why it cannot be read.
type Read = (Option<String>, Result<Row, &'static str>);

/// What became of a file's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    /// Rows in the file.
    pub rows: usize,
    /// Rows that a key leads to and that fit their register.
    pub mapped: usize,
    /// The others.
    pub unmapped: usize,
    /// The first hundred of those.
    pub listed: Vec<Unmapped>,
}

/// A row that no key leads to, or that does not fit its register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// Which row, from 1, the header not counted.
    pub row: usize,
    /// Why.
    pub why: String,
    /// How the value that does not fit begins.
    pub value: Option<String>,
}

/// When a file was written, and how long it is: another file has another.
type Mark = (SystemTime, u64);

/// A file as it was at its mark, or why it could not be read.
type Kept = (Option<Mark>, Result<Arc<Loaded>, SourceError>);

#[derive(Default)]
struct Loaded {
    by_key: HashMap<String, Vec<Row>>,
    /// Keys with a row that cannot be read.
    broken: HashSet<String>,
    report: LoadReport,
}

pub(super) struct FileSource {
    path: PathBuf,
    format: FileFormat,
    delimiter: u8,
    rows: String,
    header: Header,
    /// The column that holds the key, and what keys are.
    key: (String, FieldType),
    source: Source,
    register: Register,
    kept: RwLock<Option<Kept>>,
    /// Whoever has it reads the file.
    turn: Arc<Mutex<()>>,
}

impl FileSource {
    pub(super) fn new(
        source: &Source,
        register: Option<&Register>,
        places: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let SourceKind::File { path, format, delimiter, rows, header, key } = &source.kind else {
            return Err("not a file source".to_owned());
        };
        let register = register.ok_or("no register is read from it")?;
        let own = register.fields.iter().find(|field| field.id == register.key);
        Ok(Self {
            path: fill(path, places)?.into(),
            format: *format,
            delimiter: u8::try_from(*delimiter)
                .map_err(|_| "the delimiter must be one ASCII character")?,
            rows: rows.clone(),
            header: *header,
            key: (key.clone(), own.map_or(FieldType::Text, |field| field.kind)),
            source: source.clone(),
            register: register.clone(),
            kept: RwLock::default(),
            turn: Arc::default(),
        })
    }

    /// The raw rows of a key.
    pub(super) async fn rows(self: &Arc<Self>, key: &str) -> Result<Vec<Row>, SourceError> {
        let loaded = self.fresh().await?;
        if loaded.broken.contains(key) {
            return Err(SourceError::BadShape {
                field: self.key.0.clone(),
                what: "in a row that cannot be read",
            });
        }
        Ok(loaded.by_key.get(key).cloned().unwrap_or_default())
    }

    /// What became of the file's rows.
    pub(super) async fn report(self: &Arc<Self>) -> LoadReport {
        self.fresh().await.map(|loaded| loaded.report.clone()).unwrap_or_default()
    }

    fn kept(&self) -> Option<Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file as it is now. One caller reads a file that has changed; others have what was there before.
    async fn fresh(self: &Arc<Self>) -> Result<Arc<Loaded>, SourceError> {
        let facts = std::fs::metadata(&self.path).map_err(|_| SourceError::Unreachable)?;
        let mark = facts.modified().ok().map(|at| (at, facts.len()));
        let current = |kept: &Kept| mark.is_some() && kept.0 == mark;
        let before = self.kept();
        if let Some(kept) = before.clone().filter(current) {
            return kept.1;
        }
        let turn = match (self.turn.clone().try_lock_owned(), before) {
            (Ok(turn), _) => turn,
            (Err(_), Some(before)) => return before.1,
            (Err(_), None) => self.turn.clone().lock_owned().await,
        };
        if let Some(kept) = self.kept().filter(current) {
            return kept.1;
        }
        let own = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let loaded = own.load().map(Arc::new);
            *own.kept.write().unwrap_or_else(PoisonError::into_inner) =
                Some((mark, loaded.clone()));
            // Held until here, though its caller may have run out of time: the next finds it read.
            drop(turn);
            loaded
        });
        reading.await.map_err(|_| bad("not readable"))?
    }

    fn load(&self) -> Result<Loaded, SourceError> {
        let bytes = std::fs::read(&self.path).map_err(|_| SourceError::Unreachable)?;
        let rows = match self.format {
            FileFormat::Csv => self.csv(&bytes)?,
            FileFormat::Json => self.json(&bytes)?,
        };
        let fields: Vec<_> = self.register.fields.iter().map(|field| field.id.clone()).collect();
        let fits = |row: &Row, key: &str| {
            let error = mapping::map_row(&self.register, &self.source, row, key, &fields).err()?;
            let value = match &error {
                SourceError::BadShape { field, .. } => {
                    mapping::at(row, self.source.column(field)).map(excerpt)
                }
                _ => None,
            };
            Some((error.to_string(), value))
        };
        let mut loaded = Loaded::default();
        for (i, (key, row)) in rows.into_iter().enumerate() {
            let key = key.map(|key| mapping::key(self.key.1, &key)).filter(|key| !key.is_empty());
            let why = match (key, row) {
                (None, _) => Some((format!("{} is blank", self.key.0), None)),
                (Some(key), Err(why)) => {
                    let value = excerpt(&key.as_str().into());
                    loaded.broken.insert(key);
                    Some((why.to_owned(), Some(value)))
                }
                (Some(key), Ok(row)) => {
                    let why = fits(&row, &key);
                    loaded.by_key.entry(key).or_default().push(row);
                    why
                }
            };
            loaded.report.add(i + 1, why);
        }
        Ok(loaded)
    }

    fn csv(&self, bytes: &[u8]) -> Result<Vec<Read>, SourceError> {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(self.delimiter).flexible(true).from_reader(bytes);
        let header = reader.headers().map_err(|_| bad("without a header that can be read"))?;
        let names: Vec<String> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        distinct(names.iter())?;
        let own = names.iter().position(|name| *name == self.key.0);
        let own = own.ok_or_else(|| bad("without the column of the key"))?;
        let text = |cell: &[u8]| String::from_utf8(cell.to_vec()).ok();
        let read = |record: csv::ByteRecord| {
            let cell = |(name, cell): (&String, &[u8])| {
                Ok((name.clone(), text(cell).ok_or("not UTF-8")?.into()))
            };
            let row = if record.len() == names.len() {
                names.iter().zip(record.iter()).map(cell).collect()
            } else {
                Err("more or fewer columns than the header")
            };
            (record.get(own).and_then(text), row)
        };
        let records = reader.byte_records();
        records.map(|record| record.map(read).map_err(|_| bad("not CSV"))).collect()
    }

    fn json(&self, bytes: &[u8]) -> Result<Vec<Read>, SourceError> {
        let mut whole: Json = serde_json::from_slice(bytes).map_err(|_| bad("not JSON"))?;
        let Some(Json::Array(mut rows)) = whole.pointer_mut(&self.rows).map(Json::take) else {
            return Err(bad("without an array of rows there"));
        };
        let mut names = Row::new();
        if self.header == Header::FirstObject && !rows.is_empty() {
            let Json::Object(first) = rows.remove(0) else {
                return Err(bad("without names in its first row"));
            };
            names = first;
            distinct(names.values().filter_map(Json::as_str))?;
        }
        let named = |(key, value): (String, Json)| {
            (names.get(&key).and_then(Json::as_str).map_or(key, str::to_owned), value)
        };
        let read = |row: Json| {
            let Json::Object(row) = row else { return (None, Err("not an object")) };
            let row: Row = row.into_iter().map(named).collect();
            let key = match mapping::at(&row, &self.key.0) {
                Some(Json::String(text)) => Some(text.clone()),
                Some(Json::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            (key, Ok(row))
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

impl LoadReport {
    fn add(&mut self, row: usize, why: Option<(String, Option<String>)>) {
        self.rows += 1;
        match why {
            None => self.mapped += 1,
            Some((why, value)) => {
                self.unmapped += 1;
                if self.listed.len() < LISTED {
                    self.listed.push(Unmapped { row, why, value });
                }
            }
        }
    }
}

/// How a value begins.
fn excerpt(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Two columns of one name would hide one of them.
fn distinct<T: Ord>(mut names: impl Iterator<Item = T>) -> Result<(), SourceError> {
    let mut seen = BTreeSet::new();
    if names.all(|name| seen.insert(name)) {
        Ok(())
    } else {
        Err(bad("with two columns of one name"))
    }
}

fn bad(what: &'static str) -> SourceError {
    SourceError::BadShape { field: "(file)".to_owned(), what }
}

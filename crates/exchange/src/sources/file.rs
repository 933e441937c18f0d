//! A file, in memory by key, read anew when it changes. No row is lost: one without a key is counted
//! and listed.

use super::{SourceError, fill};
use crate::pack::{FileFormat, Header, Source, SourceKind};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// A list shows this many rows; the count is exact.
const LISTED: usize = 100;

type Row = Map<String, Json>;

/// What became of a file's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    /// Rows in the file.
    pub rows: usize,
    /// Rows found by a key.
    pub mapped: usize,
    /// Rows that no key leads to.
    pub unmapped: usize,
    /// The first hundred of those.
    pub listed: Vec<Unmapped>,
}

/// A row that no key leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// Which row, from 1, the header not counted.
    pub row: usize,
    /// Why.
    pub why: String,
}

#[derive(Default)]
struct Loaded {
    mark: Option<(SystemTime, u64)>,
    by_key: HashMap<String, Vec<Arc<Row>>>,
    report: LoadReport,
}

pub(super) struct FileSource {
    path: PathBuf,
    format: FileFormat,
    delimiter: u8,
    rows: String,
    header: Header,
    key: String,
    loaded: Mutex<Loaded>,
}

impl FileSource {
    pub(super) fn new(source: &Source, places: &BTreeMap<String, String>) -> Result<Self, String> {
        let SourceKind::File { path, format, delimiter, rows, header, key } = &source.kind else {
            return Err("not a file source".to_owned());
        };
        Ok(Self {
            path: fill(path, places)?.into(),
            format: *format,
            delimiter: u8::try_from(*delimiter)
                .map_err(|_| "the delimiter must be one ASCII character")?,
            rows: rows.clone(),
            header: *header,
            key: key.clone(),
            loaded: Mutex::default(),
        })
    }

    /// The raw rows of a key.
    pub(super) fn rows(&self, key: &str) -> Result<Vec<Row>, SourceError> {
        let loaded = self.fresh()?;
        Ok(loaded
            .by_key
            .get(key)
            .map(|rows| rows.iter().map(|row| Row::clone(row)).collect())
            .unwrap_or_default())
    }

    /// What became of the file's rows when it was last read; it is read if it has not been yet.
    pub(super) fn report(&self) -> LoadReport {
        self.fresh().map(|loaded| loaded.report.clone()).unwrap_or_default()
    }

    fn fresh(&self) -> Result<std::sync::MutexGuard<'_, Loaded>, SourceError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = std::fs::metadata(&self.path).map_err(|_| SourceError::Unreachable)?;
        let mark = facts.modified().ok().map(|at| (at, facts.len()));
        if loaded.mark != mark || mark.is_none() {
            *loaded = self.load()?;
            loaded.mark = mark;
        }
        Ok(loaded)
    }

    fn load(&self) -> Result<Loaded, SourceError> {
        let bytes = std::fs::read(&self.path).map_err(|_| SourceError::Unreachable)?;
        let rows = match self.format {
            FileFormat::Csv => self.csv(&bytes)?,
            FileFormat::Json => self.json(&bytes)?,
        };
        let mut loaded = Loaded::default();
        for (i, row) in rows.into_iter().enumerate() {
            loaded.report.rows += 1;
            let key = match row.get(&self.key) {
                Some(Json::String(text)) => text.trim().to_owned(),
                Some(Json::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            if key.is_empty() {
                loaded.report.unmapped += 1;
                if loaded.report.listed.len() < LISTED {
                    loaded
                        .report
                        .listed
                        .push(Unmapped { row: i + 1, why: format!("{} is blank", self.key) });
                }
                continue;
            }
            loaded.report.mapped += 1;
            loaded.by_key.entry(key).or_default().push(Arc::new(row));
        }
        Ok(loaded)
    }

    fn csv(&self, bytes: &[u8]) -> Result<Vec<Row>, SourceError> {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(self.delimiter).flexible(true).from_reader(bytes);
        let names: Vec<String> = reader
            .headers()
            .map_err(|_| bad("has no header"))?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').to_owned())
            .collect();
        let mut rows = Vec::new();
        for record in reader.byte_records() {
            let record = record.map_err(|_| bad("not CSV"))?;
            rows.push(
                names
                    .iter()
                    .zip(record.iter())
                    .map(|(name, cell)| {
                        (name.clone(), String::from_utf8_lossy(cell).into_owned().into())
                    })
                    .collect(),
            );
        }
        Ok(rows)
    }

    fn json(&self, bytes: &[u8]) -> Result<Vec<Row>, SourceError> {
        let whole: Json = serde_json::from_slice(bytes).map_err(|_| bad("not JSON"))?;
        let rows = whole
            .pointer(&self.rows)
            .and_then(Json::as_array)
            .ok_or_else(|| bad("has no rows there"))?;
        let mut rows = rows
            .iter()
            .map(|row| row.as_object().cloned().ok_or_else(|| bad("not an object")))
            .collect::<Result<Vec<_>, _>>()?;
        if self.header == Header::FirstObject && !rows.is_empty() {
            let names = rows.remove(0);
            let named = |(key, value): (String, Json)| {
                (names.get(&key).and_then(Json::as_str).map_or(key, str::to_owned), value)
            };
            rows = rows.into_iter().map(|row| row.into_iter().map(named).collect()).collect();
        }
        Ok(rows)
    }
}

fn bad(what: &'static str) -> SourceError {
    SourceError::BadShape { field: "(file)".to_owned(), what }
}

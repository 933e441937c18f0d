//! A SQL database: read-only, one statement with one parameter, limited in time.

use super::{
    MOST_ROWS, SourceError,
    mapping::{Mapping, Raw},
};
use serde_json::Value as Json;
use std::time::Duration;
use store::{Found, ReadError, ReadOnly, Row, Value};

pub(super) struct SqlSource {
    database: ReadOnly,
    query: String,
}

impl SqlSource {
    pub(super) fn new(url: &str, query: &str) -> Result<Self, String> {
        let database = ReadOnly::open(url).map_err(|error| error.to_string())?;
        Ok(Self { database, query: query.to_owned() })
    }

    pub(super) async fn rows(&self, key: &str, limit: Duration) -> Result<Found, SourceError> {
        let found = self.database.query(&self.query, key, limit, MOST_ROWS).await;
        found.map_err(|error| match error {
            ReadError::Timeout | ReadError::Database(store::Error::Retry(_)) => {
                SourceError::Timeout
            }
            ReadError::TooLarge => SourceError::TooLarge,
            ReadError::Database(store::Error::Unavailable(_)) => SourceError::Unreachable,
            ReadError::Database(other) => SourceError::NotSetUp(other.to_string()),
        })
    }
}

/// A row by its columns.
pub(super) struct Columns<'a> {
    row: Row,
    names: &'a [String],
    at: &'a [Option<usize>],
}

impl<'a> Columns<'a> {
    /// Which column each of a mapping's places is.
    pub(super) fn of(mapping: &Mapping<'_>, names: &[String]) -> Vec<Option<usize>> {
        mapping.places().map(|place| names.iter().position(|name| name == place)).collect()
    }

    pub(super) fn new(row: Row, names: &'a [String], at: &'a [Option<usize>]) -> Self {
        Self { row, names, at }
    }

    fn column(&self, place: usize) -> Option<usize> {
        self.at.get(place).copied().flatten()
    }

    fn json(&self, column: usize, value: Value) -> Result<Option<Json>, SourceError> {
        let wrong = || SourceError::BadShape {
            field: self.names.get(column).cloned().unwrap_or_default(),
            what: "of another type",
        };
        json(value).map(Some).ok_or_else(wrong)
    }
}

impl Raw for Columns<'_> {
    fn text(&self, place: usize) -> Option<&str> {
        self.row.text(self.column(place)?).ok()
    }

    fn value(&self, place: usize) -> Result<Option<Json>, SourceError> {
        let Some(column) = self.column(place) else { return Ok(None) };
        self.json(column, self.row.get(column).cloned().unwrap_or(Value::Null))
    }

    fn take(&mut self, place: usize) -> Result<Option<Json>, SourceError> {
        let Some(column) = self.column(place) else { return Ok(None) };
        let value = self.row.take(column);
        self.json(column, value)
    }
}

/// As JSON; `None` for what JSON has no word for: bytes, and numbers that are none.
fn json(value: Value) -> Option<Json> {
    match value {
        Value::Null => Some(Json::Null),
        Value::Int(v) => Some(v.into()),
        Value::Real(v) => serde_json::Number::from_f64(v).map(Json::Number),
        Value::Text(v) => Some(v.into()),
        Value::Blob(_) => None,
    }
}

//! A SQL database: read-only, one statement with one parameter, limited in time.

use super::{MOST_ROWS, SourceError};
use serde_json::{Map, Value as Json};
use std::time::Duration;
use store::{ReadError, ReadOnly, Value};

pub(super) struct SqlSource {
    database: ReadOnly,
    query: String,
}

impl SqlSource {
    pub(super) fn new(url: &str, query: &str) -> Result<Self, String> {
        let database = ReadOnly::open(url).map_err(|error| error.to_string())?;
        Ok(Self { database, query: query.to_owned() })
    }

    pub(super) async fn rows(
        &self,
        key: &str,
        limit: Duration,
    ) -> Result<Vec<Map<String, Json>>, SourceError> {
        let found = self.database.query(&self.query, key, limit, MOST_ROWS).await;
        let (names, rows) = found.map_err(|error| match error {
            ReadError::Timeout | ReadError::Database(store::Error::Retry(_)) => {
                SourceError::Timeout
            }
            ReadError::TooLarge => SourceError::TooLarge,
            ReadError::Database(store::Error::Unavailable(_)) => SourceError::Unreachable,
            ReadError::Database(other) => SourceError::NotSetUp(other.to_string()),
        })?;
        rows.iter()
            .map(|row| {
                let cell = |(i, name): (usize, &String)| {
                    let value = row.get(i).ok().and_then(json);
                    let value = value.ok_or_else(|| SourceError::BadShape {
                        field: name.clone(),
                        what: "of another type",
                    });
                    Ok((name.clone(), value?))
                };
                names.iter().enumerate().map(cell).collect()
            })
            .collect()
    }
}

/// As JSON; `None` for what JSON has no word for: bytes, and numbers that are none.
fn json(value: &Value) -> Option<Json> {
    match value {
        Value::Null => Some(Json::Null),
        Value::Int(v) => Some((*v).into()),
        Value::Real(v) => serde_json::Number::from_f64(*v).map(Json::Number),
        Value::Text(v) => Some(v.as_str().into()),
        Value::Blob(_) => None,
    }
}

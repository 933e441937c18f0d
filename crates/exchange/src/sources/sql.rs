//! A SQL database: read-only, one statement with one parameter, limited in time.

use super::{MOST_ROWS, SourceError};
use serde_json::{Map, Value as Json};
use std::time::Duration;
use store::{ReadOnly, Value};

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
        let (names, rows) =
            self.database.query(&self.query, key, limit, MOST_ROWS).await.map_err(|error| {
                match error {
                    store::Error::Retry(_) => SourceError::Timeout,
                    store::Error::Unavailable(_) => SourceError::Unreachable,
                    other => SourceError::NotSetUp(other.to_string()),
                }
            })?;
        let row = |row: &store::Row| {
            names
                .iter()
                .enumerate()
                .map(|(i, name)| (name.clone(), row.get(i).map_or(Json::Null, json)))
                .collect()
        };
        Ok(rows.iter().map(row).collect())
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Blob(_) => Json::Null,
        Value::Int(v) => (*v).into(),
        Value::Real(v) => (*v).into(),
        Value::Text(v) => v.as_str().into(),
    }
}

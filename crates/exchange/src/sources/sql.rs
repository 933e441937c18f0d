//! A SQL database: read-only, one statement with one parameter, limited in time.

use super::{
    MOST_ROWS, SourceError,
    mapping::{Mapping, Raw},
};
use std::time::Duration;
use store::{Cell, Cells, ReadError, ReadOnly};

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
        mapping: &Mapping<'_>,
        key: &str,
        limit: Duration,
    ) -> Result<Cells, SourceError> {
        let columns: Vec<_> = mapping.places().collect();
        let found = self.database.query(&self.query, key, &columns, limit, MOST_ROWS).await;
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

/// A found row; its columns are the mapping's places.
pub(super) struct Found<'a> {
    pub(super) cells: &'a Cells,
    pub(super) row: usize,
}

impl Raw for Found<'_> {
    fn value(&self, place: usize) -> Cell<&str> {
        self.cells.get(self.row, place)
    }
}

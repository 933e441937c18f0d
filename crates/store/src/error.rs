/// What a statement or transaction came to, in kinds a caller can act on on either engine.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A unique or primary key exists already.
    #[error("not unique: {0}")]
    Unique(String),
    /// A referenced row is missing.
    #[error("missing reference: {0}")]
    Reference(String),
    /// A check or not-null constraint refused the row.
    #[error("check failed: {0}")]
    Check(String),
    /// Another transaction was in the way; the whole closure was tried again and still lost.
    #[error("busy, try again: {0}")]
    Retry(String),
    /// The engine cannot be reached, or the commit failed.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Anything else: a mistake of ours.
    #[error("database: {0}")]
    Other(String),
}

/// A result of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error().map(|e| (e.code, e.extended_code)) {
            Some((_, 2067 | 1555)) => Self::Unique(text),
            Some((_, 787)) => Self::Reference(text),
            Some((_, 275 | 1299)) => Self::Check(text),
            Some((ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)) => Self::Retry(text),
            Some((
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly,
                _,
            )) => Self::Unavailable(text),
            _ => Self::Other(text),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
        match error.code().map(tokio_postgres::error::SqlState::code) {
            Some("23505") => Self::Unique(text),
            Some("23503") => Self::Reference(text),
            Some("23514" | "23502") => Self::Check(text),
            Some("40001" | "40P01") => Self::Retry(text),
            None => Self::Unavailable(text),
            Some(code)
                if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") =>
            {
                Self::Unavailable(text)
            }
            Some(_) => Self::Other(text),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Error> for kernel::Problem {
    fn from(error: Error) -> Self {
        let problem = match error {
            Error::Retry(_) | Error::Unavailable(_) => {
                Self::new(503, "busy").header("retry-after", 2)
            }
            _ => Self::new(500, "internal"),
        };
        Self { internal: Some(error.to_string()), ..problem }
    }
}

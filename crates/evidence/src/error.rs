/// What can go wrong with the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A form that cannot be read, or a signature that does not verify.
    #[error(transparent)]
    Wire(#[from] wire::Error),
    /// What is stored contradicts itself or what was signed: nothing more is signed until a person has looked.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// The entry is durable but has no signed place yet: unknown, not refused. Ask again.
    #[error("the entry is logged but not yet sequenced")]
    Behind,
    /// No such entry.
    #[error("no such entry in the log")]
    Missing,
}

/// A result of the log.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for kernel::Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Behind => Self {
                internal: Some(error.to_string()),
                ..Self::new(503, "busy").header("retry-after", 1)
            },
            other => Self::internal(other),
        }
    }
}

/// Damage that is found inside a transaction, where the store's error is spoken.
pub(crate) fn damaged(why: impl std::fmt::Display) -> store::Error {
    store::Error::Other(format!("the log is damaged: {why}"))
}

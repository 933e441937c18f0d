//! What is not as a standard says.

/// A format or a proof that does not hold, in words for an operator or a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub &'static str);

/// With [`Broken`].
pub type Result<T> = std::result::Result<T, Broken>;

impl From<der::Error> for Broken {
    fn from(_: der::Error) -> Self {
        Self("not DER as it should be")
    }
}

//! C2SP tlog-checkpoint: a tree head as note text.

use super::{Hash, NoteSigner, NoteVerifier};
use crate::{Error, Result, b64};

/// A tree head: which log, how many leaves, which root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The note text: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, b64::standard(self.root))
    }

    /// The signed checkpoint; the signer's name must be the origin.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String> {
        if signer.name() != self.origin {
            return Err(Error::NoKey);
        }
        signer.sign(&self.text())
    }

    /// Reads note text; extension lines are passed over.
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = Error::Malformed("checkpoint");
        let mut lines = text.strip_suffix('\n').ok_or(malformed)?.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty()).ok_or(malformed);
        let (origin, size, root) =
            (next()?.to_owned(), number(next()?)?, b64::hash_from_standard(next()?)?);
        if lines.any(str::is_empty) { Err(malformed) } else { Ok(Self { origin, size, root }) }
    }

    /// Reads a signed checkpoint that this key signed for the log of its name.
    pub fn verify(note: &str, verifier: &NoteVerifier) -> Result<Self> {
        let checkpoint = Self::parse(verifier.verify(note)?)?;
        if checkpoint.origin == verifier.name() { Ok(checkpoint) } else { Err(Error::NoKey) }
    }
}

/// A decimal without leading zeroes.
pub(super) fn number(text: &str) -> Result<u64> {
    let value: u64 = text.parse().map_err(|_| Error::Malformed("number"))?;
    if value.to_string() == text { Ok(value) } else { Err(Error::Malformed("number")) }
}

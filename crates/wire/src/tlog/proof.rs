//! C2SP tlog-proof: what verifies offline that an entry is in a log.

use super::{
    Checkpoint, Hash, Note, NoteVerifier, checkpoint::number, leaf_hash, verify_inclusion,
};
use crate::{Error, Result, b64};
use std::fmt::Write as _;

/// The first line.
pub const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2⁶⁴ leaves has no longer proof.
const MOST_HASHES: usize = 64;
/// Longest proof read, in bytes.
const LONGEST: usize = 262_144;

/// Index, inclusion proof and signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The entry's place, from zero.
    pub index: u64,
    /// From the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl TlogProof {
    /// The proof as text.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(64 + self.hashes.len() * 45 + self.checkpoint.len());
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{PROOF_HEADER}\nindex {}", self.index);
        for hash in &self.hashes {
            text.push_str(&b64::standard(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a proof; an `extra` line is passed over, since nothing vouches for it.
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = Error::Malformed("log proof");
        if text.len() > LONGEST {
            return Err(Error::TooLong("log proof"));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(PROOF_HEADER) {
            return Err(malformed);
        }
        if let Some(extra) = lines.next_if(|line| line.starts_with("extra ")) {
            b64::from_standard(&extra["extra ".len()..])?;
        }
        let index =
            number(lines.next().and_then(|line| line.strip_prefix("index ")).ok_or(malformed)?)?;
        let hashes = lines
            .by_ref()
            .take(MOST_HASHES + 1)
            .map(b64::hash_from_standard)
            .collect::<Result<Vec<_>>>()?;
        if hashes.len() > MOST_HASHES {
            return Err(malformed);
        }
        Checkpoint::parse(Note::parse(checkpoint)?.text)?;
        Ok(Self { index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Whether the log of this key holds `entry` at [`TlogProof::index`]; gives the checkpoint that says so.
    pub fn verify(&self, entry: &[u8], verifier: &NoteVerifier) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::verify(&self.checkpoint, verifier)?;
        verify_inclusion(
            &leaf_hash(entry),
            self.index,
            checkpoint.size,
            &checkpoint.root,
            &self.hashes,
        )?;
        Ok(checkpoint)
    }
}

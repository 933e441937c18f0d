//! Checking: a receipt with the log's public key alone, a whole database against what was signed.

mod database;

use crate::entry::{Entry, Opening, Receipt};
use serde_json::Value;
use wire::{
    Error, Result, b64, sha256,
    tlog::{Checkpoint, NoteVerifier, TlogProof},
};

pub use database::{Fault, Report, database};

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The public entry.
    pub entry: Entry,
    /// Its place in the log.
    pub index: u64,
    /// The signed head that holds it.
    pub checkpoint: Checkpoint,
}

/// Checks a receipt with the log's key (`origin+id+key`), offline.
pub fn receipt(receipt: &Receipt, key: &NoteVerifier) -> Result<Proven> {
    let proof = TlogProof::parse(&receipt.proof)?;
    let checkpoint = proof.verify(receipt.entry.as_bytes(), key)?;
    Ok(Proven { entry: Entry::parse(&receipt.entry)?, index: proof.index, checkpoint })
}

/// Checks that a record is the one an entry committed to, and gives it.
pub fn opening(entry: &Entry, opening: &Opening) -> Result<Value> {
    let record: Value =
        serde_json::from_str(opening.record.get()).map_err(|_| Error::Malformed("record"))?;
    if entry.is_opened_by(&record, &b64::decode(&opening.salt)?) {
        Ok(record)
    } else {
        Err(Error::Signature)
    }
}

/// Checks that a released payload is, byte for byte, the one whose SHA-256 the record carries as `digest`.
pub fn payload(record: &Value, payload: &[u8]) -> Result<()> {
    let said = record.get("digest").and_then(Value::as_str).ok_or(Error::Malformed("record"))?;
    if said == b64::encode(sha256(&[payload])) { Ok(()) } else { Err(Error::Signature) }
}

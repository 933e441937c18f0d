//! Signatures in PDFs (ISO 32000-2 §12.8, PAdES EN 319 142-1), by incremental update: what stood there stays
//! byte for byte, and so do signatures in it. Pure.

mod read;
mod write;

pub use read::{Found, signatures};

use crate::error::Broken;
use kernel::{Problem, Timestamp};
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};
use std::ops::Range;

/// A PDF is no longer than this.
pub const LONGEST: usize = 10 * 1024 * 1024;
/// What its streams may unpack to, each.
const UNPACKED: usize = 32 * 1024 * 1024;
/// Objects in one file.
const OBJECTS: usize = 200_000;
/// Room for the signature, in bytes: ours has 4,000; an authority's chain may be long.
const ROOM: usize = 16 * 1024;

/// Why a PDF cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is longer than [`LONGEST`], or unpacks to too much.
    Long,
    /// Not a PDF, or one whose tables are wrong.
    Damaged,
    /// Encrypted.
    Encrypted,
    /// Its author certified it and allows no change.
    Closed,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Long => Self::new(413, "pdf-too-long"),
            Refused::Damaged => Self::new(422, "pdf-damaged"),
            Refused::Encrypted => Self::new(422, "pdf-encrypted"),
            Refused::Closed => Self::new(422, "pdf-closed"),
        }
    }
}

impl From<lopdf::Error> for Refused {
    fn from(_: lopdf::Error) -> Self {
        Self::Damaged
    }
}

/// A PDF that was read.
pub struct Pdf<'a> {
    bytes: &'a [u8],
    document: Document,
    /// Where its newest cross-reference section lies.
    xref: usize,
}

/// Where the file says that its newest cross-reference section lies.
fn startxref(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.get(bytes.len().saturating_sub(1024)..)?;
    let at = tail.windows(9).rposition(|part| part == b"startxref")?;
    let rest = tail.get(at + 9..)?;
    let digits: Vec<u8> = rest
        .iter()
        .copied()
        .skip_while(u8::is_ascii_whitespace)
        .take_while(u8::is_ascii_digit)
        .collect();
    let offset = std::str::from_utf8(&digits).ok()?.parse().ok()?;
    (offset < bytes.len()).then_some(offset)
}

impl<'a> Pdf<'a> {
    /// Reads one, if it can be signed.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        if bytes.len() > LONGEST {
            return Err(Refused::Long);
        }
        if !bytes.starts_with(b"%PDF-") {
            return Err(Refused::Damaged);
        }
        let xref = startxref(bytes).ok_or(Refused::Damaged)?;
        let options = LoadOptions {
            max_decompressed_size: Some(UNPACKED),
            strict: false,
            ..LoadOptions::default()
        };
        let document = match Document::load_mem_with_options(bytes, options) {
            Ok(document) => document,
            Err(lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)) => {
                return Err(Refused::Encrypted);
            }
            Err(_) => return Err(Refused::Damaged),
        };
        if document.is_encrypted() || document.was_encrypted() {
            return Err(Refused::Encrypted);
        }
        // What had to be repaired would be broken again by a section that points at it.
        if document.xref_recovery.is_some() || document.objects.len() > OBJECTS {
            return Err(Refused::Damaged);
        }
        Ok(Self { bytes, document, xref })
    }

    fn catalog(&self) -> Result<(ObjectId, &Dictionary), Refused> {
        let id = self.document.trailer.get(b"Root")?.as_reference()?;
        Ok((id, self.document.get_dictionary(id)?))
    }

    /// The value of a key, wherever it stands, and the object it is if it is one of its own.
    fn of<'b>(
        &'b self,
        dictionary: &'b Dictionary,
        key: &[u8],
    ) -> Result<Option<(Option<ObjectId>, &'b Object)>, Refused> {
        match dictionary.get(key) {
            Ok(object) => Ok(Some(self.document.dereference(object)?)),
            Err(_) => Ok(None),
        }
    }

    /// The right to change it, as its author's certification says (ISO 32000-2 §12.8.2.2): 1 is none.
    fn may_change(&self) -> Result<bool, Refused> {
        let (_, catalog) = self.catalog()?;
        let step = |from: Option<&'_ Dictionary>, key: &[u8]| -> Option<Dictionary> {
            let (_, object) = self.of(from?, key).ok()??;
            object.as_dict().ok().cloned()
        };
        let signature = step(step(Some(catalog), b"Perms").as_ref(), b"DocMDP");
        let Some(signature) = signature else { return Ok(true) };
        let Some((_, Object::Array(references))) = self.of(&signature, b"Reference")? else {
            return Ok(true);
        };
        let level = references.iter().find_map(|one| {
            let (_, one) = self.document.dereference(one).ok()?;
            let level = step(Some(one.as_dict().ok()?), b"TransformParams")?;
            level.get(b"P").ok()?.as_i64().ok()
        });
        Ok(level != Some(1))
    }

    /// The file with room for a signature by somebody at a time.
    pub fn prepare(&self, name: &str, at: Timestamp) -> Result<Prepared, Refused> {
        if !self.may_change()? {
            return Err(Refused::Closed);
        }
        write::update(self, name, at)
    }
}

/// A PDF with room for its signature.
pub struct Prepared {
    bytes: Vec<u8>,
    /// From `<` to behind `>`.
    hole: Range<usize>,
}

impl Prepared {
    /// SHA-256 of all that is signed: everything but the hole.
    pub fn digest(&self) -> [u8; 32] {
        let (before, after) = (self.bytes.get(..self.hole.start), self.bytes.get(self.hole.end..));
        wire::sha256(&[before.unwrap_or_default(), after.unwrap_or_default()])
    }

    /// As it is kept until the time-stamp is there.
    pub(crate) fn keep(&self) -> Vec<u8> {
        let place = |at: usize| u64::try_from(at).unwrap_or_default().to_be_bytes();
        [&place(self.hole.start)[..], &place(self.hole.end), &self.bytes].concat()
    }

    /// What [`Prepared::keep`] gave.
    pub(crate) fn kept(bytes: &[u8]) -> Result<Self, Broken> {
        let broken = Broken("a prepared document that is none");
        let (start, rest) = bytes.split_first_chunk::<8>().ok_or(broken)?;
        let (end, rest) = rest.split_first_chunk::<8>().ok_or(broken)?;
        let place = |at: &[u8; 8]| usize::try_from(u64::from_be_bytes(*at)).map_err(|_| broken);
        let hole = place(start)?..place(end)?;
        if rest.get(hole.clone()).is_none_or(|hole| hole.len() < 2) {
            return Err(broken);
        }
        Ok(Self { bytes: rest.to_vec(), hole })
    }

    /// The signed PDF.
    pub fn fill(mut self, signature: &[u8]) -> Result<Vec<u8>, Broken> {
        let hex = crate::pki::hex(signature);
        let inside = self.hole.start + 1..self.hole.end - 1;
        let hole = self.bytes.get_mut(inside).ok_or(Broken("no room for the signature"))?;
        let room = hole.get_mut(..hex.len()).ok_or(Broken("the signature is too long"))?;
        room.copy_from_slice(hex.as_bytes());
        Ok(self.bytes)
    }
}

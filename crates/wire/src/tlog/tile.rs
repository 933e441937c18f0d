//! C2SP tlog-tiles: 256 hashes to a tile, paths, and bundles of entries.

use super::{Hash, checkpoint::number, node_hash};
use crate::{Error, Result};
use std::fmt;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE: u64 = 256;

/// Where a tile or a bundle of entries is: what follows `tile/` in its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TilePath {
    /// The tile's level, 0 to 63; `None` for a bundle of entries.
    pub level: Option<u8>,
    /// Which tile of its level.
    pub n: u64,
    /// How many hashes or entries, 1 to 256.
    pub width: u16,
}

impl TilePath {
    /// Reads `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`.
    pub fn parse(path: &str) -> Result<Self> {
        let malformed = Error::Malformed("tile path");
        if path.len() > 64 {
            return Err(Error::TooLong("tile path"));
        }
        let (level, rest) = path.split_once('/').ok_or(malformed)?;
        let level = match level {
            "entries" => None,
            text => Some(
                u8::try_from(number(text)?).ok().filter(|level| *level < 64).ok_or(malformed)?,
            ),
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, 256),
            Some((index, width)) => (
                index,
                u16::try_from(number(width)?)
                    .ok()
                    .filter(|w| (1..256).contains(w))
                    .ok_or(malformed)?,
            ),
        };
        let mut n: u64 = 0;
        for part in index.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(malformed);
            }
            let digits = digits.parse().map_err(|_| malformed)?;
            n = n.checked_mul(1000).and_then(|n| n.checked_add(digits)).ok_or(malformed)?;
        }
        // One spelling for each: no needless groups, an `x` on all groups but the last.
        let path_of = Self { level, n, width };
        if path_of.to_string() == path { Ok(path_of) } else { Err(malformed) }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            None => f.write_str("entries/")?,
            Some(level) => write!(f, "{level}/")?,
        }
        let mut groups = vec![self.n % 1000];
        let mut rest = self.n / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (place, group) in groups.iter().enumerate().rev() {
            if place > 0 { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
        }
        if self.width < 256 { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// The hash at (height, index) out of the tile that spans it: its level is `height / 8`, and the tile is the
/// one over that node. `None` where the tile, of concatenated hashes, does not reach.
pub fn tile_node(tile: &[u8], height: u8, index: u64) -> Option<Hash> {
    let inner = u32::from(height % 8);
    let first = usize::try_from((index % (TILE >> inner)) << inner).ok()?;
    let hashes = tile.get(first * 32..(first + (1 << inner)) * 32)?;
    let mut level: Vec<Hash> =
        hashes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect();
    while level.len() > 1 {
        level = level.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    level.pop()
}

/// A bundle of entries: each with its length before it, in two bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle(pub Vec<u8>);

impl Bundle {
    /// Adds an entry of at most 65,535 bytes.
    pub fn push(&mut self, entry: &[u8]) -> Result<()> {
        let length = u16::try_from(entry.len()).map_err(|_| Error::TooLong("log entry"))?;
        self.0.extend(length.to_be_bytes());
        self.0.extend(entry);
        Ok(())
    }

    /// The entries.
    pub fn entries(&self) -> Result<Vec<&[u8]>> {
        let malformed = Error::Malformed("entry bundle");
        let (mut rest, mut entries) = (&self.0[..], Vec::new());
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk().ok_or(malformed)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length > after.len() || entries.len() == 256 {
                return Err(malformed);
            }
            let (entry, after) = after.split_at(length);
            entries.push(entry);
            rest = after;
        }
        Ok(entries)
    }
}

//! Recomputes a log from its rows: record and salt to digest, entry to leaf, leaves to tiles, tiles to the
//! signed root. Whoever edits a row by hand cannot make all of them agree.

use crate::{
    Logged, Result,
    edge::Edge,
    entry::{Entry, digest},
    for_each_record,
    sequence::stored_tile,
    sql,
};
use std::fmt;
use store::{Db, Tx};
use wire::tlog::{Checkpoint, Hash, NoteVerifier, TILE, leaf_hash};

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that the signed head counts.
    pub size: u64,
    /// Entries read.
    pub entries: u64,
    /// Of these, entries whose record or salt was erased: nothing is left to check but the entry.
    pub erased: u64,
    /// The signed head.
    pub checkpoint: String,
    /// Everything that does not agree.
    pub faults: Vec<Fault>,
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The head is absent, or not signed by this key, or its columns are not what was signed.
    Head(String),
    /// No entry at these places, the second not included.
    Missing(u64, u64),
    /// An entry beyond the signed head.
    Beyond(u64),
    /// The public entry is not what was signed.
    Entry(u64),
    /// The public entry is not one in form, or its columns say something else.
    Form(u64),
    /// The record is not the one that the public entry commits to.
    Record(u64),
    /// A tile of hashes: level and number.
    Tile(u8, u64),
    /// The root is not the signed one.
    Root,
    /// The log does not begin with the one of this size that was signed earlier.
    Forked(u64),
    /// The log is shorter than this size, which was signed earlier.
    Shorter(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(why) => write!(f, "the head: {why}"),
            Self::Missing(from, to) if from + 1 == *to => write!(f, "entry {from} is missing"),
            Self::Missing(from, to) => write!(f, "entries {from} to {} are missing", to - 1),
            Self::Beyond(index) => write!(f, "entry {index} is beyond the signed head"),
            Self::Entry(index) => write!(f, "entry {index} is not the one that was signed"),
            Self::Form(index) => write!(
                f,
                "entry {index} does not have the form of an entry, or its columns differ from it"
            ),
            Self::Record(index) => write!(f, "the record of entry {index} was changed"),
            Self::Tile(level, n) => write!(f, "tile {level}/{n} was changed"),
            Self::Root => write!(f, "the root is not the one that was signed"),
            Self::Forked(size) => {
                write!(f, "the log is not the one of {size} entries that was signed earlier")
            }
            Self::Shorter(size) => {
                write!(f, "the log is shorter than the {size} entries that were signed earlier")
            }
        }
    }
}

/// Checks the log of a database with its public key. `signed` are checkpoints kept elsewhere (in receipts, by
/// witnesses): the log must continue each. `progress` is told how many entries of how many were read.
pub async fn database(
    db: &Db,
    key: NoteVerifier,
    signed: Vec<String>,
    mut progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Report> {
    db.read_long(move |tx| {
        let mut walk = Walk::begin(tx, &key, &signed)?;
        for_each_record(tx, |tx, logged| {
            if walk.report.entries.is_multiple_of(1024) {
                progress(walk.report.entries, walk.report.size);
            }
            walk.entry(tx, &logged)
        })?;
        walk.finish(tx)
    })
    .await
}

/// A tree grown anew, and the stored tiles of its upper levels that differ from it.
#[derive(Default)]
struct Grown {
    edge: Edge,
    compared: u64,
    differing: Vec<Fault>,
    at_earlier: Vec<Hash>,
}

impl Grown {
    fn push(&mut self, tx: &mut Tx<'_>, leaf: Hash, earlier: &[Checkpoint]) -> store::Result<()> {
        self.edge.push(leaf)?;
        if self.edge.size().is_multiple_of(TILE) {
            self.compare(tx)?;
        }
        for _ in earlier.iter().filter(|checkpoint| checkpoint.size == self.edge.size()) {
            self.at_earlier.push(self.edge.root(self.edge.size())?);
        }
        Ok(())
    }

    /// Compares tiles above the leaves as they fill.
    fn compare(&mut self, tx: &mut Tx<'_>) -> store::Result<()> {
        let tiles = self.edge.tiles_since(self.compared)?;
        self.differing_of(
            tx,
            tiles.into_iter().filter(|(_, _, hashes)| hashes.len() as u64 == TILE * 32).collect(),
        )?;
        self.compared = self.edge.size();
        self.edge.trim();
        Ok(())
    }

    fn differing_of(
        &mut self,
        tx: &mut Tx<'_>,
        tiles: Vec<(u8, u64, Vec<u8>)>,
    ) -> store::Result<()> {
        for (level, n, hashes) in tiles {
            if level > 0 && stored_tile(tx, level, n)?.as_ref() != Some(&hashes) {
                self.differing.push(Fault::Tile(level, n));
            }
        }
        Ok(())
    }

    /// Compares the tiles that have not filled.
    fn finish(&mut self, tx: &mut Tx<'_>) -> store::Result<()> {
        let tiles = self.edge.partial_tiles()?;
        self.differing_of(tx, tiles)
    }
}

struct Walk {
    report: Report,
    root: Option<Hash>,
    /// Checkpoints of earlier, by size.
    earlier: Vec<Checkpoint>,
    /// The tree that the entries give, and the one that the lowest tiles give: one of them may be true.
    entries: Grown,
    tiles: Grown,
    /// Places where the two differ.
    differing: Vec<u64>,
    tile: Vec<u8>,
}

impl Walk {
    fn begin(tx: &mut Tx<'_>, key: &NoteVerifier, signed: &[String]) -> Result<Self> {
        let mut report = Report::default();
        let mut root = None;
        match tx.query_opt(sql::HEAD, &[])? {
            None => report.faults.push(Fault::Head("absent".to_owned())),
            Some(row) => {
                report.size = u64::try_from(row.int(0)?).unwrap_or(0);
                row.text(2)?.clone_into(&mut report.checkpoint);
                match Checkpoint::verify(row.text(2)?, key) {
                    Ok(head) if head.size == report.size && head.root == *row.blob(1)? => {
                        root = Some(head.root);
                    }
                    Ok(head) => {
                        report
                            .faults
                            .push(Fault::Head("its columns are not what was signed".to_owned()));
                        (report.size, root) = (head.size, Some(head.root));
                    }
                    Err(error) => report.faults.push(Fault::Head(error.to_string())),
                }
            }
        }
        let mut earlier = signed
            .iter()
            .map(|note| Checkpoint::verify(note, key))
            .collect::<wire::Result<Vec<_>>>()?;
        earlier.sort_by_key(|checkpoint| checkpoint.size);
        earlier.retain(|checkpoint| checkpoint.size > 0);
        for checkpoint in earlier.iter().filter(|checkpoint| checkpoint.size > report.size) {
            report.faults.push(Fault::Shorter(checkpoint.size));
        }
        let (entries, tiles) = (Grown::default(), Grown::default());
        Ok(Self { report, root, earlier, entries, tiles, differing: Vec::new(), tile: Vec::new() })
    }

    fn entry(&mut self, tx: &mut Tx<'_>, logged: &Logged) -> Result<()> {
        let Some(index) = logged.index else { return Ok(()) };
        self.report.entries += 1;
        if index >= self.report.size {
            self.report.faults.push(Fault::Beyond(index));
            return Ok(());
        }
        self.skip_to(tx, index)?;
        self.leaf(tx, Some(leaf_hash(logged.entry.as_bytes())))?;
        match Entry::parse(&logged.entry) {
            Ok(entry) if entry.kind == logged.kind && entry.department == logged.department => {
                match (&logged.record, &logged.salt) {
                    (Some(record), Some(salt))
                        if entry.digest == digest(salt, record.as_bytes()) => {}
                    (Some(_), Some(_)) => self.report.faults.push(Fault::Record(index)),
                    _ => self.report.erased += 1,
                }
            }
            _ => self.report.faults.push(Fault::Form(index)),
        }
        Ok(())
    }

    /// Notes the places before `index` that no entry has; their tiles stand in for them.
    fn skip_to(&mut self, tx: &mut Tx<'_>, index: u64) -> Result<()> {
        let next = self.entries.edge.size();
        if next < index {
            self.report.faults.push(Fault::Missing(next, index));
            for _ in next..index {
                self.leaf(tx, None)?;
            }
        }
        Ok(())
    }

    fn leaf(&mut self, tx: &mut Tx<'_>, of_entry: Option<Hash>) -> Result<()> {
        let index = self.entries.edge.size();
        if index.is_multiple_of(TILE) {
            self.tile = stored_tile(tx, 0, index / TILE)?.unwrap_or_default();
        }
        let at = usize::try_from(index % TILE).unwrap_or(0) * 32;
        let of_tile: Option<Hash> =
            self.tile.get(at..at + 32).and_then(|hash| hash.try_into().ok());
        if of_entry != of_tile && of_entry.is_some() {
            self.differing.push(index);
        }
        let stand_in = of_tile.or(of_entry).unwrap_or_default();
        self.tiles.push(tx, stand_in, &self.earlier)?;
        Ok(self.entries.push(tx, of_entry.unwrap_or(stand_in), &self.earlier)?)
    }

    fn finish(mut self, tx: &mut Tx<'_>) -> Result<Report> {
        self.skip_to(tx, self.report.size)?;
        self.entries.finish(tx)?;
        self.tiles.finish(tx)?;
        let size = self.report.size;
        let (by_entries, by_tiles) = (self.entries.edge.root(size)?, self.tiles.edge.root(size)?);
        let entries_hold = self.root == Some(by_entries);
        if entries_hold {
            let mut tiles: Vec<_> =
                self.differing.iter().map(|index| Fault::Tile(0, index / TILE)).collect();
            tiles.dedup();
            self.report.faults.extend(tiles);
            self.report.faults.append(&mut self.entries.differing);
        } else {
            if self.root.is_some_and(|root| root != by_tiles) {
                self.report.faults.push(Fault::Root);
            }
            self.report.faults.extend(self.differing.iter().copied().map(Fault::Entry));
            self.report.faults.append(&mut self.tiles.differing);
        }
        let true_one = if entries_hold { &self.entries } else { &self.tiles };
        for (checkpoint, root) in self.earlier.iter().zip(&true_one.at_earlier) {
            if checkpoint.root != *root {
                self.report.faults.push(Fault::Forked(checkpoint.size));
            }
        }
        self.tiles_too_many(tx)?;
        self.report.faults.sort();
        self.report.faults.dedup();
        Ok(self.report)
    }

    /// A tile that no size of this log needs.
    fn tiles_too_many(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        for row in tx.query(sql::TILES, &[])? {
            let level = u8::try_from(row.int(0)?).unwrap_or(u8::MAX);
            let hashes = self.report.size.checked_shr(8 * u32::from(level)).unwrap_or(0);
            let last = u64::try_from(row.int(2)?).unwrap_or(u64::MAX);
            if last >= hashes.div_ceil(TILE) {
                self.report.faults.push(Fault::Tile(level, last));
            }
        }
        Ok(())
    }
}

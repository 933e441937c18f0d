//! The right edge of the tree in memory: enough to grow it, and to prove what was appended lately, without
//! reading the database.

use crate::error::damaged;
use std::collections::VecDeque;
use wire::tlog::{Hash, TILE, node_hash, root};

/// Proofs of this many of the last leaves come from memory: about a megabyte.
const WINDOW: u64 = 16_384;

/// Perfect subtrees by height, the newest of each. Those below the size never change.
#[derive(Default)]
pub(crate) struct Edge {
    size: u64,
    heights: Vec<Height>,
}

/// The subtrees of one height from `first` on: `first + nodes.len()` is always `size >> height`.
#[derive(Default)]
struct Height {
    first: u64,
    nodes: VecDeque<Hash>,
}

impl Edge {
    /// How many leaves.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The edge of a stored tree, out of the last tile of each level: no more reads for ten million leaves
    /// than for ten.
    pub(crate) fn load(
        size: u64,
        mut tile: impl FnMut(u8, u64) -> store::Result<Option<Vec<u8>>>,
    ) -> store::Result<Self> {
        let mut heights = Vec::new();
        for level in 0..8u8 {
            let count = size >> (8 * level);
            if count == 0 {
                break;
            }
            let (n, width) = (count / TILE, usize::try_from(count % TILE).unwrap_or(0));
            let stored = if width > 0 { tile(level, n)?.unwrap_or_default() } else { Vec::new() };
            let hashes = stored
                .get(..width * 32)
                .ok_or_else(|| damaged(format!("tile {level}/{n} is short")))?;
            let mut nodes: Vec<Hash> =
                hashes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect();
            let mut first = n * TILE;
            for inner in (0..8).filter(|inner| size >> (8 * level + inner) > 0) {
                heights.push(Height { first, nodes: nodes.iter().copied().collect() });
                nodes = nodes.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
                first = (n * TILE) >> (inner + 1);
            }
        }
        Ok(Self { size, heights })
    }

    /// Adds a leaf.
    pub(crate) fn push(&mut self, leaf: Hash) -> store::Result<()> {
        let (mut hash, mut index) = (leaf, self.size);
        for height in 0.. {
            if self.heights.len() == height {
                self.heights.push(Height::default());
            }
            let Some(row) = self.heights.get_mut(height) else { break };
            let left = row.nodes.back().copied();
            row.nodes.push_back(hash);
            if index.is_multiple_of(2) {
                break;
            }
            hash = node_hash(&left.ok_or_else(|| damaged("the edge has a gap"))?, &hash);
            index /= 2;
        }
        self.size += 1;
        Ok(())
    }

    /// Takes back the leaves from `size` on.
    pub(crate) fn truncate(&mut self, size: u64) {
        if size > self.size {
            return;
        }
        self.size = size;
        for (height, row) in self.heights.iter_mut().enumerate() {
            let kept = (size >> height).saturating_sub(row.first);
            row.nodes.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        }
        self.heights.retain(|row| row.first > 0 || !row.nodes.is_empty());
    }

    /// Lets go of what is far from the edge, by whole tiles.
    pub(crate) fn trim(&mut self) {
        let from = self.size.saturating_sub(WINDOW);
        for (height, row) in self.heights.iter_mut().enumerate() {
            let first = (from >> height) / TILE * TILE;
            if first > row.first {
                let gone =
                    usize::try_from(first - row.first).unwrap_or(usize::MAX).min(row.nodes.len());
                row.nodes.drain(..gone);
                row.first = first;
            }
        }
    }

    /// The subtree at (height, index), if it is near the edge.
    pub(crate) fn get(&self, height: u8, index: u64) -> Option<Hash> {
        let row = self.heights.get(usize::from(height))?;
        row.nodes.get(usize::try_from(index.checked_sub(row.first)?).ok()?).copied()
    }

    /// The root over the first `size` leaves.
    pub(crate) fn root(&self, size: u64) -> store::Result<Hash> {
        root(size, |height, index| {
            self.get(height, index).ok_or_else(|| damaged("the edge has a gap"))
        })
    }

    /// The tiles that differ from when there were `old` leaves: level, number, hashes.
    pub(crate) fn tiles_since(&self, old: u64) -> store::Result<Vec<(u8, u64, Vec<u8>)>> {
        let mut tiles = Vec::new();
        for level in 0..8u8 {
            let (before, now) = (old >> (8 * level), self.size >> (8 * level));
            if before == now {
                break;
            }
            for n in before / TILE..=(now - 1) / TILE {
                tiles.push((level, n, self.tile(level, n)?));
            }
        }
        Ok(tiles)
    }

    /// The tiles that are not full, one a level at most: level, number, hashes.
    pub(crate) fn partial_tiles(&self) -> store::Result<Vec<(u8, u64, Vec<u8>)>> {
        let counts = (0..8u8).map(|level| (level, self.size >> (8 * level)));
        let partial = counts.filter(|(_, count)| !count.is_multiple_of(TILE));
        partial
            .map(|(level, count)| Ok((level, count / TILE, self.tile(level, count / TILE)?)))
            .collect()
    }

    fn tile(&self, level: u8, n: u64) -> store::Result<Vec<u8>> {
        let nodes = (n * TILE..((n + 1) * TILE).min(self.size >> (8 * level)))
            .map(|index| self.get(8 * level, index));
        Ok(nodes.collect::<Option<Vec<_>>>().ok_or_else(|| damaged("the edge has a gap"))?.concat())
    }
}

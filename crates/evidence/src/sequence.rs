//! Giving entries their place: leaves, tiles, the signed head. Inside one transaction, in memory only once
//! that is durable.

use crate::{edge::Edge, error::damaged, log::Inner, sql};
use std::sync::{Arc, MutexGuard, PoisonError};
use store::{AfterCommit, Result, Tx};
use wire::tlog::{Checkpoint, Hash, leaf_hash};

/// A signed head.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) checkpoint: Arc<str>,
}

/// A leaf with the key of its entry.
#[derive(Clone, Copy)]
pub(crate) struct Leaf {
    pub(crate) seq: i64,
    hash: Hash,
}

/// A head whose transaction is not committed yet.
pub(crate) struct Staged {
    old: u64,
    pub(crate) head: Head,
    pub(crate) leaves: Vec<Leaf>,
}

pub(crate) fn int(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| damaged("a number beyond all places"))
}

/// The head as stored, and proven ours: the row and the signed text must agree.
pub(crate) fn stored_head(tx: &mut Tx<'_>, inner: &Inner) -> Result<Head> {
    let row = tx.query_opt(sql::HEAD, &[])?.ok_or_else(|| damaged("it has no head"))?;
    // The signature of the head we know was checked, or made, by us: only another text is verified.
    let known = inner
        .edge()
        .heads
        .back()
        .filter(|head| row.text(2).is_ok_and(|text| *text == *head.checkpoint))
        .cloned();
    if let Some(head) = known.filter(|head| row.int(0).ok() == i64::try_from(head.size).ok()) {
        return if head.root == *row.blob(1)? {
            Ok(head)
        } else {
            Err(damaged("the head is not the one that was signed"))
        };
    }
    let checkpoint: Arc<str> = row.text(2)?.into();
    let signed = Checkpoint::verify(&checkpoint, &inner.verifier).map_err(|error| {
        damaged(format!("the head is not one we signed as {}: {error}", inner.verifier.vkey()))
    })?;
    if int(signed.size)? != row.int(0)? || signed.root != *row.blob(1)? {
        return Err(damaged("the head is not the one that was signed"));
    }
    Ok(Head { size: signed.size, root: signed.root, checkpoint })
}

/// A tile as stored.
pub(crate) fn stored_tile(tx: &mut Tx<'_>, level: u8, n: u64) -> Result<Option<Vec<u8>>> {
    let row = tx.query_opt(sql::TILE, &[i64::from(level).into(), int(n)?.into()])?;
    row.map(|row| row.blob(0).map(<[u8]>::to_vec)).transpose()
}

/// The edge of the stored tree, whose root must be the signed one.
pub(crate) fn load_edge(tx: &mut Tx<'_>, head: &Head) -> Result<Edge> {
    let edge = Edge::load(head.size, |level, n| stored_tile(tx, level, n))?;
    if edge.root(head.size)? != head.root {
        return Err(damaged(format!(
            "the tiles do not give the signed root at size {}",
            head.size
        )));
    }
    Ok(edge)
}

/// The leaves from a place on, which must follow one another; at most one sequencing's worth.
fn leaves(tx: &mut Tx<'_>, from: u64) -> Result<Vec<Leaf>> {
    let rows = tx.query(sql::LEAVES, &[int(from)?.into()])?;
    let mut leaves = Vec::with_capacity(rows.len());
    for (row, place) in rows.iter().zip(int(from)?..) {
        if row.int(0)? != place {
            return Err(damaged(format!("place {place} is empty")));
        }
        leaves.push(Leaf { seq: row.int(1)?, hash: leaf_hash(row.text(2)?.as_bytes()) });
    }
    Ok(leaves)
}

/// Every leaf from a place on: on SQLite none may be left for another group, or its receipt is not there
/// when its write returns.
fn all_leaves(tx: &mut Tx<'_>, from: u64) -> Result<Vec<Leaf>> {
    let mut all = leaves(tx, from)?;
    let mut taken = all.len();
    while taken == sql::MOST {
        let more = leaves(tx, from + all.len() as u64)?;
        taken = more.len();
        all.extend(more);
    }
    Ok(all)
}

impl Inner {
    fn edge(&self) -> MutexGuard<'_, crate::log::State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SQLite: what the group appended is sequenced before the group commits.
    pub(crate) fn before_commit(self: &Arc<Self>, tx: &mut Tx<'_>) -> Result<AfterCommit> {
        let known = self.edge().edge.size();
        let mut new = all_leaves(tx, known)?;
        if new.is_empty() {
            return Ok(Box::new(|_| ()));
        }
        let stored = stored_head(tx, self)?;
        if stored.size != known {
            // Another program wrote to this file.
            self.reload(tx, &stored)?;
            new = all_leaves(tx, stored.size)?;
        }
        if new.is_empty() {
            return Ok(Box::new(|_| ()));
        }
        let staged = self.stage(tx, &stored, new)?;
        let this = self.clone();
        Ok(Box::new(
            move |committed| {
                if committed { this.publish(staged) } else { this.take_back(staged.old) }
            },
        ))
    }

    /// PostgreSQL: sequences what waits, under the lock that one node holds at a time.
    pub(crate) fn sequence(&self, tx: &mut Tx<'_>) -> Result<Option<Staged>> {
        let known = {
            // An attempt before this one may have been rolled back.
            let mut state = self.edge();
            let size = state.heads.back().map_or(0, |head| head.size);
            state.edge.truncate(size);
            size
        };
        let stored = stored_head(tx, self)?;
        if stored.size != known {
            self.follow(tx, known, &stored)?;
        }
        let numbered = tx.execute(sql::NUMBER, &[int(stored.size)?.into()])?;
        if numbered == 0 {
            return Ok(None);
        }
        let new = leaves(tx, stored.size)?;
        if new.len() as u64 != numbered {
            return Err(damaged("not every numbered entry is there"));
        }
        self.stage(tx, &stored, new).map(Some)
    }

    /// Takes over what another node has sequenced, proving its root on the way.
    fn follow(&self, tx: &mut Tx<'_>, known: u64, stored: &Head) -> Result<()> {
        if stored.size < known || stored.size - known > sql::MOST as u64 {
            return self.reload(tx, stored);
        }
        let mut new = leaves(tx, known)?;
        new.truncate(usize::try_from(stored.size - known).unwrap_or(usize::MAX));
        let root = self.grow(known, &new).and_then(|edge| edge.edge.root(stored.size));
        if root.as_ref().ok() != Some(&stored.root) {
            self.take_back(known);
            return Err(root.err().unwrap_or_else(|| {
                damaged("another node's head does not follow from its entries")
            }));
        }
        self.publish(Staged { old: known, head: stored.clone(), leaves: new });
        Ok(())
    }

    /// Reads the edge anew. A head before the last we saw means that the database was put back: it is refused,
    /// since the next head would be a second face of the log.
    fn reload(&self, tx: &mut Tx<'_>, stored: &Head) -> Result<()> {
        let known = self.edge().heads.back().map_or(0, |head| head.size);
        if stored.size < known {
            return Err(damaged(format!(
                "the head went back from {known} to {}: was an old backup restored?",
                stored.size
            )));
        }
        let edge = load_edge(tx, stored)?;
        self.edge().edge = edge;
        self.publish(Staged { old: stored.size, head: stored.clone(), leaves: Vec::new() });
        Ok(())
    }

    fn grow(&self, old: u64, new: &[Leaf]) -> Result<MutexGuard<'_, crate::log::State>> {
        let mut state = self.edge();
        if state.edge.size() != old {
            return Err(damaged("the edge is not where the head is"));
        }
        for leaf in new {
            state.edge.push(leaf.hash)?;
        }
        Ok(state)
    }

    /// Adds the leaves, writes the tiles, signs the new head and swaps it in.
    fn stage(&self, tx: &mut Tx<'_>, stored: &Head, new: Vec<Leaf>) -> Result<Staged> {
        let head = self.write(tx, stored, &new);
        if head.is_err() {
            self.take_back(stored.size);
        }
        Ok(Staged { old: stored.size, head: head?, leaves: new })
    }

    fn write(&self, tx: &mut Tx<'_>, stored: &Head, new: &[Leaf]) -> Result<Head> {
        let (size, root, tiles) = {
            let state = self.grow(stored.size, new)?;
            // What we sign must extend what is stored, and what is stored must be what we know.
            if state.edge.root(stored.size)? != stored.root {
                return Err(damaged("the stored root is not ours"));
            }
            let size = state.edge.size();
            (size, state.edge.root(size)?, state.edge.tiles_since(stored.size)?)
        };
        let checkpoint = Checkpoint { origin: self.signer.name().to_owned(), size, root };
        let checkpoint = checkpoint
            .sign(&self.signer)
            .map_err(|error| store::Error::Other(error.to_string()))?;
        for (level, n, hashes) in tiles {
            tx.execute(sql::WRITE_TILE, &[i64::from(level).into(), int(n)?.into(), hashes.into()])?;
        }
        let swap = [
            int(stored.size)?.into(),
            stored.root.into(),
            int(size)?.into(),
            root.into(),
            checkpoint.as_str().into(),
        ];
        if tx.execute(sql::SWAP_HEAD, &swap)? != 1 {
            return Err(damaged("the head moved while we held it"));
        }
        Ok(Head { size, root, checkpoint: checkpoint.into() })
    }

    pub(crate) fn take_back(&self, size: u64) {
        self.edge().edge.truncate(size);
    }

    /// The transaction is durable: lets the head be seen.
    pub(crate) fn publish(&self, staged: Staged) {
        let size = staged.head.size;
        self.edge().publish(staged.head, staged.old, &staged.leaves);
        self.grown.send_replace(size);
    }
}

//! RFC 6962 §2.1: Merkle tree hash, inclusion and consistency proofs.

use super::Hash;
use crate::{Error, Result, sha256};

/// The hash of a leaf: SHA-256 of a zero byte and the entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// The hash of an inner node: SHA-256 of a one byte and its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The addresses (height, index) of the perfect subtrees that cover the leaves `from … to`, left to right,
/// where `from` is a multiple of every power of two they need (as it is in any proof).
pub fn subtree_roots(mut from: u64, to: u64) -> Vec<(u8, u64)> {
    let mut roots = Vec::new();
    while from < to {
        let fits = (to - from).ilog2();
        let height = if from == 0 { fits } else { fits.min(from.trailing_zeros()) };
        roots.push((u8::try_from(height).unwrap_or(u8::MAX), from >> height));
        from += 1 << height;
    }
    roots
}

/// MTH of the leaves `from … to`, not empty.
fn range<E>(
    from: u64,
    to: u64,
    read: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut hash: Option<Hash> = None;
    for (height, index) in subtree_roots(from, to).into_iter().rev() {
        let left = read(height, index)?;
        hash = Some(hash.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(hash.unwrap_or_else(|| sha256(&[])))
}

/// The root of the tree over the first `size` leaves; of none, the hash of nothing.
pub fn root<E>(size: u64, mut read: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    range(0, size, &mut read)
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves, from the leaf's sibling upwards.
/// Empty where the index is not in the tree.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    mut read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut from, mut to, mut proof) = (0, size, Vec::new());
    if index >= size {
        return Ok(proof);
    }
    while to - from > 1 {
        let middle = from + split(to - from);
        let sibling = if index < middle { (middle, to) } else { (from, middle) };
        proof.push(range(sibling.0, sibling.1, &mut read)?);
        (from, to) = if index < middle { (from, middle) } else { (middle, to) };
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new` leaves begins with the tree of `old`. Empty where `old` is 0 or not below `new`.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    mut read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut from, mut to, mut proof) = (0, new, Vec::new());
    if old == 0 || old >= new {
        return Ok(proof);
    }
    while old != to {
        let middle = from + split(to - from);
        let sibling = if old <= middle { (middle, to) } else { (from, middle) };
        proof.push(range(sibling.0, sibling.1, &mut read)?);
        (from, to) = if old <= middle { (from, middle) } else { (middle, to) };
    }
    if from != 0 {
        proof.push(range(from, to, &mut read)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether `leaf` is at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<()> {
    if index >= size {
        return Err(Error::Signature);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(Error::Signature);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(Error::Signature) }
}

/// Whether the tree of `new` leaves begins with the tree of `old` (RFC 9162 §2.1.4.2).
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<()> {
    let holds = |holds: bool| if holds { Ok(()) } else { Err(Error::Signature) };
    if old == 0 {
        return holds(proof.is_empty() && *old_root == sha256(&[]));
    }
    if old == new {
        return holds(proof.is_empty() && old_root == new_root);
    }
    if old > new {
        return Err(Error::Signature);
    }
    // A whole left subtree is its own starting point, and is left out of the proof.
    let own = if old.is_power_of_two() { Some(old_root) } else { None };
    let mut path = own.into_iter().chain(proof);
    let first = path.next().ok_or(Error::Signature)?;
    let shift = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut before, mut after) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err(Error::Signature);
        }
        if node & 1 == 1 || node == last {
            (before, after) = (node_hash(sibling, &before), node_hash(sibling, &after));
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            after = node_hash(&after, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    holds(last == 0 && before == *old_root && after == *new_root)
}

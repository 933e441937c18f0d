use crate::edge::Edge;
use std::collections::HashMap;
use wire::tlog::{Hash, inclusion_proof, leaf_hash, root, verify_inclusion};

fn leaf(n: u64) -> Hash {
    leaf_hash(&n.to_be_bytes())
}

/// A tree grown to `size`, its tiles stored on the way.
fn grow(size: u64, step: u64) -> (Edge, HashMap<(u8, u64), Vec<u8>>) {
    let (mut edge, mut tiles) = (Edge::default(), HashMap::new());
    let mut old = 0;
    for n in 0..size {
        edge.push(leaf(n)).unwrap();
        if n % step == 0 || n + 1 == size {
            tiles.extend(
                edge.tiles_since(old)
                    .unwrap()
                    .into_iter()
                    .map(|(level, n, hashes)| ((level, n), hashes)),
            );
            old = edge.size();
            edge.trim();
        }
    }
    (edge, tiles)
}

#[test]
fn the_edge_loaded_from_tiles_grows_as_the_one_that_was_kept() {
    for size in (0..=300).chain([511, 512, 513, 65_535, 65_536, 65_537, 65_793, 131_072, 140_001]) {
        let (mut kept, tiles) = grow(size, 61);
        let mut loaded = Edge::load(size, |level, n| Ok(tiles.get(&(level, n)).cloned())).unwrap();
        assert_eq!(loaded.root(size).unwrap(), kept.root(size).unwrap(), "size {size}");
        for n in size..size + 300 {
            kept.push(leaf(n)).unwrap();
            loaded.push(leaf(n)).unwrap();
            assert_eq!(loaded.root(n + 1).unwrap(), kept.root(n + 1).unwrap(), "size {}", n + 1);
        }
        assert_eq!(loaded.tiles_since(size).unwrap(), kept.tiles_since(size).unwrap());
    }
}

#[test]
fn a_short_tile_is_refused() {
    let (_, mut tiles) = grow(300, 7);
    tiles.get_mut(&(0, 1)).unwrap().truncate(32);
    assert!(Edge::load(300, |level, n| Ok(tiles.get(&(level, n)).cloned())).is_err());
}

#[test]
fn what_is_taken_back_leaves_no_trace() {
    for size in [0, 1, 5, 255, 256, 257, 20_000] {
        let (mut edge, _) = grow(size, 61);
        let root = edge.root(size).unwrap();
        for n in 0..700 {
            edge.push(leaf(n + 7_000_000)).unwrap();
        }
        edge.truncate(size);
        assert_eq!((edge.size(), edge.root(size).unwrap()), (size, root));
        let (expected, _) = grow(size + 600, 61);
        for n in size..size + 600 {
            edge.push(leaf(n)).unwrap();
        }
        assert_eq!(edge.root(size + 600).unwrap(), expected.root(size + 600).unwrap());
    }
}

#[test]
fn the_last_sixteen_thousand_leaves_are_proven_from_memory() {
    let size = 70_000;
    let (edge, _) = grow(size, 61);
    let read = |height, index| edge.get(height, index).ok_or(());
    let root = root(size, read).unwrap();
    for index in (size - 16_384..size).step_by(97) {
        let proof = inclusion_proof(index, size, read).unwrap();
        verify_inclusion(&leaf(index), index, size, &root, &proof).unwrap();
    }
    assert!(inclusion_proof(0, size, read).is_err(), "the edge forgets");
}

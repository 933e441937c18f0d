use crate::{
    Error,
    jwk::PrivateJwk,
    sha256,
    tlog::{
        Bundle, Checkpoint, Hash, NoteSigner, NoteVerifier, TilePath, TlogProof, consistency_proof,
        inclusion_proof, leaf_hash, node_hash, root, tile_node, verify_consistency,
        verify_inclusion,
    },
};
use proptest::prelude::*;
use std::convert::Infallible;
use tlog_tiles::tlog as oracle;

/// Every perfect subtree of a tree, by height.
struct Tree(Vec<Vec<Hash>>);

impl Tree {
    fn new(leaves: &[Vec<u8>]) -> Self {
        let mut heights = vec![leaves.iter().map(|leaf| leaf_hash(leaf)).collect::<Vec<_>>()];
        while heights.last().unwrap().len() > 1 {
            let next = heights
                .last()
                .unwrap()
                .chunks_exact(2)
                .map(|pair| node_hash(&pair[0], &pair[1]))
                .collect();
            heights.push(next);
        }
        Self(heights)
    }

    fn read(&self) -> impl Fn(u8, u64) -> Result<Hash, Infallible> + '_ {
        |height, index| Ok(self.0[usize::from(height)][usize::try_from(index).unwrap()])
    }

    fn root(&self, size: u64) -> Hash {
        root(size, self.read()).unwrap()
    }
}

impl oracle::HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<oracle::Hash>, oracle::Error> {
        let read = |index: &u64| {
            let (height, n) = oracle::split_stored_hash_index(*index);
            oracle::Hash(self.0[usize::from(height)][usize::try_from(n).unwrap()])
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn leaves(n: u32) -> Vec<Vec<u8>> {
    (0..n).map(|i| i.to_be_bytes().to_vec()).collect()
}

fn theirs(hashes: &[Hash]) -> Vec<oracle::Hash> {
    hashes.iter().map(|hash| oracle::Hash(*hash)).collect()
}

#[test]
fn the_roots_of_the_reference_trees_come_out() {
    // The test vectors that every RFC 6962 implementation shares.
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let tree = Tree::new(&leaves.map(|leaf| hex::decode(leaf).unwrap()));
    assert_eq!(tree.root(0), sha256(&[]));
    for (size, root) in (1..).zip(roots) {
        assert_eq!(hex::encode(tree.root(size)), root, "size {size}");
    }
}

#[test]
fn every_inclusion_proof_up_to_300_verifies_and_is_that_of_the_oracle() {
    let tree = Tree::new(&leaves(300));
    for size in 1..=300 {
        let root = tree.root(size);
        assert_eq!(oracle::tree_hash(size, &tree).unwrap().0, root);
        for index in 0..size {
            let leaf = tree.0[0][usize::try_from(index).unwrap()];
            let proof = inclusion_proof(index, size, tree.read()).unwrap();
            verify_inclusion(&leaf, index, size, &root, &proof).unwrap();
            // The oracle is slow without optimisation: every size, a leaf in seven.
            if index % 7 == size % 7 {
                assert_eq!(oracle::prove_record(size, index, &tree).unwrap(), theirs(&proof));
                oracle::check_record(
                    &theirs(&proof),
                    size,
                    oracle::Hash(root),
                    index,
                    oracle::Hash(leaf),
                )
                .unwrap();
                let wrong = (index + 1) % size;
                assert!(size == 1 || verify_inclusion(&leaf, wrong, size, &root, &proof).is_err());
            }
        }
        assert!(verify_inclusion(&tree.0[0][0], size, size, &root, &[]).is_err());
    }
}

#[test]
fn every_consistency_proof_up_to_300_verifies_and_is_that_of_the_oracle() {
    let tree = Tree::new(&leaves(300));
    let roots: Vec<_> = (0..=300).map(|size| tree.root(size)).collect();
    let at = |size: u64| &roots[usize::try_from(size).unwrap()];
    for new in 1..=300 {
        for old in 0..=new {
            let proof = consistency_proof(old, new, tree.read()).unwrap();
            verify_consistency(old, at(old), new, at(new), &proof).unwrap();
            if old > 0 && old % 7 == new % 7 {
                assert_eq!(oracle::prove_tree(new, old, &tree).unwrap(), theirs(&proof));
                let false_root = sha256(&[at(new)]);
                assert!(verify_consistency(old, &false_root, new, at(new), &proof).is_err());
                assert!(verify_consistency(old, at(old), new, &false_root, &proof).is_err());
            }
        }
    }
    assert!(verify_consistency(2, at(2), 1, at(1), &[]).is_err());
}

proptest! {
    #[test]
    fn a_changed_proof_does_not_verify(size in 2u32..600, index: prop::sample::Index, at: prop::sample::Index, bit in 0usize..256) {
        let tree = Tree::new(&leaves(size));
        let (index, size) = (index.index(size as usize) as u64, u64::from(size));
        let mut proof = inclusion_proof(index, size, tree.read()).unwrap();
        let leaf = tree.0[0][usize::try_from(index).unwrap()];
        let changed = at.index(proof.len());
        proof[changed][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(&leaf, index, size, &tree.root(size), &proof).is_err());
        proof[changed][bit / 8] ^= 1 << (bit % 8);
        proof.push([0; 32]);
        prop_assert!(verify_inclusion(&leaf, index, size, &tree.root(size), &proof).is_err());
    }

    #[test]
    fn a_tile_gives_every_node_below_it(leaf in 0u32..256, height in 0u8..8) {
        let tree = Tree::new(&leaves(256));
        let tile = tree.0[0].concat();
        let index = u64::from(leaf) >> height;
        prop_assert_eq!(tile_node(&tile, height, index), Some(tree.read()(height, index).unwrap()));
        prop_assert_eq!(tile_node(&tile[..32], 1, 0), None);
    }

    #[test]
    fn a_tile_path_survives_and_is_that_of_the_oracle(level in 0u8..64, n in 0u64..5_000_000_000, width in 1u16..=256) {
        let path = TilePath { level: Some(level), n, width };
        prop_assert_eq!(TilePath::parse(&path.to_string()).unwrap(), path);
        let theirs = tlog_tiles::tile::Tile::new(8, level, n, u32::from(width), false).path();
        prop_assert_eq!(format!("tile/8/{path}"), theirs);
        let bundle = TilePath { level: None, ..path };
        prop_assert_eq!(TilePath::parse(&bundle.to_string()).unwrap(), bundle);
    }
}

#[test]
fn a_tile_path_has_one_spelling() {
    let spelled = TilePath { level: Some(0), n: 1_234_067, width: 256 };
    assert_eq!(spelled.to_string(), "0/x001/x234/067");
    for bad in [
        "",
        "0",
        "0/",
        "0/1",
        "0/0001",
        "0/x000/001",
        "0/001/002",
        "0/x001",
        "00/001",
        "64/001",
        "x/001",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "0/001.p/",
        "entries/1",
        "-1/001",
        "0/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(TilePath::parse(bad).is_err(), "{bad}");
    }
}

/// C2SP signed-note's own example.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn the_note_of_the_specification_verifies() {
    let verifier = NoteVerifier::new(VKEY).unwrap();
    assert_eq!(verifier.verify(NOTE).unwrap(), "This is an example message.\n");
    assert_eq!(verifier.vkey(), VKEY);
    assert_eq!(verifier.verify(&NOTE.replace("example m", "exemple m")), Err(Error::Signature));
    assert_eq!(verifier.verify(&NOTE.replace("/foo Uw2", "/bar Uw2")), Err(Error::NoKey));
    for bad in
        [&NOTE[..NOTE.len() - 1], "", "\n\n", "a\n\n", "a\n\n— n AAAA\n", "a\n\n- n AAAAAAAA\n"]
    {
        assert!(verifier.verify(bad).is_err(), "{bad}");
    }
    for bad in
        ["", "a+b+c", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"]
    {
        assert!(NoteVerifier::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_oracle_reads_our_notes() {
    let signer =
        NoteSigner::new("log.praya.example/demo", &PrivateJwk::generate_ed25519().unwrap())
            .unwrap();
    let checkpoint =
        Checkpoint { origin: signer.name().to_owned(), size: 20_852_163, root: [9; 32] };
    let note = checkpoint.sign(&signer).unwrap();
    let verifier = signed_note::StandardVerifier::new(signer.vkey()).unwrap();
    let read = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let (verified, _) =
        read.verify(&signed_note::VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(verified.len(), 1);
    let theirs = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
    assert_eq!(
        (theirs.origin(), theirs.size(), theirs.hash().0),
        (signer.name(), 20_852_163, [9; 32])
    );
    let ours = NoteVerifier::new(signer.vkey()).unwrap();
    assert_eq!(Checkpoint::verify(&note, &ours).unwrap(), checkpoint);
    let cosigned = format!("{note}— witness.example {}\n", crate::b64::standard([1; 80]));
    assert_eq!(Checkpoint::verify(&cosigned, &ours).unwrap(), checkpoint);
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let signer = NoteSigner::new("log.a", &PrivateJwk::generate_ed25519().unwrap()).unwrap();
    let other = Checkpoint { origin: "log.b".to_owned(), size: 1, root: [0; 32] };
    assert_eq!(other.sign(&signer), Err(Error::NoKey));
    let note = signer.sign(&other.text()).unwrap();
    assert_eq!(
        Checkpoint::verify(&note, &NoteVerifier::new(signer.vkey()).unwrap()),
        Err(Error::NoKey)
    );
    for bad in ["", "a\n", "a\n1\n", "a\n01\nAAAA\n", "a\n1\nAAAA\n", "a\n-1\nAAAA\n"] {
        assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_log_proof_survives_and_verifies_offline() {
    let signer =
        NoteSigner::new("log.praya.example", &PrivateJwk::generate_ed25519().unwrap()).unwrap();
    let verifier = NoteVerifier::new(signer.vkey()).unwrap();
    let entries = leaves(21);
    let tree = Tree::new(&entries);
    let checkpoint = Checkpoint { origin: signer.name().to_owned(), size: 21, root: tree.root(21) };
    for (index, entry) in (0..).zip(&entries) {
        let hashes = inclusion_proof(index, 21, tree.read()).unwrap();
        let proof = TlogProof { index, hashes, checkpoint: checkpoint.sign(&signer).unwrap() };
        let read = TlogProof::parse(&proof.to_text()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.verify(entry, &verifier).unwrap(), checkpoint);
        assert_eq!(read.verify(b"another", &verifier), Err(Error::Signature));
        let with_extra = proof.to_text().replacen("\nindex", "\nextra AAAA\nindex", 1);
        assert_eq!(TlogProof::parse(&with_extra).unwrap(), proof);
    }
}

#[test]
fn a_bundle_gives_its_entries_back() {
    let mut bundle = Bundle::default();
    let long = vec![7; 65_535];
    for entry in [&b"one"[..], b"", &long] {
        bundle.push(entry).unwrap();
    }
    assert_eq!(bundle.entries().unwrap(), vec![&b"one"[..], b"", &long]);
    assert!(bundle.push(&vec![0; 65_536]).is_err());
    assert!(Bundle(vec![0, 5, 1]).entries().is_err());
}

//! The transparency log's formats: RFC 6962 hashing, C2SP tlog-tiles, signed-note, tlog-checkpoint, tlog-proof.
//!
//! Hashes are addressed as (height, index): the root of the perfect subtree over the leaves
//! `index·2^height … (index+1)·2^height`. Whoever stores them gives a reader from address to hash, and every
//! root and proof is computed over that.

mod checkpoint;
mod merkle;
mod note;
mod proof;
mod tile;

pub use checkpoint::Checkpoint;
pub use merkle::{
    consistency_proof, inclusion_proof, leaf_hash, node_hash, root, subtree_roots,
    verify_consistency, verify_inclusion,
};
pub use note::{Note, NoteSigner, NoteVerifier};
pub use proof::{PROOF_HEADER, TlogProof};
pub use tile::{Bundle, TILE, TilePath, tile_node};

/// A SHA-256 hash of the tree.
pub type Hash = [u8; 32];

//! Checks of a receipt: what the government signed is what its public log holds (C2SP tlog-proof,
//! signed-note, tlog-checkpoint; RFC 9162 §2.1.3.2). Written from the specifications, not from Praya's code.

use crate::jose::{Checked, b64, from_standard, sha256, unb64};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

/// The note signature type of Ed25519.
const TYPE_ED25519: u8 = 1;

/// The log's public key, `name+id+key`.
pub(crate) struct LogKey {
    pub(crate) name: String,
    id: [u8; 4],
    key: Vec<u8>,
}

impl LogKey {
    pub(crate) fn parse(vkey: &str) -> Checked<Self> {
        let mut parts = vkey.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("the log key cannot be read");
        };
        let typed = from_standard(key)?;
        let Some((&TYPE_ED25519, key)) = typed.split_first() else {
            return Err("the log key is not of Ed25519");
        };
        let hash = sha256(&[name.as_bytes(), b"\n", &typed].concat());
        let own = [hash[0], hash[1], hash[2], hash[3]];
        if id != format!("{:08x}", u32::from_be_bytes(own)) {
            return Err("the log key's id is not its own");
        }
        Ok(Self { name: name.to_owned(), id: own, key: key.to_vec() })
    }

    /// The text of a note that this key signed.
    fn open<'a>(&self, note: &'a str) -> Checked<&'a str> {
        let at = note.rfind("\n\n").ok_or("the checkpoint is not a signed note")?;
        let text = &note[..=at];
        for line in note[at + 2..].lines() {
            let signature = line.strip_prefix("— ").and_then(|line| line.split_once(' '));
            let (name, signature) = signature.ok_or("the checkpoint is not a signed note")?;
            let bytes = from_standard(signature)?;
            let Some((id, signature)) = bytes.split_first_chunk::<4>() else { continue };
            if name == self.name && *id == self.id {
                return UnparsedPublicKey::new(&ED25519, &self.key)
                    .verify(text.as_bytes(), signature)
                    .map(|()| text)
                    .map_err(|_| "the log's signature is false");
            }
        }
        Err("the log of this key did not sign the checkpoint")
    }
}

/// Where the entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// From zero.
    pub(crate) index: u64,
    /// How many entries the log held when it vouched for this one.
    pub(crate) size: u64,
}

/// Checks that the log holds the entry, and gives its place.
pub(crate) fn check_log(receipt: &Value, log: &LogKey) -> Checked<Place> {
    let entry = receipt["entry"].as_str().ok_or("the receipt has no entry")?;
    let proof = receipt["proof"].as_str().ok_or("the receipt has no proof")?;
    let (head, note) = proof.split_once("\n\n").ok_or("the proof is cut off")?;
    let mut lines = head.lines().filter(|line| !line.starts_with("extra "));
    if lines.next() != Some("c2sp.org/tlog-proof@v1") {
        return Err("the proof is of another kind");
    }
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
    let index = index.ok_or("the proof has no index")?;
    let path = lines.map(hash).collect::<Checked<Vec<_>>>()?;
    let mut checkpoint = log.open(note)?.lines();
    let (origin, size, root) = (checkpoint.next(), checkpoint.next(), checkpoint.next());
    if origin != Some(log.name.as_str()) {
        return Err("the checkpoint is of another log");
    }
    let size = size.and_then(decimal).ok_or("the checkpoint has no size")?;
    let root = hash(root.ok_or("the checkpoint has no root")?)?;
    let leaf = sha256(&[&[0], entry.as_bytes()].concat());
    if root_of(leaf, index, size, &path) == Some(root) {
        Ok(Place { index, size })
    } else {
        Err("the log does not hold this entry")
    }
}

/// Checks that the entry commits to the record, and the record to the exact payload and to the key of ours
/// (its RFC 7638 thumbprint) that fetched: a look by anybody else is not ours to answer for.
pub(crate) fn check_opening(
    receipt: &Value,
    opening: &Value,
    payload: &[u8],
    key: &str,
) -> Checked<()> {
    let entry = receipt["entry"].as_str().ok_or("the receipt has no entry")?;
    let entry: Value = serde_json::from_str(entry).map_err(|_| "the entry is not JSON")?;
    let salt = unb64(opening["salt"].as_str().ok_or("the opening has no salt")?)?;
    let record = crate::jcs::text(&opening["record"])?;
    if entry["digest"] != b64(sha256(&[&salt, record.as_bytes()].concat())) {
        return Err("the log's entry is about another record");
    }
    if opening["record"]["digest"] != b64(sha256(payload)) {
        return Err("the logged record is about other contents");
    }
    if opening["record"]["consumer_key"] != key {
        return Err("the logged record is about a fetch by another key");
    }
    Ok(())
}

fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn hash(text: &str) -> Checked<[u8; 32]> {
    from_standard(text)?.try_into().map_err(|_| "a hash is not of 256 bits")
}

/// The root that leaf and path lead to; `None` where the path does not fit the tree.
fn root_of(leaf: [u8; 32], index: u64, size: u64, path: &[[u8; 32]]) -> Option<[u8; 32]> {
    let (mut at, mut last) = (index, size.checked_sub(1).filter(|last| index <= *last)?);
    let node =
        |left: &[u8; 32], right: &[u8; 32]| sha256(&[&[1][..], &left[..], &right[..]].concat());
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, &hash);
            // A right edge without a sibling passes upwards unchanged.
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde_json::json;

    const PAYLOAD: &[u8] = br#"{"registers":[]}"#;

    struct Log {
        pair: Ed25519KeyPair,
        typed: Vec<u8>,
    }

    impl Log {
        fn new() -> Self {
            let pair = Ed25519KeyPair::generate().unwrap();
            let typed = [&[1], pair.public_key().as_ref()].concat();
            Self { pair, typed }
        }

        fn id(&self) -> Vec<u8> {
            sha256(&[b"log.test\n", self.typed.as_slice()].concat())[..4].to_vec()
        }

        fn key(&self) -> LogKey {
            let id = u32::from_be_bytes(self.id().try_into().unwrap());
            LogKey::parse(&format!("log.test+{id:08x}+{}", STANDARD.encode(&self.typed))).unwrap()
        }

        fn checkpoint(&self, size: u64, root: [u8; 32]) -> String {
            let text = format!("log.test\n{size}\n{}\n", STANDARD.encode(root));
            let signature = [self.id(), self.pair.sign(text.as_bytes()).as_ref().to_vec()].concat();
            format!("{text}\n— log.test {}\n", STANDARD.encode(signature))
        }
    }

    fn leaf(text: &str) -> [u8; 32] {
        sha256(&[&[0], text.as_bytes()].concat())
    }

    fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
        sha256(&[&[1][..], &left, &right].concat())
    }

    /// A log of three, ours the last, on the right edge; and what opens our entry.
    fn fixture(log: &Log) -> (Value, Value) {
        let record = json!({"digest": b64(sha256(PAYLOAD)), "consumer": "harbour-bank", "consumer_key": "ours"});
        let salt = [9; 16];
        let written = crate::jcs::text(&record).unwrap();
        let digest = b64(sha256(&[&salt, written.as_bytes()].concat()));
        let entry = json!({"department": "ird", "digest": digest, "kind": "look"}).to_string();
        let pair = node(leaf("a"), leaf("b"));
        let checkpoint = log.checkpoint(3, node(pair, leaf(&entry)));
        let proof =
            format!("c2sp.org/tlog-proof@v1\nindex 2\n{}\n\n{checkpoint}", STANDARD.encode(pair));
        (json!({"entry": entry, "proof": proof}), json!({"record": record, "salt": b64(salt)}))
    }

    #[test]
    fn a_true_receipt_says_where_the_entry_stands() {
        let log = Log::new();
        let (receipt, opening) = fixture(&log);
        assert_eq!(check_log(&receipt, &log.key()), Ok(Place { index: 2, size: 3 }));
        assert_eq!(check_opening(&receipt, &opening, PAYLOAD, "ours"), Ok(()));
    }

    #[test]
    fn every_leaf_of_a_bigger_tree_is_found_at_its_place_alone() {
        let leaves: Vec<_> = ["a", "b", "c", "d", "e"].map(leaf).to_vec();
        let (ab, cd) = (node(leaves[0], leaves[1]), node(leaves[2], leaves[3]));
        let root = node(node(ab, cd), leaves[4]);
        let path = [leaves[3], ab, leaves[4]];
        assert_eq!(root_of(leaves[2], 2, 5, &path), Some(root));
        assert_ne!(root_of(leaves[2], 3, 5, &path), Some(root));
        assert_eq!(root_of(leaves[4], 4, 5, &[node(ab, cd)]), Some(root));
        assert_eq!(root_of(leaves[4], 5, 5, &[node(ab, cd)]), None);
        assert_eq!(root_of(leaves[2], 2, 5, &path[..2]), None);
    }

    #[test]
    fn a_changed_entry_a_false_log_other_contents_and_another_key_are_refused() {
        let log = Log::new();
        let (receipt, opening) = fixture(&log);
        let mut changed = receipt.clone();
        changed["entry"] = receipt["entry"].as_str().unwrap().replace("ird", "cr").into();
        assert!(check_log(&changed, &log.key()).is_err());
        assert!(check_log(&receipt, &Log::new().key()).is_err());
        let mut moved = receipt.clone();
        moved["proof"] = receipt["proof"].as_str().unwrap().replace("index 2", "index 1").into();
        assert!(check_log(&moved, &log.key()).is_err());
        let mut grown = receipt.clone();
        grown["proof"] = receipt["proof"].as_str().unwrap().replace("\n3\n", "\n4\n").into();
        assert_eq!(check_log(&grown, &log.key()), Err("the log's signature is false"));
        assert!(check_opening(&receipt, &opening, b"{}", "ours").is_err());
        let mut other = opening.clone();
        other["record"]["consumer"] = "another".into();
        assert!(check_opening(&receipt, &other, PAYLOAD, "ours").is_err());
        let thief = check_opening(&receipt, &opening, PAYLOAD, "another");
        assert_eq!(thief, Err("the logged record is about a fetch by another key"));
    }
}

//! What the fuzz targets call: each takes any bytes, must answer without a panic, and checks what holds
//! of whatever it lets through: `true` if it did.

use crate::{
    node::{Question, Unverified},
    pack::{Pack, load_embedded},
    rules::{check_request, may_ask},
    sources::mapping::{key, map_row},
};
use ports::NodeRights;
use serde_json::{Map, Value as Json};
use std::sync::LazyLock;

/// A fuzz target: its name, which is that of its corpus folder, and its function.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// Every target.
pub const TARGETS: &[Target] =
    &[("request", request), ("mapping", mapping), ("question", question)];

/// A day on which the corpus was made.
const NOW: i64 = 1_795_392_000_000_000;

static PACK: LazyLock<Option<Pack>> = LazyLock::new(|| load_embedded().ok());

/// One `authorization_details` element. One that is let through asks for nothing its purpose does not
/// allow, and is let through again as it is written again.
pub fn request(bytes: &[u8]) -> bool {
    let (Some(pack), Ok(details)) = (&*PACK, serde_json::from_slice::<Json>(bytes)) else {
        return false;
    };
    let now = kernel::from_micros(NOW);
    let Ok(request) = check_request(pack, &details, now) else { return false };
    let purpose = pack.purpose(&request.purpose);
    for selection in &request.registers {
        for field in &selection.fields {
            assert!(purpose.is_some_and(|purpose| purpose.allows(&selection.register, field)));
        }
    }
    let again = serde_json::to_value(&request).ok();
    assert_eq!(again.and_then(|again| check_request(pack, &again, now).ok()), Some(request));
    true
}

/// A source's raw row: the first byte chooses the register, the rest is the row as JSON. A row that is
/// let through has every field of its register and no other, and is mapped to itself.
pub fn mapping(bytes: &[u8]) -> bool {
    let (Some(pack), Some((chosen, row))) = (&*PACK, bytes.split_first()) else { return false };
    let Ok(raw) = serde_json::from_slice::<Map<String, Json>>(row) else { return false };
    let Some(register) = pack.registers().nth(usize::from(*chosen) % pack.registers().count())
    else {
        return false;
    };
    let Some(source) = pack.sources().find(|source| source.id == register.source) else {
        return false;
    };
    let own = register.fields.iter().find(|field| field.id == register.key);
    let asked = own.and_then(|own| {
        raw.get(source.column(&own.id)).and_then(Json::as_str).map(|text| key(own.kind, text))
    });
    let Some(asked) = asked else { return false };
    let fields: Vec<_> = register.fields.iter().map(|field| field.id.clone()).collect();
    let Ok(mapped) = map_row(register, source, &raw, &asked, &fields) else { return false };
    assert!(mapped.len() == fields.len() && fields.iter().all(|field| mapped.contains_key(field)));
    let mut plain = source.clone();
    plain.mapping.clear();
    assert_eq!(map_row(register, &plain, &mapped, &asked, &fields), Ok(mapped));
    true
}

/// Another node's question as it arrives, before its signature is looked at. One that is let through asks
/// for nothing its purpose does not allow, and is the same once it is written again.
pub fn question(bytes: &[u8]) -> bool {
    let (Some(pack), Ok(token)) = (&*PACK, std::str::from_utf8(bytes)) else { return false };
    let Ok(read) = Unverified::new(token) else { return false };
    let question = read.unverified();
    let again = serde_json::to_vec(question).ok();
    let again = again.and_then(|bytes| serde_json::from_slice::<Question>(&bytes).ok());
    assert_eq!(again.as_ref(), Some(question));
    let rights = NodeRights {
        registers: pack.registers().map(|register| register.id.clone()).collect(),
        purposes: pack.purposes().map(|purpose| purpose.id.clone()).collect(),
    };
    if may_ask(pack, &rights, question, kernel::from_micros(NOW)).is_err() {
        return false;
    }
    let purpose = pack.purpose(&question.request.purpose);
    for selection in &question.request.registers {
        for field in &selection.fields {
            assert!(purpose.is_some_and(|purpose| purpose.allows(&selection.register, field)));
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{PACK, TARGETS};
    use proptest::prelude::*;
    use std::path::Path;

    #[test]
    fn the_fuzz_corpus_is_read_without_a_panic() {
        assert!(PACK.is_some());
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        for (target, run) in TARGETS {
            let mut through = 0;
            for file in std::fs::read_dir(corpus.join(target)).unwrap() {
                through += usize::from(run(&std::fs::read(file.unwrap().path()).unwrap()));
            }
            assert!(through > 1, "{target}: the corpus holds what is refused alone");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_seed_with_pieces_changed_is_read_without_a_panic(
            seed in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
            cut in 0_usize..4,
            piece in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..4), Just(b"null".to_vec()), Just(b"-1".to_vec()), Just(b"99999999999999999999".to_vec()),
                Just(b"1e308".to_vec()), Just(b"\"\"".to_vec()), Just(b"[]".to_vec()), Just(b"9999-12-31".to_vec()), Just(b"4294967295".to_vec()),
            ],
        ) {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
            for (target, run) in TARGETS {
                let mut files: Vec<_> = std::fs::read_dir(corpus.join(target)).unwrap().map(|file| file.unwrap().path()).collect();
                files.sort();
                let mut bytes = std::fs::read(seed.get(&files)).unwrap();
                let from = at.index(bytes.len());
                let to = (from + cut).min(bytes.len());
                bytes.splice(from..to, piece.iter().copied());
                run(&bytes);
            }
        }
    }
}

//! Whatever bytes come, every parser answers. The fuzz targets call the same functions.
use crate::fuzz;
use proptest::prelude::*;
use std::path::Path;

#[test]
fn the_fuzz_corpus_is_read_without_a_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, run) in fuzz::TARGETS {
        let mut seeds = 0;
        for file in std::fs::read_dir(corpus.join(target)).unwrap() {
            run(&std::fs::read(file.unwrap().path()).unwrap());
            seeds += 1;
        }
        assert!(seeds > 0, "{target} has no seed");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        for (_, run) in fuzz::TARGETS {
            run(&bytes);
        }
    }

    #[test]
    fn near_misses_are_read_without_a_panic(text in r#"(\{"(alg|typ|kty|epk)":"?(ES256|EC)?"?\}|[A-Za-z0-9_.-]{0,60}|[\n— +=/]{0,6}|index [0-9]{0,25}){0,6}"#) {
        for (_, run) in fuzz::TARGETS {
            run(text.as_bytes());
        }
    }
}

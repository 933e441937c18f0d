//! What the fuzz targets call: each takes any bytes and must answer without a panic; `true` if it let them
//! through.

use crate::{
    pdf::{Pdf, signatures},
    tsp::Question,
};

/// A fuzz target: its name, which is that of its corpus folder, and its function.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// Every target.
pub const TARGETS: &[Target] = &[("pdf", pdf), ("tsq", tsq)];

/// A PDF to sign. One that is taken is still taken with an increment behind it, whose signature is found.
pub fn pdf(bytes: &[u8]) -> bool {
    let before = signatures(bytes).map_or(0, |all| all.len());
    let at = kernel::from_micros(1_795_392_000_000_000);
    let prepared = Pdf::read(bytes).and_then(|pdf| pdf.prepare("Somebody", at));
    let Ok(signed) = prepared.map(|one| one.fill(&[])) else { return false };
    let after = signed.ok().and_then(|signed| signatures(&signed).ok()).map_or(0, |all| all.len());
    after > before
}

/// A question for a time-stamp. One that is taken is written again as it was.
pub fn tsq(bytes: &[u8]) -> bool {
    let Ok(question) = Question::read(bytes) else { return false };
    assert_eq!(question.to_der().as_deref(), Ok(bytes));
    true
}

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use std::{fs, path::Path};

    #[test]
    fn the_fuzz_corpus_is_read_without_a_panic() {
        for (name, target) in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
            let mut taken = 0;
            for entry in fs::read_dir(&folder).unwrap() {
                taken += usize::from(target(&fs::read(entry.unwrap().path()).unwrap()));
            }
            assert!(taken > 0, "nothing of the corpus of {name} gets through");
        }
    }
}

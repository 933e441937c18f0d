//! What the fuzz target calls: any bytes as a browser's answer must be judged without a panic; `true` if they hold.

use super::Passkeys;
use kernel::Id;
use serde_json::Value as Json;
use std::sync::LazyLock;
use webauthn_rs::prelude::Passkey;

/// A fuzz target: its name, which is that of its corpus folder, and its function.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// Every target.
pub const TARGETS: &[Target] = &[("webauthn", webauthn)];

/// What a device was asked, once, and what it answered.
struct Recorded {
    site: Passkeys,
    all: Json,
    key: Passkey,
}

static RECORDED: LazyLock<Option<Recorded>> = LazyLock::new(|| {
    let all: Json = serde_json::from_str(include_str!("fuzz.json")).ok()?;
    let key = serde_json::from_value(all["passkey"].clone()).ok()?;
    Some(Recorded { site: Passkeys::new("http://localhost:8080")?, all, key })
});

impl Recorded {
    fn holds(&self, answer: &str) -> bool {
        let (create, get) = (self.all["create"].to_string(), self.all["get"].to_string());
        let person = Id::from("per_fuzz");
        self.site.take_new(&create, answer).is_ok()
            || self.site.take_any(&get, answer, &person, &self.key).is_ok()
    }

    /// The recorded answer with these bytes in the place of one of its parts.
    fn with(&self, answer: &str, part: &str, bytes: &[u8]) -> String {
        let mut answer = self.all[answer].clone();
        answer["response"][part] = wire::b64::encode(bytes).into();
        answer.to_string()
    }
}

/// A browser's whole answer to either ceremony; or one binary part of it, in an answer that is good but for that.
pub fn webauthn(bytes: &[u8]) -> bool {
    let Some(recorded) = RECORDED.as_ref() else { return false };
    let parts = [
        ("created", "attestationObject"),
        ("created", "clientDataJSON"),
        ("got", "authenticatorData"),
        ("got", "clientDataJSON"),
        ("got", "signature"),
    ];
    let whole = std::str::from_utf8(bytes).is_ok_and(|answer| recorded.holds(answer));
    // Every part is tried: none may panic, whatever the others do.
    parts.into_iter().fold(whole, |held, (answer, part)| {
        recorded.holds(&recorded.with(answer, part, bytes)) || held
    })
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, webauthn};
    use proptest::prelude::*;
    use std::{fs, path::Path};

    fn seeds(name: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        let mut files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    }

    #[test]
    fn the_fuzz_corpus_is_read_without_a_panic() {
        for (name, target) in TARGETS {
            let all = seeds(name);
            assert!(!all.is_empty());
            for seed in all.iter().filter(|seed| seed.len() < 10_000) {
                assert!(target(seed), "a seed of {name} is what was recorded, and holds");
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_answer_of_a_device_never_panics_and_a_changed_signature_never_holds(
            seed in 0..4_usize, at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = seeds("webauthn").swap_remove(seed);
            let at = at.index(bytes.len());
            bytes[at] = to;
            webauthn(&bytes);
            webauthn(&bytes[..cut.index(bytes.len())]);
            let recorded = super::RECORDED.as_ref().unwrap();
            let good = recorded.all["got"]["response"]["signature"].as_str().unwrap();
            let mut signature = wire::b64::decode(good).unwrap();
            let at = at % signature.len();
            if signature[at] != to {
                signature[at] = to;
                prop_assert!(!recorded.holds(&recorded.with("got", "signature", &signature)));
            }
        }
    }
}

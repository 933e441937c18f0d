//! Joins the texts of all crates and refuses a key or placeholder that one language lacks.

use std::{collections::{BTreeMap, BTreeSet}, env, fs, path::{Path, PathBuf}};

fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let crates = Path::new("..");
    println!("cargo::rerun-if-changed=../../Cargo.toml");
    texts(crates, &out);
}

fn texts(crates: &Path, out: &Path) {
    let mut folders: Vec<PathBuf> = fs::read_dir(crates).expect("crates").map(|e| e.expect("entry").path().join("i18n")).filter(|p| p.is_dir()).collect();
    folders.sort();
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for language in ["en", "tc", "sc"] {
        let mut joined = String::new();
        for folder in &folders {
            let path = folder.join(format!("{language}.ftl"));
            println!("cargo::rerun-if-changed={}", path.display());
            joined += &fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            joined.push('\n');
        }
        let resource = fluent_syntax::parser::parse(joined.as_str()).unwrap_or_else(|(_, errors)| panic!("{language}.ftl: {errors:?}"));
        let keys = all.entry(language).or_default();
        for entry in &resource.body {
            if let fluent_syntax::ast::Entry::Message(message) = entry {
                assert!(keys.insert(message.id.name.to_owned()), "{language}: the text {} stands twice", message.id.name);
            }
        }
        fs::write(out.join(format!("{language}.ftl")), joined).expect("write texts");
    }
    let [en, sc, tc] = all.into_values().collect::<Vec<_>>().try_into().expect("three languages");
    for (language, keys) in [("tc", &tc), ("sc", &sc)] {
        let missing: Vec<_> = en.difference(keys).collect();
        let extra: Vec<_> = keys.difference(&en).collect();
        assert!(missing.is_empty() && extra.is_empty(), "texts of {language}: missing {missing:?}; not in English {extra:?}");
    }
}

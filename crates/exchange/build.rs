//! A definition that is new is embedded without the crate being touched.

fn main() {
    println!("cargo::rerun-if-changed=../../packs");
}

//! A migration that is new is embedded without the crate being touched.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}

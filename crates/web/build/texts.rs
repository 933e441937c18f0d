//! `crates/*/i18n/{en,tc,sc}.ftl`, joined to one file a language. Refuses a text that stands twice,
//! that one language lacks, or whose placeholders differ between languages.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const LANGUAGES: [&str; 3] = ["en", "tc", "sc"];

/// A language's texts: each key with its placeholders.
type Texts = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn join(out: &Path) -> Result<(), String> {
    let folders = folders()?;
    let mut mistakes = String::new();
    let mut all: Vec<Texts> = Vec::new();
    for language in LANGUAGES {
        let mut joined = String::new();
        let mut texts = Texts::new();
        for folder in &folders {
            let path = folder.join(format!("{language}.ftl"));
            println!("cargo::rerun-if-changed={}", path.display());
            let source =
                fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            read(&path, &source, &mut texts, &mut mistakes);
            joined += &source;
            joined.push('\n');
        }
        write_if_changed(&out.join(format!("{language}.ftl")), joined.as_bytes())?;
        all.push(texts);
    }
    compare(&all, &mut mistakes);
    let names: Vec<_> = folders.iter().filter_map(|f| f.parent()?.file_name()?.to_str()).collect();
    write_if_changed(&out.join("text_crates.rs"), format!("&{names:?}").as_bytes())?;
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// The folders of texts. Watches no folder of code: an edit elsewhere must not rebuild `web`. A crate
/// that gets its first texts is seen because adding pages changes its `Cargo.toml`; a test looks again.
fn folders() -> Result<Vec<PathBuf>, String> {
    println!("cargo::rerun-if-changed=../../Cargo.toml");
    let entries = fs::read_dir("..").map_err(|e| format!("crates: {e}"))?;
    let mut folders = Vec::new();
    for folder in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let manifest = folder.join("Cargo.toml");
        if manifest.is_file() {
            println!("cargo::rerun-if-changed={}", manifest.display());
        }
        if folder.join("i18n/en.ftl").is_file() {
            folders.push(folder.join("i18n"));
        }
    }
    folders.sort();
    Ok(folders)
}

fn read(path: &Path, source: &str, texts: &mut Texts, mistakes: &mut String) {
    let resource = fluent_syntax::parser::parse(source).unwrap_or_else(|(resource, errors)| {
        for error in errors {
            let line =
                source.get(..error.pos.start).map_or(0, |before| before.matches('\n').count() + 1);
            let _ = writeln!(mistakes, "{}:{line}: {}", path.display(), error.kind);
        }
        resource
    });
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let Some(value) = &message.value else { continue };
        let mut names = BTreeSet::new();
        placeholders(value, &mut names);
        if texts.insert(message.id.name.to_owned(), names).is_some() {
            let _ = writeln!(
                mistakes,
                "{}: the text `{}` stands twice (perhaps in another crate)",
                path.display(),
                message.id.name
            );
        }
    }
}

fn placeholders(pattern: &Pattern<&str>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_names(expression, names);
        }
    }
}

fn expression_names(expression: &Expression<&str>, names: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => inline_names(inline, names),
        Expression::Select { selector, variants } => {
            inline_names(selector, names);
            for variant in variants {
                placeholders(&variant.value, names);
            }
        }
    }
}

fn inline_names(inline: &InlineExpression<&str>, names: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => drop(names.insert(id.name.to_owned())),
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| inline_names(argument, names));
        }
        InlineExpression::Placeable { expression } => expression_names(expression, names),
        _ => {}
    }
}

fn compare(all: &[Texts], mistakes: &mut String) {
    let keys: BTreeSet<_> = all.iter().flat_map(BTreeMap::keys).collect();
    for key in keys {
        let of: Vec<_> = all.iter().map(|texts| texts.get(key)).collect();
        for (language, _) in LANGUAGES.iter().zip(&of).filter(|(_, names)| names.is_none()) {
            let _ = writeln!(mistakes, "{language}.ftl: the text `{key}` is missing");
        }
        let mut said = of.into_iter().flatten();
        let first = said.next();
        if said.any(|names| Some(names) != first) {
            let _ = writeln!(mistakes, "the placeholders of `{key}` differ between the languages");
        }
    }
}

/// Leaves an equal file alone, so that what includes it is not compiled again.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

//! Style and script: `govuk-frontend` from npm without its fonts, crown and colours, our own over it.
//!
//! The npm package comes by `npm ci` into the output folder, or from `PRAYA_ASSETS_DIR` (a
//! `node_modules` folder) where there is no network. Nothing of it is committed.

use crate::texts::write_if_changed;
use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) fn prepare(out: &Path) -> Result<(), String> {
    for path in ["assets", "style", "npm/package.json", "npm/package-lock.json", "npm/.npmrc"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=PRAYA_ASSETS_DIR");
    let package = node_modules(out)?.join("govuk-frontend");
    println!("cargo::rustc-env=GOVUK_FRONTEND={}", package.display());
    let dist = package.join("dist/govuk");

    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in fs::read_dir("assets").map_err(|e| format!("assets: {e}"))?.filter_map(Result::ok)
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            files.push((name, read(&entry.path())?.into_bytes()));
        }
    }
    let script = read(&dist.join("govuk-frontend.min.js"))?;
    files.push(("govuk-frontend.js".to_owned(), without_source_map(&script).as_bytes().to_vec()));
    let mut style = plain_style(&read(&dist.join("govuk-frontend.min.css"))?)?;
    let mut ours: Vec<_> = fs::read_dir("style")
        .map_err(|e| format!("style: {e}"))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    ours.sort();
    for path in ours.iter().filter(|path| path.extension().is_some_and(|kind| kind == "css")) {
        style += &read(path)?;
    }
    files.push(("praya.css".to_owned(), style.into_bytes()));
    files.sort();

    // One name for all: the script imports its neighbour by a relative address.
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let hash = format!("{:016x}", hasher.finish());
    let folder = out.join("assets");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut table = format!(
        "/// Changes when any file changes.\npub(crate) const HASH: &str = {hash:?};\nstatic FILES: &[File] = &[\n"
    );
    for (name, bytes) in &files {
        let path = folder.join(name);
        let zipped = folder.join(format!("{name}.gz"));
        write_if_changed(&path, bytes)?;
        write_if_changed(&zipped, &gzip(bytes).map_err(|e| e.to_string())?)?;
        let (path, zipped) = (path.display().to_string(), zipped.display().to_string());
        let _ = writeln!(
            table,
            "    File {{ name: {name:?}, plain: include_bytes!({path:?}), gzip: include_bytes!({zipped:?}) }},"
        );
    }
    table += "];\n";
    write_if_changed(&out.join("assets.rs"), table.as_bytes())
}

/// Where npm's packages are; brings them when the lock has changed.
fn node_modules(out: &Path) -> Result<PathBuf, String> {
    if let Some(given) = env::var_os("PRAYA_ASSETS_DIR") {
        return Ok(PathBuf::from(given));
    }
    let folder = out.join("npm");
    let lock = read(Path::new("npm/package-lock.json"))?;
    let done = folder.join("done");
    if fs::read_to_string(&done).is_ok_and(|of| of == lock) {
        return Ok(folder.join("node_modules"));
    }
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        write_if_changed(&folder.join(name), read(&Path::new("npm").join(name))?.as_bytes())?;
    }
    let npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
        .args(["ci", "--ignore-scripts", "--loglevel=error"])
        .current_dir(&folder)
        .output();
    let advice = "Praya takes its page components (govuk-frontend) from npm while it is built.\n\
        Install Node.js 20 or later with npm (Debian and Ubuntu: apt install nodejs npm), or, without a network,\n\
        run `npm ci --ignore-scripts` in crates/web/npm elsewhere, bring its node_modules here\n\
        and set PRAYA_ASSETS_DIR to that folder.";
    match npm {
        Err(e) => Err(format!("npm does not run: {e}\n{advice}")),
        Ok(ran) if !ran.status.success() => {
            Err(format!("npm ci failed:\n{}\n{advice}", String::from_utf8_lossy(&ran.stderr)))
        }
        Ok(_) => {
            fs::write(&done, lock).map_err(|e| format!("{}: {e}", done.display()))?;
            Ok(folder.join("node_modules"))
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn without_source_map(text: &str) -> &str {
    text.rfind("//# sourceMappingURL")
        .or_else(|| text.rfind("/*# sourceMappingURL"))
        .map_or(text, |at| &text[..at])
}

/// The package's style without its fonts and crest, its sizes, font family and fixed colours as our variables.
fn plain_style(style: &str) -> Result<String, String> {
    let mut style = without_source_map(style).to_owned();
    // The font, and the notice of its makers before it.
    while let Some(start) = style.find("@font-face{") {
        let end = style[start..].find('}').map_or(style.len(), |end| start + end + 1);
        style.replace_range(start..end, "");
    }
    while let Some(start) = style.find("/*!") {
        let end = style[start..].find("*/").map_or(style.len(), |end| start + end + 2);
        style.replace_range(start..end, "");
    }
    // A rule that shows the crest.
    while let Some(at) = style.find("url(/assets/") {
        let start = style[..at].rfind('}').map_or(0, |start| start + 1);
        let end = style[at..].find('}').map_or(style.len(), |end| at + end + 1);
        style.replace_range(start..end, "");
    }
    for (theirs, ours) in [
        ("font-family:GDS Transport,arial,sans-serif", "font-family:var(--font)"),
        (
            "font-size:1.1875rem;line-height:1.3157894737",
            "font-size:var(--body-size);line-height:var(--body-line)",
        ),
        (
            "font-size:1rem;line-height:1.25",
            "font-size:var(--small-size);line-height:var(--small-line)",
        ),
        // Colours that it does not yet take from its own variables, so that they follow day and night.
        ("#0b0c0c", "var(--ink)"),
        ("#f3f3f3", "var(--mist)"),
        ("#cecece", "var(--line)"),
        ("#858686", "var(--line-strong)"),
        ("#1d70b8", "var(--harbour)"),
        ("#d2e2f1", "var(--harbour-mist)"),
        ("#0f385c", "var(--harbour-dark)"),
        ("#0f7a52", "var(--jade)"),
        ("#083d29", "var(--jade)"),
        ("#ca3535", "var(--lantern)"),
        ("#651b1b", "var(--lantern-dark)"),
        ("background-color:#fff", "background-color:var(--paper)"),
    ] {
        if !style.contains(theirs) {
            return Err(format!(
                "govuk-frontend no longer says `{theirs}`: look at build/assets.rs and style/"
            ));
        }
        style = style.replace(theirs, ours);
    }
    match ["@font-face", "GDS Transport", "url(/"].iter().find(|word| style.contains(**word)) {
        Some(word) => {
            Err(format!("govuk-frontend's style still says `{word}`: look at build/assets.rs"))
        }
        None => Ok(style + "\n"),
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

//! The rules of the house that a program can read: who imports whom, how long a file is, that the documents
//! name what exists.

use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Which of our crates each crate may use, dev-dependencies aside. Imports run downward only.
const EDGES: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("store", &["kernel"]),
    ("wire", &["kernel"]),
    ("evidence", &["kernel", "store", "wire"]),
    ("jobs", &["kernel", "store", "wire"]),
    ("ports", &["kernel", "store", "wire"]),
    ("web", &["kernel"]),
    ("outbound", &[]),
    ("identity", &["kernel", "store", "wire", "evidence", "jobs", "outbound", "ports", "web"]),
    ("exchange", &["kernel", "store", "wire", "evidence", "jobs", "outbound", "ports", "web"]),
    ("forms", &["kernel", "store", "wire", "evidence", "jobs", "ports", "web"]),
    ("open", &["kernel", "store", "evidence", "web"]),
    ("signing", &["kernel", "store", "wire", "evidence", "jobs", "ports", "web"]),
    ("inbox", &["kernel", "store", "wire", "evidence", "jobs", "ports", "web"]),
    (
        "praya",
        &[
            "kernel", "store", "wire", "evidence", "jobs", "ports", "web", "identity", "exchange",
            "forms", "signing", "inbox", "open", "outbound", "bank",
        ],
    ),
    // The bank shares nothing with Praya; the bench and the tools look from outside.
    ("bank", &[]),
    ("xtask", &[]),
    ("bench", &["kernel", "wire", "evidence"]),
];

/// Beside `store`, who may name a database driver, with the reason.
const DRIVERS: &[(&str, &str)] =
    &[("bench", "not part of the program: it makes and drops databases from outside")];

/// Files of more than 500 lines, each with its reason.
const LONG: &[(&str, &str)] = &[(
    "crates/praya/tests/it/demo.rs",
    "the harness of every test: the program, a browser and a bank, with all they can do in one place",
)];

/// Routes that answer with pages, styles or scripts: an exact path, or with `/` at its end everything under it.
const PAGES: &[&str] = &[
    "/",
    "/about",
    "/accessibility",
    "/verify",
    "/log",
    "/sign-in",
    "/sign-in/",
    "/sign-out",
    "/federation/",
    "/counter",
    "/counter/",
    "/invitation/",
    "/consent/",
    "/fill/",
    "/services",
    "/offices",
    "/calendar",
    "/notices",
    "/notices/",
    "/office/",
    "/my/",
    "/sign/",
    "/admin",
    "/admin/",
    "/assets/",
];

/// Routes under [`PAGES`] that answer with JSON all the same.
const JSON_AMONG_PAGES: &[&str] = &[
    "POST /sign-in/passkey/start",
    "POST /invitation/{token}/start",
    "GET /my/data/looks/{id}/receipt",
    "GET /my/consents/{id}/receipt",
];

/// Words of the field that the glossary explains.
const TERMS: &[&str] = &[
    "acting for",
    "mandate",
    "department",
    "register",
    "record",
    "source",
    "consent",
    "purpose",
    "data consumer",
    "pause",
    "resume",
    "revoke",
    "receipt",
    "evidence log",
    "entry",
    "proof",
    "checkpoint",
    "witness",
    "passkey",
    "pushed authorisation request",
    "rich authorisation request",
    "DPoP",
    "PKCE",
    "grant",
    "access token",
    "refresh token",
    "introspection",
    "data life",
    "data minimisation",
    "fair use",
    "look",
    "preview",
    "inclusion proof",
    "consistency proof",
    "Merkle tree",
    "JWS",
    "JWE",
    "salt",
    "outbox",
    "pack",
    "persona",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn packages() -> Vec<Json> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Json =
        serde_json::from_slice(&out.stdout).expect("cargo metadata answers in JSON");
    metadata["packages"].as_array().unwrap().clone()
}

/// Every Rust file of the workspace, by its path from the root.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "node_modules", "corpus"].contains(&name.as_str()) {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let relative = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(relative, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let (root, mut found) = (root().canonicalize().unwrap(), BTreeMap::new());
    for folder in ["crates", "apps", "xtask", "bench", "fuzz"] {
        walk(&root.join(folder), &root, &mut found);
    }
    found
}

#[test]
fn imports_run_downward_only() {
    let packages = packages();
    let ours: BTreeSet<_> =
        packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let allowed = EDGES
            .iter()
            .find(|(from, _)| *from == name)
            .unwrap_or_else(|| {
                panic!(
                    "{name} has no row in EDGES: say what it may import, and why in docs/decisions"
                )
            })
            .1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            assert!(
                dependency["kind"] == "dev" || !ours.contains(on) || allowed.contains(&on),
                "{name} may not import {on}"
            );
        }
    }
}

#[test]
fn identity_and_exchange_meet_through_ports_alone() {
    for (one, other) in [("identity", "exchange"), ("exchange", "identity")] {
        let package = packages().into_iter().find(|package| package["name"] == one).unwrap();
        assert!(
            package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .all(|dependency| dependency["name"] != other),
            "{one} names {other}, if only in its tests"
        );
    }
}

#[test]
fn only_the_store_names_a_database_driver() {
    for package in packages() {
        let drivers = package["dependencies"].as_array().unwrap().iter().filter(|dependency| {
            let name = dependency["name"].as_str().unwrap();
            dependency["kind"] != "dev"
                && ["rusqlite", "tokio-postgres", "deadpool-postgres", "libsqlite3-sys"]
                    .contains(&name)
        });
        let excused =
            package["name"] == "store" || DRIVERS.iter().any(|(name, _)| package["name"] == *name);
        assert!(excused || drivers.count() == 0, "{} names a driver", package["name"]);
    }
}

#[test]
fn a_crates_face_is_one_screen_and_no_file_grows_without_a_reason() {
    let sources = sources();
    for (path, text) in &sources {
        let lines = text.lines().count();
        let face = path.ends_with("src/lib.rs");
        assert!(!face || lines <= 150, "{path} has {lines} lines: a face has 150 at most");
        assert!(
            lines <= 500 || LONG.iter().any(|(long, _)| long == path),
            "{path} has {lines} lines: split it by meaning, or give a reason in LONG"
        );
    }
    for (path, _) in LONG {
        assert!(sources.contains_key(*path), "{path} is gone: take it out of LONG");
    }
}

/// What git holds, by path from the root; the Rust files alone where git does not answer.
fn tracked() -> BTreeSet<String> {
    let out = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let listed = out.ok().filter(|out| out.status.success()).map(|out| out.stdout);
    let listed = String::from_utf8(listed.unwrap_or_default()).unwrap();
    if listed.is_empty() {
        sources().into_keys().collect()
    } else {
        listed.lines().map(str::to_owned).collect()
    }
}

#[test]
fn nothing_committed_names_a_folder_of_one_machine_or_the_host_of_a_registry() {
    // Put together here, so that this file does not hold them.
    let forbidden =
        [["/wo", "rk/"], ["/ro", "ot/"], ["registry.npm", "js.org"], ["index.cra", "tes.io"]]
            .map(|halves| halves.concat());
    let mut read = 0;
    for path in tracked().iter().filter(|path| !path.ends_with("Cargo.lock")) {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        read += 1;
        for (number, line) in text.lines().enumerate() {
            assert!(
                !forbidden.iter().any(|word| line.contains(word.as_str())),
                "{path}:{}: {}",
                number + 1,
                line.trim()
            );
        }
    }
    assert!(read > 100, "only {read} files were read");
}

/// The first two arguments of every `.route("METHOD", "/path", …)`.
fn routes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, text) in sources() {
        if !path.starts_with("crates/") || path.contains("/tests") || !path.contains("/src/") {
            continue;
        }
        for call in text.split(".route(").skip(1) {
            let mut literals = call.splitn(5, '"');
            let before = literals.next().unwrap_or_default();
            let (method, between, route) = (
                literals.next().unwrap_or_default(),
                literals.next().unwrap_or_default(),
                literals.next().unwrap_or_default(),
            );
            if before.trim().is_empty()
                && between.trim() == ","
                && ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method)
            {
                found.insert((method.to_owned(), route.replace("{*", "{")));
            }
        }
    }
    // These two stand in a constant, since one handler answers both.
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        assert!(text("crates/identity/src/oauth/metadata.rs").contains(&format!("\"{path}\"")));
        found.insert(("GET".to_owned(), path.to_owned()));
    }
    found
}

fn is_page(path: &str) -> bool {
    PAGES.iter().any(|page| {
        path == *page || (page.len() > 1 && page.ends_with('/') && path.starts_with(page))
    })
}

#[test]
fn every_json_endpoint_is_described_and_nothing_else() {
    let document: Json = serde_json::from_str(&text("crates/praya/src/openapi.json")).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let routes = routes();
    assert!(routes.len() > 40, "the route tables are read: {routes:?}");
    let json: BTreeSet<_> = routes
        .iter()
        .filter(|(method, path)| {
            !is_page(path) || JSON_AMONG_PAGES.contains(&format!("{method} {path}").as_str())
        })
        .cloned()
        .collect();
    assert_eq!(
        json.difference(&described).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "routes that openapi.json does not describe"
    );
    assert_eq!(
        described.difference(&json).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "openapi.json describes what is not there"
    );
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    fn walk<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
        match value {
            Json::Object(map) => {
                found.extend(map.get("$ref").and_then(Json::as_str));
                map.values().for_each(|value| walk(value, found));
            }
            Json::Array(list) => list.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document: Json = serde_json::from_str(&text("crates/praya/src/openapi.json")).unwrap();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(
            document.pointer(reference.trim_start_matches('#')).is_some(),
            "{reference} leads nowhere"
        );
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters")
        {
            assert!(
                operation["operationId"].is_string() && operation["responses"].is_object(),
                "{method} {path} is not whole"
            );
            let named = operation["parameters"]
                .as_array()
                .map_or(0, |all| all.iter().filter(|one| one["in"] == "path").count());
            assert_eq!(
                named,
                path.matches('{').count(),
                "{method} {path}: every part of the path is a parameter"
            );
        }
    }
}

#[test]
fn the_glossary_has_the_words_of_the_field() {
    let glossary = text("docs/glossary.md").to_lowercase();
    for term in TERMS {
        assert!(
            glossary.contains(&format!("| {} |", term.to_lowercase())),
            "docs/glossary.md has no row for {term:?}"
        );
    }
}

/// Every code of a `Problem::new(status, "code")` in the sources, with its status.
fn codes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, text) in sources() {
        if !path.starts_with("crates/") || path.contains("/tests") || path.ends_with("tests.rs") {
            continue;
        }
        let production =
            text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        for call in production.split("Problem::new(").skip(1) {
            let Some((status, rest)) = call.split_once(',') else { continue };
            let code = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            if let (true, Some(code)) = (status.trim().parse::<u16>().is_ok(), code) {
                found.insert((code.to_owned(), status.trim().to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_refusal_is_in_the_list_of_errors() {
    let errors = text("docs/errors.md");
    let codes = codes();
    assert!(codes.len() > 25, "the sources are read: {codes:?}");
    let missing: Vec<_> = codes
        .iter()
        .filter(|(code, status)| {
            !errors.lines().any(|line| {
                line.starts_with(&format!("| `{code}` |")) && line.contains(status.as_str())
            })
        })
        .collect();
    assert!(missing.is_empty(), "docs/errors.md lacks {missing:?}");
}

/// A document may promise a test only by the name of one that exists.
#[test]
fn every_test_that_a_document_names_exists() {
    let all: String = sources().into_values().collect();
    let functions: BTreeSet<_> =
        all.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()).collect();
    for document in [
        "ARCHITECTURE.md",
        "docs/security.md",
        "docs/conformance.md",
        "docs/portable-sql.md",
        "docs/decisions/0009-passkey-signature-over-the-digest.md",
    ] {
        let text = text(document);
        for name in text.split('`').skip(1).step_by(2).filter(|name| {
            name.matches('_').count() >= 4
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        }) {
            assert!(
                functions.contains(name),
                "{document} names the test {name}, which does not exist"
            );
        }
    }
}

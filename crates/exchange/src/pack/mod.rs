//! Definitions: the files that say which departments keep which registers, for what purposes they may be
//! asked, and where they are read from.
//!
//! Invariant: a [`Pack`] exists only when the `lint` module found nothing wrong, so every reference in one
//! resolves. Files are kept as they were read, for export byte for byte.

mod lint;
mod read;
mod source;
mod types;

pub use read::Mistake;
pub use source::{FileFormat, Header, Source, SourceKind};
pub use types::{
    All, Allowed, Cardinality, Classification, CompanyRegisters, Department, Field, FieldType,
    Government, Limits, Purpose, Register,
};

use ports::Provider;
use read::Place;
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, path::Path};

#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../packs/hong-kong"]
#[exclude = ".*"]
struct HongKong;

/// A government's definitions, without mistakes.
#[derive(Debug, Clone)]
pub struct Pack {
    government: Government,
    departments: BTreeMap<String, Department>,
    registers: BTreeMap<String, Register>,
    purposes: BTreeMap<String, Purpose>,
    sources: BTreeMap<String, Source>,
    providers: BTreeMap<String, Provider>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Pack {
    /// By whose clocks its days begin and end; the check knows it.
    pub fn zone(&self) -> kernel::Zone {
        kernel::Zone::named(&self.government.time_zone).unwrap_or(kernel::Zone::utc())
    }

    /// In what its people pay; the check knows it.
    pub fn currency(&self) -> kernel::Currency {
        kernel::Currency::parse(&self.government.currency).unwrap_or(kernel::Currency::NONE)
    }

    /// The government it is for.
    pub const fn government(&self) -> &Government {
        &self.government
    }

    /// A department.
    pub fn department(&self, id: &str) -> Option<&Department> {
        self.departments.get(id)
    }

    /// All, by id.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    /// A register.
    pub fn register(&self, id: &str) -> Option<&Register> {
        self.registers.get(id)
    }

    /// All, by id.
    pub fn registers(&self) -> impl Iterator<Item = &Register> {
        self.registers.values()
    }

    /// A purpose.
    pub fn purpose(&self, id: &str) -> Option<&Purpose> {
        self.purposes.get(id)
    }

    /// All, by id.
    pub fn purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.values()
    }

    /// A source.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(id)
    }

    /// All, by id.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    /// The providers by which people of elsewhere sign in, by id.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.values()
    }

    /// Its files as they were read: path from the pack's folder, bytes.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// SHA-256 of a file as it was read, lower-case hex: the version of the definition in it.
    pub fn hash(&self, path: &str) -> Option<String> {
        self.files.get(path).map(|bytes| hex(&wire::sha256(&[bytes])))
    }
}

/// The pack that is inside the program: Hong Kong.
pub fn load_embedded() -> Result<Pack, Vec<Mistake>> {
    let bytes = |path: std::borrow::Cow<'static, str>| {
        HongKong::get(&path).map(|file| (path.into_owned(), file.data.into_owned()))
    };
    load(HongKong::iter().filter_map(bytes).collect())
}

/// A pack from its folder.
pub fn load_dir(folder: &Path) -> Result<Pack, Vec<Mistake>> {
    let unreadable = |error: std::io::Error| {
        vec![Mistake::of_file(
            &folder.display().to_string(),
            error.to_string(),
            "name a folder that can be read",
        )]
    };
    load(read::folder(folder).map_err(unreadable)?)
}

/// Definitions of one kind with their places, by id, and the ids whose file could not be read.
struct Read<'a, T> {
    good: BTreeMap<String, (T, Place<'a>)>,
    broken: Vec<String>,
}

impl<T> Read<'_, T> {
    /// Whether the id names one, were it only readable: one mistake is not told twice.
    fn has(&self, id: &str) -> bool {
        self.good.contains_key(id) || self.broken.iter().any(|broken| broken == id)
    }

    fn get(&self, id: &str) -> Option<&T> {
        self.good.get(id).map(|(value, _)| value)
    }

    fn values(self) -> BTreeMap<String, T> {
        self.good.into_iter().map(|(id, (value, _))| (id, value)).collect()
    }
}

/// All definitions, read, not yet found right.
struct Definitions<'a> {
    departments: Read<'a, Department>,
    registers: Read<'a, Register>,
    purposes: Read<'a, Purpose>,
    sources: Read<'a, Source>,
    providers: Read<'a, Provider>,
}

/// Files that are no definitions of ours: the government itself, and what others read.
const ELSEWHERE: [&str; 2] = ["pack.toml", "portal.toml"];
const FOLDERS: [&str; 5] = ["departments", "registers", "purposes", "sources", "providers"];

fn load(files: BTreeMap<String, Vec<u8>>) -> Result<Pack, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for path in files.keys().filter(|path| {
        Path::new(path).extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"))
            && !ELSEWHERE.contains(&path.as_str())
    }) {
        if !matches!(path.split('/').collect::<Vec<_>>()[..], [folder, _] if FOLDERS.contains(&folder))
        {
            mistakes.push(Mistake::of_file(
                path,
                "nothing reads this file",
                format!("move it to one of {}, or take it out", FOLDERS.join(", ")),
            ));
        }
    }
    let government = government(&files, &mut mistakes);
    let mut all = Definitions {
        departments: section(&files, "departments", |it: &Department| &it.id, &mut mistakes),
        registers: section(&files, "registers", |it: &Register| &it.id, &mut mistakes),
        purposes: section(&files, "purposes", |it: &Purpose| &it.id, &mut mistakes),
        sources: section(&files, "sources", |it: &Source| &it.id, &mut mistakes),
        providers: section(&files, "providers", |it: &Provider| &it.id, &mut mistakes),
    };
    mistakes.extend(lint::all(&all));
    if let Some(companies) =
        government.as_ref().and_then(|government| government.companies.as_ref())
    {
        mistakes.extend(lint::companies(companies, &all));
    }
    for (purpose, place) in all.purposes.good.values_mut() {
        let bytes = files.get(place.file).map_or(&[][..], Vec::as_slice);
        purpose.hash = hex(&wire::sha256(&[bytes]));
    }
    let Definitions { departments, registers, purposes, sources, providers } = all;
    let (departments, registers, purposes, sources) =
        (departments.values(), registers.values(), purposes.values(), sources.values());
    let providers = providers.values();
    mistakes.sort();
    match government {
        Some(government) if mistakes.is_empty() => {
            Ok(Pack { government, departments, registers, purposes, sources, providers, files })
        }
        _ => Err(mistakes),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn government(
    files: &BTreeMap<String, Vec<u8>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Government> {
    let Some((path, bytes)) = files.get_key_value("pack.toml") else {
        mistakes.push(Mistake::of_file(
            "pack.toml",
            "missing",
            "write it: id, name, time_zone, currency",
        ));
        return None;
    };
    match read::definition::<Government>(path, bytes) {
        Ok((government, place)) => {
            mistakes.extend(lint::government(&government, &place));
            Some(government)
        }
        Err(found) => {
            mistakes.extend(found);
            None
        }
    }
}

fn section<'a, T: DeserializeOwned>(
    files: &'a BTreeMap<String, Vec<u8>>,
    folder: &str,
    id: impl Fn(&T) -> &String,
    mistakes: &mut Vec<Mistake>,
) -> Read<'a, T> {
    let mut section = Read { good: BTreeMap::new(), broken: Vec::new() };
    for (path, bytes) in files {
        let Some(stem) = path
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".toml"))
        else {
            continue;
        };
        match read::definition::<T>(path, bytes) {
            Ok((value, place)) => {
                let id = id(&value).clone();
                if id != stem {
                    mistakes.push(place.mistake(
                        "id",
                        format!("id {id:?} in a file named {stem:?}"),
                        format!("name the file {id}.toml, or the id {stem:?}"),
                    ));
                    section.broken.push(stem.to_owned());
                }
                if let Some((_, first)) = section.good.get(&id) {
                    mistakes.push(place.mistake(
                        "id",
                        format!("id {id:?} is taken by {}", first.file),
                        "give one of them another id",
                    ));
                } else {
                    section.good.insert(id, (value, place));
                }
            }
            Err(found) => {
                mistakes.extend(found);
                section.broken.push(stem.to_owned());
            }
        }
    }
    section
}

#[cfg(test)]
mod tests;

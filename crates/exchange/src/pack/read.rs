//! Files of a pack as they were read, and mistakes with their place in them.

use serde::de::{DeserializeOwned, IntoDeserializer};
use std::{collections::BTreeMap, fmt, io, ops::Range, path::Path};
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// Something wrong in a pack: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, from the pack's folder.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub advice: String,
}

impl Mistake {
    /// One that concerns a whole file.
    pub(crate) fn of_file(file: &str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, what: what.into(), advice: advice.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {} — {}", self.file, self.line, self.column, self.what, self.advice)
    }
}

/// A definition's text with the places of its values.
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    text: &'a str,
    table: DeTable<'a>,
}

impl Place<'_> {
    /// A mistake at the value under `pointer` (`fields/2/name`), or at what is nearest above it.
    pub(crate) fn mistake(
        &self,
        pointer: &str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Mistake {
        at(self.file, self.text, self.span(pointer), what.into(), advice.into())
    }

    fn span(&self, pointer: &str) -> Range<usize> {
        let mut steps = pointer.split('/').filter(|step| !step.is_empty());
        let Some(mut value) = steps.next().and_then(|step| self.table.get(step)) else {
            return 0..0;
        };
        for step in steps {
            let next = match value.get_ref() {
                DeValue::Table(table) => table.get(step),
                DeValue::Array(array) => {
                    step.parse().ok().and_then(|index: usize| array.get(index))
                }
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => break,
            }
        }
        value.span()
    }

    /// Whether a key stands at the top.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}

fn at(file: &str, text: &str, span: Range<usize>, what: String, advice: String) -> Mistake {
    let before = text.get(..span.start).unwrap_or(text);
    let start_of_line = before.rfind('\n').map_or(0, |index| index + 1);
    let column = before.get(start_of_line..).map_or(0, |rest| rest.chars().count()) + 1;
    Mistake { file: file.to_owned(), line: before.matches('\n').count() + 1, column, what, advice }
}

/// Reads one definition. Unknown keys and values of a wrong type are all found; of missing keys, the first.
pub(crate) fn definition<'a, T: DeserializeOwned>(
    file: &'a str,
    bytes: &'a [u8],
) -> Result<(T, Place<'a>), Vec<Mistake>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| vec![Mistake::of_file(file, "not UTF-8", "save it as UTF-8")])?;
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mistake = |error: toml::de::Error| {
            at(
                file,
                text,
                error.span().unwrap_or(0..0),
                error.message().replace('\n', ", "),
                "correct the TOML here".to_owned(),
            )
        };
        return Err(errors.into_iter().map(mistake).collect());
    }
    let mut mistakes = Vec::new();
    let mut rest = table.clone();
    // Each round takes out one unknown key or puts right one value, so that the next can be found.
    loop {
        match T::deserialize(rest.clone().into_deserializer()) {
            Ok(value) if mistakes.is_empty() => {
                return Ok((value, Place { file, text, table: table.into_inner() }));
            }
            Ok(_) => return Err(mistakes),
            Err(error) => {
                // A flattened value is read without its place: its error has the place of the whole, or none.
                let place = error.span().filter(|span| span.start > 0);
                let (what, advice) = explain(file, error.message());
                let taken = match unknown_key(error.message()) {
                    Some(key) => take(rest.get_mut(), key, place.clone()),
                    None => stand_in(error.message())
                        .zip(place.clone())
                        .and_then(|(right, span)| put(rest.get_mut(), right, &span)),
                };
                let Some(span) = taken else {
                    let span =
                        place.or_else(|| value_of(rest.get_ref(), error.message())).unwrap_or(0..0);
                    mistakes.push(at(file, text, span, what, advice));
                    return Err(mistakes);
                };
                mistakes.push(at(file, text, span, what, advice));
            }
        }
    }
}

fn unknown_key(message: &str) -> Option<&str> {
    message.strip_prefix("unknown field `")?.split('`').next()
}

/// A value that would have been read in the place of the one that was not, as far as a message tells.
fn stand_in(message: &str) -> Option<DeValue<'static>> {
    let (found, wanted) = message.split_once(", expected ")?;
    Some(match wanted {
        _ if found.starts_with("unknown variant") => {
            DeValue::String(wanted.split('`').nth(1)?.to_owned().into())
        }
        "a string" | "a character" => DeValue::String(",".into()),
        "a boolean" => DeValue::Boolean(false),
        "a sequence" => DeValue::Array(DeArray::new()),
        "u32" | "u64" => DeValue::parse("0").ok()?.into_inner(),
        _ => return None,
    })
}

/// Puts a value in the place of the one that stands at `span`.
fn put(
    table: &mut DeTable<'_>,
    right: DeValue<'static>,
    span: &Range<usize>,
) -> Option<Range<usize>> {
    let wrong = table.iter_mut().find_map(|(_, value)| at_span(value, span))?;
    *wrong.get_mut() = right;
    Some(span.clone())
}

fn at_span<'v, 'i>(
    value: &'v mut Spanned<DeValue<'i>>,
    span: &Range<usize>,
) -> Option<&'v mut Spanned<DeValue<'i>>> {
    if value.span() == *span {
        return Some(value);
    }
    match value.get_mut() {
        DeValue::Table(table) => table.iter_mut().find_map(|(_, value)| at_span(value, span)),
        DeValue::Array(array) => array.iter_mut().find_map(|value| at_span(value, span)),
        _ => None,
    }
}

/// The place of the value at the top that a message names.
fn value_of(table: &DeTable<'_>, message: &str) -> Option<Range<usize>> {
    let word = message.split(['`', '"']).nth(1)?;
    table
        .iter()
        .find(|(_, value)| value.get_ref().as_str() == Some(word))
        .map(|(_, value)| value.span())
}

/// Takes out the key that stands at `span`, or that has the name when the place is not known.
fn take(table: &mut DeTable<'_>, key: &str, span: Option<Range<usize>>) -> Option<Range<usize>> {
    if let Some((found, _)) = table.get_key_value(key) {
        let place = found.span();
        if span.as_ref().is_none_or(|span| span.contains(&place.start)) {
            table.remove(key);
            return Some(place);
        }
    }
    table.iter_mut().find_map(|(_, value)| take_in(value, key, span.clone()))
}

fn take_in(
    value: &mut Spanned<DeValue<'_>>,
    key: &str,
    span: Option<Range<usize>>,
) -> Option<Range<usize>> {
    match value.get_mut() {
        DeValue::Table(table) => take(table, key, span),
        DeValue::Array(array) => {
            array.iter_mut().find_map(|value| take_in(value, key, span.clone()))
        }
        _ => None,
    }
}

/// A reader's error as a sentence and what to do.
fn explain(file: &str, message: &str) -> (String, String) {
    let message = message.replace('\n', ", ");
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (key, known) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let every = if file.starts_with("sources/") {
            ", and for every kind `timeout_ms`, `retries`, `probe_key`, `allow_private`, `mapping`"
        } else {
            ""
        };
        let advice = if known.is_empty() {
            "take it out".to_owned()
        } else {
            format!(
                "take it out or correct its name; known here: {}{every}",
                known.trim_start_matches("one of ")
            )
        };
        return (format!("unknown key {key}"), advice);
    }
    if let Some(field) = message.strip_prefix("missing field ") {
        return (format!("missing key {field}"), "add it".to_owned());
    }
    if let Some((value, known)) =
        message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected "))
    {
        return (format!("unknown value {value}"), format!("write {known}"));
    }
    if message.contains("untagged enum Allowed") {
        return (
            "neither `\"all\"` nor a list of fields".to_owned(),
            "write \"all\" or a list of field ids".to_owned(),
        );
    }
    let misfit = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    if let Some((found, wanted)) = misfit.and_then(|rest| rest.split_once(", expected ")) {
        let wanted = match wanted {
            "a string" => "a text in quotes",
            "a character" => "one character in quotes",
            "a boolean" => "true or false, without quotes",
            "a sequence" => "a list in [ ]",
            "u32" | "u64" => "a whole number from 0, without quotes",
            table if table.starts_with("struct ") => "a table in { }",
            other => other,
        };
        return (format!("{found} does not belong here"), format!("write {wanted}"));
    }
    (message, "write a value of the expected kind".to_owned())
}

/// Every file of a folder but hidden ones, by its path from there.
pub(crate) fn folder(root: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                waiting.push((entry.path(), format!("{path}/")));
            } else {
                files.insert(path, std::fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

//! From a source's raw row to a register's fields: typed, checked, never guessed. Pure.

use super::SourceError;
use crate::pack::{Field, FieldType, Register, Source};
use kernel::Date;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use store::Cell;

/// A value of a register: the source's own text as it came, or written anew.
type Value<'a> = Cell<Cow<'a, str>>;

/// A source's row, asked for its values by the places of a [`Mapping`].
pub(super) trait Raw {
    /// The value at a place; nothing where there is none.
    fn value(&self, place: usize) -> Cell<&str>;
}

/// Where a source holds what is wanted of a register: worked out once for all rows of an answer.
pub(super) struct Mapping<'a> {
    /// The key, then the date if the register has one, then the wanted fields in the register's order.
    fields: Vec<(&'a Field, &'a str)>,
    has_key: bool,
    has_date: bool,
}

impl<'a> Mapping<'a> {
    pub(super) fn new(register: &'a Register, source: &'a Source, wanted: &[String]) -> Self {
        let key = register.fields.iter().find(|field| field.id == register.key);
        let date = register.fields.iter().find(|field| field.date_field);
        let wanted = register.fields.iter().filter(|field| wanted.contains(&field.id));
        let fields = key.into_iter().chain(date).chain(wanted);
        Self {
            fields: fields.map(|field| (field, source.column(&field.id))).collect(),
            has_key: key.is_some(),
            has_date: date.is_some(),
        }
    }

    fn first(&self) -> usize {
        usize::from(self.has_key) + usize::from(self.has_date)
    }

    /// What each place is called in the source.
    pub(super) fn places(&self) -> impl Iterator<Item = &'a str> {
        self.fields.iter().map(|(_, place)| *place)
    }

    /// The wanted fields.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &'a str> {
        self.fields.iter().skip(self.first()).map(|(field, _)| field.id.as_str())
    }

    /// The wanted fields of one raw row. The key must be the one asked for; a value of another type, or a
    /// missing one that may not be missing, names its field; what was not asked for is dropped.
    pub(super) fn row<'r>(
        &self,
        raw: &'r impl Raw,
        key: &str,
    ) -> Result<Vec<Value<'r>>, SourceError> {
        if let Some((own, _)) = self.fields.first().filter(|_| self.has_key) {
            let found = raw.value(0);
            let same = found.text().map(str::trim) == Some(key)
                || value(own, found)?.text().map(str::trim) == Some(key);
            if !same {
                return Err(SourceError::WrongSubject);
            }
        }
        let wanted = self.fields.iter().enumerate().skip(self.first());
        wanted.map(|(place, (field, _))| value(field, raw.value(place))).collect()
    }

    /// The wanted fields of a row that another node signed; it has looked up the key itself. Its rows are
    /// handed on as it signed them: one that holds anything else, or a value not written as registers write
    /// it, is refused.
    pub(super) fn signed_row<'r>(
        &self,
        raw: &'r Map<String, Json>,
        key: &str,
    ) -> Result<Vec<Value<'r>>, SourceError> {
        let own = self.fields.first().filter(|_| self.has_key).map(|(field, _)| &field.id);
        let wrong = |field: &str, what| SourceError::BadShape { field: field.to_owned(), what };
        let mut cells = Vec::with_capacity(raw.len());
        for (field, place) in self.fields.iter().skip(self.first()) {
            let found = raw.get(*place).map(cell);
            let plain = value(field, found.unwrap_or(Cell::Null))?;
            if found.map(|found| found.map(Cow::Borrowed)).as_ref() != Some(&plain) {
                return Err(wrong(&field.id, "not in its plain form"));
            }
            if Some(&field.id) == own && plain.text() != Some(key) {
                return Err(SourceError::WrongSubject);
            }
            cells.push(plain);
        }
        let same = cells.len() == raw.len();
        if same { Ok(cells) } else { Err(wrong("(answer)", "more than was asked for")) }
    }

    /// Whether a raw row lies in the range of dates asked for; a register without a date field is all in, a
    /// row without a date is out. A date that is none is an error, or the row would be lost without a word.
    pub(super) fn in_range(
        &self,
        raw: &impl Raw,
        range: Option<(Date, Date)>,
    ) -> Result<bool, SourceError> {
        let place = usize::from(self.has_key);
        let (Some((from, to)), Some((field, _))) =
            (range, self.fields.get(place).filter(|_| self.has_date))
        else {
            return Ok(true);
        };
        let found = value(field, raw.value(place))?;
        let date = found.text().and_then(|text| text.parse::<Date>().ok());
        Ok(date.is_some_and(|date| (from..=to).contains(&date)))
    }
}

/// A row of named values.
pub(super) struct Named<'a> {
    raw: &'a Map<String, Json>,
    places: Vec<&'a str>,
}

impl<'a> Named<'a> {
    pub(super) fn new(raw: &'a Map<String, Json>, mapping: &Mapping<'a>) -> Self {
        Self { raw, places: mapping.places().collect() }
    }
}

impl Raw for Named<'_> {
    fn value(&self, place: usize) -> Cell<&str> {
        let found = self.places.get(place).and_then(|place| at(self.raw, place));
        found.map_or(Cell::Null, cell)
    }
}

/// A value as registers know them.
fn cell(value: &Json) -> Cell<&str> {
    match value {
        Json::Null => Cell::Null,
        Json::Bool(v) => Cell::Bool(*v),
        Json::Number(v) => match v.as_i64() {
            Some(v) => Cell::Int(v),
            None => v.as_f64().filter(|_| v.is_f64()).map_or(Cell::Other, Cell::Real),
        },
        Json::String(v) => Cell::Text(v),
        Json::Array(_) | Json::Object(_) => Cell::Other,
    }
}

/// One raw row of named values as [`Mapping::row`] maps it, by field.
pub fn map_row(
    register: &Register,
    source: &Source,
    raw: &Map<String, Json>,
    key: &str,
    fields: &[String],
) -> Result<Map<String, Json>, SourceError> {
    let mapping = Mapping::new(register, source, fields);
    let named = Named::new(raw, &mapping);
    let cells = mapping.row(&named, key)?.into_iter().map(|cell| serde_json::json!(cell));
    Ok(mapping.wanted().map(str::to_owned).zip(cells).collect())
}

/// The value at a name, or at a JSON pointer (RFC 6901) if the place begins with a slash.
pub(super) fn at<'a>(raw: &'a Map<String, Json>, place: &str) -> Option<&'a Json> {
    let Some(path) = place.strip_prefix('/') else { return raw.get(place) };
    let mut parts = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
    let first = raw.get(&parts.next()?)?;
    parts.try_fold(first, |at, part| at.get(&part).or_else(|| at.get(part.parse::<usize>().ok()?)))
}

/// A key as registers write it: an identity card number with or without brackets is the same one. As it
/// came, without the spaces around it, if it is not of its kind.
pub(crate) fn key(kind: FieldType, text: &str) -> String {
    let plain = match kind {
        FieldType::Hkid => kernel::identifiers::Hkid::parse(text).ok().map(String::from),
        FieldType::ResidentId => {
            kernel::identifiers::ResidentId::parse(text).ok().map(String::from)
        }
        FieldType::Brn => kernel::identifiers::Brn::parse(text).ok().map(String::from),
        _ => None,
    };
    plain.unwrap_or_else(|| text.trim().to_owned())
}

fn value<'r>(field: &Field, raw: Cell<&'r str>) -> Result<Value<'r>, SourceError> {
    let wrong = |what: &'static str| SourceError::BadShape { field: field.id.clone(), what };
    let empty = match raw {
        Cell::Null => true,
        Cell::Text(text) => text.trim().is_empty(),
        _ => false,
    };
    if empty {
        return if field.optional { Ok(Cell::Null) } else { Err(wrong("missing")) };
    }
    let as_it_came = || Ok(raw.map(Cow::Borrowed));
    let anew = |text: &str| Cell::Text(Cow::Owned(text.to_owned()));
    match (field.kind, raw) {
        (FieldType::Text, Cell::Text(_))
        | (FieldType::Boolean, Cell::Bool(_))
        | (FieldType::Number | FieldType::Money, Cell::Int(_))
        | (FieldType::Number, Cell::Real(_)) => as_it_came(),
        // A CSV has no numbers, only digits.
        (FieldType::Number | FieldType::Money, Cell::Text(text)) => {
            digits(field.kind, text.trim()).ok_or_else(|| wrong("not a number"))
        }
        (FieldType::Boolean, Cell::Int(v @ (0 | 1))) => Ok(Cell::Bool(v == 1)),
        (FieldType::Boolean, Cell::Text(text)) => match text.trim() {
            "true" | "1" => Ok(Cell::Bool(true)),
            "false" | "0" => Ok(Cell::Bool(false)),
            _ => Err(wrong("of another type")),
        },
        (FieldType::Date, Cell::Text(text)) => match text.trim().parse::<Date>() {
            Ok(_) if is_written_as_we_do(text) => as_it_came(),
            Ok(date) => Ok(anew(&date.to_string())),
            Err(_) => Err(wrong("not a date")),
        },
        (FieldType::Choice, Cell::Text(text)) => {
            let choice = Some(text.trim()).filter(|text| field.choices.iter().any(|c| c == text));
            choice
                .map(|choice| Cell::Text(Cow::Borrowed(choice)))
                .ok_or_else(|| wrong("not one of its choices"))
        }
        (FieldType::Hkid, Cell::Text(text)) => kernel::identifiers::Hkid::parse(text)
            .map(|hkid| anew(hkid.as_str()))
            .map_err(|_| wrong("not an identity card number")),
        (FieldType::ResidentId, Cell::Text(text)) => kernel::identifiers::ResidentId::parse(text)
            .map(|id| anew(id.as_str()))
            .map_err(|_| wrong("not a resident number")),
        (FieldType::Brn, Cell::Text(text)) => kernel::identifiers::Brn::parse(text)
            .map(|brn| anew(brn.as_str()))
            .map_err(|_| wrong("not a business registration number")),
        _ => Err(wrong("of another type")),
    }
}

/// `2026-11-23`, which needs no writing anew.
fn is_written_as_we_do(date: &str) -> bool {
    date.len() == 10
        && date.bytes().enumerate().all(|(i, c)| match i {
            4 | 7 => c == b'-',
            _ => c.is_ascii_digit(),
        })
}

/// Money is whole cents; another number may have a point.
fn digits<T>(kind: FieldType, text: &str) -> Option<Cell<T>> {
    if let Ok(whole) = text.parse() {
        return Some(Cell::Int(whole));
    }
    let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.filter(|_| plain && kind == FieldType::Number).map(Cell::Real)
}

//! From a source's raw row to a register's fields: typed, checked, never guessed. Pure.

use super::SourceError;
use crate::pack::{Field, FieldType, Register, Source};
use kernel::Date;
use serde_json::{Map, Value as Json};

/// A source's row, asked for its values by the places of a [`Mapping`].
pub(super) trait Raw {
    /// The value at a place, if it is a text.
    fn text(&self, place: usize) -> Option<&str>;
    /// The value at a place.
    fn value(&self, place: usize) -> Result<Option<Json>, SourceError>;
    /// The same, to keep; asked for once a place.
    fn take(&mut self, place: usize) -> Result<Option<Json>, SourceError>;
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
    pub(super) fn row(&self, raw: &mut impl Raw, key: &str) -> Result<Vec<Json>, SourceError> {
        if let Some((own, _)) = self.fields.first().filter(|_| self.has_key) {
            let same = raw.text(0).map(str::trim) == Some(key)
                || value(own, raw.value(0)?)?.as_str().map(str::trim) == Some(key);
            if !same {
                return Err(SourceError::WrongSubject);
            }
        }
        let wanted = self.fields.iter().enumerate().skip(self.first());
        wanted.map(|(place, (field, _))| value(field, raw.take(place)?)).collect()
    }

    /// The wanted fields of a row that another node signed; it has looked up the key itself. Its rows are
    /// handed on as it signed them: one that holds anything else, or a value not written as registers write
    /// it, is refused.
    pub(super) fn signed_row(
        &self,
        raw: &Map<String, Json>,
        key: &str,
    ) -> Result<Vec<Json>, SourceError> {
        let own = self.fields.first().filter(|_| self.has_key).map(|(field, _)| &field.id);
        let wrong = |field: &str, what| SourceError::BadShape { field: field.to_owned(), what };
        let mut cells = Vec::with_capacity(raw.len());
        for (field, place) in self.fields.iter().skip(self.first()) {
            let found = raw.get(*place);
            let plain = value(field, found.cloned())?;
            if found != Some(&plain) {
                return Err(wrong(&field.id, "not in its plain form"));
            }
            if Some(&field.id) == own && plain.as_str() != Some(key) {
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
        let found = value(field, raw.value(place)?)?;
        let date = found.as_str().and_then(|text| text.parse::<Date>().ok());
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
    fn text(&self, place: usize) -> Option<&str> {
        at(self.raw, self.places.get(place)?)?.as_str()
    }

    fn value(&self, place: usize) -> Result<Option<Json>, SourceError> {
        Ok(self.places.get(place).and_then(|place| at(self.raw, place)).cloned())
    }

    fn take(&mut self, place: usize) -> Result<Option<Json>, SourceError> {
        self.value(place)
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
    let cells = mapping.row(&mut Named::new(raw, &mapping), key)?;
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
        FieldType::Brn => kernel::identifiers::Brn::parse(text).ok().map(String::from),
        _ => None,
    };
    plain.unwrap_or_else(|| text.trim().to_owned())
}

fn value(field: &Field, raw: Option<Json>) -> Result<Json, SourceError> {
    let wrong = |what: &'static str| SourceError::BadShape { field: field.id.clone(), what };
    let empty =
        |raw: &Json| raw.is_null() || raw.as_str().is_some_and(|text| text.trim().is_empty());
    let Some(raw) = raw.filter(|raw| !empty(raw)) else {
        return if field.optional { Ok(Json::Null) } else { Err(wrong("missing")) };
    };
    match (field.kind, &raw) {
        (FieldType::Text, Json::String(_)) | (FieldType::Boolean, Json::Bool(_)) => Ok(raw),
        (FieldType::Number | FieldType::Money, Json::Number(number)) if number.is_i64() => Ok(raw),
        (FieldType::Number, Json::Number(number)) if number.is_f64() => Ok(raw),
        // A CSV has no numbers, only digits.
        (FieldType::Number | FieldType::Money, Json::String(text)) => {
            digits(field.kind, text.trim()).ok_or_else(|| wrong("not a number"))
        }
        (FieldType::Boolean, Json::Number(number)) if matches!(number.as_i64(), Some(0 | 1)) => {
            Ok((number.as_i64() == Some(1)).into())
        }
        (FieldType::Boolean, Json::String(text))
            if matches!(text.trim(), "true" | "false" | "0" | "1") =>
        {
            Ok(matches!(text.trim(), "true" | "1").into())
        }
        (FieldType::Date, Json::String(text)) => match text.trim().parse::<Date>() {
            Ok(_) if is_written_as_we_do(text) => Ok(raw),
            Ok(date) => Ok(date.to_string().into()),
            Err(_) => Err(wrong("not a date")),
        },
        (FieldType::Choice, Json::String(text)) => {
            let choice = field.choices.iter().find(|choice| *choice == text.trim());
            let choice = choice.ok_or_else(|| wrong("not one of its choices"))?;
            if choice == text { Ok(raw) } else { Ok(choice.as_str().into()) }
        }
        (FieldType::Hkid, Json::String(text)) => kernel::identifiers::Hkid::parse(text)
            .map(|hkid| hkid.as_str().into())
            .map_err(|_| wrong("not an identity card number")),
        (FieldType::Brn, Json::String(text)) => kernel::identifiers::Brn::parse(text)
            .map(|brn| brn.as_str().into())
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
fn digits(kind: FieldType, text: &str) -> Option<Json> {
    let whole = text.parse::<i64>().map(Json::from).ok();
    let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
    whole.or_else(|| {
        text.parse::<f64>().ok().filter(|_| plain && kind == FieldType::Number).map(Json::from)
    })
}

//! From a source's raw row to a register's fields: typed, checked, never guessed. Pure.

use super::SourceError;
use crate::pack::{Field, FieldType, Register, Source};
use kernel::Date;
use serde_json::{Map, Value as Json};

/// The fields asked for, of one raw row. The key must be the one asked for; a value of another type, or
/// a missing one that may not be missing, names its field; what was not asked for is dropped.
pub fn map_row(
    register: &Register,
    source: &Source,
    raw: &Map<String, Json>,
    key: &str,
    fields: &[String],
) -> Result<Map<String, Json>, SourceError> {
    let own = register.fields.iter().find(|field| field.id == register.key);
    if let Some(own) = own {
        let found = value(own, raw_value(source, raw, &own.id))?;
        if found.as_str().map(str::trim) != Some(key) {
            return Err(SourceError::WrongSubject);
        }
    }
    let mut row = Map::with_capacity(fields.len());
    for field in register.fields.iter().filter(|field| fields.contains(&field.id)) {
        row.insert(field.id.clone(), value(field, raw_value(source, raw, &field.id))?);
    }
    Ok(row)
}

/// Whether a raw row lies in the range of dates asked for; a register without a date field is all in, a
/// row without a date is out. A date that is none is an error, or the row would be lost without a word.
pub fn in_range(
    register: &Register,
    source: &Source,
    raw: &Map<String, Json>,
    range: Option<(Date, Date)>,
) -> Result<bool, SourceError> {
    let (Some((from, to)), Some(field)) =
        (range, register.fields.iter().find(|field| field.date_field))
    else {
        return Ok(true);
    };
    let found = value(field, raw_value(source, raw, &field.id))?;
    let date = found.as_str().and_then(|text| text.parse::<Date>().ok());
    Ok(date.is_some_and(|date| (from..=to).contains(&date)))
}

fn raw_value<'a>(
    source: &'a Source,
    raw: &'a Map<String, Json>,
    field: &'a str,
) -> Option<&'a Json> {
    at(raw, source.column(field))
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
        FieldType::Hkid => kernel::hk::Hkid::parse(text).map(|key| key.as_str().to_owned()),
        FieldType::Brn => kernel::hk::Brn::parse(text).map(|key| key.as_str().to_owned()),
        _ => None,
    };
    plain.unwrap_or_else(|| text.trim().to_owned())
}

fn value(field: &Field, raw: Option<&Json>) -> Result<Json, SourceError> {
    let wrong = |what: &'static str| SourceError::BadShape { field: field.id.clone(), what };
    let text = raw.and_then(Json::as_str).map(str::trim);
    let Some(raw) = raw.filter(|raw| !raw.is_null() && text != Some("")) else {
        return if field.optional { Ok(Json::Null) } else { Err(wrong("missing")) };
    };
    match (field.kind, raw) {
        (FieldType::Text, Json::String(text)) => Ok(text.as_str().into()),
        (FieldType::Number | FieldType::Money, Json::Number(number)) if number.is_i64() => {
            Ok(raw.clone())
        }
        (FieldType::Number, Json::Number(number)) if number.is_f64() => Ok(raw.clone()),
        // A CSV has no numbers, only digits.
        (FieldType::Number | FieldType::Money, Json::String(text)) => {
            digits(field.kind, text.trim()).ok_or_else(|| wrong("not a number"))
        }
        (FieldType::Boolean, Json::Bool(_)) => Ok(raw.clone()),
        (FieldType::Boolean, Json::Number(number)) if matches!(number.as_i64(), Some(0 | 1)) => {
            Ok((number.as_i64() == Some(1)).into())
        }
        (FieldType::Boolean, Json::String(text))
            if matches!(text.trim(), "true" | "false" | "0" | "1") =>
        {
            Ok(matches!(text.trim(), "true" | "1").into())
        }
        (FieldType::Date, Json::String(text)) => text
            .trim()
            .parse::<Date>()
            .map(|date| date.to_string().into())
            .map_err(|_| wrong("not a date")),
        (FieldType::Choice, Json::String(text))
            if field.choices.iter().any(|choice| choice == text.trim()) =>
        {
            Ok(text.trim().into())
        }
        (FieldType::Choice, Json::String(_)) => Err(wrong("not one of its choices")),
        (FieldType::Hkid, Json::String(text)) => kernel::hk::Hkid::parse(text)
            .map(|hkid| hkid.as_str().into())
            .ok_or_else(|| wrong("not an identity card number")),
        (FieldType::Brn, Json::String(text)) => kernel::hk::Brn::parse(text)
            .map(|brn| brn.as_str().into())
            .ok_or_else(|| wrong("not a business registration number")),
        _ => Err(wrong("of another type")),
    }
}

/// Money is whole cents; another number may have a point.
fn digits(kind: FieldType, text: &str) -> Option<Json> {
    let whole = text.parse::<i64>().map(Json::from).ok();
    let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
    whole.or_else(|| {
        text.parse::<f64>().ok().filter(|_| plain && kind == FieldType::Number).map(Json::from)
    })
}

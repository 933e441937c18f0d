use crate::{Error, Result};
use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// What crosses to a database: the set both engines share. A time is `Int` of microseconds, money
/// `Int` of cents, JSON opaque `Text`, a boolean `Int` 0 or 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// Whole number or boolean.
    Int(i64),
    /// Floating point.
    Real(f64),
    /// Text without NUL.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

macro_rules! from {
    ($($from:ty => |$v:ident| $to:expr),* $(,)?) => {
        $(impl From<$from> for Value { fn from($v: $from) -> Self { $to } })*
    };
}
from! {
    i64 => |v| Self::Int(v),
    i32 => |v| Self::Int(v.into()),
    u32 => |v| Self::Int(v.into()),
    bool => |v| Self::Int(v.into()),
    f64 => |v| Self::Real(v),
    &str => |v| Self::Text(v.to_owned()),
    String => |v| Self::Text(v),
    &String => |v| Self::Text(v.clone()),
    Vec<u8> => |v| Self::Blob(v),
    &[u8] => |v| Self::Blob(v.to_vec()),
    [u8; 32] => |v| Self::Blob(v.to_vec()),
    &[u8; 32] => |v| Self::Blob(v.to_vec()),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// One row, read by position.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value of a column.
    pub fn get(&self, column: usize) -> Result<&Value> {
        self.0.get(column).ok_or_else(|| Error::Other(format!("the row has no column {column}")))
    }

    /// A whole number.
    pub fn int(&self, column: usize) -> Result<i64> {
        match self.get(column)? {
            Value::Int(v) => Ok(*v),
            other => Err(wrong(column, "a whole number", other)),
        }
    }

    /// A whole number or nothing.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        if self.is_null(column)? { Ok(None) } else { self.int(column).map(Some) }
    }

    /// A boolean.
    pub fn bool(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<&str> {
        match self.get(column)? {
            Value::Text(v) => Ok(v),
            other => Err(wrong(column, "a text", other)),
        }
    }

    /// A text or nothing.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        if self.is_null(column)? { Ok(None) } else { self.text(column).map(Some) }
    }

    /// Bytes.
    pub fn blob(&self, column: usize) -> Result<&[u8]> {
        match self.get(column)? {
            Value::Blob(v) => Ok(v),
            other => Err(wrong(column, "bytes", other)),
        }
    }

    /// Bytes or nothing.
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        if self.is_null(column)? { Ok(None) } else { self.blob(column).map(Some) }
    }

    /// Whether the column has no value.
    pub fn is_null(&self, column: usize) -> Result<bool> {
        Ok(*self.get(column)? == Value::Null)
    }

    /// How many columns.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn wrong(column: usize, wanted: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "nothing",
        Value::Int(_) => "a whole number",
        Value::Real(_) => "a floating-point number",
        Value::Text(_) => "a text",
        Value::Blob(_) => "bytes",
    };
    Error::Other(format!("column {column}: expected {wanted}, found {found}"))
}

pub(crate) fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(v) => Value::Int(v),
        ValueRef::Real(v) => Value::Real(v),
        // As a rule it is UTF-8, which is checked faster when nothing is to be replaced.
        ValueRef::Text(v) => Value::Text(
            str::from_utf8(v)
                .map_or_else(|_| String::from_utf8_lossy(v).into_owned(), str::to_owned),
        ),
        ValueRef::Blob(v) => Value::Blob(v.to_vec()),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(v) => ValueRef::Integer(*v),
            Self::Real(v) => ValueRef::Real(*v),
            // PostgreSQL refuses NUL in text; so do we, or the engines would differ.
            Self::Text(v) if v.contains('\0') => {
                return Err(rusqlite::Error::ToSqlConversionFailure("text with NUL".into()));
            }
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Blob(v) => ValueRef::Blob(v),
        }))
    }
}

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, BoxError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) => match *ty {
                Type::BOOL => (*v != 0).to_sql(ty, out),
                Type::INT2 => i16::try_from(*v)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
                Type::INT8 => v.to_sql(ty, out),
                _ => Err(format!("a whole number does not fit a parameter of type {ty}").into()),
            },
            Self::Real(v) => v.to_sql(ty, out),
            Self::Text(v) => v.as_str().to_sql(ty, out),
            Self::Blob(v) => v.as_slice().to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> std::result::Result<Self, BoxError> {
        Ok(match *ty {
            Type::BOOL => Self::Int(bool::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Self::Blob(raw.to_vec()),
            Type::TEXT | Type::VARCHAR | Type::NAME => Self::Text(String::from_utf8(raw.to_vec())?),
            _ => {
                return Err(
                    format!("a column of type {ty} is outside the portable set: cast it").into()
                );
            }
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, BoxError> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

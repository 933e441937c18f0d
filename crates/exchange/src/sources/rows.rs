//! Records on their way from a source to an answer: one table a register, its fields named once.

use serde::{Serialize, Serializer, ser::SerializeMap};
use store::{Cell, Cells};

/// Records of one register, each with the same fields. As JSON: a list of objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows<'a> {
    fields: Vec<&'a str>,
    cells: Cells,
}

/// One record.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    rows: &'a Rows<'a>,
    at: usize,
}

impl<'a> Rows<'a> {
    /// No records yet, of these fields.
    pub fn new(fields: impl IntoIterator<Item = &'a str>) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        Self { cells: Cells::new(fields.len()), fields }
    }

    /// Adds a record: a value for each field.
    pub fn push<T: AsRef<str>>(&mut self, record: impl IntoIterator<Item = Cell<T>>) {
        self.cells.push(record);
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Each record.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|at| Row { rows: self, at })
    }

    /// Drops every field that is not wanted.
    pub fn keep(&mut self, wanted: &[String]) {
        let is_wanted = |field: &str| wanted.iter().any(|wanted| wanted == field);
        if self.fields.iter().all(|field| is_wanted(field)) {
            return;
        }
        let mut kept = Self::new(self.fields.iter().copied().filter(|field| is_wanted(field)));
        for row in self.iter() {
            kept.push(row.iter().filter(|(field, _)| is_wanted(field)).map(|(_, value)| value));
        }
        *self = kept;
    }
}

impl<'a> Row<'a> {
    /// Each field with its value.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Cell<&'a str>)> {
        self.rows.fields.iter().copied().zip(self.rows.cells.row(self.at))
    }

    /// The value of a field.
    pub fn get(self, field: &str) -> Option<Cell<&'a str>> {
        self.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.rows.fields.len()))?;
        for (field, value) in self.iter() {
            map.serialize_entry(field, &value)?;
        }
        map.end()
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

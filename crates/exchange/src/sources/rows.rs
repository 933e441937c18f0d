//! Records on their way from a source to an answer: one table a register, its fields named once.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value as Json;

/// Records of one register, each with the same fields. As JSON: a list of objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    fields: Vec<String>,
    cells: Vec<Vec<Json>>,
}

/// One record.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    fields: &'a [String],
    cells: &'a [Json],
}

impl Rows {
    /// No records yet, of these fields.
    pub fn new<'a>(fields: impl IntoIterator<Item = &'a str>) -> Self {
        Self { fields: fields.into_iter().map(str::to_owned).collect(), cells: Vec::new() }
    }

    /// Adds a record: a value for each field.
    pub fn push(&mut self, cells: Vec<Json>) {
        debug_assert_eq!(cells.len(), self.fields.len());
        self.cells.push(cells);
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
        self.cells.iter().map(|cells| Row { fields: &self.fields, cells })
    }

    /// Drops every field that is not wanted.
    pub fn keep(&mut self, wanted: &[String]) {
        if self.fields.iter().all(|field| wanted.contains(field)) {
            return;
        }
        let kept: Vec<bool> = self.fields.iter().map(|field| wanted.contains(field)).collect();
        let mut flags = kept.iter();
        self.fields.retain(|_| flags.next() == Some(&true));
        for cells in &mut self.cells {
            let mut flags = kept.iter();
            cells.retain(|_| flags.next() == Some(&true));
        }
    }
}

impl<'a> Row<'a> {
    /// Each field with its value.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a Json)> {
        self.fields.iter().map(String::as_str).zip(self.cells)
    }

    /// The value of a field.
    pub fn get(self, field: &str) -> Option<&'a Json> {
        self.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.cells.len()))?;
        for (field, value) in self.iter() {
            map.serialize_entry(field, value)?;
        }
        map.end()
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

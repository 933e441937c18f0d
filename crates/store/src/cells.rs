use serde::Serialize;

/// A value from somebody else's database or answer, of the few kinds that a register knows. As JSON: the
/// plain value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell<T> {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Floating point, finite.
    Real(f64),
    /// Text.
    Text(T),
    /// Anything else: bytes, lists, numbers that are none.
    Other,
}

impl<T> Cell<T> {
    /// The same with another text.
    pub fn map<U>(self, text: impl FnOnce(T) -> U) -> Cell<U> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(v) => Cell::Bool(v),
            Self::Int(v) => Cell::Int(v),
            Self::Real(v) => Cell::Real(v),
            Self::Text(v) => Cell::Text(text(v)),
            Self::Other => Cell::Other,
        }
    }
}

impl<T: AsRef<str>> Cell<T> {
    /// The value, if it is a text.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.as_ref()) } else { None }
    }
}

/// Rows of values, each of the same columns. All texts lie in one buffer, so that an answer of hundreds of
/// values costs a handful of allocations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells {
    width: usize,
    rows: usize,
    values: Vec<Cell<(usize, usize)>>,
    text: String,
}

impl Cells {
    /// No rows yet, of so many columns.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds a row: a value for each column.
    pub fn push<T: AsRef<str>>(&mut self, row: impl IntoIterator<Item = Cell<T>>) {
        for cell in row {
            let kept = cell.map(|text| {
                let begin = self.text.len();
                self.text.push_str(text.as_ref());
                (begin, self.text.len())
            });
            self.values.push(kept);
        }
        self.rows += 1;
        debug_assert_eq!(self.values.len(), self.rows * self.width);
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The values of a row; of one that is not there, none.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = Cell<&str>> {
        let begin = row * self.width;
        let cells = self.values.get(begin..begin + self.width).unwrap_or_default();
        cells.iter().map(|cell| self.read(*cell))
    }

    /// The value of a row's column; nothing where neither is.
    pub fn get(&self, row: usize, column: usize) -> Cell<&str> {
        let at = row * self.width + column;
        let cell = self.values.get(at).filter(|_| column < self.width);
        cell.map_or(Cell::Null, |cell| self.read(*cell))
    }

    fn read(&self, cell: Cell<(usize, usize)>) -> Cell<&str> {
        cell.map(|(begin, end)| self.text.get(begin..end).unwrap_or_default())
    }
}

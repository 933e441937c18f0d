use std::fmt;

/// One field that was refused: its name as sent, and why as a stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field, as a JSON pointer or form name.
    pub field: String,
    /// The stable code; its text is `problem-<code>`.
    pub code: &'static str,
}

/// Why a request was refused, as RFC 9457 tells it, in no language yet.
///
/// The edge (`web`) turns it into `application/problem+json` or a page: the title is the Fluent text
/// `problem-<code>`, the next step `problem-<code>-next`, with [`Problem::args`] filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable code, kebab-case; `type` is `/problems/<code>`.
    pub code: &'static str,
    /// Values for the text; never personal data, never a secret.
    pub args: Vec<(&'static str, String)>,
    /// Refused fields, when the input was bad.
    pub fields: Vec<FieldError>,
    /// Headers that go with it, such as `WWW-Authenticate` or `Retry-After`.
    pub headers: Vec<(&'static str, String)>,
    /// For the log of the operator alone; never sent.
    pub internal: Option<String>,
}

impl Problem {
    /// A problem with this status and code.
    pub fn new(status: u16, code: &'static str) -> Self {
        Self {
            status,
            code,
            args: Vec::new(),
            fields: Vec::new(),
            headers: Vec::new(),
            internal: None,
        }
    }

    /// `500 internal`, with the cause for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self { internal: Some(cause.to_string()), ..Self::new(500, "internal") }
    }

    /// Adds a value for the text.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Names a refused field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, code: &'static str) -> Self {
        self.fields.push(FieldError { field: field.into(), code });
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        for refused in &self.fields {
            write!(f, ", {}: {}", refused.field, refused.code)?;
        }
        self.internal.as_ref().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for Problem {}

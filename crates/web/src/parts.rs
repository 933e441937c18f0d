//! The plain values that the macros of `templates/macros.html` take.

use crate::Shell;
use askama::filters::HtmlSafe;
use kernel::Problem;
use std::fmt;

/// Markup that is safe to write into a page as it is.
///
/// Made from text it is escaped; only [`Html::rendered`] takes markup, from a template of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// What one of our own templates or pictures rendered.
    pub fn rendered(markup: String) -> Self {
        Self(markup)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Self(escape(text))
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self(escape(&text))
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::FastWritable for Html {
    fn write_into(&self, to: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(to.write_str(&self.0)?)
    }
}

impl HtmlSafe for Html {}

/// Escapes text for markup, also inside a double-quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A link; in a list of actions `about` says, unseen, what it acts on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// The address; empty in a breadcrumb means this page.
    pub href: String,
    /// The words, already in the reader's language.
    pub text: String,
    /// For screen readers: "Change" of what.
    pub about: String,
}

impl Link {
    /// A link.
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into(), about: String::new() }
    }

    /// The same, saying unseen what it acts on.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// No links.
    pub fn none() -> &'static [Self] {
        &[]
    }
}

/// One choice of radios, check boxes or a select.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is read.
    pub text: String,
    /// A line below it.
    pub hint: String,
    /// Whether it is chosen.
    pub checked: bool,
    /// Whether it cannot be chosen.
    pub disabled: bool,
    /// Whether "or" stands before it.
    pub apart: bool,
    /// Its own id, where the counted one will not do.
    pub id: String,
    /// Its own name, for check boxes that post under different names.
    pub name: String,
}

impl Choice {
    /// A choice, not chosen.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), ..Self::default() }
    }

    /// The same with a line below it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same, chosen or not.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// Its id: the group's for the first, then counted, as `govuk-frontend` does.
    pub fn id_in(&self, group: &str, index: &usize) -> String {
        match (self.id.as_str(), index) {
            ("", 1) => group.to_owned(),
            ("", _) => format!("{group}-{index}"),
            (own, _) => own.to_owned(),
        }
    }
}

/// A line of a summary list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub key: Html,
    /// What it says.
    pub value: Html,
    /// What may be done.
    pub actions: Vec<Link>,
}

impl Row {
    /// A line without actions.
    pub fn new(key: impl Into<Html>, value: impl Into<Html>) -> Self {
        Self { key: key.into(), value: value.into(), actions: Vec::new() }
    }

    /// The same with an action.
    #[must_use]
    pub fn action(mut self, link: Link) -> Self {
        self.actions.push(link);
        self
    }
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub html: Html,
    /// Whether it is a figure, set to the right.
    pub figure: bool,
}

impl Cell {
    /// A figure.
    pub fn figure(html: impl Into<Html>) -> Self {
        Self { html: html.into(), figure: true }
    }
}

impl<T: Into<Html>> From<T> for Cell {
    fn from(html: T) -> Self {
        Self { html: html.into(), figure: false }
    }
}

/// One thing to correct in a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The id of the field, which the summary's link leads to; empty for the whole form.
    pub field: String,
    /// What to do, in the reader's language.
    pub text: String,
}

/// What to correct in a form, for the summary and beside each field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<Mistake>);

impl Errors {
    /// The refused fields of a problem, or the problem itself where it names none.
    pub fn of_problem(shell: &Shell, problem: &Problem) -> Self {
        let values: Vec<_> =
            problem.args.iter().map(|(name, value)| (*name, value.clone().into())).collect();
        let said = |code: &str| {
            crate::failure::said(
                shell.locale,
                problem.status,
                &format!("problem-{code}"),
                "",
                &values,
            )
        };
        let mut errors = Self::default();
        for field in &problem.fields {
            errors.add(&field.field, said(field.code));
        }
        if errors.is_empty() {
            errors.add("", said(problem.code));
        }
        errors
    }

    /// Adds one.
    pub fn add(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.0.push(Mistake { field: field.into(), text: text.into() });
    }

    /// What to correct in a field; empty where it is well.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|mistake| mistake.field == field).map_or("", |mistake| &mistake.text)
    }

    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in the order of the form.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Errors {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

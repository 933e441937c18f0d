//! What a service may ask, and what a person gives: decisions, pure.

use crate::fields::{Field, field};
use kernel::{Problem, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The `type` of our `authorization_details` (RFC 9396).
pub const TYPE: &str = "praya_form";
/// A form asks for no more fields than this.
const MOST: usize = 20;
/// The longest name or reason, in characters.
const LONGEST: usize = 200;

/// What a service asks: an element of `authorization_details`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// [`TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// What the form is called.
    pub form: Text,
    /// What the answers are for.
    pub why: Text,
    /// The fields, by id.
    pub fields: Vec<String>,
    /// Whether the service does not want to know who it is.
    #[serde(default)]
    pub anonymous: bool,
}

impl Form {
    /// Reads and checks one; the problem names every refused member.
    pub fn read(details: &Json) -> Result<Self, Problem> {
        let form: Self = serde_json::from_value(details.clone()).map_err(|error| Problem {
            internal: Some(error.to_string()),
            ..Problem::new(400, "request-unreadable")
        })?;
        let mut problem = Problem::new(400, "request-refused");
        for (name, text) in [("form", &form.form), ("why", &form.why)] {
            for (language, words) in [("en", &text.en), ("tc", &text.tc), ("sc", &text.sc)] {
                let count = words.trim().chars().count();
                if count == 0 || count > LONGEST || words.chars().any(char::is_control) {
                    problem = problem.field(format!("/{name}/{language}"), "words-form");
                }
            }
        }
        if form.fields.is_empty() {
            problem = problem.field("/fields", "fields-empty");
        }
        if form.fields.len() > MOST {
            problem = problem.field("/fields", "fields-many");
        }
        for (i, id) in form.fields.iter().enumerate() {
            let twice = form.fields.iter().take(i).any(|earlier| earlier == id);
            if field(id).is_none() {
                problem = problem.field(format!("/fields/{i}"), "field-unknown");
            } else if twice {
                problem = problem.field(format!("/fields/{i}"), "field-twice");
            } else if form.anonymous && names(id) {
                problem = problem.field(format!("/fields/{i}"), "field-names");
            }
        }
        if form.kind == TYPE && problem.fields.is_empty() { Ok(form) } else { Err(problem) }
    }

    /// The fields it asks for.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &'static Field> + '_ {
        self.fields.iter().filter_map(|id| field(id))
    }
}

/// Whether a field is by itself a key that joins two answers: the one number that nobody shares or changes.
fn names(id: &str) -> bool {
    id == "hkid"
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub(crate) enum Source {
    /// A register said it when it was asked.
    Register {
        /// The register.
        register: String,
    },
    /// The person said it.
    SelfDeclared,
}

/// One value given, with where it comes from and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) field: String,
    pub(crate) value: Json,
    #[serde(flatten)]
    pub(crate) source: Source,
    pub(crate) at: Timestamp,
}

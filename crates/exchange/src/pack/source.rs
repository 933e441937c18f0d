//! Where a register is read from (`sources/<id>.toml`).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A source: serves the register that names it.
///
/// Unknown keys are refused by the kind, which is handed every key that is not one of these.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// How it is reached.
    #[serde(flatten)]
    pub kind: SourceKind,
    /// How long one attempt may take, in milliseconds.
    #[serde(default = "timeout")]
    pub timeout_ms: u64,
    /// How many more attempts where repeating is safe.
    #[serde(default = "retries")]
    pub retries: u32,
    /// A key to ask for when only its health is wanted; made up, so that a probe is nobody's look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_key: Option<String>,
    /// Why it may lie at a private or loopback address; public addresses alone without a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_private: Option<String>,
    /// Field id to column name (`sql`, CSV) or JSON pointer within a row (`http`, JSON); same name when absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
}

impl Source {
    /// The column of a field, for kinds with columns.
    pub fn column<'a>(&'a self, field: &'a str) -> &'a str {
        self.mapping.get(field).map_or(field, String::as_str)
    }
}

/// The four kinds, by `kind`. `{data}` in an address is the data folder, `{department_api}` the
/// departments' address from the configuration, `{key}` the subject's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceKind {
    /// A SQL database, read-only.
    Sql {
        /// `sqlite:<path>` or `postgres://…`.
        url: String,
        /// One `select` with one parameter, `$1`, the subject's key.
        query: String,
    },
    /// A JSON API, by GET.
    Http {
        /// With `{key}`.
        url: String,
        /// JSON pointer to the array of rows, or to the one row; the whole answer when empty.
        #[serde(default)]
        rows: String,
        /// A file that holds a bearer token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bearer_file: Option<String>,
        /// PEM file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_certificate: Option<String>,
        /// PEM file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_key: Option<String>,
        /// PEM file of the authority its certificate must come from; public authorities when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ca: Option<String>,
        /// The longest answer that is read, in bytes.
        #[serde(default = "max_bytes")]
        max_bytes: u64,
    },
    /// A file, read anew when it changes.
    File {
        /// Where it lies.
        path: String,
        /// CSV or JSON.
        format: FileFormat,
        /// Between the columns of a CSV.
        #[serde(default = "comma")]
        delimiter: char,
        /// JSON pointer to the array of rows; the whole file when empty.
        #[serde(default)]
        rows: String,
        /// Where the columns' names stand.
        #[serde(default)]
        header: Header,
        /// The column (CSV) or pointer (JSON) that holds the subject's key.
        key: String,
    },
    /// Another Praya, whose records pass with their signature and receipt kept.
    Node {
        /// Its base URL.
        url: String,
        /// This node's id there.
        client_id: String,
        /// The issuer its records must be signed by.
        issuer: String,
        /// Its log's verifier key (C2SP signed-note).
        log_key: String,
        /// The register's id there.
        register: String,
    },
}

impl SourceKind {
    /// Its name in packs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sql { .. } => "sql",
            Self::Http { .. } => "http",
            Self::File { .. } => "file",
            Self::Node { .. } => "node",
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FileFormat {
    Csv,
    Json,
}

/// Where a file's columns are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// The first row of a CSV; in JSON, each row's own keys.
    #[default]
    FirstRow,
    /// The first object of a JSON array gives each key its name: `{"A": "SCHOOL NO."}`.
    FirstObject,
}

const fn timeout() -> u64 {
    2_000
}

const fn retries() -> u32 {
    1
}

const fn max_bytes() -> u64 {
    1_048_576
}

const fn comma() -> char {
    ','
}

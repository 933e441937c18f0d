//! What definitions say, once read and found without mistakes.

use super::SourceKind;
use crate::model::{Frequency, Life, Mode, Selection};
use kernel::Text;
use ports::SubjectKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The government a pack is for (`pack.toml`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Government {
    /// The pack's id.
    pub id: String,
    /// The government's name.
    pub name: Text,
    /// IANA time zone.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// Where companies and their officers are read from; without it no company opens an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companies: Option<CompanyRegisters>,
}

/// Which registers say what a company is and who its officers are, and in which of their fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanyRegisters {
    /// The register of companies.
    pub particulars: String,
    /// Its fields of the company's English and Chinese name.
    pub names: [String; 2],
    /// Its field of the company's status.
    pub status: String,
    /// The values of that field with which it exists.
    pub live: Vec<String>,
    /// The register of officers.
    pub officers: String,
    /// Its fields of the officer's English and Chinese name.
    pub officer_names: [String; 2],
    /// Its field of the officer's card number.
    pub hkid: String,
    /// Its field of the capacity.
    pub capacity: String,
    /// The values of that field that direct the company.
    pub directs: Vec<String>,
    /// Its field of the day of appointment.
    pub since: String,
}

impl CompanyRegisters {
    /// The fields that are read of the two registers.
    pub fn fields(&self) -> [(&str, Vec<&str>); 2] {
        let [english, chinese] = &self.names;
        let [officer_english, officer_chinese] = &self.officer_names;
        let officer =
            vec![&**officer_english, officer_chinese, &self.hkid, &self.capacity, &self.since];
        [(&self.particulars, vec![english, chinese, &self.status]), (&self.officers, officer)]
    }
}

/// A department (`departments/<id>.toml`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Its id; also the name of its log entries.
    pub id: String,
    /// Its name.
    pub name: Text,
}

/// A department's authoritative records (`registers/<id>.toml`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Its id.
    pub id: String,
    /// The department that keeps it.
    pub department: String,
    /// Whose records.
    pub subject: SubjectKind,
    /// The field that finds the subject: a BRN or an HKID.
    pub key: String,
    /// Its name.
    pub name: Text,
    /// What it holds.
    pub description: Text,
    /// One record a subject, or many.
    pub cardinality: Cardinality,
    /// The source it is read from.
    pub source: String,
    /// The purposes it serves.
    pub purposes: Vec<String>,
    /// Its fields, in order.
    pub fields: Vec<Field>,
    /// Made-up records, whose values must fit the fields.
    #[serde(default, skip_serializing)]
    pub examples: Vec<BTreeMap<String, toml::Value>>,
}

/// How many records a subject may have in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Cardinality {
    One,
    Many,
}

/// A field of a register.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its id, snake_case.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Who may know it.
    pub classification: Classification,
    /// Whether a person would mind most: shown as such on the consent page.
    #[serde(default)]
    pub sensitive: bool,
    /// Whether it may be absent.
    #[serde(default)]
    pub optional: bool,
    /// Whether the range of a request filters by it.
    #[serde(default)]
    pub date_field: bool,
    /// The values of a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// What people read for each choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Text>,
}

/// What values are. Money is integer cents, a date `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FieldType {
    Text,
    Number,
    Date,
    Money,
    Boolean,
    Choice,
    Hkid,
    ResidentId,
    Brn,
}

/// Who may know a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Classification {
    Public,
    Restricted,
    Confidential,
}

/// Why records may be asked for, and the limits of fair use (`purposes/<id>.toml`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The sentence on the consent page.
    pub why: Text,
    /// Whose records.
    pub subjects: Vec<SubjectKind>,
    /// The basis it is asked on.
    pub basis: Text,
    /// Which fields of which registers.
    pub registers: BTreeMap<String, Allowed>,
    /// The limits.
    pub limits: Limits,
    /// SHA-256 of the definition, lower-case hex.
    #[serde(default)]
    pub hash: String,
}

impl Purpose {
    /// Whether a field of a register may be asked for.
    pub fn allows(&self, register: &str, field: &str) -> bool {
        self.registers.get(register).is_some_and(|allowed| match allowed {
            Allowed::All(_) => true,
            Allowed::Fields(fields) => fields.iter().any(|allowed| allowed == field),
        })
    }
}

/// The fields of a register that a purpose may ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Allowed {
    /// `"all"`.
    All(All),
    /// These.
    Fields(Vec<String>),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the word says it")]
pub enum All {
    All,
}

/// Fair use: a request beyond any of these is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How often, at most.
    pub frequency: Frequency,
    /// How long the consumer may keep it, at most.
    pub data_life: Life,
    /// How far back a range may reach, in days.
    pub look_back_days: u32,
    /// How long a consent may last, in days.
    pub length_days: u32,
    /// What the consumer may do.
    pub modes: Vec<Mode>,
}

impl super::Pack {
    /// Whether another node is asked for any of these.
    pub fn asks_nodes(&self, selections: &[Selection]) -> bool {
        let source =
            |selection: &Selection| self.source(&self.register(&selection.register)?.source);
        let mut sources = selections.iter().filter_map(source);
        sources.any(|source| matches!(source.kind, SourceKind::Node { .. }))
    }

    /// The departments whose registers these are, sorted, joined by a space: as a public entry names them.
    pub fn departments_of(&self, selections: &[Selection]) -> String {
        let mut departments: Vec<_> = selections
            .iter()
            .filter_map(|selection| self.register(&selection.register))
            .map(|register| register.department.as_str())
            .collect();
        departments.sort_unstable();
        departments.dedup();
        departments.join(" ")
    }
}

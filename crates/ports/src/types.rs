//! What the traits speak of.

use kernel::{Id, Money, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Whose records: a company or a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A company, found by its business registration number.
    Company,
    /// A person, found by their identity card number.
    Person,
}

/// A person or company as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Company or person.
    pub kind: SubjectKind,
    /// `com_…` or `per_…`.
    pub id: Id,
    /// Its name; names are never converted between scripts.
    pub name: Text,
    /// The key its records lie under: BRN or HKID, normalised.
    pub key: String,
}

/// That a person may act for a company, under which mandate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// The mandate, `man_…`.
    pub mandate: Id,
    /// The company.
    pub company: Subject,
    /// The person's role there, such as `director`.
    pub role: String,
    /// How far it goes.
    #[serde(flatten)]
    pub extent: Extent,
}

/// How far a mandate goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// For which purposes; empty: for all.
    pub purposes: Vec<String>,
    /// How many of those who hold one must agree whenever it is used.
    pub needs: u32,
    /// Until when, if limited.
    pub until: Option<Timestamp>,
    /// The most that its holder may commit the company to at once, if limited.
    pub most: Option<Money>,
    /// How many may hold it one after another below its holder: nought, where it may not be given on.
    pub onward: u32,
}

impl Extent {
    /// All there is, for whoever acts alone.
    pub const fn whole() -> Self {
        Self { purposes: Vec::new(), needs: 1, until: None, most: None, onward: 0 }
    }

    /// Whether it is for this purpose.
    pub fn covers(&self, purpose: &str) -> bool {
        self.purposes.is_empty() || self.purposes.iter().any(|one| one == purpose)
    }

    /// Whether it is for this sum.
    pub fn allows(&self, sum: Money) -> bool {
        self.most.is_none_or(|most| sum.within(most))
    }
}

/// An authorisation request as the authorisation server keeps it while a person decides.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The interaction, `int_…`.
    pub id: Id,
    /// The client's id.
    pub client: String,
    /// The client's name as it is registered.
    pub client_name: Text,
    /// The `authorization_details` element of the records type, as checked at the pushed request.
    pub details: Json,
    /// Who decides, once signed in.
    pub person: Option<Id>,
}

/// An OAuth client as other domains need it.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// Its client id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// Its public keys (JWK Set); answers are encrypted to the one with `"use":"enc"`.
    pub jwks: Json,
    /// Where notices of changes go.
    pub webhook: Option<String>,
    /// False once an administrator has stopped it.
    pub active: bool,
    /// What it may ask for, where it is another node.
    pub node: Option<NodeRights>,
}

/// What another node may ask of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRights {
    /// The registers, by their ids here.
    pub registers: Vec<String>,
    /// The purposes.
    pub purposes: Vec<String>,
}

/// A valid access token, as the row says inside the transaction.
#[derive(Debug, Clone)]
pub struct Access {
    /// The grant it was issued under, `gra_…`.
    pub grant: Id,
    /// The client it was issued to.
    pub client: String,
    /// The consent, if the grant carries one.
    pub consent: Option<Id>,
    /// The granted scopes.
    pub scope: String,
}

/// A value in a message, kept so that it can be said in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Says itself in three languages.
    Text(Text),
    /// The same in every language.
    Plain(String),
    /// A moment, written as each language does.
    Moment(Timestamp),
}

/// One value of a person's own records.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnValue {
    /// The register.
    pub register: String,
    /// The field.
    pub field: String,
    /// The department that says it.
    pub department: Text,
    /// The value as the register has it.
    pub value: Json,
    /// How it is said, where the register has words for it.
    pub said: Option<Text>,
    /// As of when.
    pub at: Timestamp,
}

/// What was found of a person's own records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Own {
    /// Each value that there is.
    pub values: Vec<OwnValue>,
    /// The departments that do not answer now.
    pub silent: Vec<Text>,
}

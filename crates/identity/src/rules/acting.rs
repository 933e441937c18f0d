//! Who acts for whom in a token that was exchanged (RFC 8693), judged and written out.

use super::{audience, has_scope};
use crate::{
    error::{Code, Refusal, Verdict},
    model::{Client, Profile},
};
use kernel::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The scope by which a person lets a client act with what it is given in their name.
pub const DELEGATE: &str = "delegate";
/// No more act one for another than this.
pub const LONGEST: usize = 6;
/// A token that services read by themselves lives so many seconds where somebody acts for another: it cannot be
/// called back from them.
pub const JWT_LIFE: i64 = 120;

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person.
    Person,
    /// A company.
    Company,
    /// A department of the government.
    Department,
    /// A client in its own name.
    Client,
}

/// One of those in a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is.
    pub kind: Kind,
    /// Our id of a person, the registration number of a company, the id of a department or client.
    pub id: String,
    /// As what it acts, such as `director`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// By which mandate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<String>,
    /// The most it may commit the company to at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Money>,
}

impl Link {
    /// Somebody, without a role or mandate.
    pub fn new(kind: Kind, id: &str) -> Self {
        Self { kind, id: id.to_owned(), role: None, mandate: None, most: None }
    }
}

/// For whom a person wants to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behalf {
    /// A company by its registration number, or the only one.
    Company(Option<String>),
    /// The department whose officer the person is.
    Department(Option<String>),
}

impl Behalf {
    /// Reads `on_behalf_of`: `company`, `company:BRN`, `department`, `department:ID`.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, which) =
            text.split_once(':').map_or((text, None), |(kind, id)| (kind, Some(id.to_owned())));
        if which.as_deref() == Some("") {
            return None;
        }
        match kind {
            "company" => Some(Self::Company(which)),
            "department" => Some(Self::Department(which)),
            _ => None,
        }
    }
}

/// The token that is brought, as far as it matters.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    /// Who was given it.
    pub client: &'a str,
    /// Its scopes.
    pub scope: &'a str,
    /// Its key, or none.
    pub jkt: &'a str,
    /// In whose name.
    pub chain: &'a [Link],
}

/// Whether a client may exchange a token for one with these scopes; `key` is the thumbprint it proved. Never for
/// more than the token allows where it is for the same service, nor for what the client is not registered for.
pub fn may_exchange(
    client: &Client,
    brought: Brought<'_>,
    scope: &str,
    behalf: Option<&Behalf>,
    key: &str,
) -> Verdict<()> {
    let no = |code, why: &'static str| Err(Refusal::new(code, why));
    if client.profile == Profile::Public || client.node.is_some() {
        return no(Code::UnauthorizedClient, "only a confidential client may exchange a token");
    }
    let mine = brought.client == client.id;
    let to_me = audience(brought.scope) == Some(&client.id);
    if !mine && !to_me {
        return no(Code::InvalidRequest, "the subject_token is unknown");
    }
    if mine && !brought.jkt.is_empty() && brought.jkt != key {
        return no(Code::InvalidRequest, "the subject_token is bound to another key");
    }
    let Some(service) = audience(scope) else {
        return no(Code::InvalidScope, "ask for scopes of one service");
    };
    let wider = |one: &str| {
        !has_scope(&client.scopes, one)
            || (audience(brought.scope) == Some(service) && !has_scope(brought.scope, one))
    };
    if scope.split(' ').any(wider) {
        return no(Code::InvalidScope, "the scope goes beyond the token or the client");
    }
    let alone = matches!(brought.chain, [Link { kind: Kind::Person, .. }]);
    if alone && !has_scope(brought.scope, DELEGATE) {
        return no(Code::InvalidScope, "the person did not let this client act for them");
    }
    if behalf.is_some() && !(alone && mine) {
        return no(Code::InvalidTarget, "only a person's own token says for whom they act");
    }
    if brought.chain.len() + 2 > LONGEST {
        return no(Code::InvalidRequest, "too many act one for another");
    }
    Ok(())
}

/// `sub` and `act` (RFC 8693 §4.1) for a chain: the outermost `act` is who acts now. `name` says what a person
/// is called where the token goes.
pub fn claims(chain: &[Link], name: impl Fn(&str) -> String) -> Option<(String, Option<Json>)> {
    let called = |link: &Link| match link.kind {
        Kind::Person => name(&link.id),
        Kind::Company => format!("company:{}", link.id),
        Kind::Department => format!("department:{}", link.id),
        Kind::Client => link.id.clone(),
    };
    let (subject, actors) = chain.split_first()?;
    let act = actors.iter().fold(None, |before: Option<Json>, link| {
        let mut act = json!({"sub": called(link)});
        let most = link.most.map(|most| most.to_string());
        for (claim, value) in [("role", &link.role), ("mandate", &link.mandate), ("most", &most)] {
            if let Some(value) = value {
                act[claim] = value.as_str().into();
            }
        }
        if let Some(before) = before {
            act["act"] = before;
        }
        Some(act)
    });
    Some((called(subject), act))
}

//! A request for a signature and its states: pure.

use kernel::{Id, Problem, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a request stands.
///
/// ```text
/// asked --yes--> agreed --time-stamp--> signed
///   |--no--> refused
///   '--time--> expired
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for the person.
    Asked,
    /// The person said yes and the key has signed; the time-stamp is on its way.
    Agreed,
    /// Whole.
    Signed,
    /// The person said no.
    Refused,
    /// Nobody answered in time.
    Expired,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The person's passkey confirmed.
    Yes,
    /// The person refuses.
    No,
    /// Its time is over.
    Time,
    /// The time-stamp is there.
    Stamp,
}

/// Every state.
pub const STATES: [State; 5] =
    [State::Asked, State::Agreed, State::Signed, State::Refused, State::Expired];

/// Every step there is; there is no other.
pub const STEPS: [(State, Event, State); 4] = [
    (State::Asked, Event::Yes, State::Agreed),
    (State::Asked, Event::No, State::Refused),
    (State::Asked, Event::Time, State::Expired),
    (State::Agreed, Event::Stamp, State::Signed),
];

impl State {
    /// As it is kept and said.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Agreed => "agreed",
            Self::Signed => "signed",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    /// From how it is kept.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let found = STATES.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| Problem::internal("a state of a signature that is none"))
    }

    /// Where an event leads, or why it does not.
    pub fn step(self, event: Event) -> Result<Self, Problem> {
        let step = STEPS.into_iter().find(|(from, by, _)| *from == self && *by == event);
        step.map(|(.., to)| to).ok_or_else(|| match self {
            Self::Expired => Problem::new(409, "signature-expired"),
            _ => Problem::new(409, "signature-answered"),
        })
    }
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A hash: the signature stands beside the document (CAdES).
    Hash,
    /// A PDF: the signature stands in it (PAdES).
    Pdf,
}

impl Form {
    /// As it is kept and said.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Pdf => "pdf",
        }
    }
}

/// A request as it is kept.
#[derive(Debug, Clone)]
pub struct Request {
    /// `sig_…`.
    pub id: Id,
    /// The service that asks; none where a person signs a document of their own.
    pub client: Option<String>,
    /// Who answered, or whose own it is.
    pub person: Option<Id>,
    /// Whom the service means, if it said so.
    pub meant: Option<Meant>,
    /// What the document is called.
    pub name: String,
    /// SHA-256 of the document, hexadecimal.
    pub digest: String,
    /// What is signed.
    pub form: Form,
    /// Where it stands, by the row; see [`Request::state_at`].
    pub state: State,
    /// What both screens show.
    pub code: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// The serial number of the certificate that signed.
    pub serial: Option<String>,
    /// The detached signature, if it is made and not yet forgotten.
    pub signature: Option<Vec<u8>>,
}

impl Request {
    /// Where it stands at a moment: what nobody answered in time has expired, whether swept or not.
    pub fn state_at(&self, now: Timestamp) -> State {
        let late = self.expires_at <= now;
        match self.state.step(Event::Time) {
            Ok(expired) if late => expired,
            _ => self.state,
        }
    }
}

/// Whom a service means, without saying it to anyone who does not know: SHA-256 of the salt and the
/// identity card number as the register writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meant {
    /// 16 to 64 characters, drawn by the service for this request.
    pub salt: String,
    /// SHA-256 of the salt's and then the number's characters, hexadecimal.
    pub hkid_digest: String,
}

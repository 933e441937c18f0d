//! What this crate keeps, as plain types.

mod assurance;
mod registration;
mod terms;

pub use assurance::{CheckView, DOCUMENTS, DuplicateView, Duty, Level, OfficerView, State};
pub use registration::{ClientRole, Progress, RegistrationView};
pub use terms::{Auth, Flow, IdTokenAlg, Terms, TokenForm};

use kernel::{Id, Text, Timestamp};
use ports::{Extent, NodeRights};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Who a client is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Proves itself by `private_key_jwt` (RFC 7523).
    Confidential,
    /// A program on a person's device: no secret, so its refresh tokens rotate.
    Public,
}

impl Profile {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confidential => "confidential",
            Self::Public => "public",
        }
    }
}

/// An OAuth client as registered; as JSON, what `praya client add` reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// Where the browser may be sent back to, exactly.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Its public keys (JWK Set).
    pub jwks: Json,
    /// How it proves itself.
    pub profile: Profile,
    /// Where notices go.
    #[serde(default)]
    pub webhook: Option<String>,
    /// The scopes it may ask for, separated by spaces.
    #[serde(default)]
    pub scopes: String,
    /// What it may ask for, if it is another node; then it is nothing else.
    #[serde(default)]
    pub node: Option<NodeRights>,
    /// What else was agreed at its registration.
    #[serde(default)]
    pub terms: Terms,
    /// False once an administrator has stopped it. Registering does not change it.
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

/// What a client pushed (RFC 9126), checked; kept as JSON until the person has answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Where the answer goes.
    pub redirect_uri: String,
    /// `state`, given back as it came.
    pub state: Option<String>,
    /// Whether the answer is signed (JARM).
    #[serde(default)]
    pub signed_answer: bool,
    /// The scopes.
    pub scope: String,
    /// `code_challenge` (S256).
    pub challenge: String,
    /// The thumbprint of the key that the code is bound to, if the client said it already.
    pub jkt: Option<String>,
    /// The `authorization_details` element of the records type, if records are asked for.
    #[serde(default)]
    pub details: Option<Json>,
    /// What OpenID Connect adds, if its scope is asked for.
    #[serde(default)]
    pub openid: Option<OpenId>,
}

/// What a request says about who signs in (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenId {
    /// Given back in the ID token.
    pub nonce: Option<String>,
    /// `none`, `login`, `consent`, `select_account`, separated by spaces.
    pub prompt: String,
    /// A sign-in older than this, in seconds, does not do.
    pub max_age: Option<i64>,
    /// What the sign-in shall be worth (`acr_values`), separated by spaces: any of it does.
    #[serde(default)]
    pub acr: String,
    /// Whether less does not do (Core §5.5.1.1).
    #[serde(default)]
    pub acr_essential: bool,
    /// Who must answer, as this client knows them, if it said so by an ID token.
    pub hint: Option<String>,
    /// What it wants to know of the person.
    pub claims: Vec<Wanted>,
}

/// One claim that a client wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Its name, as [`crate::rules::claims::KNOWN`] has it.
    pub name: String,
    /// Whether the client says that it cannot do without (Core §5.5.1).
    pub essential: bool,
    /// Whether it shall stand in the ID token, and not only be told at the UserInfo endpoint.
    pub id_token: bool,
}

/// A sign-in that a client was told of; kept with its grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Of the request.
    pub nonce: Option<String>,
    /// When the person proved to be themselves, in seconds since 1970.
    pub auth_time: i64,
    /// How, as [`Method::as_str`].
    pub method: String,
    /// How well they were known then.
    #[serde(default)]
    pub level: Level,
    /// What the client wanted it to be worth.
    #[serde(default)]
    pub acr: String,
    /// Their session here.
    pub session: Id,
    /// What the person lets the client know.
    pub claims: Vec<Wanted>,
}

/// How far a pushed request has come.
///
/// ```text
/// pushed --browser comes, nobody signed in--> opened
/// pushed, opened --a person signed in--> deciding      (request_uri is used up)
/// pushed, opened --nobody may be asked--> refused      (prompt=none)
/// deciding --yes, and all who must have agreed--> approved
/// deciding --no--> refused
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The client has its `request_uri`.
    Pushed,
    /// A browser brought it in time, and its person is signing in.
    Opened,
    /// A person decides.
    Deciding,
    /// Yes: a code was given.
    Approved,
    /// No.
    Refused,
}

impl Stage {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::Opened => "opened",
            Self::Deciding => "deciding",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// Reads what was stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pushed, Self::Opened, Self::Deciding, Self::Approved, Self::Refused]
            .into_iter()
            .find(|s| s.as_str() == text)
    }

    /// Whether one may follow the other.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Pushed, Self::Opened | Self::Deciding)
                | (Self::Opened, Self::Deciding)
                | (Self::Pushed | Self::Opened, Self::Refused)
                | (Self::Deciding, Self::Approved | Self::Refused)
        )
    }
}

/// A pushed request and what became of it.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// `int_…`.
    pub id: Id,
    /// The client that asks.
    pub client: String,
    /// What it asks.
    pub asked: Asked,
    /// How far it has come.
    pub stage: Stage,
    /// Who decides, once known.
    pub person: Option<Id>,
    /// When it was pushed.
    pub created_at: Timestamp,
    /// Until when the `request_uri` may be brought.
    pub request_expires_at: Timestamp,
    /// Until when the person may answer.
    pub expires_at: Timestamp,
}

/// How a person proved to be themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A passkey with user verification.
    Passkey,
    /// The yes of a phone where the person is signed in by a passkey: it can be lured, so it is worth less.
    SecondDevice,
    /// A password and a code of an app.
    Code,
    /// One press, in the demonstration alone.
    Persona,
    /// By another provider, worth this here.
    Federated(Level),
}

impl Method {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecondDevice => "second-device",
            Self::Code => "code",
            Self::Persona => "persona",
            Self::Federated(Level::SelfDeclared) => "federated:self-declared",
            Self::Federated(Level::Remote) => "federated:remote",
            Self::Federated(Level::InPerson) => "federated:in-person",
        }
    }

    /// Reads what was stored.
    pub fn parse(text: &str) -> Option<Self> {
        let own = [Self::Passkey, Self::SecondDevice, Self::Code, Self::Persona];
        let mut all = own.into_iter().chain(Level::ALL.map(Self::Federated));
        all.find(|one| one.as_str() == text)
    }

    /// `amr` of a sign-in by it (RFC 8176).
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Passkey => &["pop", "user"],
            Self::SecondDevice => &["mca", "user"],
            Self::Code => &["mfa", "pwd", "otp"],
            Self::Federated(_) | Self::Persona => &[],
        }
    }
}

/// A name at another provider that is linked to an account, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// `fed_…`.
    pub id: Id,
    /// The provider, by its id.
    pub provider: String,
    /// What its answer was worth.
    pub level: Level,
    /// Since when.
    pub since: Timestamp,
    /// What it told, by claim, and when.
    pub told: Option<(Vec<(String, String)>, Timestamp)>,
}

/// A passkey as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyView {
    /// Its credential id, base64url.
    pub id: String,
    /// What its person calls it; may be empty.
    pub name: String,
    /// When it was added.
    pub added: Timestamp,
    /// When it last signed something.
    pub used: Option<Timestamp>,
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// `ses_…`.
    pub id: Id,
    /// Whether it is the one that asks.
    pub this: bool,
    /// From what it was begun, see [`crate::rules::device`].
    pub device: String,
    /// Since when.
    pub since: Timestamp,
    /// Last used.
    pub seen: Timestamp,
}

/// A mandate as the list of a company shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MandateView {
    /// `man_…`.
    pub id: Id,
    /// The company.
    pub company: Id,
    /// Who may act.
    pub person: Id,
    /// Their name.
    pub name: Text,
    /// In which role, such as `director`.
    pub role: String,
    /// Given by a person (and so theirs to take back), not by the register.
    pub delegated: bool,
    /// The mandate under which it was given.
    pub parent: Option<Id>,
    /// How far it goes.
    pub extent: Extent,
}

/// A mandate that waits until enough of the company's people have agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferView {
    /// `off_…`.
    pub id: Id,
    /// Whom it is for.
    pub name: Text,
    /// How far it is to go.
    pub extent: Extent,
    /// How many must agree before it counts.
    pub agree: u32,
    /// Who has.
    pub yeses: Vec<Text>,
    /// Whether the person who looks has.
    pub mine: bool,
}

/// A company whose mandates somebody manages.
#[derive(Debug, Clone)]
pub struct Managed {
    /// By which mandate.
    pub authority: ports::Authority,
    /// Whether it is one to manage all; else it is one that may be given on.
    pub manages: bool,
    /// Who may act.
    pub mandates: Vec<MandateView>,
    /// Who may soon.
    pub offers: Vec<OfferView>,
}

/// An officer of a company, as its directors see the register's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorView {
    /// Their name.
    pub name: Text,
    /// In which capacity.
    pub capacity: Text,
    /// Since when.
    pub since: Option<kernel::Date>,
    /// Whether they have an account here.
    pub here: bool,
    /// Whether it is the person who looks.
    pub me: bool,
}

/// A company as its directors see it.
#[derive(Debug, Clone)]
pub struct CompanyView {
    /// The company.
    pub company: ports::Subject,
    /// Since when it has an account.
    pub opened: Option<Timestamp>,
    /// As of when the register's list of officers is; `None`: it was never asked.
    pub register_at: Option<Timestamp>,
    /// The list.
    pub officers: Vec<DirectorView>,
    /// How many of them must agree.
    pub needs: u32,
}

/// A mandate that was given to the person who looks.
#[derive(Debug, Clone)]
pub struct GivenToMe {
    /// `man_…`.
    pub id: Id,
    /// For which company.
    pub company: Id,
    /// Its name.
    pub name: Text,
    /// How far it goes.
    pub extent: Extent,
}

/// A mandate that a company's people have, or had.
#[derive(Debug, Clone)]
pub struct PastMandate {
    /// Who may, or might, act.
    pub name: Text,
    /// In which role, such as `director`.
    pub role: String,
    /// Who gave it; `None`: the register.
    pub by: Option<Text>,
    /// Since when.
    pub from: Timestamp,
    /// When it was ended before its time, and by whom; `None`: the register, or with the one it was under.
    pub ended: Option<(Timestamp, Option<Text>)>,
    /// How far it goes, or went.
    pub extent: Extent,
}

/// A person who may sign in, as the demonstration lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// `per_…`.
    pub id: Id,
    /// The short name that the form posts.
    pub handle: String,
    /// Their name.
    pub name: Text,
    /// Their role in a company, or `officer`, `admin`; empty for neither.
    pub role: String,
    /// The company or department.
    pub of: Text,
    /// How many must agree where they act.
    pub needs: i64,
}

//! The few traits by which domains meet, over `&mut Tx`. Wired in the binary; no logic lives here.

use kernel::{Ctx, Id, Problem, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::Tx;

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
    /// How many holders of this mandate must agree.
    pub needs: u32,
    /// Until when, if limited.
    pub until: Option<Timestamp>,
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

/// People, companies, mandates and clients (implemented by `identity`).
pub trait Directory: Send + Sync {
    /// A person or company by id.
    fn subject(&self, tx: &mut Tx<'_>, id: &Id) -> Result<Option<Subject>, Problem>;
    /// For which companies a person may act now, for the exchange of records.
    fn authorities(
        &self,
        tx: &mut Tx<'_>,
        person: &Id,
        now: Timestamp,
    ) -> Result<Vec<Authority>, Problem>;
    /// Everyone who holds a mandate for the company now.
    fn holders(
        &self,
        tx: &mut Tx<'_>,
        company: &Id,
        now: Timestamp,
    ) -> Result<Vec<Subject>, Problem>;
    /// A client.
    fn consumer(&self, tx: &mut Tx<'_>, client: &str) -> Result<Option<Consumer>, Problem>;
    /// Every client, for the administration.
    fn consumers(&self, tx: &mut Tx<'_>) -> Result<Vec<Consumer>, Problem>;
}

/// The authorisation server as the consent page needs it (implemented by `identity`).
pub trait Authorizations: Send + Sync {
    /// The request a person is deciding on; `None` when unknown or already answered.
    fn pending(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        interaction: &Id,
    ) -> Result<Option<Pending>, Problem>;
    /// Says yes: makes the grant under `consent`, and an authorisation code. Returns where the browser goes.
    fn approve(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        interaction: &Id,
        subject: &Subject,
        consent: &Id,
        details: &Json,
    ) -> Result<String, Problem>;
    /// Says no. Returns where the browser goes (`error=access_denied`).
    fn refuse(&self, tx: &mut Tx<'_>, ctx: &Ctx, interaction: &Id) -> Result<String, Problem>;
    /// Ends the grant and every token under a consent, in the transaction that revokes it.
    fn end_grant(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem>;
    /// Moves the grant of `old` to `new`, its amendment, so that tokens go on under the new terms.
    fn move_grant(
        &self,
        tx: &mut Tx<'_>,
        old: &Id,
        new: &Id,
        details: &Json,
    ) -> Result<(), Problem>;
    /// The token presented with a proof by the key `jkt` (RFC 9449): allowed only if this says so
    /// inside the committing transaction. The error is the RFC's `invalid_token` as a problem.
    fn access(
        &self,
        tx: &mut Tx<'_>,
        token: &str,
        jkt: &str,
        now: Timestamp,
    ) -> Result<Access, Problem>;
    /// Uses up a proof or assertion: `409`-like refusal `proof-replayed` if it was seen before.
    fn spend(&self, tx: &mut Tx<'_>, jkt: &str, jti: &str, iat: i64) -> Result<(), Problem>;
}

/// The exchange as the authorisation server needs it (implemented by `exchange`).
pub trait Records: Send + Sync {
    /// Checks an `authorization_details` element of the records type (RFC 9396); the problem names the field.
    fn check(&self, client: &str, details: &Json, now: Timestamp) -> Result<(), Problem>;
    /// Where a person decides on such a request.
    fn decide_at(&self, interaction: &Id) -> String;
    /// The element as it stands now, enriched for the token response; `None` when the consent allows nothing more.
    fn granted(
        &self,
        tx: &mut Tx<'_>,
        consent: &Id,
        now: Timestamp,
    ) -> Result<Option<Json>, Problem>;
    /// The client gives the grant back: revokes the consent.
    fn give_back(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem>;
}

/// How a person signs what they agree to (implemented by `identity`).
pub trait Signatures: Send + Sync {
    /// What the browser needs to sign `digest` with the person's passkey (WebAuthn request options whose
    /// challenge is the digest); `None` when the person has no passkey and the installation is a demo.
    /// The same digest must then be given to [`Signatures::check`].
    fn challenge(
        &self,
        tx: &mut Tx<'_>,
        person: &Id,
        digest: &[u8; 32],
    ) -> Result<Option<Json>, Problem>;
    /// Checks the browser's answer against `digest` and gives what is kept beside the consent:
    /// `{"kind":"passkey", …}` with the whole assertion, or `{"kind":"demo"}` where people are made up.
    fn check(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        person: &Id,
        digest: &[u8; 32],
        answer: Option<&Json>,
    ) -> Result<Json, Problem>;
}

//! The few traits by which domains meet, over `&mut Tx`. Wired in the binary; no logic lives here.

mod companies;
mod holdings;
mod person;
mod providers;
mod types;

pub use companies::{Companies, Officer, Registered};
pub use holdings::{Holdings, Theirs};
pub use person::{Inbox, OwnRecords, Particular, Particulars};
pub use providers::{ATTRIBUTES, Provider};
pub use types::{
    Access, Authority, Consumer, Extent, NodeRights, Own, OwnValue, Pending, Subject, SubjectKind,
    Word,
};

use kernel::{Ctx, Id, Problem, Text, Timestamp};
use serde_json::Value as Json;
use store::Tx;

/// People, companies, mandates and clients (implemented by `identity`).
pub trait Directory: Send + Sync {
    /// A person or company by id.
    fn subject(&self, tx: &mut Tx<'_>, id: &Id) -> Result<Option<Subject>, Problem>;
    /// Every account that the person is: their own, and those that were merged into it.
    fn selves(&self, tx: &mut Tx<'_>, person: &Id) -> Result<Vec<Id>, Problem> {
        let _ = tx;
        Ok(vec![person.clone()])
    }
    /// A person or company by the key that its records lie under, normalised.
    fn subject_by_key(
        &self,
        tx: &mut Tx<'_>,
        kind: SubjectKind,
        key: &str,
    ) -> Result<Option<Subject>, Problem>;
    /// For which companies a person may act now, for the exchange of records.
    fn authorities(
        &self,
        tx: &mut Tx<'_>,
        person: &Id,
        now: Timestamp,
    ) -> Result<Vec<Authority>, Problem>;
    /// Everyone who holds a mandate of the company for this purpose now.
    fn holders(
        &self,
        tx: &mut Tx<'_>,
        company: &Id,
        purpose: &str,
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
    /// The purposes that companies are asked for, by id, with their names.
    fn purposes(&self) -> Vec<(String, Text)>;
    /// Where a person decides on such a request.
    fn decide_at(&self, interaction: &Id, details: &Json) -> String;
    /// The element as it stands now, enriched for the token response; `None` when the consent allows nothing more.
    fn granted(
        &self,
        tx: &mut Tx<'_>,
        consent: &Id,
        now: Timestamp,
    ) -> Result<Option<Json>, Problem>;
    /// The element that goes with the tokens of a code, where that happens once and is more than
    /// [`Records::granted`] says: a person's answers to a form.
    fn deliver(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<Option<Json>, Problem>;
    /// The client gives the grant back: revokes the consent.
    fn give_back(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem>;
    /// What a person keeps to tell services of themselves.
    fn particulars(&self, _: &mut Tx<'_>, _person: &Id) -> Result<Particulars, Problem> {
        Ok(Particulars::new())
    }
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

//! This domain as the others see it.

use crate::{Us, ops, passkeys::Passkeys, rules};
use kernel::{Ctx, Id, Problem, Timestamp};
use ports::{
    Access, Authority, Authorizations, Consumer, Directory, Pending, Signatures, Subject,
    SubjectKind,
};
use serde_json::{Value as Json, json};
use store::Tx;

/// Implements [`Directory`], [`Authorizations`] and [`Signatures`]; made before the exchange, which needs it.
#[derive(Clone)]
pub struct Port {
    us: Us,
    passkeys: Option<Passkeys>,
    demo: bool,
}

impl Port {
    /// For an issuer and its keys; `demo`: people are made up, and one without a passkey agrees by a press.
    pub fn new(us: Us, demo: bool) -> Self {
        Self { passkeys: Passkeys::new(&us.issuer), us, demo }
    }
}

fn consumer(client: crate::model::Client) -> Consumer {
    Consumer {
        id: client.id,
        name: client.name,
        jwks: client.jwks,
        webhook: client.webhook,
        active: client.active,
        node: client.node,
    }
}

impl Directory for Port {
    fn subject(&self, tx: &mut Tx<'_>, id: &Id) -> Result<Option<Subject>, Problem> {
        ops::subject(tx, id)
    }

    fn subject_by_key(
        &self,
        tx: &mut Tx<'_>,
        kind: SubjectKind,
        key: &str,
    ) -> Result<Option<Subject>, Problem> {
        ops::subject_by_key(tx, kind, key)
    }

    fn selves(&self, tx: &mut Tx<'_>, person: &Id) -> Result<Vec<Id>, Problem> {
        ops::selves(tx, person)
    }

    fn authorities(
        &self,
        tx: &mut Tx<'_>,
        person: &Id,
        now: Timestamp,
    ) -> Result<Vec<Authority>, Problem> {
        ops::authorities(tx, person, rules::RECORDS, now)
    }

    fn holders(
        &self,
        tx: &mut Tx<'_>,
        company: &Id,
        purpose: &str,
        now: Timestamp,
    ) -> Result<Vec<Subject>, Problem> {
        ops::holders(tx, company, purpose, now)
    }

    fn consumer(&self, tx: &mut Tx<'_>, client: &str) -> Result<Option<Consumer>, Problem> {
        Ok(ops::client(tx, client)?.map(consumer))
    }

    fn consumers(&self, tx: &mut Tx<'_>) -> Result<Vec<Consumer>, Problem> {
        Ok(ops::clients(tx)?.into_iter().map(consumer).collect())
    }
}

impl Authorizations for Port {
    fn pending(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        interaction: &Id,
    ) -> Result<Option<Pending>, Problem> {
        ops::pending(tx, ctx, interaction)
    }

    fn approve(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        interaction: &Id,
        subject: &Subject,
        consent: &Id,
        details: &Json,
    ) -> Result<String, Problem> {
        ops::approve(tx, ctx, &self.us, interaction, subject, consent, details)
    }

    fn refuse(&self, tx: &mut Tx<'_>, ctx: &Ctx, interaction: &Id) -> Result<String, Problem> {
        ops::refuse(tx, ctx, &self.us, interaction)
    }

    fn end_grant(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem> {
        ops::end_grant(tx, ctx, consent)
    }

    fn move_grant(
        &self,
        tx: &mut Tx<'_>,
        old: &Id,
        new: &Id,
        details: &Json,
    ) -> Result<(), Problem> {
        ops::move_grant(tx, old, new, details)
    }

    fn access(
        &self,
        tx: &mut Tx<'_>,
        token: &str,
        jkt: &str,
        now: Timestamp,
    ) -> Result<Access, Problem> {
        ops::access(tx, token, jkt, now)
    }

    fn spend(&self, tx: &mut Tx<'_>, jkt: &str, jti: &str, iat: i64) -> Result<(), Problem> {
        ops::spend(tx, jkt, jti, iat)
    }
}

impl Signatures for Port {
    fn challenge(
        &self,
        tx: &mut Tx<'_>,
        person: &Id,
        digest: &[u8; 32],
    ) -> Result<Option<Json>, Problem> {
        let asked = self
            .passkeys
            .as_ref()
            .map(|site| ops::ask(tx, site, person, digest))
            .transpose()?
            .flatten();
        if asked.is_none() && !self.demo {
            return Err(Problem::new(403, "passkey-needed"));
        }
        Ok(asked)
    }

    fn check(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        person: &Id,
        digest: &[u8; 32],
        answer: Option<&Json>,
    ) -> Result<Json, Problem> {
        // Asked again, so that nobody with a passkey agrees by a press.
        match (self.challenge(tx, person, digest)?, answer, &self.passkeys) {
            (None, ..) => Ok(json!({"kind": "demo"})),
            (Some(_), Some(answer), Some(site)) => {
                ops::finish_signature(tx, ctx, site, person, digest, &answer.to_string())
            }
            _ => Err(Problem::new(400, "passkey-refused")),
        }
    }
}

//! What a person is told: the inbox, and the notices by mail and push that something is in it.
//!
//! Invariants: a message is left in the transaction of what it tells of, once for one thing; what leaves the
//! program by mail or push says nothing but that there is a message; an address proved by a code receives
//! notices and never signs anyone in; every template has every language and every placeholder, or the
//! program does not start.

mod holdings;
mod mail;
mod ops;
mod pages;
mod push;
mod sql;
mod templates;
#[cfg(test)]
mod tests;

pub use holdings::Holdings;
pub use mail::{Mailer, Settings as MailSettings};
pub use ops::proved_address;
pub use pages::routes;
pub use push::Caller;
pub use sql::ALL;
pub use templates::{Templates, Topic};

use kernel::{Ctx, Id, Problem, Text, Timestamp, World};
use ports::Word;
use std::sync::Arc;
use store::{Db, Tx};

/// What [`Inbox::new`] needs.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Clock and randomness.
    pub world: World,
    /// Our public address, without a slash at its end.
    pub base: String,
    /// The government's name, as a mail is signed.
    pub government: Text,
    /// The installation's secret, the same on every node.
    pub secret: [u8; 32],
    /// What can be said.
    pub templates: Templates,
    /// How mail leaves; without it nothing goes by mail.
    pub mailer: Option<Mailer>,
    /// How a push service is called.
    pub caller: Caller,
}

/// The inbox: cheap to clone, one for the process.
#[derive(Clone)]
pub struct Inbox(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// Signs our calls to push services (RFC 8292).
    vapid: wire::push::Vapid,
    /// What mail codes are drawn from.
    codes: [u8; 32],
}

impl std::ops::Deref for Inbox {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl Inbox {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Result<Self, wire::Error> {
        let vapid = wire::push::Vapid::new(&wire::seal::derive(&parts.secret, "web push"))?;
        let codes = wire::seal::derive(&parts.secret, "mail codes");
        Ok(Self(Arc::new(Inner { parts, vapid, codes })))
    }

    /// The runner, knowing how to deliver.
    pub fn jobs(&self, runner: jobs::Runner) -> jobs::Runner {
        runner
            .on(mail::NOTICE, mail::notices(self))
            .on(mail::CODE, mail::codes(self))
            .on(push::JOB, push::handler(self))
    }
}

impl ports::Inbox for Inbox {
    fn leave(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        person: &Id,
        template: &'static str,
        about: &str,
        words: &[(&'static str, Word)],
    ) -> Result<(), Problem> {
        ops::leave(self, tx, ctx, person, template, about, words)
    }

    fn asked_for(&self, tx: &mut Tx<'_>, topic: &str) -> Result<Vec<(Id, Timestamp)>, Problem> {
        ops::asked_for(tx, topic)
    }

    fn unread(&self, tx: &mut Tx<'_>, person: &Id) -> Result<u32, Problem> {
        ops::unread(tx, person)
    }
}

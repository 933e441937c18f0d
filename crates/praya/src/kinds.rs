//! The kinds of `authorization_details`, each with its domain: consents, and forms (`fil_…`).

use exchange::RecordsPort;
use kernel::{Ctx, Id, Problem, Text, Timestamp};
use ports::{Particular, Particulars, Records};
use serde_json::Value as Json;
use store::Tx;

/// Hands each element to the domain of its type, and each consent to the domain of its id.
pub(crate) struct Kinds {
    pub(crate) records: RecordsPort,
    pub(crate) forms: forms::Port,
}

impl Kinds {
    fn asked(&self, details: &Json) -> &dyn Records {
        if details["type"] == forms::TYPE { &self.forms } else { &self.records }
    }

    fn given(&self, consent: &Id) -> &dyn Records {
        if consent.as_str().starts_with("fil_") { &self.forms } else { &self.records }
    }
}

impl Records for Kinds {
    fn check(&self, client: &str, details: &Json, now: Timestamp) -> Result<(), Problem> {
        self.asked(details).check(client, details, now)
    }

    fn purposes(&self) -> Vec<(String, Text)> {
        self.records.purposes()
    }

    fn decide_at(&self, interaction: &Id, details: &Json) -> String {
        self.asked(details).decide_at(interaction, details)
    }

    fn granted(
        &self,
        tx: &mut Tx<'_>,
        consent: &Id,
        now: Timestamp,
    ) -> Result<Option<Json>, Problem> {
        self.given(consent).granted(tx, consent, now)
    }

    fn deliver(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<Option<Json>, Problem> {
        self.given(consent).deliver(tx, ctx, consent)
    }

    fn give_back(&self, tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem> {
        self.given(consent).give_back(tx, ctx, consent)
    }

    fn particulars(&self, tx: &mut Tx<'_>, person: &Id) -> Result<Particulars, Problem> {
        let mut all = forms::particulars(tx, person)?;
        // The address that was proved to be theirs before the one that they wrote.
        if let Some(value) = inbox::proved_address(tx, person)? {
            all.insert("email", Particular { value, proved: true });
        }
        Ok(all)
    }
}

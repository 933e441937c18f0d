//! What the authorisation server asks of a form.

use crate::{Port, ops, rules::Form};
use kernel::{Ctx, Id, Problem, Text, Timestamp};
use ports::Records;
use serde_json::Value as Json;
use store::Tx;

impl Records for Port {
    fn check(&self, _: &str, details: &Json, _: Timestamp) -> Result<(), Problem> {
        Form::read(details).map(drop)
    }

    fn purposes(&self) -> Vec<(String, Text)> {
        Vec::new()
    }

    fn decide_at(&self, interaction: &Id, _: &Json) -> String {
        format!("/fill/{interaction}")
    }

    fn granted(
        &self,
        tx: &mut Tx<'_>,
        filling: &Id,
        now: Timestamp,
    ) -> Result<Option<Json>, Problem> {
        ops::waiting(tx, filling, now)
    }

    fn deliver(&self, tx: &mut Tx<'_>, ctx: &Ctx, filling: &Id) -> Result<Option<Json>, Problem> {
        ops::deliver(tx, ctx, self, filling)
    }

    fn give_back(&self, tx: &mut Tx<'_>, _: &Ctx, filling: &Id) -> Result<(), Problem> {
        ops::forget(tx, filling)
    }
}

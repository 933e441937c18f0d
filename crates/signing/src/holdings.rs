//! Signatures, when accounts become one or a person leaves.

use crate::sql;
use kernel::{Ctx, Id, Problem};
use ports::Theirs;
use store::Tx;

/// What this crate holds of people.
pub struct Holdings;

/// A yes is over the person's account as it was: nothing goes over.
impl ports::Holdings for Holdings {
    fn theirs(&self) -> &'static [Theirs] {
        &[]
    }

    /// Certificates stay: what was signed must still be found good, or disowned.
    fn gone(&self, tx: &mut Tx<'_>, _: &Ctx, person: &Id) -> Result<(), Problem> {
        for statement in [sql::END_REQUESTS, sql::DROP_DOCUMENTS] {
            tx.execute(statement, &[person.as_str().into()])?;
        }
        Ok(())
    }
}

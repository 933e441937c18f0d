//! Signatures, when accounts become one or a person leaves.

use crate::sql;
use kernel::{Ctx, Id, Problem};
use ports::Theirs;
use store::Tx;

/// What this crate holds of people.
pub struct Holdings;

const THEIRS: &[Theirs] = &[
    Theirs { table: "signatures", list: sql::REQUESTS_OF, hand: sql::HAND_REQUEST },
    Theirs { table: "certificates", list: sql::CERTIFICATES_OF, hand: sql::HAND_CERTIFICATE },
];

impl ports::Holdings for Holdings {
    fn theirs(&self) -> &'static [Theirs] {
        THEIRS
    }

    /// Certificates stay: what was signed must still be found good, or disowned.
    fn gone(&self, tx: &mut Tx<'_>, _: &Ctx, person: &Id) -> Result<(), Problem> {
        for statement in [sql::END_REQUESTS, sql::DROP_DOCUMENTS] {
            tx.execute(statement, &[person.as_str().into()])?;
        }
        Ok(())
    }
}

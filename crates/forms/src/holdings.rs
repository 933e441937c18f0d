//! The profile and what was filled with it, when accounts become one or a person leaves.

use crate::sql;
use kernel::{Ctx, Id, Problem};
use ports::Theirs;
use store::Tx;

/// What this crate holds of people.
pub struct Holdings;

const THEIRS: &[Theirs] = &[
    Theirs { table: "profile", list: sql::FIELDS_OF, hand: sql::HAND_FIELD },
    Theirs { table: "fillings", list: sql::FILLINGS_OF, hand: sql::HAND_FILLING },
];

impl ports::Holdings for Holdings {
    fn theirs(&self) -> &'static [Theirs] {
        THEIRS
    }

    /// That a form was answered stays, as the service may be asked about it; what was answered does not.
    fn gone(&self, tx: &mut Tx<'_>, _: &Ctx, person: &Id) -> Result<(), Problem> {
        for statement in [sql::DROP_PROFILE, sql::DROP_ANSWERS] {
            tx.execute(statement, &[person.as_str().into()])?;
        }
        Ok(())
    }
}

//! Messages, choices and addresses, when accounts become one or a person leaves.

use crate::sql;
use kernel::{Ctx, Id, Problem};
use ports::Theirs;
use store::Tx;

/// What this crate holds of people.
pub struct Holdings;

const THEIRS: &[Theirs] = &[
    Theirs { table: "messages", list: sql::MESSAGES_OF, hand: sql::HAND_MESSAGE },
    Theirs { table: "choices", list: sql::CHOICES_OF, hand: sql::HAND_CHOICE },
    Theirs { table: "addresses", list: sql::ADDRESSES_OF, hand: sql::HAND_ADDRESS },
    Theirs { table: "devices", list: sql::SUBSCRIPTIONS_OF, hand: sql::HAND_SUBSCRIPTION },
];

impl ports::Holdings for Holdings {
    fn theirs(&self) -> &'static [Theirs] {
        THEIRS
    }

    fn gone(&self, tx: &mut Tx<'_>, _: &Ctx, person: &Id) -> Result<(), Problem> {
        for statement in
            [sql::DROP_MESSAGES, sql::DROP_CHOICES, sql::DROP_ADDRESSES, sql::DROP_SUBSCRIPTIONS]
        {
            tx.execute(statement, &[person.as_str().into()])?;
        }
        Ok(())
    }
}

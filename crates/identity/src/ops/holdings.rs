//! What goes over when two accounts become one, here and in every other domain, and comes back exactly; what a
//! person who leaves takes along.

use crate::sql;
use kernel::{Ctx, Id, Problem};
use ports::{Holdings, Theirs};
use std::{collections::BTreeMap, sync::Arc};
use store::{Tx, Value};

/// What went over, by table: the keys of its rows.
pub(super) type Moved = BTreeMap<String, Vec<String>>;

/// Of this crate. Passkeys, recovery codes, a password and invitations stay with the account they were made for:
/// whoever signs in by them is led to the one that counts. So do grants: a service knows their person by a number
/// drawn from it.
const OURS: &[Theirs] = &[
    Theirs { table: "mandates", list: sql::MANDATES_OF, hand: sql::HAND_MANDATE },
    Theirs { table: "checks", list: sql::CHECKS_OF, hand: sql::HAND_CHECK },
    Theirs { table: "services", list: sql::SERVICES_YES_OF, hand: sql::HAND_SERVICE },
    Theirs { table: "links", list: sql::LINK_IDS_OF, hand: sql::HAND_LINK },
    Theirs { table: "roles", list: sql::ROLES_OF, hand: sql::HAND_ROLE },
    Theirs { table: "aliases", list: sql::ALIASES_OF, hand: sql::HAND_ALIAS },
];

/// Every table whose rows go over.
pub(crate) fn handed_over(holdings: &[Arc<dyn Holdings>]) -> impl Iterator<Item = &'static Theirs> {
    OURS.iter().chain(holdings.iter().flat_map(|one| one.theirs()))
}

/// Every account that the person is: their own first. For other operations and domains.
pub fn selves(tx: &mut Tx<'_>, person: &Id) -> Result<Vec<Id>, Problem> {
    let rows = tx.query(sql::SELVES, &[person.as_str().into()])?;
    Ok(rows.iter().map(|row| row.text(0).map(Id::from)).collect::<Result<_, _>>()?)
}

/// What is one account's becomes the other's. The caller has authorised it.
pub(super) fn hand_over(
    tx: &mut Tx<'_>,
    holdings: &[Arc<dyn Holdings>],
    from: &Id,
    to: &Id,
) -> Result<Moved, Problem> {
    let mut moved = Moved::new();
    for one in handed_over(holdings) {
        let rows = tx.query(one.list, &[from.as_str().into(), to.as_str().into()])?;
        let keys: Vec<String> =
            rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?;
        hand(tx, one, &keys, from, to)?;
        moved.insert(one.table.to_owned(), keys);
    }
    tx.execute(sql::SET_ALIAS, &[from.as_str().into(), to.as_str().into()])?;
    Ok(moved)
}

/// And back, as far as it is still there.
pub(super) fn hand_back(
    tx: &mut Tx<'_>,
    holdings: &[Arc<dyn Holdings>],
    moved: &Moved,
    from: &Id,
    to: &Id,
) -> Result<(), Problem> {
    for one in handed_over(holdings) {
        hand(tx, one, moved.get(one.table).map_or(&[], Vec::as_slice), from, to)?;
    }
    tx.execute(sql::SET_ALIAS, &[to.as_str().into(), Value::Null])?;
    Ok(())
}

fn hand(tx: &mut Tx<'_>, of: &Theirs, keys: &[String], from: &Id, to: &Id) -> Result<(), Problem> {
    for key in keys {
        tx.execute(of.hand, &[key.into(), from.as_str().into(), to.as_str().into()])?;
    }
    Ok(())
}

/// What is only the person's own goes; what nobody is left to stop ends.
pub(super) fn let_go(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holdings: &[Arc<dyn Holdings>],
    person: &Id,
    at: &Value,
) -> Result<(), Problem> {
    for account in selves(tx, person)? {
        super::end_sessions_of(tx, ctx, &account, "")?;
        for statement in [
            sql::DROP_PASSKEYS_OF,
            sql::DROP_RECOVERY_CODES,
            sql::DROP_CODE_LOGIN,
            sql::DROP_INVITATIONS_OF,
            sql::DROP_SERVICES_OF,
        ] {
            tx.execute(statement, &[account.as_str().into()])?;
        }
        for statement in
            [sql::CLOSE_PERSON, sql::END_GIVEN_MANDATES, sql::END_SERVICE_GRANTS, sql::END_LINKS_OF]
        {
            tx.execute(statement, &[account.as_str().into(), at.clone()])?;
        }
        for one in holdings {
            one.gone(tx, ctx, &account)?;
        }
    }
    Ok(())
}

//! What a person wants to be told, and how.

use crate::{sql, templates::Topic};
use kernel::{Ctx, Id, Problem, Timestamp, from_micros, micros};
use store::Tx;

/// What was chosen for a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Whether there are messages at all.
    pub(crate) told: bool,
    /// Whether a mail says that there is one.
    pub(crate) mail: bool,
    /// Whether a push does.
    pub(crate) push: bool,
}

/// The choices of a person, one a topic.
pub(crate) fn choices(tx: &mut Tx<'_>, person: &Id) -> Result<Vec<(Topic, Choice)>, Problem> {
    let rows = tx.query(sql::CHOICES, &[person.as_str().into()])?;
    let mut all = Vec::with_capacity(Topic::ALL.len());
    for topic in Topic::ALL {
        let unasked = topic.unasked();
        let mut choice = Choice { told: unasked, mail: unasked, push: unasked };
        for row in &rows {
            if row.text(0)? == topic.name() {
                let told = row.bool(1)? || !topic.may_be_silent();
                choice = Choice { told, mail: row.bool(2)?, push: row.bool(3)? };
            }
        }
        all.push((topic, choice));
    }
    Ok(all)
}

/// The choice of a person for one topic.
pub(super) fn choice(tx: &mut Tx<'_>, person: &Id, topic: Topic) -> Result<Choice, Problem> {
    let all = choices(tx, person)?;
    let found = all.into_iter().find(|(one, _)| *one == topic).map(|(_, choice)| choice);
    found.ok_or_else(|| Problem::internal("a topic without a choice"))
}

/// Keeps the choices of the person signed in.
pub(crate) fn choose(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    choices: &[(Topic, Choice)],
) -> Result<(), Problem> {
    let person = ctx.person()?;
    for (topic, choice) in choices {
        let args = [
            person.as_str().into(),
            topic.name().into(),
            (choice.told || !topic.may_be_silent()).into(),
            choice.mail.into(),
            choice.push.into(),
            micros(ctx.now).into(),
        ];
        tx.execute(sql::CHOOSE, &args)?;
    }
    Ok(())
}

/// Who asked to be told of a topic, and since when.
pub(crate) fn asked_for(tx: &mut Tx<'_>, topic: &str) -> Result<Vec<(Id, Timestamp)>, Problem> {
    let rows = tx.query(sql::ASKED, &[topic.into()])?;
    rows.iter().map(|row| Ok((row.text(0)?.into(), from_micros(row.int(1)?)))).collect()
}

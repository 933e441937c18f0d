//! Where notices go by mail, proved by a code. An address never signs anyone in.

use crate::{Inbox, mail, sql};
use kernel::{Ctx, Id, Locale, Problem, Timestamp, from_micros, micros};
use ports::{Inbox as _, Word};
use serde_json::json;
use store::Tx;

/// How long a code is good, in seconds.
pub(crate) const CODE_GOOD: i64 = 30 * 60;
/// How often a code may be entered wrong.
const TRIES: i64 = 5;
/// Seconds between two codes, and how many there are a day: nobody is to be plagued in our name.
const APART: i64 = 60;
const A_DAY: i64 = 5;

/// The addresses of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) locale: Locale,
    /// The one that was proved.
    pub(crate) proved: Option<String>,
    /// The one that waits for its code, while the code is good.
    pub(crate) pending: Option<String>,
    pub(crate) challenge: Option<Id>,
    end: Timestamp,
    tries: i64,
    sent: Timestamp,
    today: i64,
}

impl Address {
    /// The address that waits, if its code may still be entered.
    pub(crate) fn waiting(&self, now: Timestamp) -> Option<&str> {
        self.pending.as_deref().filter(|_| now < self.end && self.tries < TRIES)
    }
}

/// The addresses of a person, if they ever gave one.
pub(crate) fn address(tx: &mut Tx<'_>, person: &Id) -> Result<Option<Address>, Problem> {
    let Some(row) = tx.query_opt(sql::ADDRESS, &[person.as_str().into()])? else { return Ok(None) };
    Ok(Some(Address {
        locale: Locale::parse(row.text(0)?).unwrap_or_default(),
        proved: row.opt_text(1)?.map(str::to_owned),
        pending: row.opt_text(3)?.map(str::to_owned),
        challenge: row.opt_text(4)?.map(Id::from),
        end: from_micros(row.opt_int(5)?.unwrap_or(0)),
        tries: row.int(6)?,
        sent: from_micros(row.int(7)?),
        today: row.int(8)?,
    }))
}

/// The address that a person proved to be theirs.
pub fn proved_address(tx: &mut Tx<'_>, person: &Id) -> Result<Option<String>, Problem> {
    Ok(address(tx, person)?.and_then(|address| address.proved))
}

/// The code of a challenge: six digits drawn under the installation's secret, so that none is kept.
pub(crate) fn code(inbox: &Inbox, person: &Id, challenge: &Id, address: &str) -> String {
    let parts = [person.as_str(), challenge.as_str(), address].map(str::as_bytes);
    let drawn = wire::sha256(&[&inbox.0.codes, parts[0], b"\0", parts[1], b"\0", parts[2]]);
    let number = drawn.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// Sends a code to an address that the person signed in gives.
pub(crate) fn ask_address(
    inbox: &Inbox,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    given: &str,
) -> Result<(), Problem> {
    let person = ctx.person()?;
    if inbox.mailer.is_none() {
        return Err(Problem::new(409, "mail-not-here"));
    }
    let given = mail::readable(given)
        .ok_or_else(|| Problem::new(422, "address-form").field("address", "address-form"))?;
    let known = address(tx, person)?;
    let since = known.as_ref().map(|known| ctx.now.as_second() - known.sent.as_second());
    let today = known.as_ref().filter(|_| since.is_some_and(|since| since < 86_400));
    let today = today.map_or(0, |known| known.today);
    if since.is_some_and(|since| since < APART) || today >= A_DAY {
        return Err(Problem::new(429, "code-too-often"));
    }
    let challenge = ctx.id("chl");
    let args = [
        person.as_str().into(),
        ctx.locale.code().into(),
        given.as_str().into(),
        challenge.as_str().into(),
        (micros(ctx.now) + CODE_GOOD * 1_000_000).into(),
        micros(ctx.now).into(),
        (today + 1).into(),
    ];
    tx.execute(sql::ASK_ADDRESS, &args)?;
    jobs::enqueue(
        tx,
        ctx,
        mail::CODE,
        &json!({"person": person, "challenge": challenge}),
        ctx.now,
    )?;
    Ok(())
}

/// The code that the person signed in read in the mail. Whether it was the right one: a wrong one is counted,
/// so the transaction of a wrong one must stand.
pub(crate) fn prove_address(
    inbox: &Inbox,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    entered: &str,
) -> Result<bool, Problem> {
    let person = ctx.person()?;
    let known = address(tx, person)?;
    let waiting = known
        .as_ref()
        .and_then(|known| Some((known.waiting(ctx.now)?, known.challenge.as_ref()?, known)));
    let Some((given, challenge, known)) = waiting else {
        return Err(Problem::new(409, "code-over"));
    };
    let entered: String = entered.chars().filter(char::is_ascii_digit).collect();
    if entered != code(inbox, person, challenge, given) {
        tx.execute(sql::TRY_ADDRESS, &[person.as_str().into()])?;
        return Ok(false);
    }
    let args = [person.as_str().into(), micros(ctx.now).into(), challenge.as_str().into()];
    tx.execute(sql::PROVE_ADDRESS, &args)?;
    let record = json!({"kind": "mail-proved", "person": person, "at": ctx.now});
    evidence::append(tx, ctx, "mail-proved", "inbox", &record)?;
    if known.proved.is_some() {
        let words = [("at", Word::Moment(ctx.now))];
        inbox.leave(tx, ctx, person, "address-changed", challenge.as_str(), &words)?;
    }
    Ok(true)
}

/// Takes the address of the person signed in away.
pub(crate) fn drop_address(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    let person = ctx.person()?;
    if tx.execute(sql::DROP_ADDRESS, &[person.as_str().into()])? > 0 {
        let record = json!({"kind": "mail-removed", "person": person, "at": ctx.now});
        evidence::append(tx, ctx, "mail-removed", "inbox", &record)?;
    }
    Ok(())
}

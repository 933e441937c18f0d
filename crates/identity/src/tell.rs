//! What people are told: of new sign-ins and passkeys, of mandates given and ended.

use crate::ops;
use kernel::{Ctx, Id, Problem, Text, Timestamp};
use ports::{Inbox, Word};
use store::Tx;

fn at_and_device(ctx: &Ctx, device: &str) -> [(&'static str, Word); 2] {
    let device = if device.is_empty() {
        Word::Text(Text {
            en: "an unknown device".to_owned(),
            tc: "不明裝置".to_owned(),
            sc: "未知设备".to_owned(),
        })
    } else {
        Word::Plain(device.to_owned())
    };
    [("at", Word::Moment(ctx.now)), ("device", device)]
}

/// Of a sign-in: once a day for each kind of device, so that the message is still read.
pub(crate) fn signed_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
    device: &str,
) -> Result<(), Problem> {
    let about = format!("{} {device}", ctx.zone.local(ctx.now).date());
    inbox.leave(tx, ctx, person, "signed-in", &about, &at_and_device(ctx, device))
}

/// Of a passkey that was added.
pub(crate) fn passkey_added(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
    device: &str,
) -> Result<(), Problem> {
    let about = ctx.id("pas");
    inbox.leave(tx, ctx, person, "passkey-added", about.as_str(), &at_and_device(ctx, device))
}

/// Of a check at a counter, and that a passkey may be made: whoever did not stand there must hear of it.
pub(crate) fn checked_at_counter(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
) -> Result<(), Problem> {
    let about = ctx.id("chk");
    inbox.leave(tx, ctx, person, "counter-check", about.as_str(), &[("at", Word::Moment(ctx.now))])
}

/// Of two accounts that became one.
pub(crate) fn merged(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
    until: Timestamp,
) -> Result<(), Problem> {
    let about = ctx.id("mer");
    inbox.leave(
        tx,
        ctx,
        person,
        "accounts-merged",
        about.as_str(),
        &[("until", Word::Moment(until))],
    )
}

/// Of a way back in that somebody began.
pub(crate) fn recovery_begun(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
    ready: Timestamp,
) -> Result<(), Problem> {
    let about = ctx.id("rec");
    inbox.leave(
        tx,
        ctx,
        person,
        "recovery-begun",
        about.as_str(),
        &[("until", Word::Moment(ready))],
    )
}

/// Of an account that is being closed.
pub(crate) fn closing(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
    at: Timestamp,
) -> Result<(), Problem> {
    let about = ctx.id("clo");
    inbox.leave(tx, ctx, person, "account-closing", about.as_str(), &[("until", Word::Moment(at))])
}

/// Of a password, code app or recovery codes that were changed.
pub(crate) fn code_changed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    person: &Id,
) -> Result<(), Problem> {
    let about = ctx.id("cod");
    inbox.leave(tx, ctx, person, "code-changed", about.as_str(), &[("at", Word::Moment(ctx.now))])
}

/// Of a mandate that counts from now.
pub(crate) fn mandate_granted(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    (mandate, company, person): (&Id, &Id, &Id),
    until: Timestamp,
) -> Result<(), Problem> {
    let words = [("company", named(tx, company)?), ("until", Word::Moment(until))];
    inbox.leave(tx, ctx, person, "mandate-granted", mandate.as_str(), &words)
}

/// Of a mandate that was ended by somebody else.
pub(crate) fn mandate_ended(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    (mandate, company, person): (&Id, &Id, &Id),
) -> Result<(), Problem> {
    if ctx.person().is_ok_and(|actor| actor == person) {
        return Ok(());
    }
    let words = [("company", named(tx, company)?)];
    inbox.leave(tx, ctx, person, "mandate-ended", mandate.as_str(), &words)
}

fn named(tx: &mut Tx<'_>, company: &Id) -> Result<Word, Problem> {
    let found = ops::subject(tx, company)?;
    Ok(Word::Text(found.map_or_else(|| Text::same(company.as_str()), |company| company.name)))
}

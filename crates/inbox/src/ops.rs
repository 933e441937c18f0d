//! What is done with messages, choices and addresses; synchronous, in the caller's transaction.

mod address;
mod choices;
mod devices;

pub use address::proved_address;
pub(crate) use address::{
    Address, CODE_GOOD, address, ask_address, code, drop_address, prove_address,
};
pub(crate) use choices::{Choice, asked_for, choices, choose};
pub(crate) use devices::{Device, devices, gone, subscribe, subscription, unsubscribe};

use crate::{Inbox, mail, push, sql, templates::Topic};
use kernel::{Ctx, Id, Locale, Problem, Timestamp, from_micros, micros};
use ports::Word;
use serde_json::json;
use std::collections::BTreeMap;
use store::{Row, Tx};

/// How many messages a page shows.
pub(crate) const PAGE: usize = 20;

/// Leaves a message and enqueues the notices of it. Who may say what is decided where it happened.
pub(crate) fn leave(
    inbox: &Inbox,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    name: &'static str,
    about: &str,
    words: &[(&'static str, Word)],
) -> Result<(), Problem> {
    let template = inbox.templates.get(name).filter(|template| template.takes(words));
    let template = template.ok_or_else(|| {
        Problem::internal(format!("no message {name} with the values that were given"))
    })?;
    let choice = choices::choice(tx, person, template.topic)?;
    if !choice.told {
        return Ok(());
    }
    let id = ctx.id("msg");
    let words: BTreeMap<_, _> = words.iter().map(|(name, word)| (*name, word)).collect();
    let args = [
        id.as_str().into(),
        person.as_str().into(),
        name.into(),
        about.into(),
        json!(words).to_string().into(),
        micros(ctx.now).into(),
    ];
    if tx.execute(sql::ADD, &args)? == 0 {
        return Ok(());
    }
    if choice.mail
        && inbox.mailer.is_some()
        && address(tx, person)?.is_some_and(|at| at.proved.is_some())
    {
        jobs::enqueue(tx, ctx, mail::NOTICE, &json!({"person": person, "message": id}), ctx.now)?;
    }
    if choice.push {
        for device in devices(tx, person)? {
            let job = json!({"subscription": device.id, "message": id});
            jobs::enqueue(tx, ctx, push::JOB, &job, ctx.now)?;
        }
    }
    Ok(())
}

/// A message as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: Id,
    pub(crate) topic: Topic,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) link: String,
    pub(crate) at: Timestamp,
    pub(crate) read: bool,
    pub(crate) archived: bool,
}

/// The message in a language; `None` when its template is no longer there.
fn message(
    inbox: &Inbox,
    row: &Row,
    moment: &dyn Fn(&Timestamp) -> String,
    locale: Locale,
) -> Result<Option<Message>, Problem> {
    let Some(template) = inbox.templates.get(row.text(1)?) else { return Ok(None) };
    let words: BTreeMap<String, Word> =
        serde_json::from_str(row.text(3)?).map_err(Problem::internal)?;
    let value = |name: &str| {
        words.get(name).map(|word| match word {
            Word::Text(text) => text.get(locale).to_owned(),
            Word::Plain(text) => text.clone(),
            Word::Moment(at) => moment(at),
        })
    };
    let (title, body) = template.say(locale, &value);
    Ok(Some(Message {
        id: row.text(0)?.into(),
        topic: template.topic,
        title,
        body,
        link: template.link(row.text(2)?),
        at: from_micros(row.int(4)?),
        read: row.opt_int(5)?.is_some(),
        archived: row.opt_int(6)?.is_some(),
    }))
}

/// The newest messages of the person signed in before a time, at most [`PAGE`] and one more.
pub(crate) fn list(
    inbox: &Inbox,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (archived, before): (bool, i64),
    moment: &dyn Fn(&Timestamp) -> String,
) -> Result<Vec<Message>, Problem> {
    let person = ctx.person()?;
    let rows = tx.query(sql::LIST, &[person.as_str().into(), archived.into(), before.into()])?;
    rows.iter().filter_map(|row| message(inbox, row, moment, ctx.locale).transpose()).collect()
}

/// One message of the person signed in, read from now on.
pub(crate) fn open(
    inbox: &Inbox,
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    moment: &dyn Fn(&Timestamp) -> String,
) -> Result<Message, Problem> {
    let person = ctx.person()?.as_str();
    let found = tx.query_opt(sql::ONE, &[person.into(), id.into()])?;
    let found = found.map(|row| message(inbox, &row, moment, ctx.locale)).transpose()?.flatten();
    let found = found.ok_or_else(|| Problem::new(404, "message-unknown"))?;
    tx.execute(sql::READ, &[person.into(), id.into(), micros(ctx.now).into()])?;
    Ok(found)
}

/// Puts a message of the person signed in away, or back.
pub(crate) fn archive(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, away: bool) -> Result<(), Problem> {
    let at = away.then(|| micros(ctx.now));
    let args = [ctx.person()?.as_str().into(), id.into(), at.into()];
    match tx.execute(sql::ARCHIVE, &args)? {
        0 => Err(Problem::new(404, "message-unknown")),
        _ => Ok(()),
    }
}

/// How many messages a person has not read.
pub(crate) fn unread(tx: &mut Tx<'_>, person: &Id) -> Result<u32, Problem> {
    let row = tx.query_opt(sql::UNREAD, &[person.as_str().into()])?;
    let count = row.map_or(Ok(0), |row| row.int(0))?;
    Ok(count.try_into().unwrap_or(u32::MAX))
}

/// Whether a message still waits to be read.
pub(crate) fn is_unread(tx: &mut Tx<'_>, person: &Id, id: &str) -> Result<bool, Problem> {
    let row = tx.query_opt(sql::IS_UNREAD, &[person.as_str().into(), id.into()])?;
    Ok(row.is_some())
}

//! Notices: read by everyone, written by officers for their own department.

use crate::sql;
use kernel::{Actor, Ctx, Date, Id, Problem, Text, Timestamp, from_micros, micros};
use serde_json::json;
use store::{Row, Tx};

/// The longest title and body, in characters.
const TITLE: usize = 120;
const BODY: usize = 2000;
/// A notice stands no longer than this, in days.
const LONGEST: i32 = 366;

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) id: Id,
    pub(crate) department: String,
    pub(crate) title: Text,
    pub(crate) body: Text,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) made_up: bool,
    pub(crate) withdrawn: bool,
}

impl Notice {
    /// Whether everyone may read it now.
    pub(crate) fn stands(&self, now: Timestamp) -> bool {
        !self.withdrawn && self.from <= now && now < self.until
    }
}

/// A notice to publish, as it was written.
#[derive(Debug, Clone, Default)]
pub struct NewNotice {
    /// Title.
    pub title: Text,
    /// Body.
    pub body: Text,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
    /// Whether it is made up.
    pub made_up: bool,
}

fn read(row: &Row) -> Result<Notice, Problem> {
    let text = |at: usize| {
        Ok::<_, Problem>(Text {
            en: row.text(at)?.to_owned(),
            tc: row.text(at + 1)?.to_owned(),
            sc: row.text(at + 2)?.to_owned(),
        })
    };
    Ok(Notice {
        id: row.text(0)?.into(),
        department: row.text(1)?.to_owned(),
        title: text(2)?,
        body: text(5)?,
        from: from_micros(row.int(8)?),
        until: from_micros(row.int(9)?),
        made_up: row.bool(10)?,
        withdrawn: !row.is_null(11)?,
    })
}

/// What stands now, the newest first.
pub(crate) fn current(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Notice>, Problem> {
    tx.query(sql::CURRENT, &[micros(now).into()])?.iter().map(read).collect()
}

/// One that stands now, or one of the officer's own department.
pub(crate) fn one(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<Notice, Problem> {
    let row = tx.query_opt(sql::ONE, &[id.as_str().into()])?;
    let found = row.as_ref().map(read).transpose()?;
    let own = ctx.officer().map(|(_, department)| department.to_owned()).ok();
    found
        .filter(|notice| notice.stands(ctx.now) || own.as_ref() == Some(&notice.department))
        .ok_or_else(|| Problem::new(404, "notice-unknown"))
}

/// Those of the officer's department.
pub(crate) fn own(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Notice>, Problem> {
    let (_, department) = ctx.officer()?;
    tx.query(sql::OF_DEPARTMENT, &[department.into()])?.iter().map(read).collect()
}

/// What is not right about a notice, field by field; else its first and last moment.
fn judge(ctx: &Ctx, new: &NewNotice) -> Result<(Timestamp, Timestamp), Problem> {
    let mut problem = Problem::new(422, "notice-refused");
    for (name, text, longest) in [("title", &new.title, TITLE), ("body", &new.body, BODY)] {
        for (language, words) in [("en", &text.en), ("tc", &text.tc), ("sc", &text.sc)] {
            let count = words.trim().chars().count();
            let code = if count == 0 { "notice-language" } else { "notice-long" };
            if count == 0 || count > longest {
                problem = problem.field(format!("{name}-{language}"), code);
            }
        }
    }
    let (Some(from), Some(until)) = (new.from, new.until) else {
        let field = if new.from.is_none() { "from" } else { "until" };
        return Err(problem.field(field, "notice-days"));
    };
    let days = until.since(from).map_or(-1, |span| span.get_days());
    if !(0..=LONGEST).contains(&days) || ctx.zone.end_of(until) <= ctx.now {
        problem = problem.field("until", "notice-days");
    }
    let begin = from.yesterday().map_or(ctx.now, |before| ctx.zone.end_of(before));
    if problem.fields.is_empty() { Ok((begin, ctx.zone.end_of(until))) } else { Err(problem) }
}

/// For whom an officer writes; the program itself (the demonstration) says for whom.
fn office<'a>(ctx: &'a Ctx, department: &'a str) -> Result<(String, &'a str), Problem> {
    match &ctx.actor {
        Actor::System(name) => Ok((format!("system:{name}"), department)),
        _ => ctx.officer().map(|(officer, own)| (officer.to_string(), own)),
    }
}

/// Publishes a notice of the officer's department.
pub fn publish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    department: &str,
    new: &NewNotice,
) -> Result<Id, Problem> {
    let (officer, department) = office(ctx, department)?;
    let (from, until) = judge(ctx, new)?;
    let id = ctx.id("not");
    let args = [
        id.as_str().into(),
        department.into(),
        new.title.en.trim().into(),
        new.title.tc.trim().into(),
        new.title.sc.trim().into(),
        new.body.en.trim().into(),
        new.body.tc.trim().into(),
        new.body.sc.trim().into(),
        micros(from).into(),
        micros(until).into(),
        new.made_up.into(),
        micros(ctx.now).into(),
        officer.as_str().into(),
    ];
    tx.execute(sql::ADD, &args)?;
    log(tx, ctx, "notice-published", department, &officer, &id)?;
    Ok(id)
}

/// Changes a notice of the officer's department.
pub(crate) fn change(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id, new: &NewNotice) -> Result<(), Problem> {
    let (officer, department) = ctx.officer()?;
    let (from, until) = judge(ctx, new)?;
    let args = [
        id.as_str().into(),
        department.into(),
        new.title.en.trim().into(),
        new.title.tc.trim().into(),
        new.title.sc.trim().into(),
        new.body.en.trim().into(),
        new.body.tc.trim().into(),
        new.body.sc.trim().into(),
        micros(from).into(),
        micros(until).into(),
        micros(ctx.now).into(),
        officer.as_str().into(),
    ];
    if tx.execute(sql::CHANGE, &args)? == 0 {
        return Err(Problem::new(404, "notice-unknown"));
    }
    log(tx, ctx, "notice-changed", department, officer.as_str(), id)
}

/// Takes a notice of the officer's department back.
pub(crate) fn withdraw(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<(), Problem> {
    let (officer, department) = ctx.officer()?;
    let args =
        [id.as_str().into(), department.into(), micros(ctx.now).into(), officer.as_str().into()];
    if tx.execute(sql::WITHDRAW, &args)? == 0 {
        return Err(Problem::new(404, "notice-unknown"));
    }
    log(tx, ctx, "notice-withdrawn", department, officer.as_str(), id)
}

fn log(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: &str,
    department: &str,
    officer: &str,
    id: &Id,
) -> Result<(), Problem> {
    let record = json!({"kind": kind, "notice": id, "officer": officer, "at": ctx.now});
    evidence::append(tx, ctx, kind, department, &record)?;
    Ok(())
}

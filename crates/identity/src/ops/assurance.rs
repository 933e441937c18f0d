//! How well we know who a person is: the checks, and the counter where an officer makes one.

use super::{hash_key, log, subject_row, words};
use crate::{
    model::{CheckView, Duty, Level, Method},
    rules, sql,
};
use kernel::{
    Actor, Ctx, Id, Problem, Text, Timestamp, from_micros, identifiers::IdentityCard, micros,
};
use ports::SubjectKind;
use serde_json::json;
use store::Tx;

/// How well a person is known: the best check that stands. For other operations, which have authorised the
/// request already.
pub fn level(tx: &mut Tx<'_>, person: &Id) -> Result<Level, Problem> {
    Ok(checks(tx, person)?.iter().map(|check| check.level).max().unwrap_or_default())
}

/// What the sign-in of this session is worth: how well the person is known, how they signed in, and when.
pub fn worth(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(Level, Method, Timestamp), Problem> {
    let (Actor::Person { id, session } | Actor::Officer { id, session, .. }) = &ctx.actor else {
        return Err(Problem::new(401, "sign-in-required"));
    };
    let row = tx.query_opt(sql::SESSION_BEGUN, &[session.as_str().into(), id.as_str().into()])?;
    let row = row.ok_or_else(|| Problem::new(401, "sign-in-required"))?;
    let method = Method::parse(row.text(1)?).unwrap_or(Method::Persona);
    Ok((level(tx, id)?, method, from_micros(row.int(0)?)))
}

/// The checks of a person, the newest first. As above.
pub(super) fn checks(tx: &mut Tx<'_>, person: &Id) -> Result<Vec<CheckView>, Problem> {
    let read = |row: &store::Row| {
        Ok(CheckView {
            level: Level::parse(row.text(0)?).unwrap_or_default(),
            evidence: row.text(1)?.to_owned(),
            department: row.text(2)?.to_owned(),
            at: from_micros(row.int(3)?),
        })
    };
    tx.query(sql::CHECKS, &[person.as_str().into()])?.iter().map(read).collect()
}

/// The checks of the person signed in, and what their account is called.
pub fn known_as(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(Vec<CheckView>, String), Problem> {
    let person = ctx.person()?;
    Ok((checks(tx, person)?, handle_of(tx, person)?))
}

pub(super) fn handle_of(tx: &mut Tx<'_>, person: &Id) -> Result<String, Problem> {
    let row = tx.query_opt(sql::HANDLE_OF, &[person.as_str().into()])?;
    Ok(row.map_or(Ok(String::new()), |row| row.text(0).map(str::to_owned))?)
}

/// A check to write down.
pub(crate) struct Checked<'a> {
    pub(crate) level: Level,
    /// What was looked at, or who says so.
    pub(crate) evidence: &'a str,
    /// The document's number, if there was one; only its keyed hash is kept.
    pub(crate) document: Option<&'a str>,
    /// By whom: a person's id, or what the program calls itself.
    pub(crate) by: &'a str,
    pub(crate) department: &'a str,
}

/// Writes a check down; for operations that have authorised it.
pub(crate) fn note_check(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    check: &Checked<'_>,
    key: &[u8; 32],
) -> Result<(), Problem> {
    let document = check.document.map(|number| hash_key(key, check.evidence, number));
    let id = ctx.id("chk");
    let args = [
        id.as_str().into(),
        person.as_str().into(),
        check.level.as_str().into(),
        check.evidence.into(),
        document.map_or(store::Value::Null, Into::into),
        check.by.into(),
        check.department.into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD_CHECK, &args)?;
    let what = json!({"person": person, "check": id, "level": check.level.as_str(), "evidence": check.evidence});
    log(tx, ctx, "identity-checked", what)
}

/// What another provider says of who a person is: never more than a check from afar. For the part that signs
/// people in from elsewhere, which has verified what the provider said.
pub fn note_federated(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    provider: &str,
    said: Level,
) -> Result<(), Problem> {
    let (level, by) = (said.min(Level::Remote), format!("provider:{provider}"));
    let check = Checked { level, evidence: provider, document: None, by: &by, department: "" };
    note_check(tx, ctx, person, &check, &[0; 32])
}

/// What an officer read off a document at the counter.
#[derive(Debug, Clone)]
pub struct AtCounter {
    /// One of [`crate::model::DOCUMENTS`].
    pub document: String,
    /// Its number.
    pub number: String,
    /// The name in English letters.
    pub name: String,
    /// The name in Chinese, if the document has one.
    pub chinese: String,
    /// The account's name, where the person has an account already.
    pub account: String,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Welcomed {
    /// Whose account it is.
    pub person: Id,
    /// What the account is called.
    pub handle: String,
    /// Their name.
    pub name: Text,
    /// The invitation to make a passkey; handed over there and then.
    pub token: String,
    /// Whether there was an account already.
    pub known: bool,
}

/// A counter officer has looked at a person and their document: the check is written down, an account is made
/// if they have none, and they are invited to make a passkey. Never the officer themselves.
pub fn check_at_counter(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    seen: &AtCounter,
    key: &[u8; 32],
) -> Result<Welcomed, Problem> {
    let department = super::on_duty(tx, ctx, Duty::Counter)?;
    let officer = ctx.person()?.clone();
    let number = rules::joining::document(&seen.document, &seen.number)?;
    let (english, chinese) = rules::joining::names(&seen.name, &seen.chinese)?;
    let name = Text { en: english.clone(), tc: chinese.clone(), sc: chinese };
    let hkid = IdentityCard::parse(&number).ok().filter(|_| seen.document == rules::joining::HKID);
    let found = match (seen.account.trim(), &hkid) {
        ("", Some(hkid)) => tx.query_opt(sql::PERSON_BY_HKID, &[hkid.as_str().into()])?,
        ("", None) => {
            let document = hash_key(key, &seen.document, &number);
            tx.query_opt(sql::PERSON_BY_DOCUMENT, &[document.into()])?
        }
        (account, _) => {
            let row = tx.query_opt(sql::PERSON_BY_HANDLE, &[account.into()])?;
            let missing =
                || Problem::new(422, "account-unknown").field("account", "account-unknown");
            Some(row.ok_or_else(missing)?)
        }
    };
    let (person, name, known) = if let Some(row) = found {
        let found = subject_row(&row, SubjectKind::Person)?;
        // The name on the document is the account's: else the wrong account is about to be handed over.
        if !rules::joining::same_name(&found.name, &name) {
            return Err(Problem::new(422, "name-differs").field("name", "name-differs"));
        }
        (found.id, found.name, true)
    } else {
        let id = ctx.id("per");
        let handle = rules::joining::handle(&english, &ctx.random::<4>());
        let new = super::NewPerson {
            id: Some(id.clone()),
            handle,
            name: name.clone(),
            hkid,
            made_up: false,
        };
        super::directory::insert_person(tx, ctx, &new)?;
        (id, name, false)
    };
    if person == officer {
        return Err(Problem::new(403, "counter-self"));
    }
    let check = Checked {
        level: Level::InPerson,
        evidence: &seen.document,
        document: Some(&number),
        by: officer.as_str(),
        department: &department,
    };
    note_check(tx, ctx, &person, &check, key)?;
    let document = hash_key(key, &seen.document, &number);
    let card = (seen.document == rules::joining::HKID).then_some(number.as_str());
    super::accounts::find_duplicates(tx, ctx, &person, &document, card, &officer)?;
    let handle = handle_of(tx, &person)?;
    let token = super::invitations::make(tx, ctx, &person)?;
    Ok(Welcomed { person, handle, name, token, known })
}

/// The duties of a person who is an officer now.
pub(crate) fn duties(tx: &mut Tx<'_>, person: &Id) -> Result<Vec<Duty>, Problem> {
    let row = tx.query_opt(sql::OFFICER, &[person.as_str().into()])?;
    if row.is_none() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for row in tx.query(sql::DUTIES, &[person.as_str().into()])? {
        all.extend(words(row.text(0)?).iter().filter_map(|word| Duty::parse(word)));
    }
    Ok(all)
}

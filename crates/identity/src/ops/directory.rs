//! People, companies, mandates and officers.

use super::{name, operator};
use crate::{model::Persona, rules, sql};
use kernel::{
    Ctx, Id, Problem, Role, Text, Timestamp, from_micros,
    identifiers::{Brn, IdentityCard},
    micros,
};
use ports::{Authority, Extent, Subject, SubjectKind};
use store::{Row, Tx};

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their id, where it is made already (generated people); otherwise a new one.
    pub id: Option<Id>,
    /// A short name in letters, digits and `-`: `chan-mei-ling`.
    pub handle: String,
    /// Their name; never converted between scripts.
    pub name: Text,
    /// Their identity card number, if they have one.
    pub hkid: Option<IdentityCard>,
    /// Whether they are made up.
    pub made_up: bool,
}

/// A company to add.
#[derive(Debug, Clone)]
pub struct NewCompany {
    /// Its id, where it is made already; otherwise a new one.
    pub id: Option<Id>,
    /// Its business registration number.
    pub brn: Brn,
    /// Its name.
    pub name: Text,
    /// Whether it is made up.
    pub made_up: bool,
}

/// A mandate to add.
#[derive(Debug, Clone)]
pub struct Mandate {
    /// For which company.
    pub company: Id,
    /// Who may act.
    pub person: Id,
    /// In which role, such as `director`.
    pub role: String,
    /// For what, separated by spaces: `records` (agree to an exchange), `mandates` (see and take back mandates).
    pub scopes: String,
    /// From when.
    pub from: Timestamp,
    /// Who gave it, if a person did and not the register.
    pub delegated_by: Option<Id>,
    /// The mandate under which it was given, with which it ends.
    pub parent: Option<Id>,
    /// How far it goes.
    pub extent: Extent,
}

/// Adds a person. A handle or card number that exists is `409 person-exists`.
pub fn add_person(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewPerson) -> Result<Id, Problem> {
    operator(ctx)?;
    insert_person(tx, ctx, new)
}

/// The row, for operations that have authorised it.
pub(super) fn insert_person(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewPerson) -> Result<Id, Problem> {
    let id = new.id.clone().unwrap_or_else(|| ctx.id("per"));
    let n = &new.name;
    let args = [
        id.as_str().into(),
        (&new.handle).into(),
        (&n.en).into(),
        (&n.tc).into(),
        (&n.sc).into(),
        new.hkid.as_ref().map(IdentityCard::as_str).into(),
        new.made_up.into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD_PERSON, &args).map_err(|error| exists(error, "person-exists"))?;
    Ok(id)
}

/// Adds a company. A number that exists is `409 company-exists`.
pub fn add_company(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewCompany) -> Result<Id, Problem> {
    operator(ctx)?;
    insert_company(tx, ctx, new)
}

/// The row, for operations that have authorised it.
pub(super) fn insert_company(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewCompany) -> Result<Id, Problem> {
    let id = new.id.clone().unwrap_or_else(|| ctx.id("com"));
    let n = &new.name;
    let args = [
        id.as_str().into(),
        new.brn.as_str().into(),
        (&n.en).into(),
        (&n.tc).into(),
        (&n.sc).into(),
        new.made_up.into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD_COMPANY, &args).map_err(|error| exists(error, "company-exists"))?;
    Ok(id)
}

fn exists(error: store::Error, code: &'static str) -> Problem {
    match error {
        store::Error::Unique(_) => Problem::new(409, code),
        other => other.into(),
    }
}

/// Adds a mandate, from the register or by an administrator: nobody gives one to themselves.
pub fn add_mandate(tx: &mut Tx<'_>, ctx: &Ctx, new: &Mandate) -> Result<Id, Problem> {
    operator(ctx)?;
    insert_mandate(tx, ctx, new)
}

/// The row, for operations that have authorised it.
pub(super) fn insert_mandate(tx: &mut Tx<'_>, ctx: &Ctx, new: &Mandate) -> Result<Id, Problem> {
    let id = ctx.id("man");
    let args = [
        id.as_str().into(),
        new.company.as_str().into(),
        new.person.as_str().into(),
        (&new.role).into(),
        (&new.scopes).into(),
        new.extent.needs.max(1).into(),
        micros(new.from).into(),
        new.extent.until.map(micros).into(),
        new.delegated_by.as_ref().map(Id::as_str).into(),
        micros(ctx.now).into(),
        new.extent.purposes.join(" ").into(),
        new.parent.as_ref().map(Id::as_str).into(),
        new.extent.most.map(|most| most.to_string()).into(),
        new.extent.onward.into(),
    ];
    tx.execute(sql::ADD_MANDATE, &args)?;
    Ok(id)
}

/// Makes a person an officer of a department, or changes which.
pub fn add_officer(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    person: &Id,
    department: &str,
    role: Role,
) -> Result<(), Problem> {
    operator(ctx)?;
    let role = match role {
        Role::Officer => "officer",
        Role::Admin => "admin",
    };
    tx.execute(sql::ADD_OFFICER, &[person.as_str().into(), department.into(), role.into()])?;
    Ok(())
}

/// An officer leaves: no longer one, and signed out everywhere.
pub fn stop_officer(tx: &mut Tx<'_>, ctx: &Ctx, person: &Id) -> Result<(), Problem> {
    operator(ctx)?;
    tx.execute(sql::STOP_OFFICER, &[person.as_str().into()])?;
    super::end_sessions_of(tx, ctx, person, "")
}

/// A person by their handle; for the command line and the demonstration.
pub fn person_by_handle(tx: &mut Tx<'_>, handle: &str) -> Result<Option<Subject>, Problem> {
    let row = tx.query_opt(sql::PERSON_BY_HANDLE, &[handle.into()])?;
    row.map(|row| subject_row(&row, SubjectKind::Person)).transpose()
}

pub(super) fn subject_row(row: &Row, kind: SubjectKind) -> Result<Subject, Problem> {
    let key = row.opt_text(4)?.unwrap_or_default().to_owned();
    Ok(Subject { kind, id: row.text(0)?.into(), name: name(row, 1)?, key })
}

/// A person or company by id. For other domains, which have authorised the request already.
pub fn subject(tx: &mut Tx<'_>, id: &Id) -> Result<Option<Subject>, Problem> {
    let row = tx.query_opt(sql::SUBJECT, &[id.as_str().into()])?;
    let kind = |row: &Row| -> Result<_, Problem> {
        Ok(if row.bool(5)? { SubjectKind::Person } else { SubjectKind::Company })
    };
    row.map(|row| subject_row(&row, kind(&row)?)).transpose()
}

/// A person or company by its key. For other domains, as above.
pub fn subject_by_key(
    tx: &mut Tx<'_>,
    kind: SubjectKind,
    key: &str,
) -> Result<Option<Subject>, Problem> {
    let statement = match kind {
        SubjectKind::Person => sql::PERSON_BY_KEY,
        SubjectKind::Company => sql::COMPANY_BY_KEY,
    };
    let row = tx.query_opt(statement, &[key.into()])?;
    row.map(|row| subject_row(&row, kind)).transpose()
}

/// For which companies a person may act now, for `scope`. For other domains, as above.
pub fn authorities(
    tx: &mut Tx<'_>,
    person: &Id,
    scope: &str,
    now: Timestamp,
) -> Result<Vec<Authority>, Problem> {
    let mut all = Vec::new();
    for row in tx.query(sql::AUTHORITIES, &[person.as_str().into(), micros(now).into()])? {
        if rules::has_scope(row.text(2)?, scope) {
            let company = Subject {
                kind: SubjectKind::Company,
                id: row.text(3)?.into(),
                name: name(&row, 4)?,
                key: row.text(7)?.to_owned(),
            };
            all.push(Authority {
                mandate: row.text(0)?.into(),
                company,
                role: row.text(1)?.to_owned(),
                extent: extent(&row, 8)?,
            });
        }
    }
    Ok(all)
}

/// How far a mandate goes, of five columns from the first.
pub(super) fn extent(row: &Row, first: usize) -> Result<Extent, Problem> {
    let most = row.opt_text(first + 3)?.map(str::parse).transpose();
    Ok(Extent {
        purposes: words(row.text(first)?),
        needs: u32::try_from(row.int(first + 1)?).unwrap_or(u32::MAX),
        until: row.opt_int(first + 2)?.map(from_micros),
        most: most.map_err(|()| Problem::internal("a mandate's sum cannot be read"))?,
        onward: u32::try_from(row.int(first + 4)?).unwrap_or(0),
    })
}

/// What is kept separated by spaces.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Everyone who may act for a company now, for the exchange of records for this purpose; each person once.
pub fn holders(
    tx: &mut Tx<'_>,
    company: &Id,
    purpose: &str,
    now: Timestamp,
) -> Result<Vec<Subject>, Problem> {
    let mut all: Vec<Subject> = Vec::new();
    for row in tx.query(sql::HOLDERS, &[company.as_str().into(), micros(now).into()])? {
        let purposes = row.text(10)?;
        if rules::has_scope(row.text(7)?, rules::RECORDS)
            && (purposes.is_empty() || rules::has_scope(purposes, purpose))
            && !all.iter().any(|one| one.id.as_str() == row.text(0).unwrap_or_default())
        {
            all.push(subject_row(&row, SubjectKind::Person)?);
        }
    }
    Ok(all)
}

/// The made-up people of the demonstration, at most fifty, in the order they were made.
pub fn personas(tx: &mut Tx<'_>) -> Result<Vec<Persona>, Problem> {
    let read = |row: &Row| {
        Ok(Persona {
            id: row.text(0)?.into(),
            handle: row.text(1)?.to_owned(),
            name: name(row, 2)?,
            role: row.text(5)?.to_owned(),
            of: name(row, 6)?,
            needs: row.int(9)?,
        })
    };
    tx.query(sql::PERSONAS, &[])?.iter().map(read).collect()
}

//! Companies' accounts: opened by an officer whom the register names, and kept as the register says.

use super::{
    Mandate, NewCompany, authorities,
    directory::{insert_company, insert_mandate},
    log, name, operator, subject, subject_by_key,
};
use crate::{
    model::{CompanyView, DirectorView},
    rules::companies,
    sql, tell,
};
use kernel::{Ctx, Id, Problem, from_micros, identifiers::Brn, micros};
use ports::{Extent, Inbox, Registered, SubjectKind};
use serde_json::json;
use store::{Row, Tx};

/// Opens the account of a company that the register says the person signed in directs; where there is one,
/// brings it up to date.
pub fn open_company(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    brn: &Brn,
    found: &Registered,
) -> Result<Id, Problem> {
    let person = ctx.person()?.clone();
    let card = subject(tx, &person)?.map(|subject| subject.key).unwrap_or_default();
    companies::may_open(&card, found)
        .map_err(|code| Problem::new(422, "company-refused").field("brn", code))?;
    let company = if let Some(company) = subject_by_key(tx, SubjectKind::Company, brn.as_str())? {
        company.id
    } else {
        let row = tx.query_opt(sql::MADE_UP, &[person.as_str().into()])?;
        let made_up = row.map_or(Ok(false), |row| row.bool(0))?;
        let name = found.name.clone();
        insert_company(tx, ctx, &NewCompany { id: None, brn: brn.clone(), name, made_up })?
    };
    let args = [company.as_str().into(), micros(ctx.now).into(), person.as_str().into()];
    if tx.execute(sql::OPEN_COMPANY, &args)? > 0 {
        log(tx, ctx, "company-opened", json!({"company": company, "person": person}))?;
    }
    follow_register(tx, ctx, inbox, &company, found)?;
    Ok(company)
}

/// Asks for leave to read the register again of a company: one of its directors. Its number.
pub fn may_check_company(tx: &mut Tx<'_>, ctx: &Ctx, company: &Id) -> Result<Brn, Problem> {
    let person = ctx.person()?.clone();
    let all = authorities(tx, &person, super::mandates::MANAGE, ctx.now)?;
    let own = all.into_iter().find(|one| one.company.id == *company);
    let own = own.ok_or_else(|| Problem::new(404, "not-found"))?;
    Brn::parse(&own.company.key).map_err(Problem::internal)
}

/// Brings a company's officers, and the mandates of those who direct it, to what the register says: who is
/// no longer in it may do nothing from now on, nor may those to whom they gave a mandate.
pub fn check_company(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    company: &Id,
    found: &Registered,
) -> Result<(), Problem> {
    if operator(ctx).is_err() {
        may_check_company(tx, ctx, company)?;
    }
    follow_register(tx, ctx, inbox, company, found)
}

fn follow_register(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    company: &Id,
    found: &Registered,
) -> Result<(), Problem> {
    let id = company.as_str();
    let args = [id.into(), micros(found.at).into(), micros(ctx.now).into()];
    // An answer that is older than what we know changes nothing.
    if tx.execute(sql::REGISTER_READ, &args)? == 0 {
        return Ok(());
    }
    tx.execute(sql::DROP_OFFICERS, &[id.into()])?;
    let mut directs = Vec::new();
    for (place, officer) in (0_i64..).zip(&found.officers) {
        let person = match &officer.hkid {
            Some(card) => subject_by_key(tx, SubjectKind::Person, card)?.map(|person| person.id),
            None => None,
        };
        let (name, capacity) = (&officer.name, &officer.capacity);
        let args = [
            id.into(),
            place.into(),
            (&name.en).into(),
            (&name.tc).into(),
            (&name.sc).into(),
            (&capacity.en).into(),
            (&capacity.tc).into(),
            (&capacity.sc).into(),
            officer.directs.into(),
            (&officer.since).into(),
            person.as_ref().map(Id::as_str).into(),
        ];
        tx.execute(sql::ADD_COMPANY_OFFICER, &args)?;
        directs.extend(person.filter(|_| officer.directs && found.live));
    }
    let held = tx.query(sql::REGISTER_MANDATES, &[id.into(), companies::DIRECTOR.into()])?;
    let before = held.iter().map(|row| row.int(2)).collect::<Result<Vec<_>, _>>()?;
    let before = before.into_iter().max().and_then(|needs| u32::try_from(needs).ok());
    let held = held.iter().map(|row| Ok((row.text(0)?.into(), row.text(1)?.into())));
    let held = held.collect::<Result<Vec<(Id, Id)>, store::Error>>()?;
    let directors = found.officers.iter().filter(|officer| officer.directs).count();
    let needs = companies::needs(before, directors);
    let (ends, begins) = companies::changes(&held, &directs);
    for (mandate, person) in ends {
        end_of_register(tx, ctx, inbox, mandate, company, person)?;
    }
    for person in begins {
        let mandate = Mandate {
            company: company.clone(),
            person: person.clone(),
            role: companies::DIRECTOR.to_owned(),
            scopes: companies::SCOPES.to_owned(),
            from: ctx.now,
            delegated_by: None,
            parent: None,
            extent: Extent { needs, ..Extent::whole() },
        };
        let given = insert_mandate(tx, ctx, &mandate)?;
        let what = json!({"mandate": given, "company": company, "person": person, "needs": needs,
            "register_at": found.at.to_string()});
        log(tx, ctx, "officer-found", what)?;
    }
    if before.is_some_and(|before| before > needs) {
        let args = [id.into(), companies::DIRECTOR.into(), needs.into()];
        tx.execute(sql::LOWER_NEEDS, &args)?;
    }
    tx.notify("praya_change", "mandate")?;
    Ok(())
}

fn end_of_register(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    mandate: &Id,
    company: &Id,
    person: &Id,
) -> Result<(), Problem> {
    super::mandates::end_with_all_under(tx, ctx, inbox, mandate, "register")?;
    let what = json!({"mandate": mandate, "company": company, "person": person});
    log(tx, ctx, "officer-left", what)?;
    tell::mandate_ended(tx, ctx, inbox, (mandate, company, person))
}

/// The companies that the person signed in directs or manages, with their officers.
pub fn companies_of(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<CompanyView>, Problem> {
    let person = ctx.person()?.clone();
    let mut all: Vec<CompanyView> = Vec::new();
    for authority in authorities(tx, &person, super::mandates::MANAGE, ctx.now)? {
        let company = authority.company;
        if all.iter().any(|seen| seen.company.id == company.id) {
            continue;
        }
        let row = tx.query_opt(sql::COMPANY_ACCOUNT, &[company.id.as_str().into()])?;
        let row = row.ok_or_else(|| Problem::new(404, "not-found"))?;
        let officers = tx.query(sql::OFFICERS_OF, &[company.id.as_str().into()])?;
        let officer = |row: &Row| {
            Ok(DirectorView {
                name: name(row, 0)?,
                capacity: name(row, 3)?,
                since: row.text(6)?.parse().ok(),
                here: !row.is_null(7)?,
                me: row.opt_text(7)? == Some(person.as_str()),
            })
        };
        all.push(CompanyView {
            opened: row.opt_int(0)?.map(from_micros),
            register_at: row.opt_int(1)?.map(from_micros),
            officers: officers.iter().map(officer).collect::<Result<_, Problem>>()?,
            needs: authority.extent.needs,
            company,
        });
    }
    Ok(all)
}

/// Takes one company whose officers were last read long ago, so that no other node reads them too.
pub(crate) fn take_due(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Option<(Id, Brn)>, Problem> {
    operator(ctx)?;
    let before = super::after(ctx, -companies::CHECKED);
    let Some(row) = tx.query_opt(sql::COMPANY_DUE, &[before.into()])? else { return Ok(None) };
    // Where the register does not answer, it is asked again within the hour.
    let asked = super::after(ctx, companies::ASK_AGAIN - companies::CHECKED);
    tx.execute(sql::COMPANY_ASKED, &[row.text(0)?.into(), asked.into()])?;
    let brn = Brn::parse(row.text(1)?).map_err(Problem::internal)?;
    Ok(Some((row.text(0)?.into(), brn)))
}

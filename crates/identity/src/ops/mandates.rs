//! Mandates as a company's own people see, give and end them.

use super::{
    Mandate, after, authorities,
    directory::{insert_mandate, subject_row, words},
    name,
};
use crate::{
    model::{GivenToMe, Managed, MandateView, OfferView},
    rules::{
        self,
        mandates::{self, Giver, Wanted},
    },
    sql, tell,
};
use kernel::{Ctx, Id, Problem, Timestamp, from_micros, identifiers::Hkid, micros};
use ports::{Authority, Inbox, Subject, SubjectKind};
use serde_json::json;
use store::{Row, Tx};

/// The scope of who manages a company's mandates.
pub(super) const MANAGE: &str = "mandates";

fn missing() -> Problem {
    Problem::new(404, "not-found")
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// By which mandate a person manages a company's; that which asks for most agreement where there are several.
fn managing(
    tx: &mut Tx<'_>,
    person: &Id,
    company: &Id,
    now: Timestamp,
) -> Result<Option<Authority>, Problem> {
    let all = authorities(tx, person, MANAGE, now)?.into_iter();
    Ok(all.filter(|one| one.company.id == *company).max_by_key(|one| one.needs))
}

/// Every company whose mandates the person signed in manages.
pub fn mandates_of(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Managed>, Problem> {
    let person = ctx.person()?.clone();
    let mut all: Vec<Managed> = Vec::new();
    for authority in authorities(tx, &person, MANAGE, ctx.now)? {
        if all.iter().any(|seen| seen.authority.company.id == authority.company.id) {
            continue;
        }
        let company = authority.company.id.as_str();
        let rows = tx.query(sql::HOLDERS, &[company.into(), micros(ctx.now).into()])?;
        let mandates = rows.iter().map(|row| mandate_view(row, &authority.company.id));
        let mandates = mandates.collect::<Result<_, _>>()?;
        let waiting = after(ctx, -rules::DECIDING_LIFE);
        let mut offers = Vec::new();
        for row in &tx.query(sql::OFFERS, &[company.into(), waiting.into()])? {
            offers.push(offer_view(tx, row, &person)?);
        }
        all.push(Managed { authority, mandates, offers });
    }
    Ok(all)
}

fn mandate_view(row: &Row, company: &Id) -> Result<MandateView, Problem> {
    Ok(MandateView {
        id: row.text(5)?.into(),
        company: company.clone(),
        person: row.text(0)?.into(),
        name: name(row, 1)?,
        role: row.text(6)?.to_owned(),
        scopes: row.text(7)?.to_owned(),
        needs: count(row.int(8)?),
        until: row.opt_int(9)?.map(from_micros),
        delegated: !row.is_null(10)?,
        purposes: words(row.text(11)?),
    })
}

fn offer_view(tx: &mut Tx<'_>, row: &Row, person: &Id) -> Result<OfferView, Problem> {
    let id = Id::from(row.text(0)?);
    let yeses = tx.query(sql::OFFER_YESES, &[id.as_str().into()])?;
    let mut mine = false;
    for yes in &yeses {
        mine |= yes.text(0)? == person.as_str();
    }
    Ok(OfferView {
        name: name(row, 5)?,
        purposes: words(row.text(1)?),
        needs: count(row.int(2)?),
        until: from_micros(row.int(3)?),
        agree: count(row.int(4)?),
        yeses: yeses.iter().map(|yes| name(yes, 1)).collect::<Result<_, _>>()?,
        mine,
        id,
    })
}

/// The mandates that were given to the person signed in.
pub fn given_to_me(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<GivenToMe>, Problem> {
    let args = [ctx.person()?.as_str().into(), micros(ctx.now).into()];
    let given = |row: &Row| {
        Ok(GivenToMe {
            id: row.text(0)?.into(),
            until: from_micros(row.int(1)?),
            purposes: words(row.text(2)?),
            needs: count(row.int(3)?),
            company: name(row, 4)?,
        })
    };
    tx.query(sql::GIVEN_TO, &args)?.iter().map(given).collect()
}

/// A mandate that somebody wants to give.
#[derive(Debug, Clone)]
pub struct NewOffer {
    /// For which company.
    pub company: Id,
    /// The identity card number of whom it is for, as typed.
    pub hkid: String,
    /// Their name, as typed.
    pub name: String,
    /// For which purposes.
    pub purposes: Vec<String>,
    /// How many must agree whenever it is used.
    pub needs: u32,
    /// Until when.
    pub until: Timestamp,
}

/// Whom a card number and a name belong to.
fn called(tx: &mut Tx<'_>, new: &NewOffer) -> Result<Option<Subject>, Problem> {
    let Ok(hkid) = Hkid::parse(&new.hkid) else { return Ok(None) };
    let row = tx.query_opt(sql::PERSON_BY_HKID, &[hkid.as_str().into()])?;
    let found = row.map(|row| subject_row(&row, SubjectKind::Person)).transpose()?;
    Ok(found.filter(|person| mandates::is_called(&new.name, &person.name)))
}

/// Offers a mandate, as one who manages the company's; whether it counts at once. `known`: the purposes there
/// are. The problem names the fields that are not allowed.
pub fn offer_mandate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    new: &NewOffer,
    known: &[String],
) -> Result<bool, Problem> {
    let person = ctx.person()?.clone();
    let own = managing(tx, &person, &new.company, ctx.now)?.ok_or_else(missing)?;
    let refused = |fields: Vec<(&'static str, &'static str)>| {
        let problem = Problem::new(422, "mandate-refused");
        fields.into_iter().fold(problem, |problem, (field, code)| problem.field(field, code))
    };
    let holder = called(tx, new)?;
    // Judged as far as it can be where nobody is found, so that all mistakes are said at once.
    let nobody = Id::from("");
    let wanted = Wanted {
        person: holder.as_ref().map_or(&nobody, |holder| &holder.id),
        purposes: &new.purposes,
        needs: new.needs,
        until: new.until,
    };
    let giver =
        Giver { person: &person, purposes: &own.purposes, until: own.until, needs: own.needs };
    let (agree, holder) = match (mandates::may_give(&giver, &wanted, known, ctx.now), holder) {
        (Ok(agree), Some(holder)) => (agree, holder.id),
        (verdict, holder) => {
            let mut wrong = verdict.err().unwrap_or_default();
            if holder.is_none() {
                let typed = Hkid::parse(&new.hkid);
                let code = typed
                    .map_or_else(kernel::identifiers::Wrong::code, |_| "mandate-person-unknown");
                wrong.insert(0, ("hkid", code));
            }
            return Err(refused(wrong));
        }
    };
    let id = ctx.id("off");
    let args = [
        id.as_str().into(),
        new.company.as_str().into(),
        holder.as_str().into(),
        new.purposes.join(" ").into(),
        new.needs.into(),
        micros(new.until).into(),
        agree.into(),
        person.as_str().into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD_OFFER, &args)?;
    let what = json!({"offer": id, "company": new.company, "person": holder, "purposes": new.purposes,
        "needs": new.needs, "until": new.until.to_string(), "agree": agree});
    super::log(tx, ctx, "mandate-offered", what)?;
    agree_to_mandate(tx, ctx, inbox, &id)
}

/// A yes of one who manages the company's mandates; whether it is enough, and the mandate counts.
pub fn agree_to_mandate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    offer: &Id,
) -> Result<bool, Problem> {
    let person = ctx.person()?.clone();
    let waiting = after(ctx, -rules::DECIDING_LIFE);
    let row = tx.query_opt(sql::OFFER, &[offer.as_str().into(), waiting.into()])?;
    let row = row.ok_or_else(missing)?;
    let company = Id::from(row.text(0)?);
    managing(tx, &person, &company, ctx.now)?.ok_or_else(missing)?;
    let args = [offer.as_str().into(), person.as_str().into(), micros(ctx.now).into()];
    tx.execute(sql::ADD_OFFER_YES, &args).map_err(|error| match error {
        store::Error::Unique(_) => Problem::new(409, "yes-said-already"),
        other => other.into(),
    })?;
    // A yes counts while whoever said it still manages the company's mandates.
    let (mut by, mut under) = (Vec::new(), None);
    for yes in &tx.query(sql::OFFER_YESES, &[offer.as_str().into()])? {
        let who = Id::from(yes.text(0)?);
        if let Some(own) = managing(tx, &who, &company, ctx.now)? {
            under = under.or(Some(own.mandate));
            by.push(who);
        }
    }
    if i64::try_from(by.len()).unwrap_or(i64::MAX) < row.int(5)? {
        return Ok(false);
    }
    let until = from_micros(row.int(4)?);
    let mandate = Mandate {
        company,
        person: row.text(1)?.into(),
        role: mandates::ROLE.to_owned(),
        scopes: rules::RECORDS.to_owned(),
        needs: count(row.int(3)?),
        from: ctx.now,
        until: Some(until),
        delegated_by: Some(row.text(6)?.into()),
        parent: under,
        purposes: words(row.text(2)?),
    };
    if tx.execute(sql::MOVE_OFFER, &[offer.as_str().into(), "given".into()])? == 0 {
        return Err(missing());
    }
    let id = insert_mandate(tx, ctx, &mandate)?;
    let what = json!({"mandate": id, "offer": offer, "company": mandate.company, "person": mandate.person,
        "purposes": mandate.purposes, "needs": mandate.needs, "until": until.to_string(), "by": by});
    super::log(tx, ctx, "mandate-given", what)?;
    tell::mandate_granted(tx, ctx, inbox, (&id, &mandate.company, &mandate.person), until)?;
    tx.notify("praya_change", "mandate")?;
    Ok(true)
}

/// Takes an offer back, or refuses it: any one who manages the company's mandates.
pub fn withdraw_mandate(tx: &mut Tx<'_>, ctx: &Ctx, offer: &Id) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    let waiting = after(ctx, -rules::DECIDING_LIFE);
    let row = tx.query_opt(sql::OFFER, &[offer.as_str().into(), waiting.into()])?;
    let company = Id::from(row.ok_or_else(missing)?.text(0)?);
    managing(tx, &person, &company, ctx.now)?.ok_or_else(missing)?;
    tx.execute(sql::MOVE_OFFER, &[offer.as_str().into(), "withdrawn".into()])?;
    super::log(tx, ctx, "mandate-withdrawn", json!({"offer": offer, "company": company}))
}

/// Ends a mandate that a person gave: by who manages the company's mandates, or by its holder.
pub fn revoke_mandate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    mandate: &Id,
) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    let row = tx.query_opt(sql::MANDATE, &[mandate.as_str().into()])?.ok_or_else(missing)?;
    let company = Id::from(row.text(0)?);
    let manages = managing(tx, &person, &company, ctx.now)?.is_some();
    mandates::may_end(manages, row.text(1)? == person.as_str(), !row.is_null(2)?)
        .ok_or_else(missing)?
        .map_err(|code| Problem::new(403, code))?;
    end_with_all_under(tx, ctx, inbox, mandate, person.as_str())?;
    super::log(tx, ctx, "mandate-ended", json!({"mandate": mandate, "company": company}))?;
    let holder = Id::from(row.text(1)?);
    tell::mandate_ended(tx, ctx, inbox, (mandate, &company, &holder))?;
    tx.notify("praya_change", "mandate")?;
    Ok(())
}

/// Ends a mandate, and every one that was given under it, at once; who held one of those is told.
pub(super) fn end_with_all_under(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    mandate: &Id,
    by: &str,
) -> Result<(), Problem> {
    let mut waiting = vec![mandate.clone()];
    while let Some(next) = waiting.pop() {
        tx.execute(
            sql::REVOKE_MANDATE,
            &[next.as_str().into(), micros(ctx.now).into(), by.into()],
        )?;
        for row in tx.query(sql::UNDER, &[next.as_str().into()])? {
            let (id, company) = (Id::from(row.text(0)?), Id::from(row.text(1)?));
            let what = json!({"mandate": id, "company": company, "under": next});
            super::log(tx, ctx, "mandate-ended", what)?;
            tell::mandate_ended(tx, ctx, inbox, (&id, &company, &row.text(2)?.into()))?;
            waiting.push(id);
        }
    }
    Ok(())
}

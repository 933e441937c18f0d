//! Mandates as a company's own people see, give and end them.

use super::{
    Mandate, after, authorities,
    directory::{extent, insert_mandate, subject_row},
    name,
};
use crate::{
    model::{GivenToMe, Managed, MandateView, OfferView, PastMandate},
    rules::{
        self,
        mandates::{self, Giver},
    },
    sql, tell,
};
use kernel::{Ctx, Id, Problem, Text, Timestamp, from_micros, identifiers::IdentityCard, micros};
use ports::{Authority, Extent, Inbox, Subject, SubjectKind};
use serde_json::json;
use store::{Row, Tx};

/// The scope of who manages a company's mandates.
pub(super) const MANAGE: &str = "mandates";

fn missing() -> Problem {
    Problem::new(404, "not-found")
}

/// A mandate by which somebody may give others.
struct Giving {
    authority: Authority,
    manages: bool,
}

impl Giving {
    fn giver<'a>(&'a self, person: &'a Id) -> Giver<'a> {
        Giver { person, extent: &self.authority.extent, manages: self.manages }
    }
}

/// Every mandate by which a person may give others: those to manage first, and of them that which asks for most
/// agreement.
fn giving(tx: &mut Tx<'_>, person: &Id, now: Timestamp) -> Result<Vec<Giving>, Problem> {
    let manage = authorities(tx, person, MANAGE, now)?.into_iter();
    let mut all: Vec<_> = manage.map(|authority| Giving { authority, manages: true }).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.authority.extent.needs));
    let held = authorities(tx, person, rules::RECORDS, now)?.into_iter();
    let held = held.filter(|one| one.extent.onward > 0);
    all.extend(held.map(|authority| Giving { authority, manages: false }));
    Ok(all)
}

/// The one for this company by which it may be given: as a manager where they are one; else by that which allows
/// it, or the last that does not.
fn giving_for(
    tx: &mut Tx<'_>,
    person: &Id,
    company: &Id,
    allows: impl Fn(&Giving) -> bool,
    now: Timestamp,
) -> Result<Option<Giving>, Problem> {
    let mut all = giving(tx, person, now)?;
    all.retain(|one| one.authority.company.id == *company);
    let best = all.iter().position(|one| one.manages || allows(one));
    let best = best.or_else(|| all.len().checked_sub(1));
    Ok(best.map(|best| all.swap_remove(best)))
}

/// Every company for which the person signed in may give mandates: all there are where they manage them, else
/// those below their own.
pub fn mandates_of(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Managed>, Problem> {
    let person = ctx.person()?.clone();
    let mut all: Vec<Managed> = Vec::new();
    for Giving { authority, manages } in giving(tx, &person, ctx.now)? {
        let company = authority.company.id.clone();
        if all.iter().any(|seen| seen.authority.company.id == company) {
            continue;
        }
        let rows = tx.query(sql::HOLDERS, &[company.as_str().into(), micros(ctx.now).into()])?;
        let mandates = rows.iter().map(|row| mandate_view(row, &company));
        let mut mandates = mandates.collect::<Result<Vec<_>, _>>()?;
        if !manages {
            let mine = |one: &MandateView| one.person == person && one.extent.onward > 0;
            mandates = below(&mandates, mine);
        }
        let waiting = after(ctx, -rules::DECIDING_LIFE);
        let mut offers = Vec::new();
        for row in &tx.query(sql::OFFERS, &[company.as_str().into(), waiting.into()])? {
            let offer = offer_view(tx, row, &person)?;
            let to: Id = row.text(10)?.into();
            // Those who would have to agree see it, and nobody else.
            let able = |one: &Giving| may_give_now(one, &person, &to, &offer.extent, ctx.now);
            let shown = giving_for(tx, &person, &company, able, ctx.now)?;
            if offer.mine || shown.is_some_and(|one| one.manages || able(&one)) {
                offers.push(offer);
            }
        }
        all.push(Managed { authority, manages, mandates, offers });
    }
    Ok(all)
}

/// What was given under some, and under those.
fn below(all: &[MandateView], top: impl Fn(&MandateView) -> bool) -> Vec<MandateView> {
    let mut over: Vec<_> = all.iter().filter(|one| top(one)).map(|one| one.id.clone()).collect();
    let mut found: Vec<MandateView> = Vec::new();
    while let Some(next) = over.pop() {
        for one in all.iter().filter(|one| one.parent.as_ref() == Some(&next)) {
            over.push(one.id.clone());
            found.push(one.clone());
        }
    }
    found
}

/// Whether somebody could give what another offered; its purposes were known when it was.
fn may_give_now(one: &Giving, person: &Id, to: &Id, extent: &Extent, now: Timestamp) -> bool {
    mandates::may_give(one.giver(person), to, extent, &extent.purposes, now).is_ok()
}

fn mandate_view(row: &Row, company: &Id) -> Result<MandateView, Problem> {
    Ok(MandateView {
        id: row.text(5)?.into(),
        company: company.clone(),
        person: row.text(0)?.into(),
        name: name(row, 1)?,
        role: row.text(6)?.to_owned(),
        delegated: !row.is_null(8)?,
        parent: row.opt_text(9)?.map(Id::from),
        extent: extent(row, 10)?,
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
        name: name(row, 2)?,
        agree: u32::try_from(row.int(1)?).unwrap_or(u32::MAX),
        extent: extent(row, 5)?,
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
            company: row.text(1)?.into(),
            name: name(row, 2)?,
            extent: extent(row, 5)?,
        })
    };
    tx.query(sql::GIVEN_TO, &args)?.iter().map(given).collect()
}

/// At most so many are shown of a company's mandates since there are any.
const HISTORY: i64 = 500;

/// The mandates that a company's people have and had, the newest first: all of them to who manages them, else
/// those below one's own. With the company's name.
pub fn history_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    company: &Id,
) -> Result<(Text, Vec<PastMandate>), Problem> {
    let person = ctx.person()?.clone();
    let own = giving_for(tx, &person, company, |_| true, ctx.now)?.ok_or_else(missing)?;
    let mut rows = tx.query(sql::HISTORY, &[company.as_str().into(), HISTORY.into()])?;
    if !own.manages {
        let (mut over, mut at) = (Vec::new(), 0);
        for row in &rows {
            if row.text(13)? == person.as_str() {
                over.push(Id::from(row.text(0)?));
            }
        }
        while let Some(next) = over.get(at).cloned() {
            for row in &rows {
                let id = Id::from(row.text(0)?);
                if row.opt_text(14)? == Some(next.as_str()) && !over.contains(&id) {
                    over.push(id);
                }
            }
            at += 1;
        }
        rows.retain(|row| row.text(0).is_ok_and(|id| over.iter().any(|one| one.as_str() == id)));
    }
    let called = |row: &Row, first| -> Result<Option<Text>, Problem> {
        Ok(if row.is_null(first)? { None } else { Some(name(row, first)?) })
    };
    let past = |row: &Row| -> Result<_, Problem> {
        let end = row.opt_int(11)?.map(from_micros);
        Ok(PastMandate {
            name: name(row, 1)?,
            role: row.text(12)?.to_owned(),
            by: called(row, 4)?,
            from: from_micros(row.int(10)?),
            ended: end.map(|at| Ok::<_, Problem>((at, called(row, 7)?))).transpose()?,
            extent: extent(row, 15)?,
        })
    };
    let all = rows.iter().map(past).collect::<Result<_, _>>()?;
    Ok((own.authority.company.name, all))
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
    /// How far it is to go.
    pub extent: Extent,
}

/// Whom a card number and a name belong to.
fn called(tx: &mut Tx<'_>, new: &NewOffer) -> Result<Option<Subject>, Problem> {
    let Ok(hkid) = IdentityCard::parse(&new.hkid) else { return Ok(None) };
    let row = tx.query_opt(sql::PERSON_BY_HKID, &[hkid.as_str().into()])?;
    let found = row.map(|row| subject_row(&row, SubjectKind::Person)).transpose()?;
    Ok(found.filter(|person| mandates::is_called(&new.name, &person.name)))
}

/// Offers a mandate, as one who may give it; whether it counts at once. `known`: the purposes there are. The
/// problem names the fields that are not allowed.
pub fn offer_mandate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    new: &NewOffer,
    known: &[String],
) -> Result<bool, Problem> {
    let person = ctx.person()?.clone();
    // Judged as far as it can be where nobody is found, so that all mistakes are said at once.
    let holder = called(tx, new)?;
    let to = holder.as_ref().map_or_else(|| Id::from(""), |holder| holder.id.clone());
    let judge =
        |one: &Giving| mandates::may_give(one.giver(&person), &to, &new.extent, known, ctx.now);
    let own = giving_for(tx, &person, &new.company, |one| judge(one).is_ok(), ctx.now)?;
    let (agree, holder) = match (judge(&own.ok_or_else(missing)?), holder) {
        (Ok(agree), Some(holder)) => (agree, holder.id),
        (verdict, holder) => {
            let mut wrong = verdict.err().unwrap_or_default();
            if holder.is_none() {
                let typed = IdentityCard::parse(&new.hkid);
                let code = typed
                    .map_or_else(kernel::identifiers::Wrong::code, |_| "mandate-person-unknown");
                wrong.insert(0, ("hkid", code));
            }
            let problem = Problem::new(422, "mandate-refused");
            let named = |problem: Problem, (field, code)| problem.field(field, code);
            return Err(wrong.into_iter().fold(problem, named));
        }
    };
    let id = ctx.id("off");
    let args = [
        id.as_str().into(),
        new.company.as_str().into(),
        holder.as_str().into(),
        new.extent.purposes.join(" ").into(),
        new.extent.needs.into(),
        new.extent.until.map(micros).into(),
        agree.into(),
        person.as_str().into(),
        micros(ctx.now).into(),
        new.extent.most.map(|most| most.to_string()).into(),
        new.extent.onward.into(),
    ];
    tx.execute(sql::ADD_OFFER, &args)?;
    let what = json!({"offer": id, "company": new.company, "person": holder, "agree": agree,
        "extent": new.extent});
    super::log(tx, ctx, "mandate-offered", what)?;
    agree_to_mandate(tx, ctx, inbox, &id)
}

/// A yes of one who could give the mandate; whether it is enough, and the mandate counts.
pub fn agree_to_mandate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    offer: &Id,
) -> Result<bool, Problem> {
    let person = ctx.person()?.clone();
    let row = waiting(tx, ctx, offer)?;
    let (company, to) = (Id::from(row.text(0)?), Id::from(row.text(1)?));
    let extent = extent(&row, 4)?;
    // A yes counts from, and while they are, who could give it: at that, to whoever agrees now.
    let yes = |tx: &mut Tx<'_>, who: &Id| -> Result<Option<Id>, Problem> {
        let able = |one: &Giving| may_give_now(one, who, &to, &extent, ctx.now);
        let own = giving_for(tx, who, &company, able, ctx.now)?;
        Ok(own.filter(|own| own.manages || able(own)).map(|own| own.authority.mandate))
    };
    yes(tx, &person)?.ok_or_else(missing)?;
    let args = [offer.as_str().into(), person.as_str().into(), micros(ctx.now).into()];
    tx.execute(sql::ADD_OFFER_YES, &args).map_err(|error| match error {
        store::Error::Unique(_) => Problem::new(409, "yes-said-already"),
        other => other.into(),
    })?;
    let (mut by, mut under) = (Vec::new(), None);
    for said in &tx.query(sql::OFFER_YESES, &[offer.as_str().into()])? {
        let who = Id::from(said.text(0)?);
        if let Some(own) = yes(tx, &who)? {
            under = under.or(Some(own));
            by.push(who);
        }
    }
    if i64::try_from(by.len()).unwrap_or(i64::MAX) < row.int(2)? {
        return Ok(false);
    }
    let mandate = Mandate {
        company,
        person: to.clone(),
        role: mandates::ROLE.to_owned(),
        scopes: rules::RECORDS.to_owned(),
        from: ctx.now,
        delegated_by: Some(row.text(3)?.into()),
        parent: under,
        extent,
    };
    if tx.execute(sql::MOVE_OFFER, &[offer.as_str().into(), "given".into()])? == 0 {
        return Err(missing());
    }
    let id = insert_mandate(tx, ctx, &mandate)?;
    let what = json!({"mandate": id, "offer": offer, "company": mandate.company, "person": mandate.person,
        "extent": mandate.extent, "under": mandate.parent, "by": by});
    super::log(tx, ctx, "mandate-given", what)?;
    let until = mandate.extent.until.unwrap_or(Timestamp::MAX);
    tell::mandate_granted(tx, ctx, inbox, (&id, &mandate.company, &mandate.person), until)?;
    tx.notify("praya_change", "mandate")?;
    Ok(true)
}

/// An offer that still waits.
fn waiting(tx: &mut Tx<'_>, ctx: &Ctx, offer: &Id) -> Result<Row, Problem> {
    let since = after(ctx, -rules::DECIDING_LIFE);
    tx.query_opt(sql::OFFER, &[offer.as_str().into(), since.into()])?.ok_or_else(missing)
}

/// Takes an offer back, or refuses it: whoever made it or could agree to it.
pub fn withdraw_mandate(tx: &mut Tx<'_>, ctx: &Ctx, offer: &Id) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    let row = waiting(tx, ctx, offer)?;
    let (company, to, extent) = (Id::from(row.text(0)?), Id::from(row.text(1)?), extent(&row, 4)?);
    let able = |one: &Giving| may_give_now(one, &person, &to, &extent, ctx.now);
    let own = giving_for(tx, &person, &company, able, ctx.now)?;
    if row.text(3)? != person.as_str() && !own.is_some_and(|own| own.manages || able(&own)) {
        return Err(missing());
    }
    tx.execute(sql::MOVE_OFFER, &[offer.as_str().into(), "withdrawn".into()])?;
    super::log(tx, ctx, "mandate-withdrawn", json!({"offer": offer, "company": company}))
}

/// Ends a mandate that a person gave: by who manages the company's mandates, by who holds one under which it was
/// given, or by its holder.
pub fn revoke_mandate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    inbox: &dyn Inbox,
    mandate: &Id,
) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    let row = tx.query_opt(sql::MANDATE, &[mandate.as_str().into()])?.ok_or_else(missing)?;
    let company = Id::from(row.text(0)?);
    let manages = authorities(tx, &person, MANAGE, ctx.now)?;
    let mut above = manages.iter().any(|one| one.company.id == company);
    let mut at = mandate.clone();
    while !above && let Some(over) = tx.query_opt(sql::PARENT, &[at.as_str().into()])? {
        above = over.text(1)? == person.as_str();
        at = over.text(0)?.into();
    }
    mandates::may_end(above, row.text(1)? == person.as_str(), !row.is_null(2)?)
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

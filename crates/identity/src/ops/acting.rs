//! A token for another (RFC 8693): who brings it, in whose name, and what ends it.

use super::{authorities, hash, log};
use crate::{
    error::{Code, Refusal, Verdict},
    model::Client,
    rules::{
        self,
        acting::{Behalf, Brought, Kind, Link, may_exchange},
    },
    sql,
};
use kernel::{Ctx, Problem, Timestamp, from_micros, micros};
use serde_json::json;
use store::{Row, Tx, Value};

/// What is asked, its form already checked.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) token: String,
    pub(crate) scope: String,
    pub(crate) behalf: Option<Behalf>,
    /// The thumbprint of the key that was proven.
    pub(crate) jkt: String,
}

/// What may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    grant: String,
    pub(crate) chain: Vec<Link>,
    mandate: Option<String>,
    officer: Option<(String, String)>,
    /// When the token that was brought ends: no later does what comes of it.
    pub(crate) until: Timestamp,
}

/// Decides on the rows as they stand. The client has authenticated.
pub(crate) fn plan(
    tx: &mut Tx<'_>,
    client: &Client,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Verdict<Plan>, Problem> {
    let found = tx.query_opt(sql::SUBJECT_TOKEN, &[hash(&wanted.token), micros(now).into()])?;
    let Some(row) = found else {
        return Ok(Err(Refusal::new(Code::InvalidRequest, "the subject_token is unknown")));
    };
    let (owner, scope) = (row.text(1)?, row.text(2)?);
    let mut chain = chain(&row, 5, 9)?;
    let brought = Brought { client: owner, scope, jkt: row.text(3)?, chain: &chain };
    let judged = may_exchange(client, brought, &wanted.scope, wanted.behalf.as_ref(), &wanted.jkt);
    if let Err(refusal) = judged {
        return Ok(Err(refusal));
    }
    let mut mandate = row.opt_text(6)?.map(ToOwned::to_owned);
    let mut officer = match (row.opt_text(7)?, row.opt_text(8)?) {
        (Some(person), Some(office)) => Some((person.to_owned(), office.to_owned())),
        _ => None,
    };
    if let Some(behalf) = &wanted.behalf {
        let service = rules::audience(&wanted.scope).unwrap_or_default();
        let Some(person) = chain.first().map(|link| link.id.clone()) else {
            return Ok(Err(refused()));
        };
        let Some((whom, as_what)) = acts_for(tx, &person, behalf, service, now)? else {
            return Ok(Err(refused()));
        };
        if whom.kind == Kind::Department {
            officer = Some((person, whom.id.clone()));
        }
        mandate.clone_from(&as_what.mandate);
        chain = vec![whom, as_what];
    }
    // The one it was given to, where another brings it on; then whoever brings it.
    let given_to = Link::new(Kind::Client, owner);
    if owner != client.id && chain.last() != Some(&given_to) {
        chain.push(given_to);
    }
    let me = Link::new(Kind::Client, &client.id);
    if chain.last() != Some(&me) {
        chain.push(me);
    }
    let until = from_micros(row.int(4)?);
    Ok(Ok(Plan { grant: row.text(0)?.to_owned(), chain, mandate, officer, until }))
}

fn refused() -> Refusal {
    Refusal::new(Code::InvalidTarget, "the person may not act for them, or not alone, or not here")
}

/// In whose name a token is: as it was exchanged, or the person of its grant, or its client.
fn chain(row: &Row, acting: usize, person: usize) -> Result<Vec<Link>, Problem> {
    if let Some(text) = row.opt_text(acting)? {
        return serde_json::from_str(text).map_err(Problem::internal);
    }
    Ok(vec![match row.opt_text(person)? {
        Some(person) => Link::new(Kind::Person, person),
        None => Link::new(Kind::Client, row.text(1)?),
    }])
}

/// For whom a person may act at a service now, alone; and as what they do.
fn acts_for(
    tx: &mut Tx<'_>,
    person: &str,
    behalf: &Behalf,
    service: &str,
    now: Timestamp,
) -> Result<Option<(Link, Link)>, Problem> {
    let me = Link::new(Kind::Person, person);
    match behalf {
        Behalf::Company(which) => {
            let all = authorities(tx, &person.into(), rules::RECORDS, now)?;
            let mut able = all.into_iter().filter(|one| {
                let named = which.as_deref().is_none_or(|brn| one.company.key == brn);
                named && one.extent.needs == 1 && one.extent.covers(service)
            });
            // Which one is for the person to say.
            let (Some(one), None) = (able.next(), able.next()) else { return Ok(None) };
            let company = Link::new(Kind::Company, &one.company.key);
            Ok(Some((
                company,
                Link {
                    role: Some(one.role),
                    mandate: Some(one.mandate.0),
                    most: one.extent.most,
                    ..me
                },
            )))
        }
        Behalf::Department(which) => {
            let Some(row) = tx.query_opt(sql::OFFICER, &[person.into()])? else { return Ok(None) };
            let department = Link::new(Kind::Department, row.text(0)?);
            let named = which.as_deref().is_none_or(|id| department.id == id);
            let officer = Link { role: Some(row.text(1)?.to_owned()), ..me };
            Ok(named.then_some((department, officer)))
        }
    }
}

/// Keeps what was planned, decided again on the rows of this transaction.
pub(crate) fn issue_acting(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    client: &Client,
    wanted: &Wanted,
    planned: &Plan,
    (token, until): (&Value, Timestamp),
) -> Result<Verdict<()>, Problem> {
    match plan(tx, client, wanted, ctx.now)? {
        Ok(now) if now == *planned => {}
        Ok(_) => return Ok(Err(refused())),
        Err(refusal) => return Ok(Err(refusal)),
    }
    let (officer, office) = planned.officer.clone().unzip();
    let args = [
        token.clone(),
        planned.grant.as_str().into(),
        (&client.id).into(),
        (&wanted.jkt).into(),
        (&wanted.scope).into(),
        micros(ctx.now).into(),
        micros(until).into(),
        json!(planned.chain).to_string().into(),
        planned.mandate.as_deref().into(),
        officer.as_deref().into(),
        office.as_deref().into(),
    ];
    tx.execute(sql::ADD_ACTING, &args)?;
    if planned.chain.iter().any(|link| link.kind == Kind::Person) {
        let what = json!({"client": client.id, "scope": wanted.scope, "chain": planned.chain});
        log(tx, ctx, "acting-token", what)?;
    }
    Ok(Ok(()))
}

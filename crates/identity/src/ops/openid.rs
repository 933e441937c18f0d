//! Signing in to services: what a person lets each of them know, and what becomes of it.

use super::grants::{Grant, allow, deciding, pairwise};
use crate::{
    Us,
    model::{Client, Level, Method, OpenId, SignIn, Wanted},
    rules::{self, claims, sign_in::Signed},
    sql,
};
use kernel::{Actor, Ctx, Id, Problem, Text, Timestamp, from_micros, micros};
use ports::Records;
use serde_json::{Map, Value as Json, json};
use store::Tx;

/// The session of this request: when its person proved to be themselves, and how.
fn session(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Option<(Id, Timestamp, String)>, Problem> {
    let (Actor::Person { id, session } | Actor::Officer { id, session, .. }) = &ctx.actor else {
        return Ok(None);
    };
    let row = tx.query_opt(sql::SESSION_BEGUN, &[session.as_str().into(), id.as_str().into()])?;
    row.map(|row| Ok((session.clone(), from_micros(row.int(0)?), row.text(1)?.to_owned())))
        .transpose()
}

/// Who is signed in, as a client knows them.
pub(super) fn signed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: &[u8; 32],
    client: &str,
) -> Result<Option<Signed>, Problem> {
    let Ok(person) = ctx.person() else { return Ok(None) };
    let (level, method, at) = match session(tx, ctx)? {
        Some(_) => super::worth(tx, ctx)?,
        None => (Level::default(), Method::Persona, Timestamp::UNIX_EPOCH),
    };
    let sub = pairwise(key, client, &known_as(tx, client, person)?);
    Ok(Some(Signed { at, sub, level, method, declined: false }))
}

/// Under which account a service knows the person: the one they signed in with before it was merged.
pub(super) fn known_as(tx: &mut Tx<'_>, client: &str, person: &Id) -> Result<Id, Problem> {
    let row = tx.query_opt(sql::KNOWN_AS, &[client.into(), person.as_str().into()])?;
    Ok(row.map(|row| row.text(0).map(Id::from)).transpose()?.unwrap_or_else(|| person.clone()))
}

/// What a person has allowed of what a client asks now; `None` when they must be asked.
pub(super) fn agreed(
    tx: &mut Tx<'_>,
    person: &Id,
    client: &str,
    asked: &OpenId,
) -> Result<Option<Vec<Wanted>>, Problem> {
    let row = tx.query_opt(sql::SERVICE_YES, &[person.as_str().into(), client.into()])?;
    let Some(row) = row else { return Ok(None) };
    let list =
        |column| serde_json::from_str::<Vec<String>>(row.text(column)?).map_err(Problem::internal);
    let (before, allowed) = (list(0)?, list(1)?);
    Ok(claims::covered(&before, &asked.claims).then(|| only(&asked.claims, &allowed)))
}

fn only(claims: &[Wanted], allowed: &[String]) -> Vec<Wanted> {
    claims.iter().filter(|wanted| allowed.contains(&wanted.name)).cloned().collect()
}

/// The sign-in that a grant of now stands on.
pub(super) fn sign_in_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    asked: &OpenId,
    allowed: &[Wanted],
) -> Result<SignIn, Problem> {
    let over = || Problem::new(401, "sign-in-required");
    let (session, at, method) = session(tx, ctx)?.ok_or_else(over)?;
    Ok(SignIn {
        nonce: asked.nonce.clone(),
        auth_time: at.as_second(),
        method,
        level: super::level(tx, ctx.person()?)?,
        acr: asked.acr.clone(),
        session,
        claims: allowed.to_vec(),
    })
}

/// Where a claim's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A register, or an officer who looked.
    Record,
    /// The person, who proved that it is theirs.
    Proved,
    /// The person's word alone.
    Own,
}

/// What the page asks.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) client: Client,
    /// Where the person is sent back to.
    pub(crate) site: String,
    /// Each claim with its value, as the person would read it, and where that comes from.
    pub(crate) claims: Vec<(Wanted, Option<(String, Source)>)>,
    /// Whether the client wants to act in the person's name.
    pub(crate) delegates: bool,
}

/// The question that the person signed in decides on.
pub(crate) fn question(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    id: &Id,
) -> Result<Option<Question>, Problem> {
    let Some((at, client)) = deciding(tx, ctx, id)? else { return Ok(None) };
    let (None, Some(asked)) = (at.asked.details, at.asked.openid) else { return Ok(None) };
    let person = ctx.person()?;
    let name = super::subject(tx, person)?.map(|subject| subject.name.get(ctx.locale).to_owned());
    let own = records.particulars(tx, person)?;
    let value = |claim: &str| match (claim, own.get(claim)) {
        ("name", _) => name.clone().map(|name| (name, Source::Record)),
        (_, Some(one)) if one.proved => Some((one.value.clone(), Source::Proved)),
        (_, Some(one)) => Some((one.value.clone(), Source::Own)),
        (_, None) => None,
    };
    let claims = asked.claims.into_iter().map(|one| (one.clone(), value(&one.name))).collect();
    let site = url::Url::parse(&at.asked.redirect_uri).map_err(Problem::internal)?;
    let site = site.host_str().unwrap_or_default().to_owned();
    let delegates = rules::has_scope(&at.asked.scope, rules::acting::DELEGATE);
    Ok(Some(Question { client, site, claims, delegates }))
}

/// The person signs in to the service, and lets it know what they chose of what it asked. Gives where the
/// browser goes.
pub(crate) fn say_yes(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    us: &Us,
    id: &Id,
    chosen: &[String],
) -> Result<String, Problem> {
    let unknown = || Problem::new(404, "interaction-unknown");
    let (at, client) = deciding(tx, ctx, id)?.ok_or_else(unknown)?;
    let asked = at.asked.openid.ok_or_else(unknown)?.claims;
    let allowed = only(&asked, chosen);
    let names = |claims: &[Wanted]| {
        json!(claims.iter().map(|one| &one.name).collect::<Vec<_>>()).to_string()
    };
    let args = [
        ctx.person()?.as_str().into(),
        (&client.id).into(),
        names(&asked).into(),
        names(&allowed).into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::SAY_YES, &args)?;
    answer(tx, ctx, us, id, &allowed)
}

/// Signs the person in to the service: noted, whether they were asked or had agreed before.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    us: &Us,
    id: &Id,
    allowed: &[Wanted],
) -> Result<String, Problem> {
    let to = allow(tx, ctx, us, id, None, allowed)?;
    let names: Vec<_> = allowed.iter().map(|one| one.name.as_str()).collect();
    let client = super::grants::interaction(tx, id)?.map(|at| at.client);
    let what = json!({"person": ctx.person()?, "consumer": client, "claims": names});
    super::log(tx, ctx, "service-sign-in", what)?;
    Ok(to)
}

/// The values of claims, by name, as they stand now; a claim without one is left out (Core §5.3.2).
pub(crate) fn values(
    tx: &mut Tx<'_>,
    records: &dyn Records,
    person: &Id,
    claims: &[Wanted],
) -> Result<Map<String, Json>, Problem> {
    let mut all = Map::new();
    if claims.iter().any(|one| one.name == "name")
        && let Some(subject) = super::subject(tx, person)?
    {
        let Text { en, tc, sc } = subject.name;
        // Core §5.2: the names in other scripts carry their language.
        all.insert("name".to_owned(), en.into());
        all.insert("name#zh-Hant-HK".to_owned(), tc.into());
        all.insert("name#zh-Hans-CN".to_owned(), sc.into());
    }
    if claims.iter().any(|one| one.name != "name") {
        for (claim, one) in records.particulars(tx, person)? {
            let name = claim.split('#').next().unwrap_or_default();
            if !claims.iter().any(|wanted| wanted.name == name) {
                continue;
            }
            for (_, verified) in claims::VERIFIED.iter().filter(|(of, _)| *of == name) {
                all.insert((*verified).to_owned(), one.proved.into());
            }
            // Core §5.1.1: an address is an object, and ours is not taken apart.
            let value =
                if name == "address" { json!({"formatted": one.value}) } else { one.value.into() };
            all.insert(claim.to_owned(), value);
        }
    }
    Ok(all)
}

/// A client asks who its token is about (Core §5.3): a look, noted when it shows more than that it is them.
/// The caller has checked the token.
pub(crate) fn userinfo(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    key: &[u8; 32],
    grant: &Grant,
) -> Result<Option<Json>, Problem> {
    let (Some(person), Some(held)) = (&grant.person, &grant.sign_in) else { return Ok(None) };
    let mut said = values(tx, records, person, &held.claims)?;
    if !said.is_empty() {
        let names: Vec<_> = claims::KNOWN.iter().map(|(name, _)| name).collect();
        let names: Vec<_> = names.into_iter().filter(|name| said.contains_key(**name)).collect();
        let what = json!({"person": person, "consumer": grant.client, "claims": names});
        super::log(tx, ctx, "userinfo", what)?;
    }
    said.insert("sub".to_owned(), pairwise(key, &grant.client, person).into());
    Ok(Some(said.into()))
}

/// A service that a person signs in to.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) client: String,
    pub(crate) name: Text,
    pub(crate) allowed: Vec<String>,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// The services that the person signed in has signed in to.
pub(crate) fn services(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Service>, Problem> {
    let rows = tx.query(sql::SERVICES_OF, &[ctx.person()?.as_str().into()])?;
    rows.iter()
        .map(|row| {
            Ok(Service {
                client: row.text(0)?.to_owned(),
                name: super::name(row, 1)?,
                allowed: serde_json::from_str(row.text(4)?).map_err(Problem::internal)?,
                first: from_micros(row.int(5)?),
                last: from_micros(row.int(6)?),
            })
        })
        .collect()
}

/// The person lets a service know nothing more: its tokens end, and it must ask again.
pub(crate) fn forget_service(tx: &mut Tx<'_>, ctx: &Ctx, client: &str) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    if tx.execute(sql::FORGET_YES, &[person.as_str().into(), client.into()])? == 0 {
        return Err(Problem::new(404, "not-found"));
    }
    for account in super::selves(tx, &person)? {
        for row in tx.query(sql::GRANTS_OF_SERVICE, &[client.into(), account.as_str().into()])? {
            super::end(tx, ctx, row.text(0)?)?;
        }
    }
    super::log(tx, ctx, "service-ended", json!({"person": person, "consumer": client}))
}

/// Whether a grant gives a token that outlasts the session: records do until their consent ends, a sign-in
/// only if the client asked for it (Core §11).
pub(super) fn lasts(grant: &Grant) -> bool {
    grant.consent.is_some() || rules::has_scope(&grant.scope, rules::OFFLINE)
}

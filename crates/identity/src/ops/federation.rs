//! Signing in by another provider: what was asked, what came of it, which names there are whose here.

use super::{after, hash, log, security::recently_signed_in, sign_in};
use crate::{
    model::{Level, LinkView, Method},
    rules::federation::{self, Outcome},
    sql,
};
use kernel::{Actor, Ctx, Id, Problem, from_micros, micros};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Row, Tx, Value};
use wire::seal::Sealer;

/// What was asked of another provider; kept sealed until it answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Try {
    /// The provider, by its id.
    pub(crate) provider: String,
    /// What its ID token must carry.
    pub(crate) nonce: String,
    /// What proves that it is we who asked (RFC 7636).
    pub(crate) verifier: String,
    /// Who was signed in here, and in which session, where the name there is to be linked.
    pub(crate) wants: Option<(Id, Id)>,
    /// Where to go afterwards.
    pub(crate) next: String,
}

/// What it answered, found good.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The name under which it knows the person, for us alone.
    pub(crate) subject: String,
    /// What its sign-in is worth here.
    pub(crate) level: Level,
    /// What it told of the person, by claim.
    pub(crate) told: Vec<(String, String)>,
}

/// Who is signed in, and in which session.
fn here(ctx: &Ctx) -> Option<(Id, Id)> {
    match &ctx.actor {
        Actor::Person { id, session } | Actor::Officer { id, session, .. } => {
            Some((id.clone(), session.clone()))
        }
        _ => None,
    }
}

/// Keeps what is asked, for this browser alone. `link`: by one who has just signed in here.
pub(crate) fn begin_try(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    (state, browser): (&str, &str),
    link: bool,
    mut asked: Try,
) -> Result<(), Problem> {
    if link {
        ctx.person()?;
        if !recently_signed_in(tx, ctx)? {
            return Err(Problem::new(401, "sign-in-again"));
        }
        asked.wants = here(ctx);
    }
    let body = serde_json::to_vec(&asked).map_err(Problem::internal)?;
    let args = [
        hash(state),
        asked.provider.as_str().into(),
        hash(browser),
        asked.wants.as_ref().map(|(_, session)| session.as_str()).into(),
        sealer.seal(state, &body).map_err(Problem::internal)?.into(),
        after(ctx, federation::TRY_LIFE).into(),
    ];
    tx.execute(sql::ADD_TRY, &args)?;
    Ok(())
}

/// What was asked under this state, once, by this browser, of this provider.
pub(crate) fn take_try(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    (state, browser): (&str, &str),
    provider: &str,
) -> Result<Option<Try>, Problem> {
    let Some(row) = tx.query_opt(sql::TAKE_TRY, &[hash(state), micros(ctx.now).into()])? else {
        return Ok(None);
    };
    let same = row.text(0)? == provider && Value::from(row.blob(1)?.to_vec()) == hash(browser);
    if !same {
        return Ok(None);
    }
    let body = sealer.open(state, row.blob(3)?).map_err(Problem::internal)?;
    serde_json::from_slice(&body).map(Some).map_err(Problem::internal)
}

/// A name there as it is kept: it says nothing to whoever reads the table.
fn subject(provider: &str, name: &str) -> Value {
    wire::sha256(&[provider.as_bytes(), b"\0", name.as_bytes()]).into()
}

/// The provider's answer was found good: signs in, or links. The session's token where it signs in.
pub(crate) fn answered(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    asked: &Try,
    answer: &Answer,
    device: &str,
) -> Result<Option<String>, Problem> {
    let (subject, level) = (subject(&asked.provider, &answer.subject), answer.level);
    let row = tx.query_opt(sql::LINK, &[asked.provider.as_str().into(), subject.clone()])?;
    let link = row.as_ref().map(|row| row.text(0).map(Id::from)).transpose()?;
    let known = row.as_ref().map(|row| row.text(1).map(Id::from)).transpose()?;
    let verdict = federation::decide(asked.wants.as_ref(), here(ctx).as_ref(), known.as_ref());
    let about = json!({"provider": asked.provider, "level": level.as_str()});
    match verdict.map_err(|code| Problem::new(403, code))? {
        Outcome::SignIn(person) => {
            let token = sign_in(tx, ctx, &person, Method::Federated(level), device)?;
            log(tx, ctx, "federation-signed-in", about)?;
            Ok(Some(token))
        }
        Outcome::Link(person) => {
            if let Some(link) = link {
                told(tx, ctx, sealer, &link, answer)?;
                return Ok(None);
            }
            let link = ctx.id("fed");
            let args = [
                link.as_str().into(),
                asked.provider.as_str().into(),
                subject,
                person.as_str().into(),
                level.as_str().into(),
                micros(ctx.now).into(),
            ];
            tx.execute(sql::ADD_LINK, &args).map_err(|error| match error {
                store::Error::Unique(_) => Problem::new(403, "federation-taken"),
                other => other.into(),
            })?;
            log(tx, ctx, "federation-linked", about)?;
            told(tx, ctx, sealer, &link, answer)?;
            Ok(None)
        }
    }
}

/// Keeps what the provider told, sealed; what it told before goes.
fn told(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    link: &Id,
    answer: &Answer,
) -> Result<(), Problem> {
    if answer.told.is_empty() {
        return Ok(());
    }
    let text = serde_json::to_vec(&answer.told).map_err(Problem::internal)?;
    let sealed = sealer.seal(link.as_str(), &text).map_err(Problem::internal)?;
    tx.execute(sql::LINK_TOLD, &[link.as_str().into(), sealed.into(), micros(ctx.now).into()])?;
    let claims: Vec<_> = answer.told.iter().map(|(claim, _)| claim).collect();
    log(tx, ctx, "federation-told", json!({"link": link, "claims": claims}))
}

/// The providers whose names are linked to the person signed in.
pub(crate) fn links(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer) -> Result<Vec<LinkView>, Problem> {
    let read = |row: &Row| {
        let told = match (row.opt_blob(4)?, row.opt_int(5)?) {
            (Some(sealed), Some(at)) => {
                let text = sealer.open(row.text(0)?, sealed).map_err(Problem::internal)?;
                let told = serde_json::from_slice(&text).map_err(Problem::internal)?;
                Some((told, from_micros(at)))
            }
            _ => None,
        };
        Ok(LinkView {
            told,
            id: row.text(0)?.into(),
            provider: row.text(1)?.to_owned(),
            level: Level::parse(row.text(2)?).unwrap_or_default(),
            since: from_micros(row.int(3)?),
        })
    };
    tx.query(sql::LINKS_OF, &[ctx.person()?.as_str().into()])?.iter().map(read).collect()
}

/// Ends a link of the person signed in, and every session that began by another provider.
pub(crate) fn unlink(tx: &mut Tx<'_>, ctx: &Ctx, link: &str) -> Result<(), Problem> {
    let person = ctx.person()?.clone();
    let args = [link.into(), person.as_str().into(), micros(ctx.now).into()];
    if tx.execute(sql::END_LINK, &args)? == 0 {
        return Err(Problem::new(404, "not-found"));
    }
    for row in tx.query(sql::SESSIONS_BY, &[person.as_str().into()])? {
        super::sessions::end_one(tx, ctx, &row.text(0)?.into())?;
    }
    log(tx, ctx, "federation-unlinked", json!({"link": link}))
}

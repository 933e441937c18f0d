//! From a pushed request to a grant, and to its end.

use super::{after, hash, secret};
use crate::{
    Us,
    error::{Code, Refusal, Verdict},
    model::{Asked, Client, Interaction, SignIn, Stage, Wanted},
    rules::{
        self,
        sign_in::{self, Next, Signed},
    },
    sql,
};
use kernel::{Ctx, Id, Problem, Timestamp, from_micros, micros};
use ports::{Pending, Subject, SubjectKind};
use serde_json::Value as Json;
use store::{Row, Tx};

/// The form of our `request_uri`s (RFC 9126 §2.2).
pub(crate) const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

/// Keeps a pushed request; gives its `request_uri`. The caller has authenticated `client` and checked `asked`.
pub(crate) fn push(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    client: &Client,
    asked: &Asked,
) -> Result<String, Problem> {
    let reference = secret(ctx, "req");
    let asked = serde_json::to_string(asked).map_err(Problem::internal)?;
    let args = [
        ctx.id("int").as_str().into(),
        hash(&reference),
        (&client.id).into(),
        asked.into(),
        after(ctx, rules::REQUEST_URI_LIFE).into(),
        after(ctx, rules::SIGN_IN_LIFE).into(),
        micros(ctx.now).into(),
    ];
    tx.execute(sql::ADD_INTERACTION, &args)?;
    Ok(format!("{REQUEST_URI}{reference}"))
}

fn read(row: &Row) -> Result<Interaction, Problem> {
    Ok(Interaction {
        id: row.text(0)?.into(),
        client: row.text(1)?.to_owned(),
        asked: serde_json::from_str(row.text(2)?).map_err(Problem::internal)?,
        stage: Stage::parse(row.text(3)?)
            .ok_or_else(|| Problem::internal("an interaction's state"))?,
        person: row.opt_text(4)?.map(Id::from),
        request_expires_at: from_micros(row.int(5)?),
        expires_at: from_micros(row.int(6)?),
        created_at: from_micros(row.int(7)?),
    })
}

/// An interaction as it stands. For operations of this crate.
pub(crate) fn interaction(tx: &mut Tx<'_>, id: &Id) -> Result<Option<Interaction>, Problem> {
    tx.query_opt(sql::INTERACTION, &[id.as_str().into()])?.as_ref().map(read).transpose()
}

/// Moves an interaction on; false when another request was first.
fn advance(
    tx: &mut Tx<'_>,
    at: &Interaction,
    to: Stage,
    person: Option<&Id>,
    expires_at: i64,
) -> Result<bool, Problem> {
    if !at.stage.may_become(to) {
        return Ok(false);
    }
    let args = [
        at.id.as_str().into(),
        at.stage.as_str().into(),
        to.as_str().into(),
        person.map(Id::as_str).into(),
        expires_at.into(),
    ];
    Ok(tx.execute(sql::MOVE_INTERACTION, &args)? == 1)
}

/// What a browser that brought a `request_uri` does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Begun {
    /// Signs in, and comes back to the same address.
    SignIn,
    /// Signs in by something that is worth this, and comes back to the same address.
    StepUp(String),
    /// Decides about records.
    Decide(Id, Json),
    /// Decides whether to sign in to the service, and what it may know.
    Identify(Id),
    /// Goes back to the client.
    Answer(String),
}

/// A browser brings a `request_uri` (RFC 9126 §4). It counts from when it is brought, so that signing in
/// may take longer; it is used up once a person is known. No refusal leads anywhere but what the client may
/// know without any person ([`Next::Refuse`]). `declined`: the person goes on without a better sign-in.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    us: &Us,
    (client_id, request_uri): (&str, &str),
    declined: bool,
) -> Result<Verdict<Begun>, Problem> {
    let over =
        || Ok(Err(Refusal::new(Code::InvalidRequest, "request_uri is unknown, used or expired")));
    let Some(reference) = request_uri.strip_prefix(REQUEST_URI) else { return over() };
    let found = tx.query_opt(sql::INTERACTION_BY_REQUEST, &[hash(reference)])?;
    let Some(at) = found.as_ref().map(read).transpose()? else { return over() };
    let client = super::client(tx, client_id)?.filter(|client| client.active);
    let Some(client) = client.filter(|client| client.id == at.client) else { return over() };
    if at.expires_at <= ctx.now {
        return over();
    }
    if at.stage == Stage::Pushed && at.request_expires_at <= ctx.now {
        return over();
    }
    let asked = at.asked.openid.clone().unwrap_or_default();
    let person = ctx.person().ok();
    let signed = super::openid::signed(tx, ctx, us.keys.pairwise(), &client.id)?;
    let signed = signed.map(|signed| Signed { declined, ..signed });
    let agreed = match person {
        // To act in their name is asked each time.
        Some(person)
            if at.asked.details.is_none()
                && !rules::has_scope(&at.asked.scope, rules::acting::DELEGATE) =>
        {
            super::openid::agreed(tx, person, &client.id, &asked)?
        }
        _ => None,
    };
    let decide = |at: &Interaction| match &at.asked.details {
        Some(details) => Begun::Decide(at.id.clone(), details.clone()),
        None => Begun::Identify(at.id.clone()),
    };
    let next = sign_in::next(&asked, signed.as_ref(), at.created_at, ctx.now, agreed.is_some());
    match (at.stage, next, person) {
        (Stage::Pushed | Stage::Opened, Next::SignIn | Next::StepUp, _) => {
            if at.stage == Stage::Pushed {
                advance(tx, &at, Stage::Opened, None, after(ctx, rules::SIGN_IN_LIFE))?;
            }
            let better = next == Next::StepUp;
            Ok(Ok(if better { Begun::StepUp(asked.acr) } else { Begun::SignIn }))
        }
        (Stage::Pushed | Stage::Opened, Next::Refuse(code), _) => {
            if !advance(tx, &at, Stage::Refused, None, micros(at.expires_at))? {
                return over();
            }
            let to = refusal_at(&at, ctx, us, code, "nobody could be asked")?;
            Ok(Ok(Begun::Answer(to)))
        }
        (Stage::Pushed | Stage::Opened, Next::Ask | Next::Answer, Some(person)) => {
            let end = after(ctx, rules::DECIDING_LIFE);
            if !advance(tx, &at, Stage::Deciding, Some(person), end)? {
                return over();
            }
            match agreed.filter(|_| next == Next::Answer) {
                Some(allowed) => super::openid::answer(tx, ctx, us, &at.id, &allowed)
                    .map(|to| Ok(Begun::Answer(to))),
                None => Ok(Ok(decide(&at))),
            }
        }
        // The same person pressed "back" or reloaded: nothing was answered yet.
        (Stage::Deciding, _, Some(person)) if at.person.as_ref() == Some(person) => {
            Ok(Ok(decide(&at)))
        }
        _ => over(),
    }
}

/// The interaction that the person signed in decides on; `None` when it is another's, over or answered.
pub(super) fn deciding(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &Id,
) -> Result<Option<(Interaction, Client)>, Problem> {
    let person = ctx.person()?.clone();
    let Some(at) = interaction(tx, id)? else { return Ok(None) };
    if at.stage != Stage::Deciding
        || at.person.as_ref() != Some(&person)
        || at.expires_at <= ctx.now
    {
        return Ok(None);
    }
    let client = super::client(tx, &at.client)?.filter(|client| client.active);
    Ok(client.map(|client| (at, client)))
}

/// [`ports::Authorizations::pending`].
pub fn pending(tx: &mut Tx<'_>, ctx: &Ctx, id: &Id) -> Result<Option<Pending>, Problem> {
    Ok(deciding(tx, ctx, id)?.and_then(|(at, client)| {
        Some(Pending {
            id: at.id,
            client: client.id,
            client_name: client.name,
            details: at.asked.details?,
            person: at.person,
        })
    }))
}

/// [`ports::Authorizations::approve`]. The code lives for [`rules::CODE_LIFE`] from here, so this is
/// called when the browser of the person who was asked is about to be sent on: by them alone.
pub fn approve(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    us: &Us,
    id: &Id,
    subject: &Subject,
    consent: &Id,
    details: &Json,
) -> Result<String, Problem> {
    let about = About { subject, consent, details };
    allow(tx, ctx, us, id, Some(&about), &[])
}

/// What a grant for records is about.
pub(super) struct About<'a> {
    subject: &'a Subject,
    consent: &'a Id,
    details: &'a Json,
}

/// Makes the grant and its code, in the name of the person who decides; gives where the browser goes.
pub(super) fn allow(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    us: &Us,
    id: &Id,
    about: Option<&About<'_>>,
    claims: &[Wanted],
) -> Result<String, Problem> {
    let unknown = || Problem::new(404, "interaction-unknown");
    let (at, client) = deciding(tx, ctx, id)?.ok_or_else(unknown)?;
    if at.asked.details.is_some() != about.is_some() {
        return Err(unknown());
    }
    // Who answers a form without a name leaves nothing here by which two answers could be joined.
    let nameless = at.asked.details.as_ref().is_some_and(rules::is_anonymous);
    let person = match about {
        Some(about) if nameless => about.consent,
        Some(_) => ctx.person()?,
        None => &super::openid::known_as(tx, &client.id, ctx.person()?)?,
    };
    if !advance(tx, &at, Stage::Approved, Some(person), micros(at.expires_at))? {
        return Err(unknown());
    }
    let kind = about.map_or("person", |about| match about.subject.kind {
        SubjectKind::Company => "company",
        SubjectKind::Person => "person",
    });
    let sign_in = match &at.asked.openid {
        Some(asked) => Some(super::openid::sign_in_of(tx, ctx, asked, claims)?),
        None => None,
    };
    let grant = ctx.id("gra");
    if let Some(held) = &sign_in {
        super::logout::remember(tx, ctx, &held.session, &client.id, &grant)?;
    }
    let sign_in = sign_in.map(|held| serde_json::to_string(&held)).transpose();
    let args = [
        grant.as_str().into(),
        (&client.id).into(),
        person.as_str().into(),
        kind.into(),
        about.map_or(person, |about| &about.subject.id).as_str().into(),
        about.map(|about| about.consent.as_str()).into(),
        (&at.asked.scope).into(),
        about.map(|about| about.details.to_string()).into(),
        micros(ctx.now).into(),
        sign_in.map_err(Problem::internal)?.into(),
    ];
    tx.execute(sql::ADD_GRANT, &args)?;
    let code = secret(ctx, "code");
    let args = [
        hash(&code),
        grant.as_str().into(),
        (&client.id).into(),
        (&at.asked.redirect_uri).into(),
        (&at.asked.challenge).into(),
        at.asked.jkt.as_deref().into(),
        after(ctx, rules::CODE_LIFE).into(),
    ];
    tx.execute(sql::ADD_CODE, &args)?;
    us.answer_at(&client.id, &at.asked, ctx.now, &[("code", &code)])
}

/// [`ports::Authorizations::refuse`].
pub fn refuse(tx: &mut Tx<'_>, ctx: &Ctx, us: &Us, id: &Id) -> Result<String, Problem> {
    let (at, _) = deciding(tx, ctx, id)?.ok_or_else(|| Problem::new(404, "interaction-unknown"))?;
    if !advance(tx, &at, Stage::Refused, at.person.as_ref(), micros(at.expires_at))? {
        return Err(Problem::new(404, "interaction-unknown"));
    }
    refusal_at(&at, ctx, us, Code::AccessDenied, "the person said no")
}

fn refusal_at(
    at: &Interaction,
    ctx: &Ctx,
    us: &Us,
    code: Code,
    why: &str,
) -> Result<String, Problem> {
    let error = [("error", code.as_str()), ("error_description", why)];
    us.answer_at(&at.client, &at.asked, ctx.now, &error)
}

/// A grant as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) person: Option<Id>,
    pub(crate) consent: Option<Id>,
    pub(crate) scope: String,
    pub(crate) details: Option<Json>,
    pub(crate) created_at: Timestamp,
    pub(crate) ended: bool,
    pub(crate) sign_in: Option<SignIn>,
}

/// A grant by id. For operations of this crate.
pub(crate) fn grant(tx: &mut Tx<'_>, id: &str) -> Result<Option<Grant>, Problem> {
    let Some(row) = tx.query_opt(sql::GRANT, &[id.into()])? else { return Ok(None) };
    Ok(Some(Grant {
        client: row.text(0)?.to_owned(),
        person: row.opt_text(1)?.map(Id::from),
        consent: row.opt_text(2)?.map(Id::from),
        scope: row.text(3)?.to_owned(),
        details: stored(&row, 4)?,
        created_at: from_micros(row.int(5)?),
        ended: !row.is_null(6)?,
        sign_in: stored(&row, 7)?,
    }))
}

fn stored<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>, Problem> {
    row.opt_text(column)?.map(serde_json::from_str).transpose().map_err(Problem::internal)
}

/// Ends a grant and every token under it. The caller has authorised it.
pub(crate) fn end(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<(), Problem> {
    tx.execute(sql::END_GRANT, &[id.into(), micros(ctx.now).into()])?;
    tx.execute(sql::DROP_ACCESS_OF_GRANT, &[id.into()])?;
    tx.execute(sql::DROP_REFRESH_OF_GRANT, &[id.into()])?;
    Ok(())
}

/// [`ports::Authorizations::end_grant`]: part of the transaction that revokes the consent, which has authorised it.
pub fn end_grant(tx: &mut Tx<'_>, ctx: &Ctx, consent: &Id) -> Result<(), Problem> {
    for row in tx.query(sql::GRANTS_OF_CONSENT, &[consent.as_str().into()])? {
        end(tx, ctx, row.text(0)?)?;
    }
    Ok(())
}

/// [`ports::Authorizations::move_grant`]: part of the transaction that amends the consent, which has authorised it.
pub fn move_grant(tx: &mut Tx<'_>, old: &Id, new: &Id, details: &Json) -> Result<(), Problem> {
    tx.execute(
        sql::MOVE_GRANT,
        &[old.as_str().into(), new.as_str().into(), details.to_string().into()],
    )?;
    Ok(())
}

/// Who a grant is about, for one client alone: two clients cannot join what they hold (OpenID Core §8.1).
pub(crate) fn pairwise(secret: &[u8; 32], client: &str, person: &Id) -> String {
    wire::b64::encode(wire::sha256(&[secret, client.as_bytes(), b"\0", person.as_str().as_bytes()]))
}

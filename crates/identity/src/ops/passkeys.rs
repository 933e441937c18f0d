//! Passkey ceremonies: what was asked is a row, and the row goes when it is answered.

use super::{after, hash};
use crate::{
    passkeys::{Passkeys, answer_id, passkey_id, transcript},
    rules, sql,
};
use kernel::{Ctx, Id, Problem, micros};
use serde_json::{Value as Json, json};
use store::Tx;
use webauthn_rs::prelude::{AuthenticationResult, Passkey};

/// What is being done with a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Register,
    SignIn,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign-in",
        }
    }
}

fn over() -> Problem {
    Problem::new(400, "passkey-over")
}

fn keep(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: Kind,
    person: Option<&Id>,
    state: &str,
) -> Result<Id, Problem> {
    let id = ctx.id("cer");
    let args = [
        id.as_str().into(),
        kind.as_str().into(),
        person.map(Id::as_str).into(),
        state.into(),
        after(ctx, rules::CEREMONY_LIFE).into(),
    ];
    tx.execute(sql::ADD_CEREMONY, &args)?;
    Ok(id)
}

/// A ceremony that was begun.
pub(crate) struct Ceremony {
    pub(crate) person: Option<Id>,
    pub(crate) state: String,
}

/// Takes a ceremony away; its challenge is good for one answer, right or wrong, so this commits by itself.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: Kind,
    ceremony: &Id,
) -> Result<Ceremony, Problem> {
    let row = tx.query_opt(
        sql::TAKE_CEREMONY,
        &[ceremony.as_str().into(), kind.as_str().into(), micros(ctx.now).into()],
    )?;
    let row = row.ok_or_else(over)?;
    Ok(Ceremony { person: row.opt_text(0)?.map(Id::from), state: row.text(1)?.to_owned() })
}

/// A person's passkeys. For operations that have authorised the request.
pub fn passkeys_of(tx: &mut Tx<'_>, person: &Id) -> Result<Vec<Passkey>, Problem> {
    let rows = tx.query(sql::PASSKEYS_OF, &[person.as_str().into()])?;
    rows.iter().map(|row| serde_json::from_str(row.text(1)?).map_err(Problem::internal)).collect()
}

/// Begins a registration for whom an invitation is for.
pub(crate) fn begin_registration(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    invitation: &str,
) -> Result<(Id, Json), Problem> {
    let person = super::invitation(tx, ctx, invitation)?;
    ask_new(tx, ctx, site, &person)
}

/// Begins the registration of a passkey for a person whom the caller has authorised.
pub(super) fn ask_new(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    person: &Id,
) -> Result<(Id, Json), Problem> {
    let subject = super::subject(tx, person)?.ok_or_else(over)?;
    let known = passkeys_of(tx, person)?;
    let asked = site.ask_new(person, &subject.name.en, &subject.name, &known)?;
    Ok((keep(tx, ctx, Kind::Register, Some(person), &asked.state)?, asked.options))
}

/// Keeps the new passkey and uses up the invitation. `409 passkey-known` when the passkey is somebody's.
pub(crate) fn finish_registration(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    invitation: &str,
    ceremony: &Ceremony,
    answer: &str,
    name: &str,
) -> Result<Id, Problem> {
    let used = tx.query_opt(sql::USE_INVITATION, &[hash(invitation), micros(ctx.now).into()])?;
    let person = Id::from(used.ok_or_else(|| Problem::new(404, "invitation-over"))?.text(0)?);
    take_new(tx, ctx, site, &person, ceremony, answer, name)?;
    Ok(person)
}

/// Keeps a new passkey of a person; its registration stands in the log, so that no other key can be put in
/// its place unseen.
pub(super) fn take_new(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    person: &Id,
    ceremony: &Ceremony,
    answer: &str,
    name: &str,
) -> Result<(), Problem> {
    if ceremony.person.as_ref() != Some(person) {
        return Err(over());
    }
    let key = site.take_new(&ceremony.state, answer)?;
    let (id, body) = (passkey_id(&key), serde_json::to_string(&key).map_err(Problem::internal)?);
    let args = [
        id.as_str().into(),
        person.as_str().into(),
        body.into(),
        micros(ctx.now).into(),
        name.into(),
    ];
    tx.execute(sql::ADD_PASSKEY, &args).map_err(|error| match error {
        store::Error::Unique(_) => Problem::new(409, "passkey-known"),
        other => other.into(),
    })?;
    let public = crate::verify::public_digest(&key)?;
    let what = json!({"person": person, "passkey": id, "public_key": public});
    super::log(tx, ctx, "passkey-added", what)
}

/// Begins a sign-in, of nobody in particular.
pub(crate) fn begin_sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
) -> Result<(Id, Json), Problem> {
    let asked = site.ask_any()?;
    Ok((keep(tx, ctx, Kind::SignIn, None, &asked.state)?, asked.options))
}

/// Who has signed in.
pub(crate) fn finish_sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    ceremony: &Ceremony,
    answer: &str,
) -> Result<Id, Problem> {
    // An unknown passkey and a wrong signature look alike.
    let row = tx
        .query_opt(sql::PASSKEY, &[answer_id(answer)?.into()])?
        .ok_or_else(|| Problem::new(400, "passkey-refused"))?;
    let (holder, person, key) = (
        Id::from(row.text(0)?),
        Id::from(row.text(2)?),
        serde_json::from_str::<Passkey>(row.text(1)?).map_err(Problem::internal)?,
    );
    let result = site.take_any(&ceremony.state, answer, &holder, &key)?;
    used(tx, ctx, key, &result)?;
    Ok(person)
}

fn used(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut key: Passkey,
    result: &AuthenticationResult,
) -> Result<(), Problem> {
    key.update_credential(result);
    let body = serde_json::to_string(&key).map_err(Problem::internal)?;
    tx.execute(sql::USED_PASSKEY, &[passkey_id(&key).into(), body.into(), micros(ctx.now).into()])?;
    Ok(())
}

/// [`ports::Signatures::challenge`]: what the browser asks of the person's passkeys; `None` when they have none.
pub fn ask(
    tx: &mut Tx<'_>,
    site: &Passkeys,
    person: &Id,
    digest: &[u8; 32],
) -> Result<Option<Json>, Problem> {
    let keys = passkeys_of(tx, person)?;
    if keys.is_empty() {
        Ok(None)
    } else {
        site.ask_signature(&keys, digest).map(|asked| Some(asked.options))
    }
}

/// [`ports::Signatures::check`]: whether a passkey of the person signed in signed `digest`; gives the
/// transcript that is kept beside what was signed. Nothing was remembered: the challenge is the digest.
pub fn finish_signature(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    site: &Passkeys,
    person: &Id,
    digest: &[u8; 32],
    answer: &str,
) -> Result<Json, Problem> {
    if ctx.person()? != person {
        return Err(Problem::new(403, "passkey-refused"));
    }
    let id = answer_id(answer)?;
    let key = passkeys_of(tx, person)?.into_iter().find(|key| passkey_id(key) == id);
    let key = key.ok_or_else(|| Problem::new(400, "passkey-refused"))?;
    let result = site.take_signature(std::slice::from_ref(&key), digest, answer)?;
    let kept = transcript(&key, answer)?;
    used(tx, ctx, key, &result)?;
    Ok(kept)
}

//! Asking, answering, finishing; synchronous, in the caller's transaction.

use crate::{
    Signing, authority, cms,
    model::{Event, Form, Request, State},
    pdf::{Pdf, Prepared},
    pki::{self, Reason},
    rules::{self, Asked},
    sql,
    tsp::Question,
};
use kernel::{Actor, Ctx, Id, Problem, Timestamp, from_micros, micros};
use ports::{Subject, Word};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use store::{Row, Tx};

/// The job that fetches a time-stamp from an authority elsewhere.
pub(crate) const STAMP: &str = "signing-stamp";
/// The job that tells a service at the address it registered.
const WEBHOOK: &str = "webhook";

pub(crate) fn read(row: &Row) -> Result<Request, Problem> {
    let meant = row.opt_text(3)?.map(serde_json::from_str).transpose();
    Ok(Request {
        id: row.text(0)?.into(),
        client: row.opt_text(1)?.map(str::to_owned),
        person: row.opt_text(2)?.map(Id::from),
        meant: meant.map_err(Problem::internal)?,
        name: row.text(4)?.to_owned(),
        digest: row.text(5)?.to_owned(),
        form: if row.text(6)? == Form::Pdf.as_str() { Form::Pdf } else { Form::Hash },
        state: State::parse(row.text(7)?)?,
        code: row.text(8)?.to_owned(),
        at: from_micros(row.int(9)?),
        expires_at: from_micros(row.int(10)?),
        answered_at: row.opt_int(11)?.map(from_micros),
        serial: row.opt_text(12)?.map(str::to_owned),
        signature: row.opt_blob(13)?.map(<[u8]>::to_vec),
    })
}

fn unknown() -> Problem {
    Problem::new(404, "signature-unknown")
}

fn gone() -> Problem {
    Problem::new(410, "signature-gone")
}

/// The PDF as it stands now: as it was brought, or signed; `None` once it is forgotten.
fn document(tx: &mut Tx<'_>, signing: &Signing, id: &Id) -> Result<Option<Vec<u8>>, Problem> {
    let row = tx.query_opt(sql::DOCUMENT, &[id.as_str().into()])?;
    let sealed = row.as_ref().map(|row| row.opt_blob(0)).transpose()?.flatten();
    sealed.map(|sealed| signing.open(id, sealed)).transpose()
}

/// The signed PDF, or the one to be signed while that waits.
pub(crate) fn pdf(
    tx: &mut Tx<'_>,
    signing: &Signing,
    request: &Request,
) -> Result<Vec<u8>, Problem> {
    if request.form != Form::Pdf || !matches!(request.state, State::Asked | State::Signed) {
        return Err(unknown());
    }
    document(tx, signing, &request.id)?.ok_or_else(gone)
}

fn find(tx: &mut Tx<'_>, id: &Id) -> Result<Request, Problem> {
    tx.query_opt(sql::REQUEST, &[id.as_str().into()])?.as_ref().map_or_else(|| Err(unknown()), read)
}

/// A service asks, or a person brings a PDF of their own.
pub(crate) fn ask(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    asked: &Asked,
    pdf: Option<&[u8]>,
) -> Result<Request, Problem> {
    let (client, person) = match &ctx.actor {
        Actor::Client { id } => (Some(id.clone()), None),
        _ => (None, Some(ctx.person()?.clone())),
    };
    if let Some(pdf) = pdf {
        Pdf::read(pdf)?.prepare("", ctx.now)?;
    }
    // Said now, not when the person has already confirmed.
    authority::needed(tx, signing.sealer(), authority::Kind::Certificates)?;
    let id = ctx.id("sig");
    let sealed = pdf.map(|pdf| signing.seal(&id, pdf)).transpose()?;
    let meant = asked.meant.as_ref().map(|meant| json!(meant).to_string());
    let code = rules::code(ctx.random());
    let args = [
        id.as_str().into(),
        client.as_deref().into(),
        person.as_ref().map(Id::as_str).into(),
        meant.into(),
        (&asked.name).into(),
        (&asked.digest).into(),
        asked.form.as_str().into(),
        (&code).into(),
        micros(ctx.now).into(),
        (micros(ctx.now) + asked.wait * 1_000_000).into(),
        sealed.into(),
    ];
    tx.execute(sql::ASK, &args)?;
    let request = find(tx, &id)?;
    note(tx, ctx, "signature-asked", &request, json!({}))?;
    Ok(request)
}

fn note(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: &'static str,
    request: &Request,
    more: Json,
) -> Result<(), Problem> {
    let mut record = json!({
        "kind": kind, "request": request.id, "consumer": request.client, "document": request.name,
        "sha256": request.digest, "form": request.form, "at": ctx.now,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        record[name] = value.clone();
    }
    evidence::append(tx, ctx, kind, "signing", &record)?;
    Ok(())
}

/// The request as the person signed in may see it: while it is open, whoever has its address and is not
/// somebody else than the service means; afterwards who answered it.
pub(crate) fn seen(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    id: &Id,
) -> Result<(Request, Subject), Problem> {
    let person = ctx.person()?;
    let request = find(tx, id)?;
    let subject = signing.directory.subject(tx, person)?.ok_or_else(unknown)?;
    let all = signing.directory.selves(tx, person)?;
    if request.person.as_ref().is_some_and(|one| !all.contains(one)) {
        return Err(unknown());
    }
    if request.person.is_none() && request.state_at(ctx.now) != State::Asked {
        return Err(Problem::new(409, "signature-expired"));
    }
    if request.meant.as_ref().is_some_and(|meant| !meant.is(&subject.key)) {
        return Err(Problem::new(403, "signer-other"));
    }
    Ok((request, subject))
}

/// What the browser asks the passkey for; `None` where the demo's people sign by a press.
pub(crate) fn challenge(
    tx: &mut Tx<'_>,
    signing: &Signing,
    request: &Request,
    person: &Id,
) -> Result<Option<Json>, Problem> {
    signing.signatures.challenge(tx, person, &rules::confirmed(request, person)?)
}

/// The person says no.
pub(crate) fn refuse(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    id: &Id,
) -> Result<(), Problem> {
    let (request, subject) = seen(tx, ctx, signing, id)?;
    let to = request.state_at(ctx.now).step(Event::No)?;
    answer(tx, ctx, &request, &subject.id, to, Answered::default())?;
    note(tx, ctx, "signature-refused", &request, json!({"person": subject.id}))?;
    tell(tx, ctx, &request, to)
}

#[derive(Default)]
struct Answered {
    serial: Option<String>,
    signature: Option<Vec<u8>>,
    document: Option<Vec<u8>>,
    yes: Option<String>,
}

fn answer(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    request: &Request,
    person: &Id,
    to: State,
    with: Answered,
) -> Result<(), Problem> {
    let args = [
        request.id.as_str().into(),
        to.as_str().into(),
        person.as_str().into(),
        micros(ctx.now).into(),
        with.serial.into(),
        with.signature.into(),
        with.document.into(),
        with.yes.into(),
    ];
    if tx.execute(sql::ANSWER, &args)? == 1 {
        Ok(())
    } else {
        // Somebody answered between our look and this.
        Err(Problem::new(409, "signature-answered"))
    }
}

/// The person says yes: the passkey's signature is checked, a key is drawn and certified, signs once and is
/// gone. Whole at once where the time-stamp is ours.
pub(crate) fn agree(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    id: &Id,
    credential: Option<&Json>,
) -> Result<State, Problem> {
    let (request, subject) = seen(tx, ctx, signing, id)?;
    let to = request.state_at(ctx.now).step(Event::Yes)?;
    let digest = rules::confirmed(&request, &subject.id)?;
    let yes = signing.signatures.check(tx, ctx, &subject.id, &digest, credential)?;
    let name = if subject.name.en.is_empty() { &subject.name.tc } else { &subject.name.en };
    let signer =
        authority::once(tx, ctx, signing.sealer(), &signing.base, (&subject.id, name.as_str()))?;
    let serial = pki::serial(&signer.certificate);
    let (signature, document) = match request.form {
        Form::Hash => {
            let digest = pki::unhex(&request.digest).and_then(|all| <[u8; 32]>::try_from(all).ok());
            let digest = digest.ok_or_else(|| Problem::internal("a kept digest that is none"))?;
            (cms::sign(&signer, &digest, Some(ctx.now))?, None)
        }
        Form::Pdf => {
            let original = document(tx, signing, id)?.ok_or_else(gone)?;
            let prepared = Pdf::read(&original)?.prepare(name, ctx.now)?;
            let signature = cms::sign(&signer, &prepared.digest(), None)?;
            (signature, Some(signing.seal(id, &prepared.keep())?))
        }
    };
    drop(signer);
    let with = Answered {
        serial: Some(serial.clone()),
        signature: Some(signature.clone()),
        document,
        yes: Some(yes.to_string()),
    };
    answer(tx, ctx, &request, &subject.id, to, with)?;
    let said =
        json!({"person": subject.id, "confirmed": wire::b64::encode(digest), "yes": yes["kind"]});
    note(tx, ctx, "signature-agreed", &request, said)?;
    if signing.tsa.is_some() {
        jobs::enqueue(tx, ctx, STAMP, &json!({"request": request.id}), ctx.now)?;
        return Ok(to);
    }
    let question = Question::new(&cms::imprint(&signature)?, ctx.random())?;
    let token = authority::stamp(tx, ctx, signing.sealer(), &question)?;
    finish(tx, ctx, signing, id, &token)
}

/// The signature that waits for its time-stamp, if it still does.
pub(crate) fn waiting(tx: &mut Tx<'_>, id: &Id) -> Result<Option<Vec<u8>>, Problem> {
    let request = find(tx, id)?;
    Ok(request.signature.filter(|_| request.state == State::Agreed))
}

/// Puts the time-stamp in: the signature is whole, and its service is told.
pub(crate) fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    id: &Id,
    token: &[u8],
) -> Result<State, Problem> {
    let request = find(tx, id)?;
    let to = request.state.step(Event::Stamp)?;
    let draft = request.signature.as_deref().unwrap_or_default();
    let whole = cms::stamped(draft, token)?;
    let document = match request.form {
        Form::Hash => None,
        Form::Pdf => {
            let kept = document(tx, signing, id)?.ok_or_else(gone)?;
            Some(signing.seal(id, &Prepared::kept(&kept)?.fill(&whole)?)?)
        }
    };
    let made = wire::b64::encode(wire::sha256(&[&whole]));
    let args = [id.as_str().into(), whole.into(), document.into()];
    if tx.execute(sql::FINISH, &args)? == 0 {
        return Err(Problem::new(409, "signature-answered"));
    }
    let more =
        json!({"person": request.person, "serial": request.serial, "signature_digest": made});
    note(tx, ctx, "signature-made", &request, more)?;
    if let Some(person) = &request.person {
        let words = [("document", Word::Plain(request.name.clone()))];
        signing.inbox.leave(tx, ctx, person, "document-signed", id.as_str(), &words)?;
    }
    tell(tx, ctx, &request, to)?;
    Ok(to)
}

/// Tells the service where its request stands; it fetches the rest.
fn tell(tx: &mut Tx<'_>, ctx: &Ctx, request: &Request, state: State) -> Result<(), Problem> {
    let Some(client) = &request.client else { return Ok(()) };
    let notice = json!({
        "event": "signature", "consumer": client, "request": request.id, "state": state, "at": ctx.now,
    });
    jobs::enqueue(tx, ctx, WEBHOOK, &notice, ctx.now)?;
    Ok(())
}

/// A request of the service that asks.
pub(crate) fn of_client(tx: &mut Tx<'_>, client: &str, id: &Id) -> Result<Request, Problem> {
    let request = find(tx, id)?;
    if request.client.as_deref() == Some(client) { Ok(request) } else { Err(unknown()) }
}

/// What the person signed in signed or refused, newest first.
pub(crate) fn history(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
) -> Result<Vec<Request>, Problem> {
    let mut all = Vec::new();
    for account in signing.directory.selves(tx, ctx.person()?)? {
        for row in tx.query(sql::OF_PERSON, &[account.as_str().into()])? {
            all.push(read(&row)?);
        }
    }
    all.sort_by_key(|request| std::cmp::Reverse(request.at));
    Ok(all)
}

/// The serial numbers of the person's certificates that are revoked.
pub(crate) fn revoked(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
) -> Result<BTreeSet<String>, Problem> {
    let mut all = BTreeSet::new();
    for account in signing.directory.selves(tx, ctx.person()?)? {
        for row in tx.query(sql::REVOKED_OF, &[account.as_str().into()])? {
            all.insert(row.text(0)?.to_owned());
        }
    }
    Ok(all)
}

/// The person says that a signature is not theirs: its certificate is revoked.
pub(crate) fn disown(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    id: &Id,
) -> Result<(), Problem> {
    for account in signing.directory.selves(tx, ctx.person()?)? {
        let args = [id.as_str().into(), account.as_str().into()];
        if let Some(row) = tx.query_opt(sql::OWN_SERIAL, &args)? {
            return authority::revoked(tx, ctx, row.text(0)?, Reason::KeyCompromise);
        }
    }
    Err(unknown())
}

/// Ends what nobody answered, and forgets what was kept long enough.
pub(crate) fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Problem> {
    tx.execute(sql::EXPIRE, &[micros(now).into()])?;
    tx.execute(sql::FORGET, &[(micros(now) - rules::KEPT * 1_000_000).into()])?;
    Ok(())
}

//! The profile, and giving answers; synchronous, in the caller's transaction.

use crate::{
    Port,
    fields::{FIELDS, Field},
    rules::{Answer, Form},
    sql,
};
use kernel::{Ctx, Id, Problem, Text, Timestamp, from_micros, micros};
use ports::{Authorizations, Particular, Particulars, Pending, Subject, SubjectKind};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::Tx;

/// How long answers wait for the service that asked, in seconds: longer than its code is good.
const WAIT: i64 = 600;

/// What a person said of themselves: each value with its date.
pub(crate) type Profile = BTreeMap<String, (String, Timestamp)>;

/// The profile of the person signed in.
pub(crate) fn profile(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Profile, Problem> {
    let rows = tx.query(sql::PROFILE, &[ctx.person()?.as_str().into()])?;
    rows.iter()
        .map(|row| {
            Ok((row.text(0)?.to_owned(), (row.text(1)?.to_owned(), from_micros(row.int(2)?))))
        })
        .collect()
}

/// What a person said of themselves that has a claim's name (OpenID Connect Core §5.1).
pub fn particulars(tx: &mut Tx<'_>, person: &Id) -> Result<Particulars, Problem> {
    let mut all = Particulars::new();
    for row in tx.query(sql::PROFILE, &[person.as_str().into()])? {
        let claim = match row.text(0)? {
            "email" => "email",
            "mobile" => "phone_number",
            "address-en" => "address",
            "address-zh" => "address#zh-Hant-HK",
            _ => continue,
        };
        all.insert(claim, Particular { value: row.text(1)?.to_owned(), proved: false });
    }
    if !all.contains_key("address")
        && let Some(only) = all.remove("address#zh-Hant-HK")
    {
        all.insert("address", only);
    }
    Ok(all)
}

/// Reads what was typed for every field a person may say themselves; the problem names what is not well.
pub(crate) fn read(
    typed: &dyn Fn(&str) -> String,
) -> Result<Vec<(&'static Field, Option<String>)>, Problem> {
    let mut problem = Problem::new(422, "profile-refused");
    let mut read = Vec::new();
    for field in FIELDS.iter().filter(|field| field.own) {
        match field.read(&typed(field.id)) {
            Ok(value) => read.push((field, value)),
            Err(code) => problem = problem.field(field.id, code),
        }
    }
    if problem.fields.is_empty() { Ok(read) } else { Err(problem) }
}

/// Keeps the profile of the person signed in; what is empty goes.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    values: &[(&'static Field, Option<String>)],
) -> Result<(), Problem> {
    let person = ctx.person()?.as_str();
    for (field, value) in values {
        match value {
            Some(value) => {
                let args = [person.into(), field.id.into(), value.into(), micros(ctx.now).into()];
                tx.execute(sql::KEEP, &args)?;
            }
            None => {
                tx.execute(sql::DROP, &[person.into(), field.id.into()])?;
            }
        }
    }
    Ok(())
}

/// Gives answers to the service whose request waits; where the browser goes.
pub(crate) fn fill(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (port, authorizations): (&Port, &dyn Authorizations),
    pending: &Pending,
    form: &Form,
    answers: &[Answer],
) -> Result<String, Problem> {
    let person = ctx.person()?;
    if answers.is_empty() {
        return Err(Problem::new(422, "nothing-ticked"));
    }
    let id = ctx.id("fil");
    let named = (!form.anonymous).then_some(person);
    let given: Vec<_> = answers
        .iter()
        .map(|answer| json!({"field": answer.field, "from": answer.source}))
        .collect();
    let text = serde_json::to_vec(answers).map_err(Problem::internal)?;
    let sealed = port.0.seal(id.as_str(), &text).map_err(Problem::internal)?;
    let args = [
        id.as_str().into(),
        named.map(Id::as_str).into(),
        (&pending.client).into(),
        json!(form).to_string().into(),
        json!(given).to_string().into(),
        micros(ctx.now).into(),
        (micros(ctx.now) + WAIT * 1_000_000).into(),
        sealed.into(),
    ];
    tx.execute(sql::FILL, &args)?;
    let mut record = json!({
        "kind": "form-filled", "filling": id, "consumer": pending.client, "form": form.form.en,
        "fields": given, "answers_digest": wire::b64::encode(wire::sha256(&[&text])), "at": ctx.now,
    });
    if let Some(person) = named {
        record["person"] = json!(person);
    }
    evidence::append(tx, ctx, "form-filled", "forms", &record)?;
    let details = json!([element(&id, form)]);
    let subject = Subject {
        kind: SubjectKind::Person,
        id: named.unwrap_or(&id).clone(),
        name: Text::default(),
        key: String::new(),
    };
    authorizations.approve(tx, ctx, &pending.id, &subject, &id, &details)
}

/// What a token response says of a form, but the answers.
fn element(id: &Id, form: &Form) -> Json {
    let mut element = json!(form);
    element["filling"] = json!(id);
    element
}

/// A form, its sealed answers while they wait, and until when.
type Found = (Form, Option<Vec<u8>>, Timestamp);

fn find(tx: &mut Tx<'_>, id: &Id) -> Result<Option<Found>, Problem> {
    let Some(row) = tx.query_opt(sql::FILLING, &[id.as_str().into()])? else { return Ok(None) };
    let form = serde_json::from_str(row.text(0)?).map_err(Problem::internal)?;
    Ok(Some((form, row.opt_blob(2)?.map(<[u8]>::to_vec), from_micros(row.int(3)?))))
}

/// The element without its answers, while they still wait.
pub(crate) fn waiting(tx: &mut Tx<'_>, id: &Id, now: Timestamp) -> Result<Option<Json>, Problem> {
    let found = find(tx, id)?.filter(|(_, answers, end)| answers.is_some() && now < *end);
    Ok(found.map(|(form, ..)| element(id, &form)))
}

/// The element with its answers; afterwards they are gone.
pub(crate) fn deliver(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    port: &Port,
    id: &Id,
) -> Result<Option<Json>, Problem> {
    let Some((form, Some(sealed), end)) = find(tx, id)? else { return Ok(None) };
    if end <= ctx.now || tx.execute(sql::DELIVERED, &[id.as_str().into()])? == 0 {
        return Ok(None);
    }
    let text = port.0.open(id.as_str(), &sealed).map_err(Problem::internal)?;
    let answers: Vec<Json> = serde_json::from_slice(&text).map_err(Problem::internal)?;
    let mut element = element(id, &form);
    element["answers"] = answers.into();
    let record = json!({"kind": "form-fetched", "filling": id, "at": ctx.now});
    evidence::append(tx, ctx, "form-fetched", "forms", &record)?;
    Ok(Some(element))
}

/// The service wants the answers no more, or nobody came for them.
pub(crate) fn forget(tx: &mut Tx<'_>, id: &Id) -> Result<(), Problem> {
    tx.execute(sql::DELIVERED, &[id.as_str().into()])?;
    Ok(())
}

/// Forgets what nobody came for.
pub(crate) fn sweep(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    tx.execute(sql::SWEEP, &[micros(ctx.now).into()])?;
    tx.execute(sql::SWEEP_NAMELESS, &[micros(ctx.now).into()])?;
    Ok(())
}

/// A form that the person answered.
pub(crate) struct Filled {
    pub(crate) client: String,
    pub(crate) form: Text,
    pub(crate) fields: Vec<String>,
    pub(crate) at: Timestamp,
}

/// The forms that the person signed in answered with their name.
pub(crate) fn filled(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Filled>, Problem> {
    let rows = tx.query(sql::FILLINGS, &[ctx.person()?.as_str().into()])?;
    rows.iter()
        .map(|row| {
            let form: Form = serde_json::from_str(row.text(2)?).map_err(Problem::internal)?;
            let fields: Vec<Json> =
                serde_json::from_str(row.text(3)?).map_err(Problem::internal)?;
            let name = |one: &Json| one["field"].as_str().map(str::to_owned);
            Ok(Filled {
                client: row.text(1)?.to_owned(),
                form: form.form,
                fields: fields.iter().filter_map(name).collect(),
                at: from_micros(row.int(4)?),
            })
        })
        .collect()
}

//! A person's own records as they fill a form with them: asked of the sources now, kept nowhere.

use crate::{
    Exchange,
    gateway::fields,
    model::Selection,
    ops::{self, LookKind, Sight},
};
use kernel::{Ctx, Problem, Timestamp};
use ports::{Own, OwnRecords, OwnValue};
use serde_json::Value as Json;
use std::pin::Pin;

/// What such a look is for; its words are `purpose-form-filling`.
const PURPOSE: &str = "form-filling";

impl OwnRecords for Exchange {
    fn own<'a>(
        &'a self,
        ctx: &'a Ctx,
        wanted: &'a [(String, Vec<String>)],
    ) -> Pin<Box<dyn Future<Output = Result<Own, Problem>> + Send + 'a>> {
        Box::pin(own(self, ctx, wanted))
    }
}

async fn own(
    exchange: &Exchange,
    ctx: &Ctx,
    wanted: &[(String, Vec<String>)],
) -> Result<Own, Problem> {
    let (person, deps) = (ctx.person()?.clone(), exchange.deps.clone());
    let subject = exchange.db.read(move |tx| deps.directory.subject(tx, &person)).await?;
    // Who has no identity card number here has no records here.
    let Some(subject) = subject.filter(|subject| !subject.key.is_empty()) else {
        return Ok(Own::default());
    };
    let selections: Vec<Selection> = wanted
        .iter()
        .filter(|(register, _)| exchange.pack.register(register).is_some())
        .map(|(register, fields)| Selection { register: register.clone(), fields: fields.clone() })
        .collect();
    if selections.is_empty() {
        return Ok(Own::default());
    }
    let parts = exchange.fetch(&selections, &subject.key, None, None).await;
    let seen = serde_json::to_vec(&parts).map_err(Problem::internal)?;
    let mut found = Own::default();
    for part in &parts {
        let Some(register) = exchange.pack.register(part.register) else { continue };
        let Some(department) = exchange.pack.department(part.department) else { continue };
        if part.status == "unavailable" {
            found.silent.push(department.name.clone());
        }
        let row = part.rows.iter().next().map(serde_json::to_value).transpose();
        let Some(Json::Object(row)) = row.map_err(Problem::internal)? else { continue };
        for (field, value) in row.into_iter().filter(|(_, value)| !value.is_null()) {
            let known = register.fields.iter().find(|known| known.id == field);
            let said = known.zip(value.as_str()).and_then(|(known, value)| known.labels.get(value));
            found.values.push(OwnValue {
                register: register.id.clone(),
                department: department.name.clone(),
                said: said.cloned(),
                at: part.as_of.unwrap_or(ctx.now) as Timestamp,
                field,
                value,
            });
        }
    }
    let sight = Sight {
        id: ctx.id("look"),
        kind: LookKind::Preview,
        subject: subject.id.clone(),
        consent: None,
        consumer: ctx.person()?.to_string(),
        key: None,
        purpose: PURPOSE.to_owned(),
        fields: fields(&selections),
        payload: wire::sha256(&[&seen]),
        departments: exchange.pack.departments_of(&selections),
    };
    let look = sight.draft(ctx)?;
    let ticket = exchange.db.write(move |tx| ops::note_look(tx, &look)).await?;
    exchange.log.receipt(&ticket).await.map_err(Problem::internal)?;
    Ok(found)
}

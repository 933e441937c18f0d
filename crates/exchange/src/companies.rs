//! Companies and their officers, asked of the registers that the pack names.

use crate::{
    Exchange,
    gateway::fields,
    model::Selection,
    ops::{self, LookKind, Sight},
    pack::CompanyRegisters,
};
use kernel::{Ctx, Id, Problem, Text, Timestamp, identifiers::IdentityCard};
use ports::{Companies, Officer, Registered};
use serde_json::Value as Json;
use std::pin::Pin;

/// What such a look is for; its words are `purpose-company-account`.
const PURPOSE: &str = "company-account";

impl Companies for Exchange {
    fn registered<'a>(
        &'a self,
        ctx: &'a Ctx,
        brn: &'a str,
        about: &'a Id,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Registered>, Problem>> + Send + 'a>> {
        Box::pin(registered(self, ctx, brn, about))
    }
}

fn silent() -> Problem {
    Problem::new(503, "source-unavailable").header("retry-after", 30)
}

async fn registered(
    exchange: &Exchange,
    ctx: &Ctx,
    brn: &str,
    about: &Id,
) -> Result<Option<Registered>, Problem> {
    let named = exchange.pack.government().companies.as_ref();
    let named = named.ok_or_else(|| Problem::new(404, "company-register-missing"))?;
    let selections = named.fields().map(|(register, fields)| Selection {
        register: register.to_owned(),
        fields: fields.into_iter().map(str::to_owned).collect(),
    });
    let parts = exchange.fetch(&selections, brn, None, None).await;
    let seen = serde_json::to_vec(&parts).map_err(Problem::internal)?;
    let [company, officers] = &parts[..] else { return Err(silent()) };
    if [company, officers].iter().any(|part| part.status == "unavailable") {
        return Err(silent());
    }
    let rows = |part: &crate::gateway::Part<'_>| {
        part.rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()
    };
    let (particulars, list) =
        (rows(company).map_err(Problem::internal)?, rows(officers).map_err(Problem::internal)?);
    let found = particulars.first().map(|row| Registered {
        name: name(row, &named.names),
        live: row[&named.status].as_str().is_some_and(|it| named.live.iter().any(|one| one == it)),
        officers: list.iter().map(|row| officer(exchange, named, row)).collect(),
        // What is as old as the older of the two.
        at: [company.as_of, officers.as_of].into_iter().flatten().min().unwrap_or(ctx.now)
            as Timestamp,
    });
    let look = Sight {
        id: ctx.id("look"),
        kind: LookKind::Query,
        subject: about.clone(),
        consent: None,
        consumer: ctx.person().map_or_else(|_| PURPOSE.to_owned(), ToString::to_string),
        key: None,
        purpose: PURPOSE.to_owned(),
        fields: fields(&selections),
        payload: wire::sha256(&[&seen]),
        departments: exchange.pack.departments_of(&selections),
    }
    .draft(ctx)?;
    let ticket = exchange.db.write(move |tx| ops::note_look(tx, &look)).await?;
    exchange.log.receipt(&ticket).await.map_err(Problem::internal)?;
    Ok(found)
}

/// A name in the scripts it has: the Chinese one stands in both Chinese forms, as it is written.
fn name(row: &Json, fields: &[String; 2]) -> Text {
    let [english, chinese] = fields.each_ref().map(|field| row[field].as_str().unwrap_or_default());
    let or = |first: &str, second: &str| if first.is_empty() { second } else { first }.to_owned();
    Text { en: or(english, chinese), tc: or(chinese, english), sc: or(chinese, english) }
}

fn officer(exchange: &Exchange, named: &CompanyRegisters, row: &Json) -> Officer {
    let capacity = row[&named.capacity].as_str().unwrap_or_default();
    let words = exchange
        .pack
        .register(&named.officers)
        .and_then(|register| register.fields.iter().find(|field| field.id == named.capacity))
        .and_then(|field| field.labels.get(capacity));
    Officer {
        name: name(row, &named.officer_names),
        hkid: row[&named.hkid]
            .as_str()
            .and_then(|typed| IdentityCard::parse(typed).ok())
            .map(|card| card.as_str().to_owned()),
        capacity: words.cloned().unwrap_or_else(|| Text::same(capacity)),
        directs: named.directs.iter().any(|one| one == capacity),
        since: row[&named.since].as_str().unwrap_or_default().to_owned(),
    }
}

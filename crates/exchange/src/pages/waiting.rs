//! A consent that waits for others: the first person waits here, the last yes lets the bank go on.

use crate::{Exchange, model::State, ops, pages::consent::see_other};
use axum::response::{IntoResponse, Response};
use kernel::Id;
use web::{LeadsAway, Outcome, Shell, Visit, page};

#[derive(askama::Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    shell: Shell,
    consumer: String,
    subject: String,
    consent: Id,
    needs: i64,
    yeses: i64,
    others: Vec<String>,
    refresh: String,
}

/// Where the first person is sent while the second has not answered, and once they have.
pub(crate) async fn answer(
    exchange: &Exchange,
    visit: &Visit,
    interaction: &Id,
    consent: &Id,
) -> Outcome<Response> {
    let (whole, ctx, interaction, id) =
        (exchange.clone(), visit.ctx.clone(), interaction.clone(), consent.clone());
    let outcome = exchange
        .db
        .write(move |tx| {
            let found = ops::find(tx, &id)?;
            ops::may_decide(
                tx,
                whole.deps.directory.as_ref(),
                ctx.person()?,
                (&found.terms.subject, &found.terms.purpose),
                ctx.now,
            )?;
            let subject = whole
                .deps
                .directory
                .subject(tx, &found.terms.subject)?
                .ok_or_else(|| kernel::Problem::internal("subject of a consent"))?;
            match found.state {
                State::Active => {
                    super::consent::approve(tx, &whole, &ctx, &interaction, &subject, &found.terms)
                        .map(Err)
                }
                State::Waiting => {
                    let said: Vec<Id> =
                        ops::yeses(tx, &id)?.into_iter().map(|(person, ..)| person).collect();
                    let holders = whole.deps.directory.holders(
                        tx,
                        &found.terms.subject,
                        &found.terms.purpose,
                        ctx.now,
                    )?;
                    let others: Vec<_> = holders
                        .into_iter()
                        .filter(|holder| !said.contains(&holder.id))
                        .map(|holder| holder.name)
                        .collect();
                    let consumer = super::consumer_name(&whole, tx, &found.terms.consumer);
                    Ok(Ok((found, others, consumer, subject.name)))
                }
                _ => whole.deps.authorizations.refuse(tx, &ctx, &interaction).map(Err),
            }
        })
        .await?;
    match outcome {
        Err(away) => Ok(see_other(&away)),
        Ok((found, others, consumer, subject)) => {
            let shell = visit.shell("waiting-title");
            let others = others.iter().map(|name| shell.of(name).to_owned()).collect();
            let refresh = visit.here.clone();
            let waiting = WaitingPage {
                consumer: shell.of(&consumer).to_owned(),
                subject: shell.of(&subject).to_owned(),
                shell,
                consent: found.terms.id,
                needs: found.needs,
                yeses: found.yeses,
                others,
                refresh,
            };
            // Works without script: the browser asks again by itself.
            Ok(([("refresh", "10")], LeadsAway, page(&waiting)?).into_response())
        }
    }
}

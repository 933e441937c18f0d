//! Time-stamps from an authority elsewhere (RFC 3161 §3.4); holds no transaction while it waits.

use crate::{Signing, Tsa, cms, error::Broken, ops, tsp::Question};
use jobs::Handler;
use kernel::{Actor, Ctx, Id, Locale, Problem};
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};

/// Fetches the time-stamp of one signature.
pub(crate) fn handler(signing: Signing) -> Handler {
    Arc::new(move |payload| {
        let signing = signing.clone();
        Box::pin(async move { stamp(&signing, payload).await })
    })
}

async fn stamp(signing: &Signing, payload: Json) -> Result<(), String> {
    let said = |problem: Problem| problem.to_string();
    let id = Id::from(payload["request"].as_str().unwrap_or_default());
    let Some(tsa) = &signing.tsa else { return Err("no authority is set".to_owned()) };
    let ctx = Ctx::new(&signing.world, Actor::System("signing"), Locale::En);
    let one = id.clone();
    let draft = signing.db.read(move |tx| ops::waiting(tx, &one)).await.map_err(said)?;
    // Another run was faster.
    let Some(draft) = draft else { return Ok(()) };
    let question = cms::imprint(&draft)
        .and_then(|imprint| Question::new(&imprint, ctx.random()))
        .map_err(|why| why.to_string())?;
    let token = fetch(tsa, &question, &draft).await?;
    let this = signing.clone();
    let done = signing.db.write(move |tx| ops::finish(tx, &ctx, &this, &id, &token)).await;
    match done {
        Ok(_) => Ok(()),
        Err(problem) if problem.code == "signature-answered" => Ok(()),
        Err(problem) => Err(said(problem)),
    }
}

/// Asks for a time-stamp of a signature; it answers this question and comes from whom we trust, or is refused.
pub(crate) async fn fetch(
    tsa: &Tsa,
    question: &Question,
    signature: &[u8],
) -> Result<Vec<u8>, String> {
    let asked = question.to_der().map_err(|why| why.to_string())?;
    let mut sent = tsa
        .client
        .post(tsa.url.clone())
        .header("content-type", "application/timestamp-query")
        .body(asked)
        .timeout(Duration::from_secs(15))
        .send()
        .await
        .map_err(|error| error.without_url().to_string())?;
    if !sent.status().is_success() {
        return Err(format!("the authority answered {}", sent.status()));
    }
    let mut answer = Vec::new();
    while let Some(piece) = sent.chunk().await.map_err(|error| error.without_url().to_string())? {
        if answer.len() + piece.len() > cms::LONGEST {
            return Err("the time-stamp is too long".to_owned());
        }
        answer.extend_from_slice(&piece);
    }
    let said = |why: Broken| why.to_string();
    let token = question.token(&answer).map_err(said)?;
    if !cms::stamp(signature, &token).map_err(said)?.is_trusted(&tsa.trusted) {
        return Err("the time-stamp is not by an authority that we trust".to_owned());
    }
    Ok(token)
}

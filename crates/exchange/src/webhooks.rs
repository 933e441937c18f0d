//! Notices to consumers: signed (RFC 9421) over the body's digest (RFC 9530), retried by `jobs`.

use crate::Exchange;
use jobs::Handler;
use serde_json::Value as Json;
use std::sync::Arc;

/// The kind of job that sends one.
pub const JOB: &str = "webhook";

/// Sends a consumer's notices to the address it registered, if it registered one.
pub fn handler(exchange: Exchange) -> Handler {
    let client = outbound::client(exchange.allow_private);
    Arc::new(move |notice| {
        let (exchange, client) = (exchange.clone(), client.clone());
        Box::pin(async move {
            send(&exchange, client.as_ref().map_err(ToString::to_string)?, notice).await
        })
    })
}

async fn send(exchange: &Exchange, client: &reqwest::Client, notice: Json) -> Result<(), String> {
    let deps = exchange.deps.clone();
    let consumer = notice["consumer"].as_str().unwrap_or_default().to_owned();
    let found = exchange
        .db
        .read(move |tx| deps.directory.consumer(tx, &consumer))
        .await
        .map_err(|error| error.to_string())?;
    let Some(address) =
        found.filter(|consumer| consumer.active).and_then(|consumer| consumer.webhook)
    else {
        return Ok(());
    };
    let url = url::Url::parse(&address).map_err(|error| error.to_string())?;
    outbound::check_url(&url, exchange.allow_private)?;
    let body = notice.to_string();
    let now = exchange.world.clock.now();
    let signer = exchange.signer.current(now).map_err(|problem| problem.to_string())?;
    let message = wire::sig9421::Message {
        method: "POST",
        url: url.as_str(),
        content_type: "application/json",
        body: body.as_bytes(),
    };
    let headers = wire::sig9421::sign(message, &signer, now.as_second())
        .map_err(|error| error.to_string())?;
    let sent = client
        .post(url)
        .header("content-type", "application/json")
        .header("content-digest", headers.content_digest)
        .header("signature-input", headers.signature_input)
        .header("signature", headers.signature)
        .body(body)
        .timeout(std::time::Duration::from_secs(10))
        .send()
        .await
        .map_err(|error| {
            if outbound::leads_inside(&error) {
                outbound::INSIDE.to_owned()
            } else {
                error.to_string()
            }
        })?;
    // The consumer's own text is never kept: it could hold anything.
    if sent.status().is_success() {
        Ok(())
    } else {
        Err(format!("the consumer answered {}", sent.status().as_u16()))
    }
}

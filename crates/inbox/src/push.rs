//! Handing a notice to the push service of a browser.

use crate::{Inbox, ops};
use jobs::Handler;
use kernel::Locale;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use url::Url;

/// The kind of job that sends one.
pub(crate) const JOB: &str = "push";

/// How a push service is called: a client that follows no redirect and reaches no inside, and the rule that
/// an address must pass.
#[derive(Clone)]
pub struct Caller {
    /// The client.
    pub client: reqwest::Client,
    /// Refuses an address with the reason.
    pub check: fn(&Url) -> Result<(), &'static str>,
}

/// Does jobs of [`JOB`].
pub(crate) fn handler(inbox: &Inbox) -> Handler {
    let inbox = inbox.clone();
    Arc::new(move |job| {
        let inbox = inbox.clone();
        Box::pin(async move {
            let id = job["subscription"].as_str().unwrap_or_default().to_owned();
            send(&inbox, &id).await
        })
    })
}

/// What a browser is told: the same for everyone.
pub(crate) fn notice(inbox: &Inbox, locale: Locale) -> String {
    let title = web::text(locale, "push-title", &[]);
    json!({"title": title, "body": inbox.government.get(locale), "lang": locale.tag()}).to_string()
}

async fn send(inbox: &Inbox, id: &str) -> Result<(), String> {
    let subscription = id.to_owned();
    let found = inbox
        .db
        .read(move |tx| ops::subscription(tx, &subscription))
        .await
        .map_err(|error| error.to_string())?;
    // Ended meanwhile.
    let Some((endpoint, p256dh, auth, locale)) = found else { return Ok(()) };
    let url = Url::parse(&endpoint).map_err(|_| "the endpoint is no address".to_owned())?;
    (inbox.caller.check)(&url)?;
    let body = wire::push::encrypt(notice(inbox, locale).as_bytes(), &p256dh, &auth)
        .map_err(|error| error.to_string())?;
    let expires = inbox.world.clock.now().as_second() + 12 * 3600;
    let origin = url.origin().ascii_serialization();
    let word = inbox
        .0
        .vapid
        .authorization(&origin, &inbox.base, expires)
        .map_err(|error| error.to_string())?;
    let answer = inbox
        .caller
        .client
        .post(url)
        .header("authorization", word)
        .header("content-encoding", "aes128gcm")
        .header("content-type", "application/octet-stream")
        .header("ttl", "86400")
        .header("urgency", "normal")
        .body(body)
        .timeout(Duration::from_secs(10))
        .send()
        .await
        .map_err(|error| error.without_url().to_string())?;
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        // The browser has given it up (RFC 8030 §7.3).
        404 | 410 => {
            let id = id.to_owned();
            let gone = inbox.db.write(move |tx| ops::gone(tx, &id)).await;
            gone.map_err(|problem| problem.to_string())
        }
        status => Err(format!("the push service answered {status}")),
    }
}

//! Mail through an SMTP server. What is sent says that there is a message, or a code; nothing about anybody.

use crate::{Inbox, ops};
use jobs::Handler;
use kernel::{Id, Locale, Problem};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use serde_json::Value as Json;
use std::{net::IpAddr, sync::Arc, time::Duration};
use url::Url;

/// The kind of job that says that there is a message.
pub(crate) const NOTICE: &str = "mail-notice";
/// The kind of job that sends a code.
pub(crate) const CODE: &str = "mail-code";

/// How mail leaves this installation.
#[derive(Clone)]
pub struct Settings {
    /// `smtps://mail.example` (TLS from the first byte) or `smtp://mail.example` (STARTTLS, required). Only
    /// a server on this machine is spoken to in the clear.
    pub server: String,
    /// Who it is from: `Government <notices@gov.example>`.
    pub from: String,
    /// Name and password at the server.
    pub login: Option<(String, String)>,
}

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Speaks to the mail server.
#[derive(Clone)]
pub struct Mailer {
    transport: Transport,
    from: Mailbox,
}

impl Mailer {
    /// Refuses what would send in the clear over a network.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let url = Url::parse(&settings.server).map_err(|error| format!("mail_server: {error}"))?;
        let host = url.host_str().ok_or("mail_server names no host")?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let here = bare == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "mail_server holds a name or password: give mail_user and mail_password_file"
                    .to_owned(),
            );
        }
        let builder = match url.scheme() {
            "smtps" => Transport::relay(bare).map_err(|error| error.to_string())?,
            "smtp" if here => Transport::builder_dangerous(bare).port(25),
            "smtp" => Transport::starttls_relay(bare).map_err(|error| error.to_string())?,
            other => return Err(format!("mail_server begins with {other}: write smtps or smtp")),
        };
        let builder = url.port().map_or(builder.clone(), |port| builder.port(port));
        let builder = match &settings.login {
            Some((user, password)) => {
                builder.credentials(Credentials::new(user.clone(), password.clone()))
            }
            None => builder,
        };
        let from = settings.from.parse().map_err(|error| format!("mail_from: {error}"))?;
        let transport = builder.timeout(Some(Duration::from_secs(20))).build();
        Ok(Self { transport, from })
    }

    pub(crate) async fn send(&self, to: &str, subject: String, body: String) -> Result<(), String> {
        // The server's own words and the address stay out of what is kept: either could name somebody.
        let to: Mailbox = to.parse().map_err(|_| "the address cannot be written to".to_owned())?;
        let mail = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .header(AutoSubmitted)
            .body(body)
            .map_err(|_| "the mail cannot be written".to_owned())?;
        let sent = tokio::time::timeout(Duration::from_mins(1), self.transport.send(mail)).await;
        match sent {
            Err(_) => Err("the mail server takes too long".to_owned()),
            Ok(Err(error)) => Err(error.status().map_or_else(
                || "the mail server does not answer as it should".to_owned(),
                |status| format!("the mail server answered {status}"),
            )),
            Ok(Ok(_)) => Ok(()),
        }
    }
}

/// RFC 3834: no machine need answer.
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// An address as it may be written to, or `None`.
pub(crate) fn readable(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let plain = typed.len() <= 254 && !typed.chars().any(|c| c.is_whitespace() || c.is_control());
    let (_, host) = typed.rsplit_once('@')?;
    // A host without a dot, or an address of a machine, is nobody's mail address.
    let named = host.contains('.') && !host.starts_with('[');
    (plain && named).then(|| typed.parse::<lettre::Address>().ok())??;
    Some(typed.to_owned())
}

fn asked<'a>(job: &'a Json, name: &str) -> Result<&'a str, String> {
    job[name].as_str().ok_or_else(|| format!("the job names no {name}"))
}

/// Does jobs of [`NOTICE`].
pub(crate) fn notices(inbox: &Inbox) -> Handler {
    let inbox = inbox.clone();
    Arc::new(move |job| {
        let inbox = inbox.clone();
        Box::pin(async move {
            let (person, message) = (Id::from(asked(&job, "person")?), asked(&job, "message")?);
            let message = message.to_owned();
            let found = inbox
                .db
                .read(move |tx| {
                    let unread = ops::is_unread(tx, &person, &message)?;
                    let address = if unread { ops::address(tx, &person)? } else { None };
                    Ok::<_, Problem>(address)
                })
                .await
                .map_err(|error| error.to_string())?;
            // Read meanwhile, put away, or no address any more: nothing need be said.
            let Some(known) = found else { return Ok(()) };
            let (Some(to), Some(mailer)) = (known.proved, &inbox.mailer) else { return Ok(()) };
            let (subject, body) = notice(&inbox, known.locale);
            mailer.send(&to, subject, body).await
        })
    })
}

/// Subject and body of a notice: the same for everyone.
pub(crate) fn notice(inbox: &Inbox, locale: Locale) -> (String, String) {
    let government = inbox.government.get(locale).to_owned();
    let link = format!("{}/my/inbox", inbox.base);
    (
        web::text(locale, "mail-notice-subject", &[("government", government.clone().into())]),
        web::text(
            locale,
            "mail-notice-body",
            &[("government", government.into()), ("link", link.into())],
        ),
    )
}

/// Does jobs of [`CODE`].
pub(crate) fn codes(inbox: &Inbox) -> Handler {
    let inbox = inbox.clone();
    Arc::new(move |job| {
        let inbox = inbox.clone();
        Box::pin(async move {
            let (person, challenge) = (Id::from(asked(&job, "person")?), asked(&job, "challenge")?);
            let (who, now) = (person.clone(), inbox.world.clock.now());
            let known = inbox
                .db
                .read(move |tx| ops::address(tx, &who))
                .await
                .map_err(|error| error.to_string())?;
            let Some(known) = known else { return Ok(()) };
            // Another code was asked for since, or this one is over.
            let current = known.challenge.as_ref().is_some_and(|one| one.as_str() == challenge);
            let (Some(to), true, Some(mailer)) = (known.waiting(now), current, &inbox.mailer)
            else {
                return Ok(());
            };
            let code = ops::code(&inbox, &person, &Id::from(challenge), to);
            let government = inbox.government.get(known.locale).to_owned();
            let values = [
                ("code", code.into()),
                ("government", government.into()),
                ("minutes", (ops::CODE_GOOD / 60).into()),
            ];
            let subject = web::text(known.locale, "mail-code-subject", &values);
            mailer.send(to, subject, web::text(known.locale, "mail-code-body", &values)).await
        })
    })
}

//! `/sign/check`: anybody brings a PDF and reads who signed it; nothing of it is kept.

use super::mine::brought;
use crate::{
    Signing,
    authority::{self, Kind},
    pdf::{self, Found},
    pki,
};
use axum::{
    extract::{Multipart, State as With},
    response::{Html, IntoResponse, Response},
};
use http::StatusCode;
use kernel::{Problem, Timestamp};
use web::{Errors, Outcome, Shell, Visit, page};

#[derive(askama::Template)]
#[template(path = "sign_check.html")]
struct Page {
    shell: Shell,
    errors: Errors,
    found: Option<Checked>,
}

/// What was found in a file.
struct Checked {
    name: String,
    digest: String,
    lines: Vec<Line>,
    /// Whether something was added after the last signature.
    added: bool,
}

struct Line {
    /// Who signed, as the certificate says; empty where nothing could be read.
    name: String,
    issuer: String,
    at: Option<Timestamp>,
    /// Why it is not accepted: a key of a text; empty where it is.
    fault: &'static str,
}

impl Line {
    fn of(one: &Found, trusted: &[pki::Certificate], list: &pki::List, now: Timestamp) -> Self {
        let Ok(held) = &one.held else {
            return Self {
                name: String::new(),
                issuer: String::new(),
                at: None,
                fault: "sign-check-broken",
            };
        };
        Self {
            name: pki::common_name(&held.signer),
            issuer: pki::issuer_name(&held.signer),
            at: held.stamp.as_ref().map(|stamp| stamp.at),
            fault: held.fault(trusted, Some(list), now).map_or("", |fault| match fault {
                crate::cms::Fault::Untrusted | crate::cms::Fault::List => "sign-check-untrusted",
                crate::cms::Fault::Revoked => "sign-check-revoked",
                crate::cms::Fault::Unstamped => "sign-check-unstamped",
            }),
        }
    }
}

fn empty(visit: &Visit, errors: Errors) -> Outcome<Html<String>> {
    page(&Page { shell: visit.shell("sign-check-title"), errors, found: None })
}

/// `GET /sign/check`.
pub(super) async fn show(visit: Visit) -> Outcome<Html<String>> {
    empty(&visit, Errors::default())
}

/// `POST /sign/check`.
pub(super) async fn check(
    With(signing): With<Signing>,
    visit: Visit,
    form: Multipart,
) -> Outcome<Response> {
    let (name, bytes) = brought(&visit, form).await?;
    let (this, now) = (signing.clone(), visit.ctx.now);
    let (mut trusted, list) = signing
        .db
        .read(move |tx| {
            let ca = authority::needed(tx, this.sealer(), Kind::Certificates)?;
            let trusted: Vec<_> = std::iter::once(ca.certificate).chain(ca.chain).collect();
            Ok::<_, Problem>((trusted, authority::crl(tx, this.sealer(), now)?))
        })
        .await?;
    trusted.extend(signing.tsa.iter().flat_map(|tsa| tsa.trusted.iter().cloned()));
    let list = pki::read_crl(&list)?;
    // Ten megabytes of a stranger's file are no work for the threads that answer everybody.
    let read = tokio::task::spawn_blocking(move || {
        if bytes.is_empty() {
            return Err(Problem::new(422, "pdf-missing"));
        }
        let found = pdf::signatures(&bytes)?;
        let digest = pki::hex(&wire::sha256(&[&bytes]));
        let lines = found.iter().map(|one| Line::of(one, &trusted, &list, now)).collect();
        let added = found.last().is_some_and(|last| !last.whole);
        Ok(Checked { name, digest: super::sign::groups(&digest), lines, added })
    });
    match read.await.map_err(Problem::internal)? {
        Ok(found) => {
            let shell = visit.shell("sign-check-title");
            let shown = page(&Page { shell, errors: Errors::default(), found: Some(found) })?;
            Ok(shown.into_response())
        }
        Err(problem) => {
            let mut errors = Errors::default();
            let shell = visit.shell("sign-check-title");
            let said = |end: &str| shell.t(&format!("problem-{}{end}", problem.code));
            errors.add("file", format!("{}. {}", said(""), said("-next")));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, empty(&visit, errors)?).into_response())
        }
    }
}

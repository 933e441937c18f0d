//! What a person signed and refused.

use crate::{
    Signing,
    model::{Form, Request},
    ops, pdf,
    pki::hex,
    rules::{self, Asked},
};
use axum::{
    extract::{Multipart, Path, State as With},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::{Id, Problem};
use std::collections::BTreeMap;
use web::{Errors, Outcome, Shell, Visit, page};

#[derive(askama::Template)]
#[template(path = "signatures.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
    errors: Errors,
}

struct Line {
    request: Request,
    state: &'static str,
    service: String,
    when: String,
    digest: String,
    revoked: bool,
}

/// `GET /my/signatures`.
pub(super) async fn show(With(signing): With<Signing>, visit: Visit) -> Outcome<Html<String>> {
    list(&signing, &visit, Errors::default()).await
}

async fn list(signing: &Signing, visit: &Visit, errors: Errors) -> Outcome<Html<String>> {
    let (this, ctx) = (signing.clone(), visit.ctx.clone());
    let (all, names, revoked) = signing
        .db
        .read(move |tx| {
            let all = ops::history(tx, &ctx, &this)?;
            let mut names = BTreeMap::new();
            for client in all.iter().filter_map(|one| one.client.clone()) {
                if let Some(consumer) = this.directory.consumer(tx, &client)? {
                    names.insert(client, consumer.name);
                }
            }
            Ok::<_, Problem>((all, names, ops::revoked(tx, &ctx, &this)?))
        })
        .await?;
    let shell = visit.shell("signatures-title");
    let line = |request: Request| Line {
        state: request.state_at(visit.ctx.now).as_str(),
        service: request
            .client
            .as_ref()
            .and_then(|client| names.get(client))
            .map_or_else(|| shell.t("signatures-own"), |name| shell.of(name).to_owned()),
        when: shell.moment(&request.answered_at.unwrap_or(request.at)),
        digest: super::sign::groups(&request.digest),
        revoked: request.serial.as_ref().is_some_and(|serial| revoked.contains(serial)),
        request,
    };
    let lines = all.into_iter().map(line).collect();
    page(&Page { shell, lines, errors })
}

/// A form that says nothing but that it was sent.
#[derive(serde::Deserialize)]
pub(super) struct Nothing {}

/// `POST /my/signatures/{id}/disown`: it was not me; the certificate is revoked.
pub(super) async fn disown(
    With(signing): With<Signing>,
    visit: Visit,
    Path(id): Path<Id>,
    web::Form(Nothing {}): web::Form<Nothing>,
) -> Outcome<Redirect> {
    let (this, ctx) = (signing.clone(), visit.ctx.clone());
    signing.db.write(move |tx| ops::disown(tx, &ctx, &this, &id)).await?;
    Ok(Redirect::to("/my/signatures"))
}

/// What was brought: its name and its bytes.
pub(super) async fn brought(
    visit: &Visit,
    mut form: Multipart,
) -> Result<(String, Vec<u8>), Problem> {
    let unreadable = |_| Problem::new(400, "form-unreadable");
    let mut meant = false;
    // The token stands before the file: nothing is read for a form that is not this browser's.
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("csrf") => {
                let sent = field.text().await.map_err(unreadable)?;
                meant = !visit.csrf.is_empty()
                    && wire::seal::same(sent.as_bytes(), visit.csrf.as_bytes());
            }
            Some("file") if meant => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let mut bytes = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
                    if bytes.len() + chunk.len() > pdf::LONGEST {
                        return Err(pdf::Refused::Long.into());
                    }
                    bytes.extend(chunk);
                }
                return Ok((name, bytes));
            }
            _ => break,
        }
    }
    Err(if meant { Problem::new(400, "form-unreadable") } else { Problem::new(403, "form-token") })
}

/// `POST /my/signatures`: a PDF of the person's own; on to where it is signed.
pub(super) async fn bring(
    With(signing): With<Signing>,
    visit: Visit,
    form: Multipart,
) -> Outcome<Response> {
    let (name, bytes) = brought(&visit, form).await?;
    let name: String =
        name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(150).collect();
    let asked = Asked {
        name: if rules::is_name(&name) { name } else { "document.pdf".to_owned() },
        digest: hex(&wire::sha256(&[&bytes])),
        form: Form::Pdf,
        wait: rules::KEPT,
        meant: None,
    };
    let (this, ctx) = (signing.clone(), visit.ctx.clone());
    let made = if bytes.is_empty() {
        Err(Problem::new(422, "pdf-missing"))
    } else {
        signing.db.write(move |tx| ops::ask(tx, &ctx, &this, &asked, Some(&bytes))).await
    };
    match made {
        Ok(request) => Ok(Redirect::to(&format!("/sign/{}", request.id)).into_response()),
        Err(problem) if problem.code.starts_with("pdf-") => {
            let mut errors = Errors::default();
            let shell = visit.shell("signatures-title");
            let said = |end: &str| shell.t(&format!("problem-{}{end}", problem.code));
            errors.add("file", format!("{}. {}", said(""), said("-next")));
            let page = list(&signing, &visit, errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

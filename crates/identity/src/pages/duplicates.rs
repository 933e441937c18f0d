//! Accounts that may be one person's, for a reviewer.

use super::render;
use crate::{
    Identity,
    model::{DuplicateView, State},
    ops::{self, Verdict},
    tell,
};
use askama::Template;
use axum::{
    extract::{Path, State as Of},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::{Id, Problem, Timestamp};
use serde::Deserialize;
use web::{Choice, Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "duplicates.html")]
struct Page {
    shell: Shell,
    all: Vec<DuplicateView>,
    /// The one whose decision was refused, and what was written.
    refused: (String, String),
    errors: Errors,
}

impl Page {
    fn moment(&self, at: &Timestamp) -> String {
        self.shell.moment(at)
    }

    fn choices(&self, one: &DuplicateView) -> Vec<Choice> {
        if one.state == State::Merged {
            return vec![Choice::new("undo", self.shell.t("duplicates-undo"))];
        }
        let keep = |(id, handle, _): &(Id, String, kernel::Text)| {
            Choice::new(id.as_str(), self.shell.t1("duplicates-keep", "account", handle.clone()))
        };
        let [first, second] = &one.accounts;
        vec![keep(first), keep(second), Choice::new("apart", self.shell.t("duplicates-apart"))]
    }

    fn typed(&self, one: &DuplicateView) -> &str {
        if self.refused.0 == one.id.as_str() { &self.refused.1 } else { "" }
    }

    fn error<'a>(&'a self, one: &DuplicateView, field: &str) -> &'a str {
        self.errors.of(&format!("{field}-{}", one.id))
    }
}

async fn load(identity: &Identity, visit: &Visit) -> Result<Page, Problem> {
    let ctx = visit.ctx.clone();
    let all = identity.0.db.write(move |tx| ops::duplicates(tx, &ctx)).await?;
    let shell = visit.shell("duplicates-title");
    Ok(Page { shell, all, refused: Default::default(), errors: Errors::default() })
}

/// `GET /office/duplicates`.
pub(super) async fn page(Of(identity): Of<Identity>, visit: Visit) -> Outcome<Response> {
    render(&load(&identity, &visit).await?)
}

#[derive(Deserialize)]
pub(super) struct Decided {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
}

/// `POST /office/duplicates/{id}`.
pub(super) async fn decide(
    Of(identity): Of<Identity>,
    visit: Visit,
    Path(id): Path<Id>,
    Form(form): Form<Decided>,
) -> Outcome<Response> {
    let verdict = match form.verdict.as_str() {
        "apart" => Some(Verdict::Apart),
        "undo" => Some(Verdict::Undo),
        "" => None,
        keep => Some(Verdict::Merge(Id::from(keep))),
    };
    let (ctx, inbox) = (visit.ctx.clone(), identity.0.inbox.clone());
    let (of, reason, all) = (id.clone(), form.reason.clone(), identity.0.holdings.clone());
    let done = identity
        .0
        .db
        .write(move |tx| {
            let verdict = verdict.as_ref().ok_or_else(|| {
                Problem::new(422, "verdict-form").field("verdict", "verdict-form")
            })?;
            let told = ops::decide_duplicate(tx, &ctx, &of, (verdict, &reason), &all)?;
            match told {
                Some((person, until)) => tell::merged(tx, &ctx, inbox.as_ref(), &person, until),
                None => Ok(()),
            }
        })
        .await;
    match done {
        Ok(()) => Ok(Redirect::to("/office/duplicates").into_response()),
        Err(problem) if problem.status == 422 => {
            let mut page = load(&identity, &visit.at("/office/duplicates")).await?;
            let field = if problem.code == "verdict-form" { "verdict" } else { "reason" };
            let text = page.shell.t(&format!("problem-{}", problem.code));
            page.errors.add(format!("{field}-{id}"), text);
            page.refused = (id.to_string(), form.reason);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

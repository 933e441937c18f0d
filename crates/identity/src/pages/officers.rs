//! Officers and their duties, for administrators.

use super::render;
use crate::{
    Identity,
    model::{Duty, OfficerView},
    ops,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::{Id, Problem};
use serde::Deserialize;
use web::{Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "officers.html")]
struct Page {
    shell: Shell,
    officers: Vec<OfficerView>,
    me: Id,
    form: New,
    errors: Errors,
}

impl Page {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn given(&self, officer: &OfficerView, duty: &Duty) -> Option<String> {
        let given = officer.duties.iter().find(|(one, _)| one == duty);
        given.map(|(_, by)| self.shell.t1("officers-given", "name", self.shell.of(by).to_owned()))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn duty(&self, duty: &Duty) -> String {
        self.shell.t(&format!("duty-{}", duty.as_str()))
    }
}

#[derive(Deserialize, Default)]
pub(super) struct New {
    #[serde(default)]
    account: String,
    #[serde(default)]
    department: String,
}

async fn load(identity: &Identity, visit: &Visit, form: New) -> Result<Page, Problem> {
    let ctx = visit.ctx.clone();
    let me = ctx.person()?.clone();
    let officers = identity.0.db.read(move |tx| ops::officers(tx, &ctx)).await?;
    let shell = visit.shell("officers-title");
    Ok(Page { shell, officers, me, form, errors: Errors::default() })
}

/// `GET /admin/officers`.
pub(super) async fn page(State(identity): State<Identity>, visit: Visit) -> Outcome<Response> {
    render(&load(&identity, &visit, New::default()).await?)
}

/// `POST /admin/officers`.
pub(super) async fn appoint(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<New>,
) -> Outcome<Response> {
    let (ctx, account, department) =
        (visit.ctx.clone(), form.account.clone(), form.department.clone());
    let done =
        identity.0.db.write(move |tx| ops::appoint(tx, &ctx, &account, department.trim())).await;
    match done {
        Ok(()) => Ok(Redirect::to("/admin/officers").into_response()),
        Err(problem) if problem.status == 422 => {
            let mut page = load(&identity, &visit.at("/admin/officers"), form).await?;
            page.errors = Errors::of_problem(&page.shell, &problem);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct Change {
    /// A duty to give.
    #[serde(default)]
    give: Option<String>,
    /// A duty to take back.
    #[serde(default)]
    take: Option<String>,
}

/// `POST /admin/officers/{id}`: gives or takes one duty; without one, the officer leaves.
pub(super) async fn change(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<Id>,
    Form(form): Form<Change>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    let duty = |text: &str| Duty::parse(text).ok_or_else(|| Problem::new(404, "not-found"));
    identity
        .0
        .db
        .write(move |tx| match (&form.give, &form.take) {
            (Some(give), None) => ops::set_duty(tx, &ctx, &id, duty(give)?, true),
            (None, Some(take)) => ops::set_duty(tx, &ctx, &id, duty(take)?, false),
            (None, None) => ops::dismiss(tx, &ctx, &id),
            _ => Err(Problem::new(400, "form-unreadable")),
        })
        .await?;
    Ok(Redirect::to("/admin/officers").into_response())
}

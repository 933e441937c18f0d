//! Companies' accounts: who directs them as the register says, opening one, asking the register again.

use super::render;
use crate::{Identity, model::CompanyView, ops};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Id, Problem, identifiers::Brn};
use serde::Deserialize;
use web::{Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "companies.html")]
struct Page {
    shell: Shell,
    companies: Vec<CompanyView>,
    brn: String,
    errors: Errors,
    done: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: Option<String>,
}

async fn show(
    identity: &Identity,
    visit: &Visit,
    brn: String,
    problem: Option<Problem>,
    done: Option<&str>,
) -> Result<Page, Problem> {
    let ctx = visit.ctx.clone();
    let companies = identity.0.db.read(move |tx| ops::companies_of(tx, &ctx)).await?;
    let shell = visit.shell("companies-title");
    let done = done.filter(|done| ["opened", "checked"].contains(done));
    Ok(Page {
        companies,
        brn,
        errors: problem.map(|problem| Errors::of_problem(&shell, &problem)).unwrap_or_default(),
        done: done.map_or_else(String::new, |done| shell.t(&format!("companies-done-{done}"))),
        shell,
    })
}

/// `GET /my/companies`.
pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Response> {
    render(&show(&identity, &visit, String::new(), None, asked.done.as_deref()).await?)
}

#[derive(Deserialize)]
pub(super) struct Open {
    #[serde(default)]
    brn: String,
}

/// `POST /my/companies`.
pub(super) async fn open(
    State(identity): State<Identity>,
    visit: Visit,
    Form(sent): Form<Open>,
) -> Outcome<Response> {
    match opened(&identity, &visit, &sent.brn).await {
        Ok(_) => Ok(Redirect::to("/my/companies?done=opened").into_response()),
        Err(problem) if problem.status == 422 => {
            let visit = visit.at("/my/companies".to_owned());
            let page = show(&identity, &visit, sent.brn, Some(problem), None).await?;
            Ok((http::StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn opened(identity: &Identity, visit: &Visit, typed: &str) -> Result<Id, Problem> {
    let person = visit.ctx.person()?.clone();
    let refused = |code| Problem::new(422, "company-refused").field("brn", code);
    let brn = Brn::parse(typed).map_err(|wrong| refused(wrong.code()))?;
    identity.0.per_person.admit(&person, visit.ctx.now)?;
    let found = identity.0.companies.registered(&visit.ctx, brn.as_str(), &person).await?;
    let found = found.ok_or_else(|| refused("company-unknown"))?;
    let (ctx, inbox) = (visit.ctx.clone(), identity.0.inbox.clone());
    let open =
        move |tx: &mut store::Tx<'_>| ops::open_company(tx, &ctx, inbox.as_ref(), &brn, &found);
    identity.0.db.write(open).await
}

/// `POST /my/companies/{id}/check`.
pub(super) async fn check(
    State(identity): State<Identity>,
    visit: Visit,
    Path(company): Path<Id>,
    Form(super::sign_in::Nothing {}): Form<super::sign_in::Nothing>,
) -> Outcome<Response> {
    let (ctx, of) = (visit.ctx.clone(), company.clone());
    let brn = identity.0.db.read(move |tx| ops::may_check_company(tx, &ctx, &of)).await?;
    identity.0.per_person.admit(visit.ctx.person()?, visit.ctx.now)?;
    identity.follow_register(&visit.ctx, &company, brn).await?;
    Ok(Redirect::to("/my/companies?done=checked").into_response())
}

//! Who may act for my companies.

use super::{render, role};
use crate::{Identity, model::MandateView, ops};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Id, Problem};
use ports::Authority;
use serde::Deserialize;
use web::{Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "mandates.html")]
struct Page {
    shell: Shell,
    companies: Vec<(Authority, Vec<MandateView>)>,
    done: bool,
}

impl Page {
    fn role(&self, of: &str) -> String {
        role(&self.shell, of)
    }
}

#[derive(Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(query): Query<Done>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let companies = identity.0.db.read(move |tx| ops::mandates_of(tx, &ctx)).await?;
    render(&Page { shell: visit.shell("mandates-title"), companies, done: query.done.is_some() })
}

#[derive(Deserialize)]
pub(super) struct Revoke {
    mandate: String,
}

pub(super) async fn revoke(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Revoke>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    let id = Id::from(form.mandate);
    identity.0.db.write::<_, Problem>(move |tx| ops::revoke_mandate(tx, &ctx, &id)).await?;
    Ok(Redirect::to("/my/mandates?done=1").into_response())
}

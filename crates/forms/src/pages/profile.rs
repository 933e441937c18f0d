//! What a person says of themselves, beside what registers say, with source and date.

use super::{Input, input, named, own_fields, registered, said, value_of};
use crate::{
    Forms,
    fields::FIELDS,
    ops::{self, Filled, Profile},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::Problem;
use ports::Own;
use serde::Deserialize;
use std::collections::HashMap;
use web::{Errors, Form, Outcome, Row, Shell, Visit, page};

#[derive(Template)]
#[template(path = "profile.html")]
struct Page {
    shell: Shell,
    /// Whether registers were asked.
    asked: bool,
    registered: Vec<Row>,
    silent: Vec<String>,
    inputs: Vec<Input>,
    filled: Vec<Filled>,
    done: String,
    errors: Errors,
}

impl Page {
    fn fields(&self, filled: &Filled) -> String {
        let name = |id: &String| self.shell.t(&format!("field-{id}"));
        let joint = if self.shell.chinese() { "、" } else { ", " };
        filled.fields.iter().map(name).collect::<Vec<_>>().join(joint)
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    registers: bool,
    #[serde(default)]
    done: Option<String>,
}

async fn load(
    forms: &Forms,
    visit: &Visit,
    asked: &Asked,
    typed: Option<(&HashMap<String, String>, &Problem)>,
) -> Result<Page, Problem> {
    let ctx = visit.ctx.clone();
    let read = move |tx: &mut store::Tx<'_>| {
        Ok::<_, Problem>((ops::profile(tx, &ctx)?, ops::filled(tx, &ctx)?))
    };
    let (profile, filled): (Profile, _) = forms.db.read(read).await?;
    let shell = visit.at("/my/profile").shell("profile-title");
    let own = if asked.registers {
        registered(forms, &visit.ctx, FIELDS.iter()).await?
    } else {
        Own::default()
    };
    let row = |field| {
        let value = value_of(&own, field)?;
        let from = shell.of(&value.department).to_owned();
        let when = shell.t2("profile-said-by", "department", from, "at", shell.moment(&value.at));
        Some(Row::new(
            named(&shell, field),
            web::Html::rendered(format!(
                "{}<br><span class=\"govuk-hint\">{}</span>",
                web::Html::from(said(&shell, field, value)),
                web::Html::from(when),
            )),
        ))
    };
    let registered: Vec<_> = FIELDS.iter().filter_map(row).collect();
    let errors = typed.map(|(_, problem)| Errors::of_problem(&shell, problem)).unwrap_or_default();
    let one = |field: &'static crate::fields::Field| {
        let kept = profile.get(field.id);
        let hint = kept
            .map(|(_, at)| shell.t1("profile-own-since", "date", shell.date(&shell.zone.day(*at))));
        let value = match typed {
            Some((typed, _)) => typed.get(field.id).cloned().unwrap_or_default(),
            None => kept.map(|(value, _)| value.clone()).unwrap_or_default(),
        };
        let error = errors.of(field.id).to_owned();
        input(&shell, field, field.id.to_owned(), &value, hint.unwrap_or_default(), &error)
    };
    Ok(Page {
        inputs: own_fields().map(one).collect(),
        asked: asked.registers,
        registered,
        silent: own.silent.iter().map(|department| shell.of(department).to_owned()).collect(),
        filled,
        done: asked.done.as_ref().map_or_else(String::new, |_| shell.t("profile-done")),
        errors,
        shell,
    })
}

/// `GET /my/profile`; registers are asked only when the person wants it, since each asking is a look.
pub(super) async fn show(
    State(forms): State<Forms>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Html<String>> {
    page(&load(&forms, &visit, &asked, None).await?)
}

/// `POST /my/profile`.
pub(super) async fn keep(
    State(forms): State<Forms>,
    visit: Visit,
    Form(typed): Form<HashMap<String, String>>,
) -> Outcome<Response> {
    let values = match ops::read(&|id| typed.get(id).cloned().unwrap_or_default()) {
        Ok(values) => values,
        Err(problem) => {
            let page = load(&forms, &visit, &Asked::default(), Some((&typed, &problem))).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, web::page(&page)?).into_response());
        }
    };
    forms.db.write(move |tx| ops::keep(tx, &visit.ctx, &values)).await?;
    Ok(Redirect::to("/my/profile?done=kept").into_response())
}

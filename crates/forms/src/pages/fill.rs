//! A service asks: each value with its source, chosen one by one.

use super::{Input, input, named, registered, said, value_of};
use crate::{
    Forms,
    fields::Field,
    ops::{self, Profile},
    rules::{Answer, Form, Source},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::{Ctx, Id, Problem};
use ports::{Own, OwnValue, Pending};
use std::collections::HashMap;
use web::{Errors, LeadsAway, Outcome, Shell, Visit, page};

/// One field of the form, with what there is to give.
struct Line {
    id: &'static str,
    name: String,
    /// What a register says: its value, who says it, and the digest by which the same value is known again.
    registered: Option<(String, String, String)>,
    /// Where the person writes, with what they said before.
    own: Option<Input>,
    /// `register`, `own` or `none`, as it was chosen; nothing at first.
    chosen: String,
}

#[derive(Template)]
#[template(path = "fill.html")]
struct Page {
    shell: Shell,
    interaction: Id,
    service: String,
    form: Form,
    lines: Vec<Line>,
    silent: Vec<String>,
    errors: Errors,
}

type Typed = HashMap<String, String>;

async fn asked(forms: &Forms, ctx: &Ctx, id: &Id) -> Result<(Pending, Form, Profile), Problem> {
    let (this, ctx, id) = (forms.clone(), ctx.clone(), id.clone());
    forms
        .db
        .read(move |tx| {
            let pending = this
                .authorizations
                .pending(tx, &ctx, &id)?
                .ok_or_else(|| Problem::new(404, "interaction-unknown"))?;
            let form = Form::read(&pending.details)
                .map_err(|_| Problem::new(404, "interaction-unknown"))?;
            Ok((pending, form, ops::profile(tx, &ctx)?))
        })
        .await
}

/// By which a register's value is known again when the form comes back.
fn digest(value: &OwnValue) -> String {
    wire::b64::encode(wire::sha256(&[value.value.to_string().as_bytes()]))
}

fn render(
    visit: &Visit,
    interaction: Id,
    (pending, form, profile): (Pending, Form, Profile),
    own: &Own,
    typed: Option<(&Typed, Errors)>,
) -> Outcome<Response> {
    let service = pending.client_name.get(visit.ctx.locale).to_owned();
    let visit = visit.at(format!("/fill/{interaction}"));
    let title = visit.shell("fill-title").t1("fill-title", "service", service.clone());
    let shell = visit.titled(title);
    let (typed, errors) =
        typed.map_or((None, Errors::default()), |(typed, errors)| (Some(typed), errors));
    let sent = |name: String| typed.and_then(|typed| typed.get(&name)).cloned();
    let line = |field: &'static Field| {
        let registered = value_of(own, field).map(|value| {
            let from = shell.of(&value.department).to_owned();
            let by = shell.t2("profile-said-by", "department", from, "at", shell.moment(&value.at));
            (said(&shell, field, value), by, digest(value))
        });
        let kept = profile.get(field.id);
        let own = field.own.then(|| {
            let since = |at| shell.t1("profile-own-since", "date", shell.date(&shell.zone.day(at)));
            let hint = kept.map_or_else(String::new, |(_, at)| since(*at));
            let id = format!("own-{}", field.id);
            let value = sent(id.clone())
                .unwrap_or_else(|| kept.map(|(value, _)| value.clone()).unwrap_or_default());
            let error = errors.of(&id).to_owned();
            let written = input(&shell, field, id, &value, hint, &error);
            Input {
                name: format!("{} – {}", shell.t("fill-own"), named(&shell, field)), ..written
            }
        });
        Line {
            id: field.id,
            name: named(&shell, field),
            registered,
            own,
            chosen: sent(format!("use-{}", field.id)).unwrap_or_default(),
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let lines = form.wanted().map(line).collect();
    let silent = own.silent.iter().map(|department| shell.of(department).to_owned()).collect();
    let filled = Page { shell, interaction, service, form, lines, silent, errors };
    Ok((status, LeadsAway, page(&filled)?).into_response())
}

/// `GET /fill/{interaction}`.
pub(super) async fn show(
    State(forms): State<Forms>,
    visit: Visit,
    Path(interaction): Path<Id>,
) -> Outcome<Response> {
    let asked = asked(&forms, &visit.ctx, &interaction).await?;
    let own = registered(&forms, &visit.ctx, asked.1.wanted()).await?;
    render(&visit, interaction, asked, &own, None)
}

/// The answers as they were chosen. A register is asked again for what is given of it: what it says
/// otherwise now than was shown is `409 form-stale`.
fn answers(
    ctx: &Ctx,
    form: &Form,
    profile: &Profile,
    own: &Own,
    typed: &Typed,
) -> Result<Vec<Answer>, Problem> {
    let sent = |name: String| typed.get(&name).map(String::as_str).unwrap_or_default();
    let mut problem = Problem::new(422, "profile-refused");
    let mut answers = Vec::new();
    for field in form.wanted() {
        match sent(format!("use-{}", field.id)) {
            "register" => {
                let shown = sent(format!("shown-{}", field.id));
                let value = value_of(own, field).filter(|value| digest(value) == shown);
                let value = value.ok_or_else(|| Problem::new(409, "form-stale"))?;
                answers.push(Answer {
                    field: field.id.to_owned(),
                    value: value.value.clone(),
                    source: Source::Register { register: value.register.clone() },
                    at: value.at,
                });
            }
            "own" if field.own => {
                let name = format!("own-{}", field.id);
                let written = sent(name.clone()).to_owned();
                match field.read(&written) {
                    Ok(Some(value)) => {
                        let kept = profile.get(field.id).filter(|(kept, _)| *kept == value);
                        answers.push(Answer {
                            field: field.id.to_owned(),
                            at: kept.map_or(ctx.now, |(_, at)| *at),
                            value: value.into(),
                            source: Source::SelfDeclared,
                        });
                    }
                    Ok(None) => problem = problem.field(name, "value-missing"),
                    Err(code) => problem = problem.field(name, code),
                }
            }
            _ => {}
        }
    }
    if answers.is_empty() && problem.fields.is_empty() {
        return Err(Problem::new(422, "nothing-ticked"));
    }
    if problem.fields.is_empty() { Ok(answers) } else { Err(problem) }
}

/// `POST /fill/{interaction}`: what was chosen, or no.
pub(super) async fn answer(
    State(forms): State<Forms>,
    visit: Visit,
    Path(interaction): Path<Id>,
    web::Form(typed): web::Form<Typed>,
) -> Outcome<Response> {
    let asked = asked(&forms, &visit.ctx, &interaction).await?;
    let (this, ctx) = (forms.clone(), visit.ctx.clone());
    if typed.get("action").map(String::as_str) != Some("give") {
        let away =
            forms.db.write(move |tx| this.authorizations.refuse(tx, &ctx, &interaction)).await?;
        return Ok((LeadsAway, Redirect::to(&away)).into_response());
    }
    let (pending, form, profile) = &asked;
    let from_register = |field: &&Field| {
        typed.get(&format!("use-{}", field.id)).is_some_and(|one| one == "register")
    };
    let own = registered(&forms, &visit.ctx, form.wanted().filter(from_register)).await?;
    let given = match answers(&ctx, form, profile, &own, &typed) {
        Ok(given) => given,
        Err(problem) if problem.status == 422 => {
            let own = registered(&forms, &visit.ctx, form.wanted()).await?;
            let errors = Errors::of_problem(&visit.shell("profile-title"), &problem);
            return render(&visit, interaction, asked, &own, Some((&typed, errors)));
        }
        Err(problem) => return Err(problem.into()),
    };
    let (pending, form) = (pending.clone(), form.clone());
    let away = forms
        .db
        .write(move |tx| {
            let with = (&this.0.port, this.authorizations.as_ref());
            ops::fill(tx, &ctx, with, &pending, &form, &given)
        })
        .await?;
    Ok((LeadsAway, Redirect::to(&away)).into_response())
}

impl Page {
    fn form_name(&self) -> &str {
        self.shell.of(&self.form.form)
    }

    fn why(&self) -> &str {
        self.shell.of(&self.form.why)
    }
}

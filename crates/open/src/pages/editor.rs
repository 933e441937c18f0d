//! An officer's notices: all of the department, writing one, taking one back.

use crate::{
    Open,
    ops::{self, NewNotice, Notice},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::StatusCode;
use kernel::{Date, Id, Problem, Text};
use serde::Deserialize;
use web::{Errors, Form, Outcome, Shell, Visit, page};

#[derive(Template)]
#[template(path = "office_notices.html")]
struct List {
    shell: Shell,
    department: String,
    /// Each with how it stands, and the colour of that.
    notices: Vec<(Notice, &'static str, &'static str)>,
    done: String,
}

impl List {
    /// From when until when.
    fn days(&self, notice: &Notice) -> String {
        let last = notice.until - jiff::SignedDuration::from_secs(1);
        let day = |at| self.shell.date(&self.shell.zone.day(at));
        self.shell.t2("open-from-until", "from", day(notice.from), "until", day(last))
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    done: Option<String>,
    #[serde(default)]
    id: Option<Id>,
}

/// `GET /office/notices`.
pub(super) async fn list(
    State(open): State<Open>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Html<String>> {
    let (ctx, now) = (visit.ctx.clone(), visit.ctx.now);
    let notices = open.0.db.read(move |tx| ops::own(tx, &ctx)).await?;
    let shell = visit.shell("open-office-title");
    let (_, department) = visit.ctx.officer()?;
    let standing = |notice: Notice| {
        let (words, colour) = if notice.withdrawn {
            ("open-withdrawn", "red")
        } else if notice.stands(now) {
            ("open-published", "green")
        } else if now < notice.from {
            ("open-planned", "yellow")
        } else {
            ("open-over", "grey")
        };
        (notice, words, colour)
    };
    let done = asked.done.as_deref().filter(|done| ["published", "withdrawn"].contains(done));
    page(&List {
        department: shell.of(&open.department(department)).to_owned(),
        notices: notices.into_iter().map(standing).collect(),
        done: done.map_or_else(String::new, |done| shell.t(&format!("open-done-{done}"))),
        shell,
    })
}

/// What was written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Written {
    id: String,
    title_en: String,
    title_tc: String,
    title_sc: String,
    body_en: String,
    body_tc: String,
    body_sc: String,
    from_day: String,
    from_month: String,
    from_year: String,
    until_day: String,
    until_month: String,
    until_year: String,
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let (month, day) = (month.trim().parse().ok()?, day.trim().parse().ok()?);
    Date::new(year.trim().parse().ok()?, month, day).ok()
}

impl Written {
    fn notice(&self) -> NewNotice {
        let text = |en: &String, tc: &String, sc: &String| Text {
            en: en.replace("\r\n", "\n"),
            tc: tc.replace("\r\n", "\n"),
            sc: sc.replace("\r\n", "\n"),
        };
        NewNotice {
            title: text(&self.title_en, &self.title_tc, &self.title_sc),
            body: text(&self.body_en, &self.body_tc, &self.body_sc),
            from: date(&self.from_year, &self.from_month, &self.from_day),
            until: date(&self.until_year, &self.until_month, &self.until_day),
            made_up: false,
        }
    }

    fn of(notice: Notice, shell: &Shell) -> Self {
        let last = notice.until - jiff::SignedDuration::from_secs(1);
        let (from, until) = (shell.zone.day(notice.from), shell.zone.day(last));
        Self {
            id: notice.id.to_string(),
            title_en: notice.title.en,
            title_tc: notice.title.tc,
            title_sc: notice.title.sc,
            body_en: notice.body.en,
            body_tc: notice.body.tc,
            body_sc: notice.body.sc,
            from_day: from.day().to_string(),
            from_month: from.month().to_string(),
            from_year: from.year().to_string(),
            until_day: until.day().to_string(),
            until_month: until.month().to_string(),
            until_year: until.year().to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "office_notice.html")]
struct Edit {
    shell: Shell,
    written: Written,
    errors: Errors,
}

/// `GET /office/notices/edit`: a new one, or one of the department.
pub(super) async fn edit(
    State(open): State<Open>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Html<String>> {
    let (_, own) = visit.ctx.officer()?;
    let own = own.to_owned();
    let shell = visit.shell("open-write");
    let written = match asked.id {
        None => {
            let today = shell.zone.day(visit.ctx.now);
            Written {
                from_day: today.day().to_string(),
                from_month: today.month().to_string(),
                from_year: today.year().to_string(),
                ..Written::default()
            }
        }
        Some(id) => {
            let ctx = visit.ctx.clone();
            let notice = open.0.db.read(move |tx| ops::one(tx, &ctx, &id)).await?;
            if notice.department != own || notice.withdrawn {
                return Err(Problem::new(404, "notice-unknown").into());
            }
            Written::of(notice, &shell)
        }
    };
    page(&Edit { written, errors: Errors::default(), shell })
}

/// `POST /office/notices`: a new one, or a change.
pub(super) async fn save(
    State(open): State<Open>,
    visit: Visit,
    Form(written): Form<Written>,
) -> Outcome<Response> {
    let (ctx, new, id) = (visit.ctx.clone(), written.notice(), Id::from(written.id.as_str()));
    let department = ctx.officer()?.1.to_owned();
    let saved = open.0.db.write(move |tx| {
        if id.as_str().is_empty() {
            ops::publish(tx, &ctx, &department, &new).map(drop)
        } else {
            ops::change(tx, &ctx, &id, &new)
        }
    });
    match saved.await {
        Ok(()) => Ok(Redirect::to("/office/notices?done=published").into_response()),
        Err(problem) if problem.status == 422 => {
            let shell = visit.at("/office/notices/edit").shell("open-write");
            let errors = Errors::of_problem(&shell, &problem);
            let page = web::page(&Edit { shell, written, errors })?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A form that says all by being sent.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /office/notices/{id}/withdraw`.
pub(super) async fn withdraw(
    State(open): State<Open>,
    visit: Visit,
    Path(id): Path<Id>,
    Form(Nothing {}): Form<Nothing>,
) -> Outcome<Redirect> {
    open.0.db.write(move |tx| ops::withdraw(tx, &visit.ctx, &id)).await?;
    Ok(Redirect::to("/office/notices?done=withdrawn"))
}

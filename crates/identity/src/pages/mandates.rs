//! Who may act for my companies: the list, giving a mandate, agreeing to one, ending one.

use super::{render, role};
use crate::{
    Identity,
    model::{GivenToMe, Managed},
    ops::{self, NewOffer},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, civil::Date};
use kernel::{Id, Problem, Text, Timestamp, Zone, identifiers::Hkid};
use serde::Deserialize;
use web::{Choice, Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "mandates.html")]
struct Page {
    shell: Shell,
    companies: Vec<Managed>,
    given: Vec<GivenToMe>,
    /// The purposes there are.
    purposes: Vec<(String, Text)>,
    /// The mandate that is about to be ended, and whose it is.
    ending: Option<(Id, Text)>,
    done: String,
}

impl Page {
    fn role(&self, of: &str) -> String {
        role(&self.shell, of)
    }

    /// For what, how many, until when: `Deciding a loan · 2 must agree · until 22 May 2027`.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn terms(&self, purposes: &[String], needs: &u32, until: Option<&Timestamp>) -> String {
        let named = |id: &String| {
            let known = self.purposes.iter().find(|(known, _)| known == id);
            known.map_or_else(|| id.clone(), |(_, name)| self.shell.of(name).to_owned())
        };
        let joint = if self.shell.chinese() { "、" } else { ", " };
        let what = match purposes {
            [] => self.shell.t("mandates-all-purposes"),
            some => some.iter().map(named).collect::<Vec<_>>().join(joint),
        };
        let many = match needs {
            1 => self.shell.t("mandates-alone"),
            many => self.shell.t1("mandates-needs", "needs", *many),
        };
        let end = until.map_or_else(
            || self.shell.t("mandates-unlimited"),
            |until| self.shell.t1("mandates-until", "until", last_day(&self.shell, *until)),
        );
        [what, many, end].join(" · ")
    }
}

/// The last day before a mandate's end.
fn last_day(shell: &Shell, end: Timestamp) -> String {
    shell.date(&shell.zone.day(end - SignedDuration::from_secs(1)))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    end: Option<Id>,
    #[serde(default)]
    done: Option<String>,
}

/// `GET /my/mandates`.
pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let (companies, given) = identity
        .0
        .db
        .read(move |tx| {
            Ok::<_, Problem>((ops::mandates_of(tx, &ctx)?, ops::given_to_me(tx, &ctx)?))
        })
        .await?;
    let of_others = companies
        .iter()
        .flat_map(|company| &company.mandates)
        .filter(|mandate| mandate.delegated)
        .map(|mandate| (mandate.id.clone(), mandate.name.clone()));
    let of_mine = given.iter().map(|mandate| (mandate.id.clone(), mandate.company.clone()));
    let ending = of_others.chain(of_mine).find(|(id, _)| asked.end.as_ref() == Some(id));
    let shell = visit.shell("mandates-title");
    let done = asked
        .done
        .as_deref()
        .filter(|done| ["given", "offered", "agreed", "withdrawn", "ended"].contains(done));
    render(&Page {
        done: done.map_or_else(String::new, |done| shell.t(&format!("mandates-done-{done}"))),
        companies,
        given,
        purposes: identity.0.records.purposes(),
        ending,
        shell,
    })
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("/my/mandates?done={what}")).into_response()
}

#[derive(Template)]
#[template(path = "mandate_give.html")]
struct GivePage {
    shell: Shell,
    company: Id,
    company_name: Text,
    /// How many must agree before it counts.
    agree: u32,
    purposes: Vec<Choice>,
    needs: Vec<Choice>,
    /// In the demonstration: somebody to give it to, with their card number.
    somebody: Option<(String, String)>,
    form: Give,
    errors: Errors,
}

#[derive(Deserialize)]
pub(super) struct For {
    company: Option<Id>,
}

#[derive(Deserialize, Default, Clone)]
pub(super) struct Give {
    #[serde(default)]
    company: String,
    #[serde(default)]
    hkid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    purpose: Vec<String>,
    #[serde(default)]
    needs: String,
    #[serde(default, rename = "until-day")]
    day: String,
    #[serde(default, rename = "until-month")]
    month: String,
    #[serde(default, rename = "until-year")]
    year: String,
}

impl Give {
    /// The end of the last day; what is no day has passed long ago.
    fn until(&self, zone: &Zone) -> Timestamp {
        let number = |text: &str| text.trim().parse::<i16>().ok();
        let small = |text: &str| i8::try_from(number(text)?).ok();
        let day = || Date::new(number(&self.year)?, small(&self.month)?, small(&self.day)?).ok();
        day().map_or(Timestamp::UNIX_EPOCH, |day| zone.end_of(day))
    }
}

async fn form(
    identity: &Identity,
    visit: &Visit,
    company: Id,
    form: Give,
    problem: Option<Problem>,
) -> Result<GivePage, Problem> {
    let ctx = visit.ctx.clone();
    let companies = identity.0.db.read(move |tx| ops::mandates_of(tx, &ctx)).await?;
    let managed = companies.into_iter().find(|one| one.authority.company.id == company);
    let Managed { authority, mandates, .. } =
        managed.ok_or_else(|| Problem::new(404, "not-found"))?;
    let somebody = if identity.0.demo {
        let found = identity.0.db.read(move |tx| {
            let all = ops::personas(tx)?;
            let other = all.iter().find(|one| !mandates.iter().any(|held| held.person == one.id));
            other.map(|other| ops::subject(tx, &other.id)).transpose().map(Option::flatten)
        });
        found.await?
    } else {
        None
    };
    let shell = visit.shell("mandate-give-title");
    let purposes = identity.0.records.purposes().into_iter();
    let purposes = purposes.filter(|(id, _)| authority.covers(id)).map(|(id, name)| {
        let ticked = form.purpose.contains(&id);
        Choice::new(id, shell.of(&name)).checked(ticked)
    });
    let many = |many: u32| {
        let text = match many {
            1 => shell.t("mandates-alone"),
            _ => shell.t1("mandates-needs", "needs", many),
        };
        Choice::new(many.to_string(), text).checked(form.needs == many.to_string())
    };
    Ok(GivePage {
        company_name: authority.company.name.clone(),
        company,
        agree: authority.needs,
        somebody: somebody.map(|person| {
            let card = Hkid::parse(&person.key).map(|card| card.pretty());
            (shell.of(&person.name).to_owned(), card.unwrap_or_default())
        }),
        purposes: purposes.collect(),
        needs: (1..=3).map(many).collect(),
        errors: problem.map(|problem| Errors::of_problem(&shell, &problem)).unwrap_or_default(),
        form,
        shell,
    })
}

/// `GET /my/mandates/give`.
pub(super) async fn give_form(
    State(identity): State<Identity>,
    visit: Visit,
    Query(of): Query<For>,
) -> Outcome<Response> {
    let Some(company) = of.company else { return Ok(Redirect::to("/my/mandates").into_response()) };
    render(&form(&identity, &visit, company, Give::default(), None).await?)
}

/// `POST /my/mandates/give`.
pub(super) async fn give(
    State(identity): State<Identity>,
    visit: Visit,
    Form(sent): Form<Give>,
) -> Outcome<Response> {
    let new = NewOffer {
        company: Id::from(sent.company.as_str()),
        hkid: sent.hkid.clone(),
        name: sent.name.clone(),
        purposes: sent.purpose.clone(),
        needs: sent.needs.parse().unwrap_or(0),
        until: sent.until(&visit.ctx.zone),
    };
    let known: Vec<_> = identity.0.records.purposes().into_iter().map(|(id, _)| id).collect();
    let (ctx, company) = (visit.ctx.clone(), new.company.clone());
    let inbox = identity.0.inbox.clone();
    let offer =
        move |tx: &mut store::Tx<'_>| ops::offer_mandate(tx, &ctx, inbox.as_ref(), &new, &known);
    let given = identity.0.db.write(offer).await;
    match given {
        Ok(counts) => Ok(done(if counts { "given" } else { "offered" })),
        Err(problem) if problem.status == 422 => {
            let visit = visit.at(format!("/my/mandates/give?company={company}"));
            let page = form(&identity, &visit, company, sent, Some(problem)).await?;
            Ok((http::StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /my/mandates/offers/{id}/{answer}`: `agree` or `withdraw`.
pub(super) async fn answer(
    State(identity): State<Identity>,
    visit: Visit,
    Path((offer, answer)): Path<(Id, String)>,
    Form(super::sign_in::Nothing {}): Form<super::sign_in::Nothing>,
) -> Outcome<Response> {
    let (ctx, inbox) = (visit.ctx, identity.0.inbox.clone());
    let what = identity.0.db.write::<_, Problem>(move |tx| match answer.as_str() {
        "agree" if ops::agree_to_mandate(tx, &ctx, inbox.as_ref(), &offer)? => Ok("given"),
        "agree" => Ok("agreed"),
        "withdraw" => ops::withdraw_mandate(tx, &ctx, &offer).map(|()| "withdrawn"),
        _ => Err(Problem::new(404, "not-found")),
    });
    Ok(done(what.await?))
}

#[derive(Deserialize)]
pub(super) struct Revoke {
    mandate: String,
}

/// `POST /my/mandates/revoke`.
pub(super) async fn revoke(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Revoke>,
) -> Outcome<Response> {
    let (ctx, inbox) = (visit.ctx, identity.0.inbox.clone());
    let id = Id::from(form.mandate);
    let end = move |tx: &mut store::Tx<'_>| ops::revoke_mandate(tx, &ctx, inbox.as_ref(), &id);
    identity.0.db.write::<_, Problem>(end).await?;
    Ok(done("ended"))
}

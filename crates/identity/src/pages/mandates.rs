//! Who may act for my companies: the list, giving a mandate, agreeing to one, ending one.

use super::render;
use crate::{
    Identity,
    model::{GivenToMe, Managed, PastMandate},
    ops::{self, NewOffer},
    rules::mandates::ONWARD,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, civil::Date};
use kernel::{Currency, Id, Money, Problem, Text, Timestamp, Zone, identifiers::IdentityCard};
use ports::Extent;
use serde::Deserialize;
use web::{Choice, Errors, Form, Outcome, Shell, Visit};

#[derive(Template)]
#[template(path = "mandates.html")]
struct Page {
    shell: Shell,
    companies: Vec<Managed>,
    given: Vec<GivenToMe>,
    words: Words,
    /// The mandate that is about to be ended, and whose it is.
    ending: Option<(Id, Text)>,
    done: String,
}

/// The names of the purposes there are.
struct Words(Vec<(String, Text)>);

impl Words {
    /// How far a mandate goes: `Deciding a loan · 2 must agree · up to HK$ 50,000.00 · until 22 May 2027`.
    fn of(&self, shell: &Shell, extent: &Extent) -> String {
        let named = |id: &String| {
            let known = self.0.iter().find(|(known, _)| known == id);
            known.map_or_else(|| id.clone(), |(_, name)| shell.of(name).to_owned())
        };
        let joint = if shell.chinese() { "、" } else { ", " };
        let mut parts = vec![match &extent.purposes[..] {
            [] => shell.t("mandates-all-purposes"),
            some => some.iter().map(named).collect::<Vec<_>>().join(joint),
        }];
        parts.push(match extent.needs {
            1 => shell.t("mandates-alone"),
            many => shell.t1("mandates-needs", "needs", many),
        });
        parts.extend(extent.most.map(|most| shell.t1("mandates-most", "sum", shell.money(&most))));
        parts.push(extent.until.map_or_else(
            || shell.t("mandates-unlimited"),
            |until| shell.t1("mandates-until", "until", last_day(shell, until)),
        ));
        parts.extend((extent.onward > 0).then(|| shell.t("mandates-onward")));
        parts.join(" · ")
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
    let of_mine = given.iter().map(|mandate| (mandate.id.clone(), mandate.name.clone()));
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
        words: Words(identity.0.records.purposes()),
        ending,
        shell,
    })
}

#[derive(Template)]
#[template(path = "mandate_history.html")]
struct HistoryPage {
    shell: Shell,
    company: Text,
    all: Vec<PastMandate>,
    words: Words,
    now: Timestamp,
}

impl HistoryPage {
    /// How it ended, or that it stands.
    fn end(&self, past: &PastMandate) -> String {
        let ran_out = past.extent.until.filter(|until| *until <= self.now);
        match (&past.ended, ran_out) {
            (Some((at, Some(by))), _) => self.shell.t2(
                "mandates-ended-by",
                "at",
                self.shell.moment(at),
                "name",
                self.shell.of(by).to_owned(),
            ),
            (Some((at, None)), _) => {
                self.shell.t1("mandates-ended-register", "at", self.shell.moment(at))
            }
            (None, Some(until)) => {
                self.shell.t1("mandates-ran-out", "at", last_day(&self.shell, until))
            }
            (None, None) => self.shell.t("mandates-stands"),
        }
    }
}

/// `GET /my/mandates/history`.
pub(super) async fn history(
    State(identity): State<Identity>,
    visit: Visit,
    Query(of): Query<For>,
) -> Outcome<Response> {
    let Some(company) = of.company else { return Ok(Redirect::to("/my/mandates").into_response()) };
    let ctx = visit.ctx.clone();
    let found = identity.0.db.read(move |tx| ops::history_of(tx, &ctx, &company)).await?;
    let (company, all) = found;
    let words = Words(identity.0.records.purposes());
    let now = visit.ctx.now;
    render(&HistoryPage { shell: visit.shell("mandates-history"), company, all, words, now })
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
    /// The most that whoever gives may give.
    most: Option<Money>,
    /// How far it may be given on.
    onward: Vec<Choice>,
    /// In the demonstration: somebody to give it to, with their card number.
    somebody: Option<(String, String)>,
    form: Give,
    errors: Errors,
}

impl GivePage {
    fn most_hint(&self) -> String {
        match &self.most {
            Some(most) => self.shell.t1("mandate-give-most-own", "sum", self.shell.money(most)),
            None => self.shell.t("mandate-give-most-hint"),
        }
    }
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
    #[serde(default)]
    most: String,
    #[serde(default)]
    onward: String,
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

    /// Empty: no limit. What is no sum is nought, which nobody may give.
    fn most(&self, currency: Currency) -> Option<Money> {
        let typed = || Money::typed(&self.most, currency).unwrap_or(Money::new(0, currency));
        (!self.most.trim().is_empty()).then(typed)
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
    let Managed { authority, mandates, manages, .. } =
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
    let purposes = purposes.filter(|(id, _)| authority.extent.covers(id)).map(|(id, name)| {
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
    let onward = if manages { ONWARD } else { authority.extent.onward.saturating_sub(1) };
    let further = |onward: u32| {
        let chosen = form.onward == onward.to_string() || (form.onward.is_empty() && onward == 0);
        Choice::new(onward.to_string(), shell.t(&format!("mandate-give-onward-{onward}")))
            .checked(chosen)
    };
    Ok(GivePage {
        company_name: authority.company.name.clone(),
        company,
        agree: authority.extent.needs,
        most: authority.extent.most,
        onward: (0..=onward).map(further).collect(),
        somebody: somebody.map(|person| {
            let card = IdentityCard::parse(&person.key).map(|card| card.pretty());
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
        extent: Extent {
            purposes: sent.purpose.clone(),
            needs: sent.needs.parse().unwrap_or(0),
            until: Some(sent.until(&visit.ctx.zone)),
            most: sent.most(visit.ctx.currency),
            onward: sent.onward.parse().unwrap_or(if sent.onward.is_empty() {
                0
            } else {
                u32::MAX
            }),
        },
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

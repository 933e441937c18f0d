//! `/services`, `/offices`, `/calendar`, `/notices`; `/office/notices`: an officer writes.

mod editor;

use crate::{
    Open,
    content::{Office, Queue},
    hours::{Stands, stands},
    ops::{self, Notice},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Html,
    routing::{get, post},
};
use kernel::{Ctx, Date, Id, Problem, Text};
use web::{Audience, Outcome, Routes, Shell, Visit, page};

/// Every route of this crate, each with its audience.
pub fn routes(open: &Open) -> Routes {
    let with = |handler: axum::routing::MethodRouter<Open>| handler.with_state(open.clone());
    Routes::new()
        .route("GET", "/services", Audience::Public, with(get(services)))
        .route("GET", "/offices", Audience::Public, with(get(offices)))
        .route("GET", "/calendar", Audience::Public, with(get(calendar)))
        .route("GET", "/notices", Audience::Public, with(get(notices)))
        .route("GET", "/notices/{id}", Audience::Public, with(get(notice)))
        .route("GET", "/office/notices", Audience::Officer, with(get(editor::list)))
        .route("GET", "/office/notices/edit", Audience::Officer, with(get(editor::edit)))
        .route("POST", "/office/notices", Audience::Officer, with(post(editor::save)))
        .route(
            "POST",
            "/office/notices/{id}/withdraw",
            Audience::Officer,
            with(post(editor::withdraw)),
        )
}

/// What the home page shows of today.
pub struct Today {
    /// Services: link, name, what for.
    pub services: Vec<(String, String, String)>,
    /// Notices that stand: link, title, who says it.
    pub notices: Vec<(String, String, String)>,
    /// The holiday today, if it is one.
    pub holiday: Option<String>,
    /// The next holidays: day and name.
    pub next: Vec<(String, String)>,
    /// Offices: name and place, whether open, how that is said.
    pub offices: Vec<(String, bool, String)>,
}

impl Open {
    /// What the home page shows of today.
    pub async fn today(&self, ctx: &Ctx, shell: &Shell) -> Result<Today, Problem> {
        let now = ctx.now;
        let notices = self.0.db.read(move |tx| ops::current(tx, now)).await?;
        let today = ctx.zone.day(now);
        let content = &self.0.content;
        let service = |service: &crate::content::Service| {
            let words = (shell.of(&service.name).to_owned(), shell.of(&service.what).to_owned());
            (service.link.clone(), words.0, words.1)
        };
        let line = |notice: &Notice| {
            let title = shell.of(&notice.title).to_owned();
            (format!("/notices/{}", notice.id), title, self.said_by(shell, notice))
        };
        let office = |office: &Office| {
            let (open, words) = self.standing(ctx, shell, office);
            let name = shell.of(&office.name).to_owned();
            (name, open, words)
        };
        Ok(Today {
            services: content.services.iter().map(service).collect(),
            notices: notices.iter().take(5).map(line).collect(),
            holiday: content.holiday(today).map(|day| shell.of(&day.name).to_owned()),
            next: self.holidays(shell, today).take(3).collect(),
            offices: content.offices.iter().map(office).collect(),
        })
    }

    fn holidays<'a>(
        &'a self,
        shell: &'a Shell,
        after: Date,
    ) -> impl Iterator<Item = (String, String)> + 'a {
        let all = self.0.content.calendar.iter().flat_map(|calendar| &calendar.holidays);
        all.filter(move |day| day.date > after).map(|day| {
            let weekday = day.date.weekday().to_monday_one_offset();
            let weekday = shell.t(&format!("open-day-{weekday}"));
            let date = shell.date(&day.date);
            (
                shell.t2("open-date", "date", date, "weekday", weekday),
                shell.of(&day.name).to_owned(),
            )
        })
    }

    fn said_by(&self, shell: &Shell, notice: &Notice) -> String {
        let department = self.department(&notice.department);
        let date = shell.date(&shell.zone.day(notice.from));
        let said = format!("{} · {date}", shell.of(&department));
        if notice.made_up { format!("{said} · {}", shell.t("made-up")) } else { said }
    }

    /// Whether an office is open now, and how that is said.
    fn standing(&self, ctx: &Ctx, shell: &Shell, office: &Office) -> (bool, String) {
        let now = ctx.zone.local(ctx.now).datetime();
        match stands(&self.0.content, office, now) {
            Stands::Open(until) => {
                let time = until.strftime("%H:%M").to_string();
                (true, shell.t1("open-until", "time", time))
            }
            Stands::Closed(from) => {
                let weekday = from.date().weekday().to_monday_one_offset();
                let day = if from.date() == now.date() {
                    shell.t("open-today")
                } else {
                    shell.t(&format!("open-day-{weekday}"))
                };
                let time = from.strftime("%H:%M").to_string();
                (false, shell.t2("open-opens", "day", day, "time", time))
            }
            Stands::Unknown => (false, shell.t("open-unknown")),
        }
    }
}

#[derive(Template)]
#[template(path = "services.html")]
struct Services {
    shell: Shell,
    services: Vec<(String, String, String, String)>,
}

async fn services(State(open): State<Open>, visit: Visit) -> Outcome<Html<String>> {
    let shell = visit.shell("open-services");
    let line = |service: &crate::content::Service| {
        let department = open.department(&service.department);
        let words = |text: &Text| shell.of(text).to_owned();
        (service.link.clone(), words(&service.name), words(&service.what), words(&department))
    };
    let services = open.0.content.services.iter().map(line).collect();
    page(&Services { shell, services })
}

/// One office, as its card shows it.
struct Card {
    name: String,
    place: String,
    department: String,
    phone: String,
    call: String,
    open: bool,
    standing: String,
    hours: Vec<String>,
    source: String,
    said_on: String,
    made_up: bool,
    queues: Vec<Queue>,
}

#[derive(Template)]
#[template(path = "offices.html")]
struct Offices {
    shell: Shell,
    cards: Vec<Card>,
}

impl Offices {
    /// How long one waits, and whether that is longer than is promised.
    fn wait(&self, queue: &Queue) -> String {
        let minutes = i64::from(queue.minutes);
        self.shell.t2("open-wait", "minutes", minutes, "pledge", i64::from(queue.pledge))
    }
}

async fn offices(State(open): State<Open>, visit: Visit) -> Outcome<Html<String>> {
    let shell = visit.shell("open-offices");
    let card = |office: &Office| {
        let (is_open, standing) = open.standing(&visit.ctx, &shell, office);
        let hours = office.hours.iter().map(|hours| {
            let day =
                |at: Option<&i8>| shell.t(&format!("open-day-{}", at.copied().unwrap_or_default()));
            let days = match (hours.days.first(), hours.days.last()) {
                (first, last) if first == last => day(first),
                (first, last) => shell.t2("open-days", "first", day(first), "last", day(last)),
            };
            let time = |at: jiff::civil::Time| at.strftime("%H:%M").to_string();
            format!("{days} {}–{}", time(hours.from), time(hours.to))
        });
        Card {
            name: shell.of(&office.name).to_owned(),
            place: shell.of(&office.place).to_owned(),
            department: shell.of(&open.department(&office.department)).to_owned(),
            phone: office.phone.pretty(),
            call: office.phone.as_str().to_owned(),
            open: is_open,
            standing,
            hours: hours.collect(),
            source: office.source.clone().unwrap_or_default(),
            said_on: office.said_on.map_or_else(String::new, |day| shell.date(&day)),
            made_up: office.made_up,
            queues: office.queues.clone(),
        }
    };
    let cards = open.0.content.offices.iter().map(card).collect();
    page(&Offices { shell, cards })
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct CalendarPage {
    shell: Shell,
    holidays: Vec<(String, String)>,
    source: String,
    read_on: String,
}

async fn calendar(State(open): State<Open>, visit: Visit) -> Outcome<Html<String>> {
    let shell = visit.shell("open-calendar");
    let before = visit.ctx.zone.day(visit.ctx.now).yesterday().unwrap_or_default();
    let calendar = open.0.content.calendar.as_ref();
    page(&CalendarPage {
        holidays: open.holidays(&shell, before).collect(),
        source: calendar.map(|calendar| calendar.source.clone()).unwrap_or_default(),
        read_on: calendar.map(|calendar| shell.date(&calendar.read_on)).unwrap_or_default(),
        shell,
    })
}

#[derive(Template)]
#[template(path = "notices.html")]
struct Notices {
    shell: Shell,
    notices: Vec<(String, String, String)>,
}

async fn notices(State(open): State<Open>, visit: Visit) -> Outcome<Html<String>> {
    let now = visit.ctx.now;
    let found = open.0.db.read(move |tx| ops::current(tx, now)).await?;
    let shell = visit.shell("open-notices");
    let line = |notice: &Notice| {
        let title = shell.of(&notice.title).to_owned();
        (format!("/notices/{}", notice.id), title, open.said_by(&shell, notice))
    };
    page(&Notices { notices: found.iter().map(line).collect(), shell })
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    shell: Shell,
    said_by: String,
    paragraphs: Vec<String>,
    until: String,
}

async fn notice(
    State(open): State<Open>,
    visit: Visit,
    Path(id): Path<Id>,
) -> Outcome<Html<String>> {
    let ctx = visit.ctx.clone();
    let notice = open.0.db.read(move |tx| ops::one(tx, &ctx, &id)).await?;
    let shell = visit.titled(notice.title.get(visit.ctx.locale));
    let body = shell.of(&notice.body);
    // Until the end of a day is, to people, that day.
    let last = notice.until - jiff::SignedDuration::from_secs(1);
    page(&NoticePage {
        said_by: open.said_by(&shell, &notice),
        paragraphs: body
            .split('\n')
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect(),
        until: shell.date(&shell.zone.day(last)),
        shell,
    })
}

//! `portal.toml` of a pack: read and checked once, at the start.

use jiff::civil::Time;
use kernel::{Date, Text, identifiers::Phone};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The name of the file, from the pack's folder.
pub const FILE: &str = "portal.toml";

/// What a pack says to everyone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub(crate) calendar: Option<Calendar>,
    #[serde(default)]
    pub(crate) services: Vec<Service>,
    #[serde(default)]
    pub(crate) offices: Vec<Office>,
}

/// The days on which offices are closed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calendar {
    pub(crate) source: String,
    pub(crate) read_on: Date,
    pub(crate) holidays: Vec<Holiday>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holiday {
    pub(crate) date: Date,
    pub(crate) name: Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) department: String,
    pub(crate) name: Text,
    pub(crate) what: Text,
    /// A page here, or an https address.
    pub(crate) link: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Office {
    pub(crate) id: String,
    pub(crate) department: String,
    pub(crate) name: Text,
    pub(crate) place: Text,
    pub(crate) phone: Phone,
    /// Where hours and telephone were read, and of when that is; or [`Office::made_up`].
    pub(crate) source: Option<String>,
    pub(crate) said_on: Option<Date>,
    #[serde(default)]
    pub(crate) made_up: bool,
    pub(crate) hours: Vec<Hours>,
    #[serde(default)]
    pub(crate) queues: Vec<Queue>,
}

/// Open on these days (1: Monday) between these times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hours {
    pub(crate) days: Vec<i8>,
    pub(crate) from: Time,
    pub(crate) to: Time,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    pub(crate) service: Text,
    pub(crate) waiting: u32,
    /// How long who comes now waits.
    pub(crate) minutes: u32,
    /// What the office promises.
    pub(crate) pledge: u32,
    /// A pack is a file: no queue in it is measured now.
    pub(crate) made_up: bool,
}

impl Queue {
    /// How far the bar of the wait reaches, in per cent: the middle is the pledge.
    pub(crate) fn share(&self) -> u32 {
        (self.minutes * 50 / self.pledge.max(1)).min(100)
    }
}

impl Content {
    /// Reads the file against the ids of the pack's departments; names everything that is not right.
    pub fn parse(text: &str, departments: &BTreeSet<&str>) -> Result<Self, String> {
        let content: Self = toml::from_str(text).map_err(|error| format!("{FILE}: {error}"))?;
        let mistakes = content.mistakes(departments);
        if mistakes.is_empty() { Ok(content) } else { Err(mistakes.join("\n")) }
    }

    fn mistakes(&self, departments: &BTreeSet<&str>) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut say = |what: String| mistakes.push(format!("{FILE}: {what}"));
        let whole = |text: &Text| {
            [&text.en, &text.tc, &text.sc].into_iter().all(|words| !words.trim().is_empty())
        };
        let mut ids = BTreeSet::new();
        for service in &self.services {
            let id = &service.id;
            if !ids.insert(id.as_str()) {
                say(format!("the id {id:?} stands twice"));
            }
            if !departments.contains(service.department.as_str()) {
                say(format!("service {id}: no department {:?}", service.department));
            }
            if !whole(&service.name) || !whole(&service.what) {
                say(format!("service {id}: a language is empty"));
            }
            let inside = service.link.starts_with('/') && !service.link.starts_with("//");
            if !inside && !service.link.starts_with("https://") {
                say(format!("service {id}: the link is no page here and no https address"));
            }
        }
        for office in &self.offices {
            let id = &office.id;
            if !ids.insert(id.as_str()) {
                say(format!("the id {id:?} stands twice"));
            }
            if !departments.contains(office.department.as_str()) {
                say(format!("office {id}: no department {:?}", office.department));
            }
            if !whole(&office.name) || !whole(&office.place) {
                say(format!("office {id}: a language is empty"));
            }
            if office.made_up == (office.source.is_some() && office.said_on.is_some()) {
                say(format!("office {id}: give source and said_on, or made_up = true"));
            }
            for hours in &office.hours {
                let days = hours.days.iter().all(|day| (1..=7).contains(day));
                if !days || hours.days.is_empty() || hours.from >= hours.to {
                    say(format!("office {id}: hours that never are"));
                }
            }
            if office.queues.iter().any(|queue| !queue.made_up || !whole(&queue.service)) {
                say(format!(
                    "office {id}: a queue in a file is made_up = true, in three languages"
                ));
            }
        }
        if let Some(calendar) = &self.calendar {
            let sorted = calendar.holidays.windows(2).all(|pair| pair[0].date < pair[1].date);
            if !sorted || !calendar.holidays.iter().all(|day| whole(&day.name)) {
                say("holidays stand in the order of their dates, each in three languages"
                    .to_owned());
            }
        }
        mistakes
    }

    /// The holiday of a day.
    pub(crate) fn holiday(&self, day: Date) -> Option<&Holiday> {
        self.calendar.as_ref()?.holidays.iter().find(|holiday| holiday.date == day)
    }
}

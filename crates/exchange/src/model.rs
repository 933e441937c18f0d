//! A consent, its states, and what a look is. Pure.

use jiff::{Timestamp, ToSpan, civil::Date};
use kernel::{Id, Zone};
use ports::SubjectKind;
use serde::{Deserialize, Serialize};

/// The type of `authorization_details` elements (RFC 9396) that ask for records.
pub const DETAILS_TYPE: &str = "praya_records";

/// What a data consumer asks for: one `authorization_details` element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Always [`DETAILS_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The purpose's id in the pack.
    pub purpose: String,
    /// Whose records.
    pub subject: SubjectKind,
    /// Which fields of which registers.
    pub registers: Vec<Selection>,
    /// To look, or to keep a copy for the data life.
    pub mode: Mode,
    /// How often, at most.
    pub frequency: Frequency,
    /// After how long the consumer must delete what it received.
    pub data_life: Life,
    /// Which records, by their date; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// From when; at once when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// The last day.
    pub expires: Date,
    /// The consent given, in a token response; never in a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Id>,
}

/// Fields of one register, in the register's order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// The register's id in the pack.
    pub register: String,
    /// Its fields' ids.
    pub fields: Vec<String>,
}

/// What the consumer may do with what it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Look, and keep nothing.
    Look,
    /// Keep a copy until the end of its data life.
    Store,
}

impl Mode {
    /// Its name in packs, requests and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Store => "store",
        }
    }
}

/// A period of the calendar, or only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Period {
    Hour,
    Day,
    Week,
    Month,
    Year,
    /// Only once, ever.
    Once,
}

impl Period {
    /// Its name in packs, requests and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::Once => "once",
        }
    }

    /// Hours, about: to compare how often two frequencies are.
    pub const fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 168,
            Self::Month => 730,
            Self::Year => 8760,
            Self::Once => i64::MAX,
        }
    }
}

/// So many times in each period, counted from the consent's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// The period.
    pub unit: Period,
    /// How many looks in each.
    pub times: u32,
}

impl Frequency {
    /// When the window that holds `now` began and when the next begins (`None` after the only one).
    pub fn window(
        self,
        start: Timestamp,
        now: Timestamp,
        zone: &Zone,
    ) -> (Timestamp, Option<Timestamp>) {
        let hours = match self.unit {
            Period::Once => return (start, None),
            Period::Month | Period::Year => return self.calendar_window(start, now, zone),
            unit => unit.hours(),
        };
        let length = hours * 3_600_000_000;
        let since = (now.as_microsecond() - start.as_microsecond()).max(0);
        let begun = start.as_microsecond() + since / length * length;
        (kernel::from_micros(begun), Some(kernel::from_micros(begun + length)))
    }

    fn calendar_window(
        self,
        start: Timestamp,
        now: Timestamp,
        zone: &Zone,
    ) -> (Timestamp, Option<Timestamp>) {
        let step = if self.unit == Period::Year { 12 } else { 1 };
        let (first, last) = (zone.local(start), zone.local(now.max(start)));
        let at = |n: i64| first.checked_add(n.months()).map_or(start, |zoned| zoned.timestamp());
        let months = (i64::from(last.year()) - i64::from(first.year())) * 12
            + i64::from(last.month())
            - i64::from(first.month());
        // The month may have begun without the window that begins in it: the 31st, or a later hour.
        let begun = if at(months) > now { months - 1 } else { months };
        let whole = begun.max(0) / step * step;
        (at(whole), Some(at(whole + step)))
    }
}

/// How long data lives with the consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Life {
    /// Day, month or year.
    pub unit: LifeUnit,
    /// How many.
    pub value: u32,
}

/// The units of [`Life`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum LifeUnit {
    Day,
    Month,
    Year,
}

impl LifeUnit {
    /// Its name in packs, requests and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl Life {
    /// Days, about: to compare two.
    pub const fn days(self) -> i64 {
        let unit = match self.unit {
            LifeUnit::Day => 1,
            LifeUnit::Month => 31,
            LifeUnit::Year => 366,
        };
        unit * self.value as i64
    }

    /// The last day on which the consumer may hold what it received at `at`.
    pub fn last_day(self, at: Timestamp, zone: &Zone) -> Date {
        let value = i64::from(self.value);
        let span = match self.unit {
            LifeUnit::Day => value.days(),
            LifeUnit::Month => value.months(),
            LifeUnit::Year => value.years(),
        };
        zone.day(at).checked_add(span).unwrap_or(Date::MAX)
    }
}

/// Dates, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// What a person agreed to: immutable, and what the signature signs (as RFC 8785 text).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The form of this document.
    pub version: u32,
    /// The consent, `con_…`.
    pub id: Id,
    /// 1, or one more than the consent it amends.
    pub number: u32,
    /// The consent it amends.
    pub previous: Option<Id>,
    /// Company or person.
    pub subject_kind: SubjectKind,
    /// Whose records.
    pub subject: Id,
    /// Who said yes for the subject (the subject itself, if a person).
    pub representative: Id,
    /// By which mandate.
    pub mandate: Option<Id>,
    /// The OAuth client.
    pub consumer: String,
    /// The purpose's id.
    pub purpose: String,
    /// The purpose's definition as it stood, by its SHA-256.
    pub purpose_hash: String,
    /// Fields, after the person struck some out.
    pub registers: Vec<Selection>,
    /// Which records.
    pub range: Option<Range>,
    /// How often.
    pub frequency: Frequency,
    /// How long the consumer may keep it.
    pub data_life: Life,
    /// Look or store.
    pub mode: Mode,
    /// From when.
    pub start: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// When the (first) yes was said.
    pub given: Timestamp,
}

impl Terms {
    /// The element as the token response carries it (RFC 9396 §7).
    pub fn details(&self, zone: &Zone) -> Request {
        Request {
            kind: DETAILS_TYPE.to_owned(),
            purpose: self.purpose.clone(),
            subject: self.subject_kind,
            registers: self.registers.clone(),
            mode: self.mode,
            frequency: self.frequency,
            data_life: self.data_life,
            range: self.range,
            start: Some(zone.day(self.start)),
            // It ends with that day: midnight is the next one already.
            expires: zone.day(self.expires - jiff::SignedDuration::from_micros(1)),
            consent: Some(self.id.clone()),
        }
    }
}

/// Where a consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Somebody else must still say yes.
    Waiting,
    /// Looks are allowed.
    Active,
    /// No look until resumed.
    Paused,
    /// No look ever again; also what an amended consent becomes.
    Revoked,
    /// Its time is over.
    Expired,
    /// Somebody said no.
    Refused,
}

/// What happens to a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The last yes that was needed.
    Approve,
    /// A no.
    Refuse,
    /// Stop for now.
    Pause,
    /// Go on.
    Resume,
    /// Stop for good.
    Revoke,
    /// Another consent takes its place.
    Amend,
    /// The time is over.
    Expire,
}

/// The transition table; a pair that is not here is refused.
///
/// ```text
/// waiting --approve--> active --pause--> paused --resume--> active
/// waiting --refuse---> refused      active, paused --revoke, amend--> revoked
/// waiting, active, paused --expire--> expired     waiting --revoke--> revoked
/// ```
pub const TRANSITIONS: &[(State, Event, State)] = &[
    (State::Waiting, Event::Approve, State::Active),
    (State::Waiting, Event::Refuse, State::Refused),
    (State::Waiting, Event::Revoke, State::Revoked),
    (State::Waiting, Event::Expire, State::Expired),
    (State::Active, Event::Pause, State::Paused),
    (State::Active, Event::Revoke, State::Revoked),
    (State::Active, Event::Amend, State::Revoked),
    (State::Active, Event::Expire, State::Expired),
    (State::Paused, Event::Resume, State::Active),
    (State::Paused, Event::Revoke, State::Revoked),
    (State::Paused, Event::Amend, State::Revoked),
    (State::Paused, Event::Expire, State::Expired),
];

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Active, Self::Paused, Self::Revoked, Self::Expired, Self::Refused];

    /// Where `event` leads from here, if anywhere.
    pub fn after(self, event: Event) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(_, _, to)| *to)
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        TRANSITIONS.iter().all(|(from, _, _)| *from != self)
    }

    /// As the database and texts name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }

    /// Reads [`State::name`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Approve,
        Self::Refuse,
        Self::Pause,
        Self::Resume,
        Self::Revoke,
        Self::Amend,
        Self::Expire,
    ];

    /// As the log, webhooks and texts name it: `consent-revoked`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Approve => "consent-given",
            Self::Refuse => "consent-refused",
            Self::Pause => "consent-paused",
            Self::Resume => "consent-resumed",
            Self::Revoke => "consent-revoked",
            Self::Amend => "consent-amended",
            Self::Expire => "consent-expired",
        }
    }
}

//! Whether an office is open: decided from its hours and the calendar, pure.

use crate::content::{Content, Office};
use jiff::{ToSpan, civil::DateTime};

/// How an office stands at a moment of its own clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// Open until then, today.
    Open(DateTime),
    /// Closed, and opens then.
    Closed(DateTime),
    /// It is not known when it opens.
    Unknown,
}

/// How an office stands.
pub(crate) fn stands(content: &Content, office: &Office, now: DateTime) -> Stands {
    let mut day = now.date();
    // Two weeks hold every pattern of days and any run of holidays.
    for _ in 0..14 {
        if content.holiday(day).is_none() {
            let weekday = day.weekday().to_monday_one_offset();
            let mut hours: Vec<_> =
                office.hours.iter().filter(|hours| hours.days.contains(&weekday)).collect();
            hours.sort_by_key(|hours| hours.from);
            for hours in hours {
                let (from, to) = (day.to_datetime(hours.from), day.to_datetime(hours.to));
                if now < from {
                    return Stands::Closed(from);
                }
                if now < to {
                    return Stands::Open(to);
                }
            }
        }
        let Ok(next) = day.checked_add(1.day()) else { return Stands::Unknown };
        day = next;
    }
    Stands::Unknown
}

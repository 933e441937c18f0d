use jiff::{
    Timestamp, Zoned,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use std::sync::LazyLock;

/// In the program: another machine's copy could tell another day.
static ALL: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The clocks by which a government's days begin and end. Every date that comes of a time comes of here.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// By its IANA name, such as `Asia/Hong_Kong`; none if it is not known.
    pub fn named(name: &str) -> Option<Self> {
        ALL.get(name).ok().map(Self)
    }

    /// Where no pack says otherwise.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// What the clocks there show.
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.0.clone())
    }

    /// Which day it is there.
    pub fn day(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// The first moment after a day.
    pub fn end_of(&self, day: Date) -> Timestamp {
        let next = day.tomorrow().unwrap_or(day);
        next.to_zoned(self.0.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn a_day_ends_when_the_clocks_there_say_so_whatever_the_season() {
        for (zone, day, end) in [
            ("Asia/Hong_Kong", "2026-11-22", "2026-11-22T16:00:00Z"),
            ("Europe/Lisbon", "2026-07-01", "2026-07-01T23:00:00Z"),
            ("Europe/Lisbon", "2026-12-01", "2026-12-02T00:00:00Z"),
            ("America/New_York", "2026-11-01", "2026-11-02T05:00:00Z"),
            ("UTC", "2026-11-22", "2026-11-23T00:00:00Z"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let (day, end) = (day.parse().unwrap(), end.parse().unwrap());
            assert_eq!(zone.end_of(day), end);
            assert_eq!(zone.day(end - jiff::SignedDuration::from_secs(1)), day);
            assert_ne!(zone.day(end), day);
        }
        assert!(Zone::named("Asia/Kowloon_Tong").is_none());
    }
}

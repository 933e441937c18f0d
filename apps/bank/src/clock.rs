//! The bank's own clock: it shares none with Praya.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

/// Now.
#[expect(clippy::disallowed_methods, reason = "the bank stands outside and has no kernel::Ctx")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Seconds since 1970.
pub(crate) fn seconds() -> i64 {
    now().as_second()
}

/// A moment on the clocks of Hong Kong, which stand at UTC+8 all year.
pub(crate) fn local(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(8)))
}

/// The day it is in Hong Kong.
pub(crate) fn today() -> Date {
    local(now()).date()
}

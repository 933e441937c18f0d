//! A circuit breaker: a source that fails is left alone for a while, then asked once. Pure.
//!
//! | state     | asked?   | what happens                | next                                  |
//! |-----------|----------|-----------------------------|---------------------------------------|
//! | closed    | yes      | an answer                   | closed, failures forgotten            |
//! | closed    | yes      | the fifth failure in a row  | open                                  |
//! | open      | no       | half a minute passes        | half-open                             |
//! | half-open | one only | it is asked                 | open, until that one has answered     |
//! | open      |          | that one's answer           | closed                                |
//! | open      |          | that one's failure, or none | open, half a minute more              |

use kernel::Timestamp;
use serde::Serialize;

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open, in seconds.
const REST: i64 = 30;

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// Asked as usual.
    Closed,
    /// Not asked.
    Open,
    /// Asked once, to see.
    HalfOpen,
}

impl BreakerState {
    /// As texts name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// One source's breaker.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Breaker {
    failures: u32,
    opened: Option<Timestamp>,
}

impl Breaker {
    /// Where it stands at `now`.
    pub(super) fn state(&self, now: Timestamp) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some(at) if now.as_second() - at.as_second() < REST => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Whether the source may be asked now. Half-open lets one through and rests again meanwhile: if its
    /// caller goes away without a word, another is let through after the rest.
    pub(super) fn admits(&mut self, now: Timestamp) -> bool {
        match self.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => {
                self.opened = Some(now);
                true
            }
        }
    }

    /// Notes how asking went.
    pub(super) fn note(&mut self, good: bool, now: Timestamp) {
        if good {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.opened = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, BreakerState, FAILURES, REST};
    use kernel::from_micros;

    proptest::proptest! {
        #[test]
        fn an_open_breaker_admits_nobody_and_a_success_always_closes_it(steps in proptest::collection::vec((0_i64..40, proptest::bool::ANY), 1..200)) {
            let (mut breaker, mut seconds, mut in_a_row) = (Breaker::default(), 0_i64, 0_u32);
            for (pause, good) in steps {
                seconds += pause;
                let now = from_micros(seconds * 1_000_000);
                let state = breaker.state(now);
                let admitted = breaker.admits(now);
                proptest::prop_assert_eq!(admitted, state != BreakerState::Open);
                if admitted {
                    breaker.note(good, now);
                    in_a_row = if good { 0 } else { in_a_row + 1 };
                    let stands = breaker.state(now);
                    proptest::prop_assert_eq!(stands == BreakerState::Closed, in_a_row < FAILURES);
                }
            }
        }
    }

    #[test]
    fn half_open_lets_one_through_and_another_if_that_one_never_answers() {
        let mut breaker = Breaker::default();
        let at = |seconds: i64| from_micros(seconds * 1_000_000);
        (0..FAILURES).for_each(|_| breaker.note(false, at(0)));
        assert!(!breaker.admits(at(REST - 1)));
        assert!(breaker.admits(at(REST)));
        assert!(!breaker.admits(at(REST)), "the first has not answered yet");
        assert!(breaker.admits(at(2 * REST)), "the first was given up by its caller");
        breaker.note(true, at(2 * REST));
        assert_eq!(breaker.state(at(2 * REST)), BreakerState::Closed);
    }
}

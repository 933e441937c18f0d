//! Chance that does not depend on what was asked before: each subject of each register draws for itself.

use jiff::ToSpan;
use kernel::{Date, Entropy, SeededEntropy};

/// A stream of numbers that is the same for the same seed and words.
pub(super) struct Draw(SeededEntropy);

impl Draw {
    pub(super) fn new(seed: u64, words: &[&str]) -> Self {
        // FNV-1a, since the standard library's hash may change.
        let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(SeededEntropy::new(hash))
    }

    /// From 0, below `n`.
    pub(super) fn below(&self, n: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % n.max(1) as u64).unwrap_or(0)
    }

    /// From `from` to `to`, both possible.
    pub(super) fn between(&self, from: i64, to: i64) -> i64 {
        let span = usize::try_from(to - from + 1).unwrap_or(1);
        from + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// Once in `n`.
    pub(super) fn once_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of some.
    pub(super) fn pick<T: Copy, const N: usize>(&self, from: &[T; N]) -> T {
        from[self.below(N)]
    }
}

/// Days later, or earlier.
pub(super) fn days(from: Date, days: i64) -> Date {
    from.checked_add(days.days()).unwrap_or(from)
}

/// Years later; 29 February becomes the 28th where there is none.
pub(super) fn years(from: Date, years: i64) -> Date {
    from.checked_add(years.years()).unwrap_or(from)
}

/// How many anniversaries of `from` there have been.
pub(super) fn age(from: Date, today: Date) -> i64 {
    let by_calendar = i64::from(today.year() - from.year());
    by_calendar - i64::from(years(from, by_calendar) > today)
}

/// A day that there is.
pub(super) fn date(year: i64, month: i8, day: i8) -> Date {
    i16::try_from(year).ok().and_then(|year| Date::new(year, month, day).ok()).unwrap_or_default()
}

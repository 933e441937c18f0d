//! The words every crate shares: three-language text, time, ids, money, identifiers, `Ctx`, `Problem`. No I/O.
//!
//! Invariant: nothing here reads the clock, the environment or a file. Time and randomness come in
//! through [`World`], so that the same inputs give the same verdict everywhere.

mod ctx;
mod id;
pub mod identifiers;
mod money;
mod problem;
mod text;
mod zone;

pub use ctx::{
    Actor, Clock, Ctx, Entropy, FixedClock, Role, SeededEntropy, SystemClock, SystemEntropy, World,
};
pub use id::Id;
pub use jiff::{Timestamp, civil::Date};
pub use money::{Currency, Money};
pub use problem::{FieldError, Problem};
pub use text::{Locale, Text};
pub use zone::Zone;

/// Microseconds since 1970, as every table stores a time.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time a table stored; a number no clock can show becomes the epoch.
pub fn from_micros(at: i64) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

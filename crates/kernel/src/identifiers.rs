//! Numbers by which people, companies and telephones are known in Hong Kong and on the Mainland.
//!
//! A check digit proves typing, never issue. What is typed is read forgivingly (spaces, full-width
//! characters, brackets, lower case), kept in one form, and never shown whole by `Debug`: a number of a
//! person has no business in the operator's log.

mod card;
mod company;
mod hkid;
mod phone;
mod resident;
#[cfg(test)]
mod tests;

pub use card::IdentityCard;
pub use company::{Brn, CompanyNumber, Uscc};
pub use hkid::Hkid;
pub use phone::{Phone, PhoneKind};
pub use resident::ResidentId;

/// Which rule a number failed. Never holds the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing but spaces.
    #[error("nothing was entered")]
    Empty,
    /// Not one or two letters, six digits and a check digit.
    #[error("not of the form of an identity card number")]
    HkidForm,
    /// The check digit of an identity card number does not fit.
    #[error("the check digit of the identity card number does not fit")]
    HkidCheck,
    /// Not seventeen digits and a check character.
    #[error("not of the form of a Mainland resident number")]
    ResidentForm,
    /// Begins with no province.
    #[error("the resident number begins with no province")]
    ResidentArea,
    /// Has no such day of birth.
    #[error("the resident number holds no date of birth")]
    ResidentDate,
    /// The check character of a resident number does not fit.
    #[error("the check character of the resident number does not fit")]
    ResidentCheck,
    /// Not a unified social credit code.
    #[error("not of the form of a unified social credit code")]
    UsccForm,
    /// Not a business registration number.
    #[error("not of the form of a business registration number")]
    BrnForm,
    /// Not a company registration number.
    #[error("not of the form of a company registration number")]
    CompanyForm,
    /// Not a telephone number.
    #[error("not of the form of a telephone number")]
    PhoneForm,
    /// Not a telephone number of Hong Kong.
    #[error("not of the form of a Hong Kong telephone number")]
    PhoneHongKong,
    /// Not a telephone number of the Mainland.
    #[error("not of the form of a Mainland telephone number")]
    PhoneMainland,
}

impl Wrong {
    /// Every rule.
    pub const ALL: [Self; 13] = [
        Self::Empty,
        Self::HkidForm,
        Self::HkidCheck,
        Self::ResidentForm,
        Self::ResidentArea,
        Self::ResidentDate,
        Self::ResidentCheck,
        Self::UsccForm,
        Self::BrnForm,
        Self::CompanyForm,
        Self::PhoneForm,
        Self::PhoneHongKong,
        Self::PhoneMainland,
    ];

    /// The stable code; its text in three languages is `problem-<code>`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "identifier-empty",
            Self::HkidForm => "hkid-form",
            Self::HkidCheck => "hkid-check",
            Self::ResidentForm => "resident-form",
            Self::ResidentArea => "resident-area",
            Self::ResidentDate => "resident-date",
            Self::ResidentCheck => "resident-check",
            Self::UsccForm => "uscc-form",
            Self::BrnForm => "brn-form",
            Self::CompanyForm => "company-number-form",
            Self::PhoneForm => "phone-form",
            Self::PhoneHongKong => "phone-hong-kong",
            Self::PhoneMainland => "phone-mainland",
        }
    }
}

/// What was meant: half-width, upper case, without spaces and brackets.
fn plain(text: &str) -> Result<String, Wrong> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        _ => c,
    };
    let plain: String = text
        .chars()
        .map(narrow)
        // Zero-width characters come along with what is copied from a page.
        .filter(|c| {
            !c.is_whitespace()
                && !matches!(c, '(' | ')' | '[' | ']' | '\u{200b}'..='\u{200f}' | '\u{feff}')
        })
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if plain.is_empty() { Err(Wrong::Empty) } else { Ok(plain) }
}

/// [`plain`] without dashes, for numbers that some write in groups.
fn joined(text: &str) -> Result<String, Wrong> {
    plain(text).map(|plain| plain.replace('-', ""))
}

/// What every identifier has: its stored form, and serde through `parse`.
macro_rules! identifier {
    ($name:ident) => {
        impl $name {
            /// The stored form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = crate::identifiers::Wrong;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }
    };
}
use identifier;

/// `Debug` of a number that is a person's: masked.
macro_rules! masked_debug {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.masked())
            }
        }
    };
}
use masked_debug;

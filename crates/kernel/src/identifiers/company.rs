use super::{Wrong, identifier, joined, plain};
use serde::{Deserialize, Serialize};

/// A business registration number, which since 27 December 2023 is the Unique Business Identifier:
/// the first eight digits of the certificate, or a prefix of one or two letters and digits, eight in all.
/// No check-digit rule is published, so none is made up here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Brn(String);
identifier!(Brn);

impl Brn {
    /// Reads `12345678`, `12345678-000-01-26-1` or `C0012345`.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain = plain(text)?;
        let head = plain.split('-').next().unwrap_or_default();
        let letters = head.chars().take_while(char::is_ascii_uppercase).count();
        let digits = head.chars().skip(letters).all(|c| c.is_ascii_digit());
        if head.len() == 8 && letters <= 2 && digits {
            Ok(Self(head.to_owned()))
        } else {
            Err(Wrong::BrnForm)
        }
    }
}

/// A number of the Companies Registry from before the Unique Business Identifier: up to seven digits,
/// with `F` before them for a company from elsewhere. Kept with its zeros: `0012345`, `F0001234`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CompanyNumber(String);
identifier!(CompanyNumber);

impl CompanyNumber {
    /// Reads `12345`, `0012345` or `F1234`.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain = joined(text)?;
        let (prefix, digits) =
            plain.strip_prefix('F').map_or(("", plain.as_str()), |digits| ("F", digits));
        if !(1..=7).contains(&digits.len()) || !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(Wrong::CompanyForm);
        }
        Ok(Self(format!("{prefix}{digits:0>7}")))
    }

    /// The Unique Business Identifier of a company that has no business registration: `C0012345`, `F0001234`.
    pub fn stand_in(&self) -> Brn {
        let prefix = if self.0.starts_with('F') { "" } else { "C" };
        Brn(format!("{prefix}{}", self.0))
    }
}

/// A unified social credit code of the Mainland (GB 32100-2015), such as `91110000600037341L`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc(String);
identifier!(Uscc);

/// Its alphabet: no I, O, S, V or Z.
const USCC: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

impl Uscc {
    /// Reads one as people write it. A check character that does not fit is no refusal: codes with a
    /// wrong one were issued. See [`Uscc::checks`].
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain = joined(text)?;
        let area = plain.get(2..8).is_some_and(|area| area.chars().all(|c| c.is_ascii_digit()));
        if plain.len() == 18 && area && plain.chars().all(|c| USCC.contains(c)) {
            Ok(Self(plain))
        } else {
            Err(Wrong::UsccForm)
        }
    }

    /// Whether the check character fits; if not, ask again, and believe the second answer.
    pub fn checks(&self) -> bool {
        let mut values = self.0.chars().filter_map(|c| USCC.find(c));
        let (sum, _) = values
            .clone()
            .take(17)
            .fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
        values.nth(17) == Some((31 - sum % 31) % 31)
    }
}

use super::{Wrong, identifier, masked_debug, plain};
use serde::{Deserialize, Serialize};

/// A Hong Kong identity card number, stored without brackets or spaces, as `A1234563`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hkid(String);
identifier!(Hkid);
masked_debug!(Hkid);

impl Hkid {
    /// Reads one as people write it.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain = plain(text)?;
        let check = plain.chars().next_back().filter(|c| matches!(c, '0'..='9' | 'A'));
        let check = check.ok_or(Wrong::HkidForm)?;
        let body = plain.get(..plain.len() - 1).ok_or(Wrong::HkidForm)?;
        if check_digit(body).ok_or(Wrong::HkidForm)? != check {
            return Err(Wrong::HkidCheck);
        }
        Ok(Self(plain))
    }

    /// Makes one from its letters and six digits, adding the check digit.
    pub fn from_body(body: &str) -> Option<Self> {
        Some(Self(format!("{body}{}", check_digit(body)?)))
    }

    /// As people read it, `A123456(3)`.
    pub fn pretty(&self) -> String {
        let (body, check) = self.0.split_at(self.0.len() - 1);
        format!("{body}({check})")
    }

    /// For pages and audit: `A123***(*)`.
    pub fn masked(&self) -> String {
        let letters = self.0.len() - 7;
        format!("{}***(*)", self.0.get(..letters + 3).unwrap_or_default())
    }
}

/// Weights 9 to 2 over two letters (A=10 … Z=35, a missing first letter 36) and six digits, mod 11.
fn check_digit(body: &str) -> Option<char> {
    let letters = body.len().checked_sub(6)?;
    if !body.is_ascii() || !(1..=2).contains(&letters) {
        return None;
    }
    let mut values = Vec::with_capacity(8);
    if letters == 1 {
        values.push(36);
    }
    for (i, c) in body.chars().enumerate() {
        values.push(match c {
            'A'..='Z' if i < letters => c as u32 - 'A' as u32 + 10,
            '0'..='9' if i >= letters => c.to_digit(10)?,
            _ => return None,
        });
    }
    let sum: u32 = values.iter().zip((2..=9).rev()).map(|(value, weight)| value * weight).sum();
    match 11 - sum % 11 {
        11 => Some('0'),
        10 => Some('A'),
        digit => char::from_digit(digit, 10),
    }
}

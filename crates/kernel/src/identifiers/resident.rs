use super::{Wrong, identifier, joined, masked_debug};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A Mainland resident number of eighteen characters (GB 11643-1999), such as `11010519491231002X`.
/// The residence permits of people from Hong Kong, Macao and Taiwan have the same form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResidentId(String);
identifier!(ResidentId);
masked_debug!(ResidentId);

/// The first two digits: provinces, and 81 to 83 for the permits. Counties come and go and an old number
/// stays good, so nothing finer is asked.
const PROVINCES: &[std::ops::RangeInclusive<u32>] =
    &[11..=15, 21..=23, 31..=37, 41..=46, 50..=54, 61..=65, 71..=71, 81..=83];

impl ResidentId {
    /// Reads one as people write it.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain = joined(text)?;
        let bytes = plain.as_bytes();
        let (Some(digits), Some(last)) = (bytes.get(..17), bytes.get(17)) else {
            return Err(Wrong::ResidentForm);
        };
        if bytes.len() != 18
            || !digits.iter().all(u8::is_ascii_digit)
            || !matches!(last, b'0'..=b'9' | b'X')
        {
            return Err(Wrong::ResidentForm);
        }
        let digits: Vec<u32> = digits.iter().map(|c| u32::from(c - b'0')).collect();
        if !PROVINCES.iter().any(|some| some.contains(&(digits[0] * 10 + digits[1]))) {
            return Err(Wrong::ResidentArea);
        }
        if birth(&plain).is_none() {
            return Err(Wrong::ResidentDate);
        }
        let made = Self(plain);
        if check_character(&digits) == *made.0.as_bytes().last().unwrap_or(&0) {
            Ok(made)
        } else {
            Err(Wrong::ResidentCheck)
        }
    }

    /// Makes one from its first seventeen digits, adding the check character.
    pub fn from_body(body: &str) -> Option<Self> {
        let digits: Option<Vec<u32>> = body.chars().map(|c| c.to_digit(10)).collect();
        Self::parse(&format!("{body}{}", char::from(check_character(&digits?)))).ok()
    }

    /// The day of birth that it holds.
    pub fn birth(&self) -> Option<Date> {
        birth(&self.0)
    }

    /// For pages and audit: `110***********2X`.
    pub fn masked(&self) -> String {
        format!("{}{}{}", &self.0[..3], "*".repeat(13), &self.0[16..])
    }
}

fn birth(plain: &str) -> Option<Date> {
    let number = |from: usize, to: usize| plain.get(from..to)?.parse::<i16>().ok();
    let (month, day) = (number(10, 12)?.try_into().ok()?, number(12, 14)?.try_into().ok()?);
    Date::new(number(6, 10)?, month, day).ok().filter(|date| date.year() >= 1800)
}

/// ISO 7064 MOD 11-2 over the first seventeen digits.
fn check_character(digits: &[u32]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    b"10X98765432"[(sum % 11) as usize]
}

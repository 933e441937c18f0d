use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A currency by its ISO 4217 code, such as `HKD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// `XXX`: none, where no pack says otherwise.
    pub const NONE: Self = Self(*b"XXX");

    /// By its code: three capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A sum: whole cents of one currency. Sums of two currencies are never added nor compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Hundredths of the currency's unit.
    pub cents: i64,
    /// Which currency.
    pub currency: Currency,
}

impl Money {
    /// So many cents.
    pub const fn new(cents: i64, currency: Currency) -> Self {
        Self { cents, currency }
    }

    /// A sum as a person types it: `50000`, `50,000.5`, `1 234.50`. None where it is no sum, finer than a
    /// cent, or more than we count.
    pub fn typed(text: &str, currency: Currency) -> Option<Self> {
        let text: String = text.trim().chars().filter(|c| !matches!(c, ',' | ' ')).collect();
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || part.len() > 2 || !digits(whole) || !digits(part) {
            return None;
        }
        let cents = format!("{part:0<2}").parse::<i64>().ok()?;
        let cents = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?;
        Some(Self { cents, currency })
    }

    /// Both together; none of two currencies, or beyond what we count.
    pub fn plus(self, other: Self) -> Option<Self> {
        let cents = self.cents.checked_add(other.cents)?;
        (self.currency == other.currency).then_some(Self { cents, ..self })
    }

    /// What is left; none of two currencies, or beyond what we count.
    pub fn minus(self, other: Self) -> Option<Self> {
        let cents = self.cents.checked_sub(other.cents)?;
        (self.currency == other.currency).then_some(Self { cents, ..self })
    }

    /// Whether it is no more than the other, of the same currency.
    pub fn within(self, most: Self) -> bool {
        self.currency == most.currency && self.cents <= most.cents
    }

    /// The number as people read it: `1,234.50`.
    pub fn number(self) -> String {
        let (sign, all) = (if self.cents < 0 { "-" } else { "" }, self.cents.unsigned_abs());
        let whole = (all / 100).to_string();
        let groups: Vec<_> = whole.as_bytes().rchunks(3).rev().collect();
        let groups: Vec<_> = groups.into_iter().map(String::from_utf8_lossy).collect();
        format!("{sign}{}.{:02}", groups.join(","), all % 100)
    }
}

/// As programs read it: `HKD 1234.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.number().replace(',', ""))
    }
}

impl FromStr for Money {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (code, number) = text.split_once(' ').ok_or(())?;
        let (sign, number) = number.strip_prefix('-').map_or((1, number), |rest| (-1, rest));
        let money = Currency::parse(code).and_then(|currency| Self::typed(number, currency));
        let money = money.map(|money| Self { cents: sign * money.cents, ..money });
        money.filter(|money| money.to_string() == text).ok_or(())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|()| D::Error::custom("not a sum such as `HKD 1234.50`"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money};
    use proptest::prelude::*;

    fn hkd(cents: i64) -> Money {
        Money::new(cents, Currency::parse("HKD").unwrap())
    }

    #[test]
    fn a_sum_is_read_as_people_type_it_and_nothing_finer_than_a_cent() {
        let currency = Currency::parse("HKD").unwrap();
        for (typed, cents) in
            [("0", 0), ("50000", 5_000_000), ("50,000.5", 5_000_050), (" 1 234.56 ", 123_456)]
        {
            assert_eq!(Money::typed(typed, currency), Some(hkd(cents)), "{typed}");
        }
        for typed in ["", ".", ".5", "1.234", "-1", "1e5", "五", "92233720368547758.08", "$5"] {
            assert_eq!(Money::typed(typed, currency), None, "{typed}");
        }
        assert_eq!(hkd(-123_456_789).number(), "-1,234,567.89");
        assert_eq!(Currency::parse("hkd"), None);
        assert_eq!(Currency::parse("HK"), None);
    }

    proptest! {
        #[test]
        fn a_sum_survives_being_written_and_read(cents in -i64::MAX..=i64::MAX) {
            prop_assert_eq!(hkd(cents).to_string().parse(), Ok(hkd(cents)));
        }

        #[test]
        fn what_is_added_and_taken_away_again_leaves_the_sum_and_currencies_never_mix(
            a in any::<i64>(), b in any::<i64>(),
        ) {
            let yuan = Money::new(b, Currency::parse("CNY").unwrap());
            prop_assert_eq!(hkd(a).plus(yuan), None);
            prop_assert_eq!(hkd(a).minus(yuan), None);
            prop_assert!(!hkd(a).within(yuan) && !yuan.within(hkd(a)));
            match hkd(a).plus(hkd(b)) {
                Some(sum) => prop_assert_eq!(sum.minus(hkd(b)), Some(hkd(a))),
                None => prop_assert!(a.checked_add(b).is_none()),
            }
        }
    }
}

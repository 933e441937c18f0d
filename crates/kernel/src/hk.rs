//! Hong Kong identifiers. A check digit proves typing, never issue.

use std::fmt;

/// A Hong Kong identity card number, stored without brackets or spaces, as `A1234563`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hkid(String);

impl Hkid {
    /// Reads one as people write it: spaces, lower case, half- and full-width brackets are accepted.
    /// `None` when the form or the check digit is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '（' | '）'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let (body, check) = plain.split_at_checked(plain.len().checked_sub(1)?)?;
        (check_digit(body)? == check.chars().next()?).then_some(Self(plain))
    }

    /// Makes one from its letters and six digits, adding the check digit.
    pub fn from_body(body: &str) -> Option<Self> {
        Some(Self(format!("{body}{}", check_digit(body)?)))
    }

    /// The stored form, `A1234563`.
    pub fn as_str(&self) -> &str {
        &self.0
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

impl fmt::Debug for Hkid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
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

/// A business registration number, which since 27 December 2023 is the Unique Business Identifier:
/// the first eight digits of the certificate, or a prefix of one or two letters and digits, eight in all.
/// No check-digit rule is published, so none is made up here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Brn(String);

impl Brn {
    /// Reads `12345678`, `12345678-000-01-26-1` or `C0012345`.
    pub fn parse(text: &str) -> Option<Self> {
        let head = text.trim().split('-').next()?.to_ascii_uppercase();
        let letters = head.chars().take_while(char::is_ascii_uppercase).count();
        let digits = head.chars().skip(letters).all(|c| c.is_ascii_digit());
        (head.len() == 8 && letters <= 2 && digits).then_some(Self(head))
    }

    /// The eight characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_identity_card_numbers_are_accepted_however_typed() {
        for good in [
            "A123456(3)",
            "AB123456(9)",
            "E364912(5)",
            "D288754(2)",
            "AB987654(3)",
            "C668668(9)",
            " a123456（3）",
            "a 123456 3",
        ] {
            assert!(Hkid::parse(good).is_some(), "{good}");
        }
        assert_eq!(Hkid::parse("a123456(3)").unwrap().as_str(), "A1234563");
        assert_eq!(Hkid::parse("AB123456(9)").unwrap().masked(), "AB123***(*)");
    }

    #[test]
    fn one_wrong_character_of_an_identity_card_number_is_refused() {
        for bad in [
            "A123456(4)",
            "A123457(3)",
            "B123456(3)",
            "A12345(3)",
            "",
            "1234567(8)",
            "ABC123456(3)",
            "A一23456(3)",
        ] {
            assert!(Hkid::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_business_registration_number_is_eight_characters() {
        assert_eq!(Brn::parse("12345678-000-01-26-1").unwrap().as_str(), "12345678");
        assert_eq!(Brn::parse("c0012345").unwrap().as_str(), "C0012345");
        for bad in ["1234567", "123456789", "ABC12345", "1234567X", ""] {
            assert!(Brn::parse(bad).is_none(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_generated_number_is_read_back(letter in "[A-Z]{1,2}", digits in "[0-9]{6}") {
            let made = Hkid::from_body(&format!("{letter}{digits}")).unwrap();
            proptest::prop_assert_eq!(Hkid::parse(&made.pretty()), Some(made));
        }
    }
}

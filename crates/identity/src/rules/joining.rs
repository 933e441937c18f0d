//! What an officer may take off a document.

use kernel::{Problem, Text, identifiers::Hkid};

/// The document whose number has a check digit.
pub const HKID: &str = "hong-kong-identity-card";

fn wrong(field: &'static str, code: &'static str) -> Problem {
    Problem::new(422, code).field(field, code)
}

/// A document's number in one spelling.
pub fn document(kind: &str, number: &str) -> Result<String, Problem> {
    if !crate::model::DOCUMENTS.contains(&kind) {
        return Err(wrong("document", "document-kind"));
    }
    if kind == HKID {
        return Hkid::parse(number)
            .map(|card| card.as_str().to_owned())
            .map_err(|_| wrong("number", "document-number"));
    }
    let plain: String = number
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = (5..=20).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(plain) } else { Err(wrong("number", "document-number")) }
}

/// The name in English letters, and the Chinese one; where there is none the other stands for it.
pub fn names(english: &str, chinese: &str) -> Result<(String, String), Problem> {
    let english = english.split_whitespace().collect::<Vec<_>>().join(" ");
    let chinese = chinese.trim();
    let letters = english.chars().any(char::is_alphabetic) && english.is_ascii();
    if !letters || english.len() > 100 || chinese.chars().count() > 40 {
        return Err(wrong("name", "name-form"));
    }
    let chinese = if chinese.is_empty() { english.clone() } else { chinese.to_owned() };
    Ok((english, chinese))
}

/// Whether two names are one, however they are spaced and in whatever order the family name stands.
pub fn same_name(a: &Text, b: &Text) -> bool {
    let parts = |name: &Text| {
        let mut all: Vec<String> = name
            .en
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .map(str::to_lowercase)
            .collect();
        all.sort_unstable();
        all
    };
    parts(a) == parts(b)
}

/// A recovery code: eighty random bits, in letters and digits that look like no other.
pub fn recovery_code(random: &[u8; 10]) -> String {
    const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut bits = 0_u128;
    for byte in random {
        bits = bits << 8 | u128::from(*byte);
    }
    let mut code = String::new();
    for at in (0..16).rev() {
        let sign = usize::try_from(bits >> (at * 5) & 31).unwrap_or(0);
        code.push(char::from(SIGNS[sign]));
        if at % 4 == 0 && at > 0 {
            code.push('-');
        }
    }
    code
}

/// What an account is called: the name and six characters that tell it from others of that name.
pub fn handle(english: &str, random: &[u8; 4]) -> String {
    let words: Vec<String> = english
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut name = words.join("-");
    name.truncate(60);
    let number = u32::from_be_bytes(*random) % 1_000_000;
    format!("{name}-{number:06}")
}

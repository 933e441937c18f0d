//! Which passwords may be chosen: NIST SP 800-63B-4 §3.1.1.2. Length counts; nobody is made to use signs, nor to
//! change it now and then.

use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization as _;

/// The fewest characters.
pub const LEAST: usize = 15;
/// The most: more would only be slow to try.
pub const MOST: usize = 128;

/// What people choose who must choose something long; compared without spaces and capitals.
const COMMON: [&str; 20] = [
    "administrator123",
    "aaaabbbbccccdddd",
    "correcthorsebatterystaple",
    "hongkonghongkong",
    "iloveyouiloveyou",
    "incorrectpassword",
    "letmeinletmein123",
    "mypasswordismypassword",
    "passwordpassword",
    "passwordpassword1",
    "password123456789",
    "pleaseletmein123",
    "qwertyuiopasdfgh",
    "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv",
    "thisismypassword",
    "welcomewelcome1",
    "zxcvbnmasdfghjkl",
];

/// One spelling of what may be typed in several: NFKC, as SP 800-63B-4 §3.1.1.2 advises.
pub fn spelling(password: &str) -> String {
    password.nfkc().collect()
}

/// Why a password, in its one spelling, may not be chosen: the code of the refusal.
pub fn refused(password: &str, account: &str) -> Option<&'static str> {
    let long = password.chars().count();
    if !(LEAST..=MOST).contains(&long) {
        return Some("password-length");
    }
    let plain: String =
        password.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let different: HashSet<char> = plain.chars().collect();
    let account = account.to_lowercase();
    // Without the account's name at least half of what is asked must be left.
    let rest = plain.replace(&account, "").replace(&account.replace('-', ""), "");
    let easy = different.len() < 5
        || COMMON.contains(&plain.as_str())
        || repeats(&plain)
        || runs(&plain)
        || rest.chars().count() < LEAST / 2;
    easy.then_some("password-common")
}

/// `abcdeabcdeabcde`.
fn repeats(plain: &str) -> bool {
    let all: Vec<char> = plain.chars().collect();
    (1..=all.len() / 2).any(|unit| all.iter().zip(all.iter().skip(unit)).all(|(a, b)| a == b))
}

/// `abcdefghijklmno`, `987654321098765`.
fn runs(plain: &str) -> bool {
    let all: Vec<u32> = plain.chars().map(u32::from).collect();
    let steps = all.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    steps * 5 >= (all.len().max(1) - 1) * 4
}

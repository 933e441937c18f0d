//! In which language a request is answered.

use http::{HeaderMap, header};
use kernel::Locale;

/// The language asked for with `?lang=en|tc|sc`, to be remembered in the cookie [`Cookie::Lang`](crate::cookies::Cookie).
pub fn lang_of(query: Option<&str>) -> Option<Locale> {
    query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Locale::parse)
}

/// `?lang=` wins, then the cookie, then `Accept-Language` with its weights (RFC 9110 §12.5.4), then English.
pub fn locale_of(headers: &HeaderMap, query: Option<&str>, cookie: Option<&str>) -> Locale {
    lang_of(query)
        .or_else(|| cookie.and_then(Locale::parse))
        .or_else(|| accepted(headers))
        .unwrap_or_default()
}

/// The heaviest language that we speak; of equal ones the first.
fn accepted(headers: &HeaderMap) -> Option<Locale> {
    let mut best: Option<(u16, Locale)> = None;
    for range in headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?.split(',').take(32) {
        let mut parts = range.split(';');
        let Some(locale) = parts.next().and_then(Locale::parse) else { continue };
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(Some(1000), thousandths)
            .unwrap_or(0);
        if weight > best.map_or(0, |(heaviest, _)| heaviest) {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// A weight `0.8` as 800.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, rest) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    if rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let rest: u16 = format!("{rest:0<3}").parse().ok()?;
    Some((whole * 1000 + rest).min(1000))
}

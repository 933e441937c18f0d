//! What an answer says, made ready for the page.

use crate::{
    clock,
    jose::{Checked, unb64},
    receipt::Place,
    session::{Notice, Trouble, in_language},
    words::{Lang, Words},
};
use jiff::{Timestamp, civil::Date};
use serde_json::Value;

/// A verified answer and how it was checked.
#[derive(Clone)]
pub(crate) struct Answer {
    /// The compact JWS, as the government signed it.
    pub(crate) jws: String,
    /// Its payload.
    pub(crate) claims: Value,
    /// What else was checked.
    pub(crate) checks: Checks,
    /// Names and types of registers and fields.
    pub(crate) registers: Value,
    /// When it came.
    pub(crate) fetched: Timestamp,
}

/// The checks beside the signature, without which there is no answer.
#[derive(Clone)]
pub(crate) struct Checks {
    pub(crate) place: Checked<Place>,
    pub(crate) contents: Checked<()>,
    /// The log's name.
    pub(crate) log: String,
    /// SHA-256 of the payload, base64url.
    pub(crate) digest: String,
}

/// A register's part.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) department: String,
    /// `ok`, `none` or `unavailable`.
    pub(crate) status: String,
    pub(crate) said: &'static str,
    pub(crate) as_of: String,
    /// The issuer of another node whose signed answer this is; empty if it is our government's own.
    pub(crate) held_by: String,
    pub(crate) rows: Vec<Vec<(String, String)>>,
}

/// Everything the answer's page shows.
pub(crate) struct View {
    pub(crate) company: String,
    pub(crate) fetched: String,
    pub(crate) delete_by: String,
    pub(crate) parts: Vec<Part>,
    /// Entry from one, and of how many.
    pub(crate) place: Checked<(String, String)>,
    pub(crate) contents: Checked<()>,
    pub(crate) log: String,
    pub(crate) digest: String,
}

impl View {
    pub(crate) fn new(answer: &Answer, lang: Lang) -> Self {
        let claims = &answer.claims;
        let parts = claims["registers"].as_array().into_iter().flatten();
        Self {
            company: in_language(&claims["subject"]["name"], lang),
            fetched: moment(answer.fetched, lang),
            delete_by: day(claims["delete_by"].as_str().unwrap_or_default(), lang),
            parts: parts.map(|said| part(said, &answer.registers, lang)).collect(),
            // People count from one.
            place: match &answer.checks.place {
                Ok(place) => Ok((grouped(place.index + 1), grouped(place.size))),
                Err(why) => Err(*why),
            },
            contents: answer.checks.contents,
            log: answer.checks.log.clone(),
            digest: answer.checks.digest.clone(),
        }
    }

    pub(crate) fn proven(&self) -> bool {
        self.place.is_ok() && self.contents.is_ok()
    }
}

fn part(said: &Value, registers: &Value, lang: Lang) -> Part {
    let words = lang.words();
    let id = &said["register"];
    let known = registers.as_array().into_iter().flatten().find(|register| register["id"] == *id);
    let none = Value::Null;
    let known = known.unwrap_or(&none);
    let name = in_language(&known["name"], lang);
    let department = in_language(&known["department_name"], lang);
    let plain = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = said["rows"].as_array().into_iter().flatten().map(|row| fields(row, known, lang));
    let status = plain(&said["status"]);
    Part {
        name: if name.is_empty() { plain(id) } else { name },
        department: if department.is_empty() { plain(&said["department"]) } else { department },
        said: match status.as_str() {
            "ok" => words.status_ok,
            "none" => words.status_none,
            _ => words.status_unavailable,
        },
        as_of: said["as_of"].as_str().map(|text| stamp(text, lang)).unwrap_or_default(),
        held_by: said["passed"].as_str().and_then(issuer).unwrap_or_default(),
        rows: rows.collect(),
        status,
    }
}

/// Who says that it signed a JWS.
fn issuer(jws: &str) -> Option<String> {
    let payload = unb64(jws.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims["iss"].as_str().map(str::to_owned)
}

/// A row's fields in the register's order.
fn fields(row: &Value, register: &Value, lang: Lang) -> Vec<(String, String)> {
    let known = register["fields"].as_array().into_iter().flatten();
    let shown = known.filter_map(|field| {
        let value = row.get(field["id"].as_str()?)?;
        Some((in_language(&field["name"], lang), value_text(value, field, lang)))
    });
    shown.collect()
}

fn value_text(value: &Value, field: &Value, lang: Lang) -> String {
    let (words, kind) = (lang.words(), &field["type"]);
    match value {
        Value::Null => words.not_given.to_owned(),
        Value::Bool(yes) => (if *yes { words.yes } else { words.no }).to_owned(),
        Value::Number(number) => match number.as_i64() {
            Some(cents) if kind == "money" => money(cents),
            _ => number.to_string(),
        },
        Value::String(text) if kind == "date" => day(text, lang),
        // A choice comes as its plain word, `winding_up`; the register says what people read for it.
        Value::String(text) if kind == "choice" => {
            let label = in_language(&field["labels"][text], lang);
            if label.is_empty() { text.replace('_', " ") } else { label }
        }
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| value_text(item, field, lang)).collect();
            items.join(if lang == Lang::En { ", " } else { "、" })
        }
        // A text in several languages.
        Value::Object(_) => in_language(value, lang),
    }
}

/// Cents as Hong Kong dollars.
pub(crate) fn money(cents: i64) -> String {
    let sign = if cents < 0 { "−" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}HK${}.{:02}", grouped(cents / 100), cents % 100)
}

/// A number with a comma every three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2026-11-23` as people write it; what is no day stays as it is.
fn day(text: &str, lang: Lang) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |date| written(date, lang))
}

fn written(date: Date, lang: Lang) -> String {
    match lang {
        Lang::En => date.strftime("%-d %B %Y").to_string(),
        Lang::Tc | Lang::Sc => date.strftime("%Y年%-m月%-d日").to_string(),
    }
}

/// A moment, or a day, as a department gave it.
fn stamp(text: &str, lang: Lang) -> String {
    text.parse::<Timestamp>().map_or_else(|_| day(text, lang), |at| moment(at, lang))
}

pub(crate) fn moment(at: Timestamp, lang: Lang) -> String {
    let local = clock::local(at);
    format!("{} {}", written(local.date(), lang), local.strftime("%H:%M"))
}

/// What a notice says.
pub(crate) fn event(notice: &Notice, words: &'static Words) -> String {
    let known = match notice.event.as_str() {
        "data_life_ended" => words.event_deleted,
        "consent-waiting" => words.event_waiting,
        "consent-resumed" => words.event_resumed,
        _ => match notice.state.as_str() {
            "active" => words.event_given,
            "waiting" => words.event_waiting,
            "paused" => words.event_paused,
            "revoked" => words.event_revoked,
            "expired" => words.event_expired,
            "refused" => words.event_refused,
            _ => words.event_changed,
        },
    };
    known.to_owned()
}

/// A refusal with its next step.
pub(crate) struct Said {
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) next: String,
    /// BCP 47 of the title and of the detail.
    pub(crate) langs: [&'static str; 2],
}

impl Said {
    /// `last` is the newest notice about the permission: once it has ended, renewing cannot help.
    pub(crate) fn new(trouble: &Trouble, last: Option<&Notice>, lang: Lang) -> Self {
        let ended = last.is_some_and(|last| matches!(last.state.as_str(), "revoked" | "expired"));
        let words = lang.words();
        let title = match trouble.code.as_str() {
            "unreachable" => words.t_unreachable,
            "misread" => words.t_misread,
            "not-proven" => words.t_not_proven,
            "no-refresh" => words.t_no_refresh,
            _ => words.t_refused,
        };
        let later = || {
            let Some(seconds) = trouble.retry_after else { return words.next_try.to_owned() };
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            let at = Timestamp::from_second(clock::seconds().saturating_add(seconds));
            let at = at.map(|at| moment(at, lang)).unwrap_or_default();
            format!("{} {} {at}", words.next_later, words.next_after)
        };
        let next = match (trouble.code.as_str(), trouble.status) {
            ("not-proven", _) => words.next_proof.to_owned(),
            ("consent-waiting", _) => words.next_waiting.to_owned(),
            ("invalid_grant" | "no-refresh", _) | (_, 403) => words.next_consent.to_owned(),
            (_, 401) if ended => words.next_consent.to_owned(),
            (_, 401) => words.next_token.to_owned(),
            _ => later(),
        };
        let (title, title_lang) = if trouble.title.is_empty() {
            (title.to_owned(), lang)
        } else {
            (trouble.title.clone(), trouble.lang)
        };
        Self {
            title,
            detail: trouble.detail.clone(),
            next,
            langs: [title_lang.tag(), trouble.lang.tag()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn money_and_days_are_written_as_people_do() {
        assert_eq!(money(123_456_789), "HK$1,234,567.89");
        assert_eq!(money(-5), "−HK$0.05");
        assert_eq!(day("2027-03-31", Lang::En), "31 March 2027");
        assert_eq!(day("2027-03-31", Lang::Tc), "2027年3月31日");
        assert_eq!(stamp("2026-11-22T16:30:00Z", Lang::En), "23 November 2026 00:30");
    }

    #[test]
    fn once_the_person_stopped_it_the_next_step_is_not_to_renew() {
        let refused = Trouble { status: 401, ..Trouble::ours("invalid-token", "") };
        let notice = |state: &str| Notice {
            event: format!("consent-{state}"),
            consent: "con_1".to_owned(),
            state: state.to_owned(),
            at: None,
        };
        let next = |last: Option<&Notice>| Said::new(&refused, last, Lang::En).next;
        let words = Lang::En.words();
        assert_eq!(next(Some(&notice("revoked"))), words.next_consent);
        assert_eq!(next(Some(&notice("active"))), words.next_token);
        assert_eq!(next(None), words.next_token);
    }

    #[test]
    fn a_part_that_another_node_signed_says_who_holds_it() {
        let claims = crate::jose::b64(json!({"iss": "https://neighbour.example"}).to_string());
        let held = |passed: Value| part(&json!({"passed": passed}), &json!([]), Lang::En).held_by;
        assert_eq!(held(format!("e30.{claims}.AA").into()), "https://neighbour.example");
        assert_eq!(held(Value::Null), "");
        assert_eq!(held("not a JWS".into()), "");
    }

    #[test]
    fn a_rows_fields_stand_in_the_registers_order_with_their_names() {
        let register = json!({"fields": [
            {"id": "number", "name": {"en": "Number"}, "type": "text"},
            {"id": "paid", "name": {"en": "Paid"}, "type": "money"},
            {"id": "struck", "name": {"en": "Struck"}, "type": "text"}]});
        let row = json!({"paid": 100_000, "number": "12345678"});
        let shown = fields(&row, &register, Lang::En);
        let expected = [("Number", "12345678"), ("Paid", "HK$1,000.00")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

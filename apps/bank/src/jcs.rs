//! Canonical JSON (RFC 8785) for what receipts commit to: texts, whole numbers, lists, objects.

use crate::jose::Checked;
use serde_json::Value;

/// The canonical text. A number with a fraction is refused rather than written in a way that could differ.
pub(crate) fn text(value: &Value) -> Checked<String> {
    Ok(match value {
        Value::Array(items) => {
            let items = items.iter().map(text).collect::<Checked<Vec<_>>>()?;
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_cached_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            let members = members
                .into_iter()
                .map(|(name, value)| Ok(format!("{}:{}", Value::from(name.as_str()), text(value)?)))
                .collect::<Checked<Vec<_>>>()?;
            format!("{{{}}}", members.join(","))
        }
        Value::Number(number) if number.is_f64() => return Err("a number is not a whole one"),
        // serde_json escapes texts as RFC 8785 §3.2.2.2 asks.
        plain => plain.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_stand_in_the_order_of_their_utf_16_units() {
        // The sorting example of RFC 8785 §3.2.3.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let written = text(&value).unwrap();
        let order = ["Carriage Return", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
        let places: Vec<_> = order.iter().map(|name| written.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{written}");
    }

    #[test]
    fn texts_and_whole_numbers_are_written_canonically_and_fractions_refused() {
        let value = json!({"b": [1, -2, true, null], "a": "\u{f}\n\"\\/\u{7f}é"});
        assert_eq!(
            text(&value).unwrap(),
            "{\"a\":\"\\u000f\\n\\\"\\\\/\u{7f}é\",\"b\":[1,-2,true,null]}"
        );
        assert!(text(&json!(0.5)).is_err());
    }
}

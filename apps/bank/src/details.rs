//! What the bank asks for (RFC 9396), read from what the issuer says can be asked for.

use crate::{clock, session::Trouble};
use jiff::ToSpan as _;
use serde_json::{Value, json};

const PURPOSE: &str = "loan-assessment";
/// The registers a loan cannot be decided without; the bank asks for no other, though more would serve the purpose.
const NEEDED: [&str; 7] = [
    "business-registration",
    "company-particulars",
    "directors",
    "annual-returns",
    "charges",
    "tax-filing-status",
    "trade-declarations",
];
/// The permission asked for ends after this many days.
const EXPIRES_DAYS: i64 = 180;

fn unusable(what: impl ToString) -> Trouble {
    Trouble::ours("misread", what)
}

/// The registers we need, of those about companies that serve our purpose.
pub(crate) fn asked_of(registers: &Value) -> Vec<Value> {
    let serves = |register: &&Value| {
        let mut purposes = register["purposes"].as_array().into_iter().flatten();
        let needed = NEEDED.iter().any(|id| register["id"] == *id);
        needed && register["subject"] == "company" && purposes.any(|purpose| purpose == PURPOSE)
    };
    registers.as_array().into_iter().flatten().filter(serves).cloned().collect()
}

/// The records asked for: of those registers, the fields that the purpose allows (RFC 9396).
pub(crate) fn details(registers: &Value, purposes: &Value) -> Result<Value, Trouble> {
    let mut known = purposes.as_array().into_iter().flatten();
    let purpose = known
        .find(|purpose| purpose["id"] == PURPOSE)
        .ok_or_else(|| unusable("no such purpose"))?;
    let fields = |register: &Value| -> Vec<Value> {
        // A list of fields, or the word `all`.
        let allowed = register["id"].as_str().map_or(&Value::Null, |id| &purpose["registers"][id]);
        let fields =
            register["fields"].as_array().into_iter().flatten().map(|field| field["id"].clone());
        fields
            .filter(|id| {
                allowed == "all" || allowed.as_array().is_some_and(|list| list.contains(id))
            })
            .collect()
    };
    let asked: Vec<Value> = asked_of(registers)
        .iter()
        .map(|register| json!({"register": register["id"], "fields": fields(register)}))
        .filter(|asked| asked["fields"] != json!([]))
        .collect();
    if asked.is_empty() {
        return Err(unusable("no register serves a loan assessment"));
    }
    let expires = clock::today().checked_add(EXPIRES_DAYS.days()).map_err(unusable)?;
    Ok(json!([{
        "type": "praya_records", "purpose": PURPOSE, "subject": "company", "registers": asked, "mode": "store",
        "frequency": {"unit": "day", "times": 5}, "data_life": {"unit": "day", "value": 90}, "expires": expires,
    }]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_loan_needs_and_its_purpose_allows_is_asked_for() {
        let registers = json!([
            {"id": "business-registration", "subject": "company", "purposes": ["loan-assessment"], "fields": [{"id": "number"}, {"id": "name"}]},
            {"id": "directors", "subject": "company", "purposes": ["loan-assessment"], "fields": [{"id": "name"}, {"id": "id_number"}]},
            {"id": "charges", "subject": "company", "purposes": ["parking"], "fields": [{"id": "amount"}]},
            {"id": "vehicles", "subject": "company", "purposes": ["loan-assessment"], "fields": [{"id": "plate"}]},
            {"id": "annual-returns", "subject": "person", "purposes": ["loan-assessment"], "fields": [{"id": "line"}]},
        ]);
        let purposes = json!([
            {"id": "parking", "registers": {"directors": "all", "charges": "all"}},
            {"id": PURPOSE, "registers": {"business-registration": "all", "directors": ["name"], "charges": "all", "vehicles": "all", "annual-returns": "all"}},
        ]);
        let asked = details(&registers, &purposes).unwrap();
        let expected = json!([
            {"register": "business-registration", "fields": ["number", "name"]},
            {"register": "directors", "fields": ["name"]},
        ]);
        assert_eq!(asked[0]["registers"], expected);
        assert_eq!(asked[0]["mode"], "store");
        assert!(details(&json!([]), &purposes).is_err());
        assert!(details(&registers, &json!([])).is_err());
    }
}

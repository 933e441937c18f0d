//! The machine-readable receipt of a consent, shaped on ISO/IEC TS 27560:2023 (record information
//! structure). The standard's text is not public; field names follow the W3C DPV guide to it.

use crate::{
    Exchange,
    ops::{Consent, HistoryLine},
};
use serde_json::{Value, json};

/// The consent as a record that a program can read.
pub(crate) fn consent_record(
    exchange: &Exchange,
    consent: &Consent,
    history: &[HistoryLine],
) -> Value {
    let terms = &consent.terms;
    let purpose = exchange.pack.purpose(&terms.purpose);
    let processing: Vec<_> = terms
        .registers
        .iter()
        .map(|selection| {
            let register = exchange.pack.register(&selection.register);
            json!({
                "register": selection.register,
                "data_source": register.map(|register| &register.department),
                "pii_information": selection.fields,
            })
        })
        .collect();
    let events: Vec<_> = history.iter().map(|line| json!({"event_type": line.event, "event_state": line.state, "event_time": line.at, "event_entry": line.ticket})).collect();
    json!({
        "schema_version": "ISO/IEC TS 27560:2023 (shaped on; not certified)",
        "record_id": terms.id,
        "pii_principal_id": terms.subject,
        "pii_principal_representative": {"id": terms.representative, "mandate": terms.mandate},
        "version": terms.number,
        "previous_version": terms.previous,
        "privacy_notice": format!("{}/about", exchange.issuer),
        "language": ["en", "zh-Hant-HK", "zh-Hans-CN"],
        "purposes": [{
            "purpose": terms.purpose, "purpose_description": purpose.map(|purpose| &purpose.name), "purpose_definition": terms.purpose_hash,
            "lawful_basis": "consent", "processing": processing, "recipient": terms.consumer,
            "retention_period": terms.data_life, "collection_frequency": terms.frequency, "mode": terms.mode, "data_range": terms.range,
            "withdrawal_method": format!("{}/my/consents/{}", exchange.issuer, terms.id),
        }],
        "consent_type": "explicit",
        "valid_from": terms.start, "valid_until": terms.expires, "state": consent.state,
        "digest": wire::b64::encode(&consent.digest),
        "events": events,
    })
}

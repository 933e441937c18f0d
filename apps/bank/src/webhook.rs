//! Notices from Praya: signed (RFC 9421) over the body's digest (RFC 9530).

use crate::{
    clock,
    jose::{Checked, check_by_kid, from_standard, sha256, standard},
    session::{Bank, Notice},
};
use axum::{body::Bytes, extract::State};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::{fmt::Write as _, sync::Arc};

const COMPONENTS: [&str; 4] = ["@method", "@target-uri", "content-digest", "content-type"];
/// A signature may be this old or this far ahead, in seconds.
const WINDOW: i64 = 300;

/// `POST /webhooks/praya`.
pub(crate) async fn receive(State(bank): State<Arc<Bank>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // Without the issuer's keys nothing can be said: Praya tries again later.
    let Ok(jwks) = bank.jwks().await else { return StatusCode::SERVICE_UNAVAILABLE };
    let url = format!("{}/webhooks/praya", bank.base());
    if check(&headers, &body, &url, &jwks, clock::seconds()).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(notice) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let text = |name: &str| notice[name].as_str().unwrap_or_default().to_owned();
    let (event, consent) = (text("event"), text("consent"));
    if event == "data_life_ended" {
        bank.delete(&consent);
        if bank.attest_deletion(&consent).await.is_err() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    bank.note(Notice { event, consent, state: text("state"), at: text("at").parse().ok() });
    StatusCode::NO_CONTENT
}

/// Checks digest, components, time and signature.
fn check(headers: &HeaderMap, body: &[u8], url: &str, jwks: &Value, now: i64) -> Checked<()> {
    let header = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let first = all.next().and_then(|value| value.to_str().ok());
        first.filter(|_| all.next().is_none()).ok_or("a header is missing or doubled")
    };
    let digest = header("content-digest")?;
    if digest != format!("sha-256=:{}:", standard(sha256(body))) {
        return Err("the body is not the signed one");
    }
    let (label, params) = header("signature-input")?.split_once('=').ok_or("no signature")?;
    let list = params.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (names, rest) = list.ok_or("no list of components")?;
    let names: Vec<&str> = names.split(' ').map(|name| name.trim_matches('"')).collect();
    if names.len() != COMPONENTS.len() || !COMPONENTS.iter().all(|name| names.contains(name)) {
        return Err("not all that matters is signed");
    }
    let param = |name: &str| {
        let mut all = rest.split(';').filter_map(|param| param.split_once('='));
        all.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"')).ok_or("a parameter is missing")
    };
    if param("alg")? != "ecdsa-p256-sha256" {
        return Err("another algorithm");
    }
    let created: i64 = param("created")?.parse().map_err(|_| "no time")?;
    if (now - created).abs() > WINDOW {
        return Err("the signature is not of now");
    }
    let mut base = String::new();
    for name in names {
        let value = match name {
            "@method" => "POST",
            "@target-uri" => url,
            "content-digest" => digest,
            _ => header("content-type")?,
        };
        // Writing to a text cannot fail.
        let _ = writeln!(base, "\"{name}\": {value}");
    }
    let _ = write!(base, "\"@signature-params\": {params}");
    let signature = header("signature")?.strip_prefix(label).and_then(|text| text.strip_prefix("=:")?.strip_suffix(':'));
    let signature = from_standard(signature.ok_or("no signature")?)?;
    check_by_kid(jwks, param("keyid")?, base.as_bytes(), &signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Signer;
    use http::{HeaderName, HeaderValue};
    use serde_json::json;

    const URL: &str = "https://bank.test/webhooks/praya";
    const BODY: &[u8] = br#"{"event":"consent-revoked","consent":"con_1","state":"revoked"}"#;
    const NAMES: &str = r#"("@method" "@target-uri" "content-digest" "content-type")"#;

    fn published(signer: &Signer) -> Value {
        let mut jwk = signer.public();
        jwk["kid"] = "k".into();
        json!({ "keys": [jwk] })
    }

    /// A request as Praya signs it, at second 1,000.
    fn signed(signer: &Signer, names: &str) -> HeaderMap {
        let digest = format!("sha-256=:{}:", standard(sha256(BODY)));
        let params = format!("{names};created=1000;keyid=\"k\";alg=\"ecdsa-p256-sha256\"");
        let base = format!(
            "\"@method\": POST\n\"@target-uri\": {URL}\n\"content-digest\": {digest}\n\"content-type\": application/json\n\"@signature-params\": {params}"
        );
        let signature = format!("praya=:{}:", standard(signer.sign(base.as_bytes()).unwrap()));
        let pairs = [
            ("content-type", "application/json".to_owned()),
            ("content-digest", digest),
            ("signature-input", format!("praya={params}")),
            ("signature", signature),
        ];
        pairs.into_iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap())).collect()
    }

    #[test]
    fn a_notice_signed_by_the_government_is_taken() {
        let signer = Signer::generate().unwrap();
        assert_eq!(check(&signed(&signer, NAMES), BODY, URL, &published(&signer), 1010), Ok(()));
    }

    #[test]
    fn a_notice_changed_late_elsewhere_addressed_or_of_another_key_is_refused() {
        let (signer, other) = (Signer::generate().unwrap(), Signer::generate().unwrap());
        let (headers, keys) = (signed(&signer, NAMES), published(&signer));
        assert!(check(&headers, b"{}", URL, &keys, 1010).is_err());
        assert!(check(&headers, BODY, URL, &keys, 1000 + WINDOW + 1).is_err());
        assert!(check(&headers, BODY, "https://other.test/", &keys, 1010).is_err());
        assert!(check(&headers, BODY, URL, &published(&other), 1010).is_err());
        let fewer = signed(&signer, r#"("@method" "@target-uri" "content-type")"#);
        assert_eq!(check(&fewer, BODY, URL, &keys, 1010), Err("not all that matters is signed"));
        let mut unsigned = headers.clone();
        unsigned.remove("signature");
        assert!(check(&unsigned, BODY, URL, &keys, 1010).is_err());
    }
}

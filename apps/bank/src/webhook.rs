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
pub(crate) async fn receive(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
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
        all.find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim_matches('"'))
            .ok_or("a parameter is missing")
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
    let signature = header("signature")?
        .strip_prefix(label)
        .and_then(|text| text.strip_prefix("=:")?.strip_suffix(':'));
    let signature = from_standard(signature.ok_or("no signature")?)?;
    check_by_kid(jwks, param("keyid")?, base.as_bytes(), &signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Signer;
    use crate::session::Grant;
    use axum::{
        Json, Router,
        extract::Path,
        routing::{get, post},
    };
    use http::{HeaderName, HeaderValue};
    use serde_json::json;
    use std::sync::Mutex;

    /// An issuer of one key that takes attestations, and what it took.
    async fn issuer(signer: &Signer) -> (String, Arc<Mutex<Vec<Value>>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let metadata = json!({"issuer": base, "jwks_uri": format!("{base}/jwks")});
        let (keys, took) = (published(signer), Arc::new(Mutex::new(Vec::new())));
        let taking = took.clone();
        let take = move |Path(consent): Path<String>, Json(body): Json<Value>| async move {
            taking.lock().unwrap().push(json!({"consent": consent, "body": body}));
        };
        let site = Router::new()
            .route(
                "/.well-known/oauth-authorization-server",
                get(move || async move { Json(metadata) }),
            )
            .route("/jwks", get(move || async move { Json(keys) }))
            .route("/exchange/v1/deletions/{consent}", post(take));
        tokio::spawn(async move { axum::serve(listener, site).await });
        (base, took)
    }

    #[tokio::test]
    async fn when_data_life_ends_the_records_go_and_the_bank_attests_under_its_own_key() {
        let signer = Signer::generate().unwrap();
        let (base, took) = issuer(&signer).await;
        let bank = Arc::new(Bank::new(crate::pages::tests::settings(&base)).unwrap());
        let (held, _) = bank.begin().unwrap();
        let (other, _) = bank.begin().unwrap();
        for (id, consent) in [(&held, "con_1"), (&other, "con_2")] {
            bank.change(id, |visit| {
                visit.grant = Some(Grant {
                    access: "a".to_owned(),
                    refresh: None,
                    consent: consent.to_owned(),
                    ended: false,
                });
                visit.answer = Some(crate::pages::tests::answer());
            });
        }
        let url = format!("{}/webhooks/praya", bank.base());
        let body = br#"{"event":"data_life_ended","consent":"con_1","state":"expired","at":"2027-02-21T00:00:00Z"}"#;
        let mut forged = signed_as(&signer, NAMES, &url, body, clock::seconds());
        forged.insert("signature", HeaderValue::from_static("praya=:AAAA:"));
        assert_eq!(
            receive(State(bank.clone()), forged, Bytes::from_static(body)).await,
            StatusCode::UNAUTHORIZED
        );
        let holds = |id: &str| bank.change(id, |visit| visit.answer.is_some());
        assert_eq!((holds(&held), took.lock().unwrap().len()), (Some(true), 0));

        let headers = signed_as(&signer, NAMES, &url, body, clock::seconds());
        assert_eq!(
            receive(State(bank.clone()), headers, Bytes::from_static(body)).await,
            StatusCode::NO_CONTENT
        );
        assert_eq!((holds(&held), holds(&other)), (Some(false), Some(true)));
        let took = took.lock().unwrap().clone();
        assert_eq!((took.len(), took[0]["consent"].as_str()), (1, Some("con_1")));
        let attested = &took[0]["body"];
        assert_eq!(
            attested["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let (assertion, signature) =
            attested["client_assertion"].as_str().unwrap().rsplit_once('.').unwrap();
        let mut ours = bank.signer.public();
        ours["kid"] = "k".into();
        let signature = crate::jose::unb64(signature).unwrap();
        assert_eq!(
            check_by_kid(&json!({ "keys": [ours] }), "k", assertion.as_bytes(), &signature),
            Ok(())
        );
        assert!(
            attested["deleted_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
                <= clock::now()
        );
        assert_eq!(bank.notices("con_1").len(), 1);
    }

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
        signed_as(signer, names, URL, BODY, 1000)
    }

    fn signed_as(signer: &Signer, names: &str, url: &str, body: &[u8], created: i64) -> HeaderMap {
        let digest = format!("sha-256=:{}:", standard(sha256(body)));
        let params = format!("{names};created={created};keyid=\"k\";alg=\"ecdsa-p256-sha256\"");
        let base = format!(
            "\"@method\": POST\n\"@target-uri\": {url}\n\"content-digest\": {digest}\n\"content-type\": application/json\n\"@signature-params\": {params}"
        );
        let signature = format!("praya=:{}:", standard(signer.sign(base.as_bytes()).unwrap()));
        let pairs = [
            ("content-type", "application/json".to_owned()),
            ("content-digest", digest),
            ("signature-input", format!("praya={params}")),
            ("signature", signature),
        ];
        pairs
            .into_iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap())
            })
            .collect()
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

use super::p256;
use crate::{
    Error, b64,
    dpop::{Expected, Nonces, Refusal, ath, check},
    jwk::PrivateJwk,
    jws::SigningKey,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// RFC 9449 §4.1 and §7.1.
const TOKEN_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const RESOURCE_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const NOW: i64 = 1_800_000_000;
const URL: &str = "https://praya.example/oauth/token";

fn expected() -> Expected<'static> {
    Expected { method: "POST", url: URL, now: NOW, token: None, nonces: None }
}

fn claims() -> Value {
    json!({"jti": "one", "htm": "POST", "htu": URL, "iat": NOW})
}

fn proof(key: &SigningKey, claims: &Value) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": key.alg().name(), "jwk": key.public()});
    key.sign_header(&header, claims.to_string().as_bytes()).unwrap()
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

#[test]
fn the_proofs_of_rfc_9449_hold() {
    let at = Expected {
        method: "POST",
        url: "https://server.example.com/token",
        now: 1_562_262_616,
        token: None,
        nonces: None,
    };
    let read = check(TOKEN_PROOF, at).unwrap();
    assert_eq!(read.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(read.jti, "-BwC3ESc6acc2lTc");
    let url = "https://resource.example.org/protectedresource";
    let at = Expected { method: "GET", url, now: 1_562_262_618, token: Some(TOKEN), nonces: None };
    assert_eq!(check(RESOURCE_PROOF, at).unwrap().jkt, read.jkt);
    assert_eq!(ath(TOKEN), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    let other = Expected { token: Some("another"), ..at };
    assert_eq!(check(RESOURCE_PROOF, other), Err(Refusal::Token));
}

#[test]
fn each_alteration_of_a_claim_is_refused() {
    let key = p256();
    for (name, value, why) in [
        ("htm", json!("GET"), Refusal::Method),
        ("htm", json!("post"), Refusal::Method),
        ("htu", json!("https://praya.example/oauth/par"), Refusal::Url),
        ("htu", json!("http://praya.example/oauth/token"), Refusal::Url),
        ("htu", json!("https://praya.example:8443/oauth/token"), Refusal::Url),
        ("htu", json!("https://praya.example.evil/oauth/token"), Refusal::Url),
        ("iat", json!(NOW - 61), Refusal::Time),
        ("iat", json!(NOW + 11), Refusal::Time),
        ("iat", json!(NOW - 3600), Refusal::Time),
        ("jti", json!(""), Refusal::Jti),
        ("jti", json!("x".repeat(129)), Refusal::Jti),
    ] {
        assert_eq!(
            check(&proof(&key, &with(name, value.clone())), expected()),
            Err(why),
            "{name} {value}"
        );
    }
    for name in ["jti", "htm", "htu", "iat"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(
            check(&proof(&key, &claims), expected()),
            Err(Refusal::Form(Error::Malformed("DPoP claims"))),
            "{name}"
        );
    }
    let with_token = Expected { token: Some("at_1"), ..expected() };
    assert_eq!(check(&proof(&key, &claims()), with_token), Err(Refusal::Token));
    assert!(check(&proof(&key, &with("ath", json!(ath("at_1")))), with_token).is_ok());
}

#[test]
fn a_clock_ten_seconds_off_is_accepted_and_so_is_another_spelling_of_the_url() {
    let key = p256();
    for claims in [
        with("iat", json!(NOW + 10)),
        with("iat", json!(NOW - 10)),
        with("iat", json!(NOW - 60)),
        with("htu", json!("https://praya.example/oauth/token?a=1#b")),
        with("htu", json!("HTTPS://PRAYA.example:443/oauth/./token")),
    ] {
        assert!(check(&proof(&key, &claims), expected()).is_ok(), "{claims}");
    }
    let asked = Expected { url: "https://praya.example/oauth/token?x=y", ..expected() };
    assert!(check(&proof(&key, &claims()), asked).is_ok());
}

#[test]
fn each_alteration_of_the_header_is_refused() {
    let key = p256();
    let jwk = serde_json::to_value(key.public()).unwrap();
    let sign = |header: Value| key.sign_header(&header, claims().to_string().as_bytes()).unwrap();
    let good = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
    assert!(check(&sign(good.clone()), expected()).is_ok());
    let alter = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        check(&sign(header), expected())
    };
    assert_eq!(alter("typ", json!("JWT")), Err(Refusal::Typ));
    assert_eq!(alter("typ", Value::Null), Err(Refusal::Typ));
    assert_eq!(alter("jwk", Value::Null), Err(Refusal::NoKey));
    assert!(matches!(alter("alg", json!("none")), Err(Refusal::Form(Error::Unsupported(_)))));
    assert!(matches!(alter("alg", json!("EdDSA")), Err(Refusal::Form(Error::Unsupported(_)))));
    let other = serde_json::to_value(p256().public()).unwrap();
    assert_eq!(alter("jwk", other), Err(Refusal::Form(Error::Signature)));
    let private: Value =
        serde_json::from_str(&PrivateJwk::generate_p256("sig").unwrap().to_json()).unwrap();
    assert_eq!(alter("jwk", private), Err(Refusal::Form(Error::PrivateMembers)));
    assert_eq!(
        alter("jwk", json!({"kty": "oct", "k": "AAAA"})),
        Err(Refusal::Form(Error::PrivateMembers))
    );
    let long = "a".repeat(9000);
    assert_eq!(check(&long, expected()), Err(Refusal::Form(Error::TooLong("JWS"))));
}

#[test]
fn an_ed25519_key_may_prove_too() {
    let key = SigningKey::new(&PrivateJwk::generate_ed25519().unwrap()).unwrap();
    assert!(check(&proof(&key, &claims()), expected()).is_ok());
}

#[test]
fn a_nonce_is_asked_for_known_again_and_runs_out() {
    let (key, nonces) = (p256(), Nonces::new(&[7; 32]));
    let asked = Expected { nonces: Some(&nonces), ..expected() };
    assert_eq!(check(&proof(&key, &claims()), asked), Err(Refusal::Nonce));
    let fresh = with("nonce", json!(nonces.make(NOW)));
    assert!(check(&proof(&key, &fresh), asked).is_ok());
    assert!(nonces.check(&nonces.make(NOW - 300), NOW));
    assert!(!nonces.check(&nonces.make(NOW - 420), NOW));
    assert!(!nonces.check(&nonces.make(NOW + 180), NOW));
    assert!(!Nonces::new(&[8; 32]).check(&nonces.make(NOW), NOW));
    let mut bytes = b64::decode(nonces.make(NOW)).unwrap();
    bytes[20] ^= 1;
    assert!(!nonces.check(&b64::encode(bytes), NOW));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_nonce_is_guessed(nonce in "[A-Za-z0-9_-]{32}", now in 0i64..4_000_000_000) {
        prop_assert!(!Nonces::new(&[7; 32]).check(&nonce, now));
    }
}

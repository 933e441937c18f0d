use super::p256;
use crate::{
    Error,
    assertion::{Refusal, Unverified, verify},
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::SigningKey,
};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://praya.example";

fn claims() -> Value {
    json!({"iss": "harbour-bank", "sub": "harbour-bank", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "one"})
}

fn set(keys: &[&SigningKey]) -> Jwks {
    Jwks { keys: keys.iter().map(|key| key.public().clone()).collect() }
}

fn judge(key: &SigningKey, claims: &Value) -> Result<String, Refusal> {
    let token = key.sign(&json!({}), claims.to_string().as_bytes()).unwrap();
    verify(&token, "harbour-bank", &set(&[key]), ISSUER, NOW).map(|read| read.jti)
}

#[test]
fn a_good_assertion_holds_and_names_its_client() {
    let key = p256();
    assert_eq!(judge(&key, &claims()).as_deref(), Ok("one"));
    let token = key
        .sign(&json!({"typ": "client-authentication+jwt"}), claims().to_string().as_bytes())
        .unwrap();
    assert_eq!(Unverified::new(&token).unwrap().client_id(), "harbour-bank");
}

#[test]
fn each_alteration_of_a_claim_is_refused() {
    let key = p256();
    for (name, value, why) in [
        ("iss", json!("other"), Refusal::Client),
        ("sub", json!("other"), Refusal::Client),
        ("aud", json!("https://praya.example/oauth/token"), Refusal::Audience),
        ("aud", json!("https://praya.example/"), Refusal::Audience),
        ("aud", json!([ISSUER]), Refusal::Audience),
        ("aud", json!([ISSUER, "https://other.example"]), Refusal::Audience),
        ("exp", json!(NOW - 10), Refusal::Time),
        ("exp", json!(NOW + 3600), Refusal::Time),
        ("nbf", json!(NOW + 60), Refusal::Time),
        ("iat", json!(NOW + 60), Refusal::Time),
        ("jti", json!(""), Refusal::Jti),
        ("jti", Value::Null, Refusal::Jti),
        ("jti", json!("x".repeat(129)), Refusal::Jti),
    ] {
        let mut altered = claims();
        altered[name] = value.clone();
        assert_eq!(judge(&key, &altered), Err(why), "{name} {value}");
    }
    for name in ["iss", "sub", "aud", "exp"] {
        let mut altered = claims();
        altered.as_object_mut().unwrap().remove(name);
        assert!(matches!(judge(&key, &altered), Err(Refusal::Form(Error::Malformed(_)))), "{name}");
    }
}

#[test]
fn a_clock_ten_seconds_off_is_accepted() {
    let key = p256();
    for (name, value) in
        [("nbf", NOW + 10), ("iat", NOW + 10), ("exp", NOW - 9), ("exp", NOW + 600)]
    {
        let mut altered = claims();
        altered[name] = json!(value);
        assert!(judge(&key, &altered).is_ok(), "{name} {value}");
    }
}

#[test]
fn only_a_signing_key_of_the_client_counts() {
    let (ours, other) = (p256(), p256());
    let token = ours.sign(&json!({}), claims().to_string().as_bytes()).unwrap();
    let judge = |keys: &Jwks| verify(&token, "harbour-bank", keys, ISSUER, NOW).map(drop);
    assert!(judge(&set(&[&other, &ours])).is_ok());
    assert_eq!(judge(&set(&[&other])), Err(Refusal::Form(Error::NoKey)));
    assert_eq!(judge(&Jwks::default()), Err(Refusal::Form(Error::NoKey)));
    let imposter = Jwk { kid: ours.public().kid.clone(), ..other.public().clone() };
    assert_eq!(judge(&Jwks { keys: vec![imposter] }), Err(Refusal::Form(Error::Signature)));
    let for_encryption = Jwk { usage: Some("enc".to_owned()), ..ours.public().clone() };
    assert_eq!(judge(&Jwks { keys: vec![for_encryption] }), Err(Refusal::Form(Error::NoKey)));
}

#[test]
fn without_a_key_id_every_key_is_tried() {
    let (ours, other) = (p256(), p256());
    let token =
        ours.sign_header(&json!({"alg": "ES256"}), claims().to_string().as_bytes()).unwrap();
    assert!(verify(&token, "harbour-bank", &set(&[&other, &ours]), ISSUER, NOW).is_ok());
    let ed = SigningKey::new(&PrivateJwk::generate_ed25519().unwrap()).unwrap();
    assert_eq!(
        verify(&token, "harbour-bank", &set(&[&ed]), ISSUER, NOW),
        Err(Refusal::Form(Error::NoKey))
    );
}

#[test]
fn another_kind_of_token_does_not_pass_for_an_assertion() {
    let key = p256();
    let token = key.sign(&json!({"typ": "dpop+jwt"}), claims().to_string().as_bytes()).unwrap();
    assert_eq!(verify(&token, "harbour-bank", &set(&[&key]), ISSUER, NOW), Err(Refusal::Typ));
}

use super::p256;
use crate::{
    Error, b64, jcs,
    jwe::{OpeningKey, Recipient, concat_kdf},
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::{Alg, Parsed, SigningKey, VerifyingKey},
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// RFC 7515 A.3.
const A3_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 8037 A.1, A.4.
const ED_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const ED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn key(json: &str) -> PrivateJwk {
    PrivateJwk::parse(json.as_bytes()).unwrap()
}

#[test]
fn the_signatures_of_the_rfcs_verify() {
    let ready = VerifyingKey::new(&key(A3_KEY).public.key).unwrap();
    let payload = Parsed::new(A3, 4096).unwrap().verify(&ready, &[Alg::Es256]).unwrap().to_vec();
    assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap()["iss"], "joe");
    let ready = VerifyingKey::new(&key(ED_KEY).public.key).unwrap();
    let jws = Parsed::new(ED, 4096).unwrap();
    assert_eq!(jws.verify(&ready, &[Alg::EdDsa]).unwrap(), b"Example of Ed25519 signing");
    assert_eq!(
        jws.verify(&ready, &[Alg::Es256]),
        Err(Error::Unsupported("this signature algorithm"))
    );
}

#[test]
fn the_thumbprints_of_the_rfcs_come_out() {
    // RFC 8037 A.3, RFC 9449 §6.1.
    assert_eq!(key(ED_KEY).public.key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let dpop = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
    assert_eq!(
        Jwk::parse(dpop.as_bytes()).unwrap().key.thumbprint(),
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    );
}

#[test]
fn the_key_derivation_of_rfc_7518_appendix_c_comes_out() {
    let shared = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110,
        163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    let derived = concat_kdf(&shared, "A128GCM", 128, b"Alice", b"Bob");
    assert_eq!(b64::encode(&derived[..16]), "VqqN6vgjbSBcIijNcacQGg");
}

#[test]
fn a_private_key_is_refused_where_a_public_one_belongs() {
    assert_eq!(Jwk::parse(A3_KEY.as_bytes()), Err(Error::PrivateMembers));
    let oct = r#"{"kty":"oct","k":"AAAA"}"#;
    assert_eq!(Jwk::parse(oct.as_bytes()), Err(Error::PrivateMembers));
    let set = format!(r#"{{"keys":[{A3_KEY}]}}"#);
    assert_eq!(Jwks::parse(set.as_bytes()), Err(Error::PrivateMembers));
    let header = b64::encode(format!(r#"{{"alg":"ES256","jwk":{A3_KEY}}}"#));
    let token = format!("{header}.e30.{}", A3.rsplit_once('.').unwrap().1);
    assert_eq!(Parsed::new(&token, 4096).unwrap_err(), Error::PrivateMembers);
    assert!(!format!("{:?}", key(A3_KEY)).contains("jpsQ"));
}

#[test]
fn keys_survive_being_written_and_unknown_kinds_are_passed_over() {
    for made in [PrivateJwk::generate_p256("enc").unwrap(), PrivateJwk::generate_ed25519().unwrap()]
    {
        assert_eq!(key(&made.to_json()), made);
        assert_eq!(Jwk::parse(made.public.to_json().as_bytes()).unwrap(), made.public);
    }
    let set = r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    assert_eq!(Jwks::parse(set.as_bytes()).unwrap().keys.len(), 1);
}

#[test]
fn rsa_signs_by_rs256_and_reads_ps256_and_each_key_only_what_it_is_for() {
    use aws_lc_rs::{rand::SystemRandom, rsa, signature::RSA_PSS_SHA256};
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    let pkcs8 = crate::jws::generate_rsa().unwrap();
    let ours = SigningKey::rsa(&pkcs8).unwrap();
    let token = ours.sign(&json!({"typ": "JWT"}), br#"{"exp":4102444800}"#).unwrap();
    let public: Value = serde_json::from_str(&ours.public().to_json()).unwrap();
    let decoding = DecodingKey::from_rsa_components(
        public["n"].as_str().unwrap(),
        public["e"].as_str().unwrap(),
    );
    decode::<Value>(&token, &decoding.unwrap(), &Validation::new(Algorithm::RS256)).unwrap();
    let set = |key: &Value| Jwks::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
    let parsed = Parsed::new(&token, 8192).unwrap();
    parsed.verify_by_set(&set(&public), &[Alg::Rs256]).unwrap();
    // Never from a client, whatever the key says.
    assert!(parsed.verify_by_set(&set(&public), crate::jws::OF_CLIENTS).is_err());

    let pair = rsa::KeyPair::from_pkcs8(&pkcs8).unwrap();
    let header = b64::encode(json!({"alg": "PS256"}).to_string());
    let signed = format!("{header}.{}", b64::encode("{}"));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    let mut theirs = public.clone();
    theirs["alg"] = "PS256".into();
    let token = format!("{signed}.{}", b64::encode(&signature));
    let parsed = Parsed::new(&token, 8192).unwrap();
    parsed.verify_by_set(&set(&theirs), crate::jws::OF_CLIENTS).unwrap();
    assert_eq!(
        parsed.verify_by_set(&set(&public), crate::jws::OF_CLIENTS),
        Err(Error::NoKey),
        "the key is for RS256 by its own word"
    );
    signature[100] ^= 1;
    let flipped = format!("{signed}.{}", b64::encode(&signature));
    let flipped = Parsed::new(&flipped, 8192).unwrap();
    assert!(flipped.verify_by_set(&set(&theirs), crate::jws::OF_CLIENTS).is_err());
    let es256 = b64::encode(json!({"alg": "ES256"}).to_string());
    assert!(Parsed::new(&format!("{es256}.e30.{}", b64::encode(&signature)), 8192).is_err());
    let short = json!({"kty": "RSA", "n": b64::encode([0x81; 128]), "e": "AQAB"});
    assert!(set(&short).keys.is_empty(), "1024 bits are too few");
}

#[test]
fn a_key_whose_parts_do_not_belong_together_is_refused() {
    let other = PrivateJwk::generate_p256("sig").unwrap();
    let mut value: Value = serde_json::from_str(&other.to_json()).unwrap();
    value["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    assert!(SigningKey::new(&key(&value.to_string())).is_err());
    let off_curve = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#;
    let off_curve = Jwk::parse(off_curve.as_bytes()).unwrap();
    assert!(VerifyingKey::new(&off_curve.key).is_err());
    assert!(Recipient::new(&off_curve).is_err());
}

#[test]
fn none_and_unknown_extensions_are_refused() {
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"ES256","crit":["exp"]}"#,
        r#"{"alg":"ES256","b64":false}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"{"typ":"JWT"}"#,
    ] {
        let token = format!("{}.e30.{}", b64::encode(header), A3.rsplit_once('.').unwrap().1);
        assert!(Parsed::new(&token, 4096).is_err(), "{header}");
    }
    assert_eq!(Parsed::new(A3, 10).unwrap_err(), Error::TooLong("JWS"));
}

#[test]
fn jsonwebtoken_reads_ours_and_we_read_theirs() {
    use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
    let pair = PrivateJwk::generate_p256("sig").unwrap();
    let ours = SigningKey::new(&pair).unwrap();
    let token = ours.sign(&json!({"typ": "praya-release+jwt"}), br#"{"exp":4102444800}"#).unwrap();
    let public: Value = serde_json::from_str(&pair.public.to_json()).unwrap();
    let decoding = DecodingKey::from_ec_components(
        public["x"].as_str().unwrap(),
        public["y"].as_str().unwrap(),
    )
    .unwrap();
    let read = decode::<Value>(&token, &decoding, &Validation::new(Algorithm::ES256)).unwrap();
    assert_eq!(read.header.typ.as_deref(), Some("praya-release+jwt"));
    assert_eq!(read.header.kid.as_deref(), Some(ours.kid()));

    let document = aws_lc_rs::signature::EcdsaKeyPair::generate_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &aws_lc_rs::rand::SystemRandom::new(),
    )
    .unwrap();
    let theirs = encode(
        &Header::new(Algorithm::ES256),
        &json!({"a": 1}),
        &EncodingKey::from_ec_der(document.as_ref()),
    );
    let theirs = theirs.unwrap();
    let read = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        document.as_ref(),
    )
    .unwrap();
    let point = aws_lc_rs::signature::KeyPair::public_key(&read).as_ref().try_into().unwrap();
    let key = VerifyingKey::new(&crate::jwk::Public::P256(point)).unwrap();
    Parsed::new(&theirs, 4096).unwrap().verify(&key, &[Alg::Es256]).unwrap();
}

#[test]
fn canonical_json_is_that_of_rfc_8785() {
    let value: Value =
        serde_json::from_str(r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#)
            .unwrap();
    let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
    assert_eq!(jcs::to_string(&value).unwrap(), expected);
    assert_eq!(jcs::to_vec(&value).unwrap(), expected.as_bytes());
}

/// Made by npm `jose` 6.2.17 for the key beside it.
const JOSE_KEY: &str = include_str!("jose-key.json");
const JOSE_TOKEN: &str = include_str!("jose-token.txt");

#[test]
fn what_npm_jose_encrypted_is_opened() {
    let opened = OpeningKey::new(&key(JOSE_KEY)).unwrap().decrypt(JOSE_TOKEN.trim(), 4096).unwrap();
    assert_eq!(opened.plaintext, "一次提交 only once".as_bytes());
    assert_eq!(opened.cty.as_deref(), Some("JWT"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does(payload: Vec<u8>, at: prop::sample::Index, other: u8) {
        let key = p256();
        let ready = VerifyingKey::new(&key.public().key).unwrap();
        let token = key.sign(&json!({"typ": "test"}), &payload).unwrap();
        let read = Parsed::new(&token, 1 << 20).unwrap();
        prop_assert_eq!(read.verify(&ready, &[Alg::Es256]).unwrap(), &payload[..]);
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = other & 0x7f;
        if let Ok(changed) = String::from_utf8(bytes) && changed != token {
            let read = Parsed::new(&changed, 1 << 20);
            prop_assert!(read.is_err() || read.unwrap().verify(&ready, &[Alg::Es256]).is_err());
        }
    }

    #[test]
    fn what_is_encrypted_opens_and_nothing_else_does(plaintext: Vec<u8>, at: prop::sample::Index, other: u8) {
        let pair = PrivateJwk::generate_p256("enc").unwrap();
        let opening = OpeningKey::new(&pair).unwrap();
        let token = Recipient::new(&pair.public).unwrap().encrypt(Some("JWT"), plaintext.clone()).unwrap();
        prop_assert_eq!(&crate::jwe::recipient_kid(&token, 1 << 20).unwrap(), &pair.public.kid);
        prop_assert_eq!(opening.decrypt(&token, 1 << 20).unwrap().plaintext, plaintext);
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = other & 0x7f;
        if let Ok(changed) = String::from_utf8(bytes) && changed != token {
            prop_assert!(opening.decrypt(&changed, 1 << 20).is_err());
        }
    }

    #[test]
    fn base64url_survives_and_has_one_spelling(bytes: Vec<u8>, text in "[A-Za-z0-9_-]{0,40}") {
        prop_assert_eq!(b64::decode(b64::encode(&bytes)).unwrap(), bytes);
        if let Ok(read) = b64::decode(&text) {
            prop_assert_eq!(b64::encode(read), text);
        }
    }
}

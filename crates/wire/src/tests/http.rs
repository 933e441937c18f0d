use super::p256;
use crate::{
    Error, b64,
    jwk::PrivateJwk,
    jws::{SigningKey, VerifyingKey},
    sig9421::{Headers, Message, sign, signature_base, verify},
};

const NOW: i64 = 1_800_000_000;
const MESSAGE: Message<'_> = Message {
    method: "POST",
    url: "https://bank.example/hooks/praya?x=1",
    content_type: "application/json",
    body: br#"{"consent":"con_1","state":"revoked"}"#,
};

fn judge(message: Message<'_>, headers: &Headers, key: &SigningKey, now: i64) -> Result<(), Error> {
    let ready = VerifyingKey::new(&key.public().key).unwrap();
    verify(message, headers, |kid| (kid == key.kid()).then_some(&ready), now, 300)
}

#[test]
fn the_signature_of_rfc_9421_b_2_4_verifies() {
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA","y":"Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0","d":"UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs"}"#;
    let key = SigningKey::new(&PrivateJwk::parse(jwk.as_bytes()).unwrap()).unwrap();
    let digest = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:";
    let components = [
        ("@status", "200"),
        ("content-type", "application/json"),
        ("content-digest", digest),
        ("content-length", "23"),
    ];
    let params = r#"("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256""#;
    let base = signature_base(&components, params).unwrap();
    let signature =
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
    let ready = VerifyingKey::new(&key.public().key).unwrap();
    ready.verify_bytes(base.as_bytes(), &b64::from_standard(signature).unwrap()).unwrap();
}

#[test]
fn a_signed_request_verifies_and_each_alteration_is_refused() {
    let key = p256();
    let headers = sign(MESSAGE, &key, NOW).unwrap();
    assert_eq!(judge(MESSAGE, &headers, &key, NOW + 300), Ok(()));
    for altered in [
        Message { method: "PUT", ..MESSAGE },
        Message { url: "https://bank.example/hooks/praya?x=2", ..MESSAGE },
        Message { content_type: "text/plain", ..MESSAGE },
        Message { body: b"{}", ..MESSAGE },
    ] {
        assert_eq!(judge(altered, &headers, &key, NOW), Err(Error::Signature), "{altered:?}");
    }
    assert_eq!(judge(MESSAGE, &headers, &key, NOW + 301), Err(Error::Signature));
    assert_eq!(judge(MESSAGE, &headers, &key, NOW - 11), Err(Error::Signature));
    assert_eq!(judge(MESSAGE, &headers, &p256(), NOW), Err(Error::NoKey));
    let input = |from: &str, to: &str| Headers {
        signature_input: headers.signature_input.replace(from, to),
        ..headers.clone()
    };
    assert_eq!(
        judge(MESSAGE, &input("created=18", "created=17"), &key, 1_700_000_000),
        Err(Error::Signature)
    );
    assert_eq!(
        judge(MESSAGE, &input(" \"content-digest\"", ""), &key, NOW),
        Err(Error::Unsupported("this list of components"))
    );
    assert_eq!(
        judge(MESSAGE, &input("ecdsa-p256-sha256", "hmac-sha256"), &key, NOW),
        Err(Error::Unsupported("this signature algorithm"))
    );
    assert_eq!(
        judge(MESSAGE, &input("praya=", "other="), &key, NOW),
        Err(Error::Malformed("Signature"))
    );
}

#[test]
fn a_line_break_cannot_smuggle_a_component() {
    let forged = Message { content_type: "text/plain\n\"@method\": GET", ..MESSAGE };
    assert!(sign(forged, &p256(), NOW).is_err());
}

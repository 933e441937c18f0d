//! Mutual TLS (RFC 8705) on its own port, with certificates of our own making; and what the TLS of every port is.

use super::{Landing, follow, registered};
use crate::demo::{Browser, Demo, client, random};
use serde_json::{Value, json};
use std::process::Command;
use wire::{b64, sha256};

/// A program with a certificate that it signed itself.
struct Program {
    der: Vec<u8>,
    jwk: Value,
    http: reqwest::Client,
}

impl Program {
    fn new(demo: &Demo) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
        let der = certificate.der().to_vec();
        let point = key.public_key_raw();
        // RFC 7517 §4.7: base64 as PEM has it, without its frame.
        let body: String =
            certificate.pem().lines().filter(|line| !line.starts_with("--")).collect();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": random(), "x5c": [body],
            "x": b64::encode(&point[1..33]), "y": b64::encode(&point[33..]),
        });
        let ca = std::fs::read(demo.file("ca.pem")).unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
            .identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap())
            .build()
            .unwrap();
        Self { der, jwk, http }
    }

    async fn post(&self, url: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.http.post(url).form(fields).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn userinfo(&self, url: &str, access: &str) -> u16 {
        self.http.get(url).bearer_auth(access).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_proves_itself_by_its_certificate_and_its_tokens_are_worth_nothing_without_it() {
    let demo = Demo::over_tls().await;
    let (own, other) = (Program::new(&demo), Program::new(&demo));
    let discovery = format!("{}/.well-known/openid-configuration", demo.base);
    let said: Value = client().get(discovery).send().await.unwrap().json().await.unwrap();
    assert_eq!(said["tls_client_certificate_bound_access_tokens"], true);
    let alias = |name: &str| said["mtls_endpoint_aliases"][name].as_str().unwrap().to_owned();
    let (par, token) = (alias("pushed_authorization_request_endpoint"), alias("token_endpoint"));
    let (id, back) = (format!("clinic-{}", random()), "https://clinic.example/back");
    let described = json!({
        "id": id, "name": {"en": "Clinic", "tc": "診所", "sc": "诊所"}, "redirect_uris": [back],
        "jwks": {"keys": [own.jwk]}, "profile": "confidential", "scopes": "openid profile offline_access",
        "terms": {"auth": "self_signed_tls_client_auth", "flow": "high"},
    });
    drop(registered(&demo, &id, &described));

    let verifier = format!("{0}{0}", random());
    let challenge = b64::encode(sha256(&[verifier.as_bytes()]));
    let asked = [
        ("client_id", id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", back),
        ("scope", "openid offline_access"),
        ("prompt", "consent"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let refused = |(status, body): (u16, Value)| {
        assert_eq!((status, body["error"].as_str()), (401, Some("invalid_client")), "{body}");
    };
    refused(other.post(&par, &asked).await);
    // The port where people come asks nobody for a certificate.
    refused(own.post(&format!("{}/oauth/par", demo.base), &asked).await);
    let (status, pushed) = own.post(&par, &asked).await;
    assert_eq!(status, 201, "{pushed}");

    let mut url = url::Url::parse(&format!("{}/oauth/authorize", demo.base)).unwrap();
    let request_uri = pushed["request_uri"].as_str().unwrap();
    url.query_pairs_mut().extend_pairs([("client_id", id.as_str()), ("request_uri", request_uri)]);
    let browser = Browser::new(&demo.base);
    let page = browser.get(url.as_str()).await;
    let landing: Landing = follow(&browser, &demo.base, back, page, "allow").await.ok().unwrap();
    let redeem = [
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("code", &landing["code"]),
        ("redirect_uri", back),
        ("code_verifier", &verifier),
    ];
    refused(other.post(&token, &redeem).await);
    let (status, given) = own.post(&token, &redeem).await;
    assert_eq!((status, given["token_type"].as_str()), (200, Some("Bearer")), "{given}");
    let access = given["access_token"].as_str().unwrap();

    let asks = [("client_id", id.as_str()), ("token", access)];
    let (_, told) = own.post(&alias("introspection_endpoint"), &asks).await;
    assert_eq!(told["cnf"]["x5t#S256"], b64::encode(sha256(&[&own.der])), "{told}");
    let userinfo = alias("userinfo_endpoint");
    assert_eq!(own.userinfo(&userinfo, access).await, 200);
    assert_eq!(other.userinfo(&userinfo, access).await, 401, "another certificate");
    let plain = format!("{}/oauth/userinfo", demo.base);
    assert_eq!(own.userinfo(&plain, access).await, 401, "no certificate");

    let again = [
        ("grant_type", "refresh_token"),
        ("client_id", &id),
        ("refresh_token", given["refresh_token"].as_str().unwrap()),
    ];
    refused(other.post(&token, &again).await);
    let (status, later) = own.post(&token, &again).await;
    assert_eq!(status, 200, "{later}");
    assert_eq!(own.userinfo(&userinfo, later["access_token"].as_str().unwrap()).await, 200);
    let page = token.replace("/oauth/token", "/sign-in");
    assert_eq!(own.http.get(page).send().await.unwrap().status(), 404, "nothing for people there");
}

/// What `openssl s_client` said of a handshake.
fn handshake(address: &str, options: &[&str]) -> String {
    let out = Command::new("timeout")
        .args(["20", "openssl", "s_client", "-connect", address, "-servername", "localhost"])
        .args(options)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    [out.stdout, out.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_1_2_or_1_3_with_strong_ciphers_and_browsers_are_told_to_stay() {
    let demo = Demo::over_tls().await;
    let people = demo.base.strip_prefix("https://").unwrap().to_owned();
    for address in [people.as_str(), demo.mtls.as_ref().unwrap()] {
        // Whatever openssl still knows, so that it is the server who refuses.
        for old in ["-tls1", "-tls1_1"] {
            let said = handshake(address, &[old, "-cipher", "ALL:@SECLEVEL=0"]);
            let refused = said.contains("SSL alert number") && said.contains("Cipher is (NONE)");
            assert!(refused, "{address} {old}: {said}");
        }
        for new in ["-tls1_2", "-tls1_3"] {
            let said = handshake(address, &[new]);
            assert!(
                said.contains("Server certificate") && !said.contains("alert"),
                "{new}: {said}"
            );
        }
        // No forward secrecy, no authenticated encryption, no renegotiation, no compression.
        for weak in ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"] {
            let cipher = format!("{weak}:@SECLEVEL=0");
            let said = handshake(address, &["-tls1_2", "-cipher", &cipher]);
            assert!(said.contains("alert handshake failure"), "{address} {weak}: {said}");
        }
        let said = handshake(address, &["-tls1_2"]);
        assert!(said.contains("Compression: NONE"), "{said}");
    }
    let answer = client().get(format!("{}/", demo.base)).send().await.unwrap();
    let told = answer.headers()["strict-transport-security"].to_str().unwrap();
    let life = told.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    assert!(life.unwrap().parse::<u32>().unwrap() >= 31_536_000, "{told}");
}

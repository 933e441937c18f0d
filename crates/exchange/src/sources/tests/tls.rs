//! An API over TLS that wants a client certificate and a bearer token.

use super::{ask, ask_again, pack_with, row};
use crate::sources::{Answer, SourceError, Sources};
use kernel::World;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, as PEM files `<name>.crt` and `<name>.key`.
fn certificate(folder: &Path, name: &str, authority: &Authority) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let made = params.signed_by(&key, authority).unwrap();
    std::fs::write(folder.join(format!("{name}.crt")), made.pem()).unwrap();
    std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    (made, key)
}

/// Serves one register at `/x` to who shows a certificate of `clients` and the right token.
async fn serve(folder: &Path, own: &Authority, clients: &Authority) -> u16 {
    let (made, key) = certificate(folder, "server", own);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(clients.der().clone()).unwrap();
    let clients = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![made.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                asked.push(byte);
            }
            let asked = String::from_utf8_lossy(&asked).to_lowercase();
            let good = asked.starts_with("get /x?brn=12345678 ")
                && asked.contains("authorization: bearer sesame\r\n");
            let (status, body) = if good {
                ("200 OK", json!({"items": [row(&[])]}).to_string())
            } else {
                ("401 Unauthorized", String::new())
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.ok();
            stream.shutdown().await.ok();
        }
    });
    port
}

async fn asked(
    name: &str,
    folder: &Path,
    port: u16,
    more: &str,
) -> Result<Answer<'static>, SourceError> {
    let source = format!(
        "id = \"thing\"\nkind = \"http\"\nurl = \"https://127.0.0.1:{port}/x?brn={{key}}\"\nrows = \"/items\"\nretries = 0\nallow_private = \"a test on loopback\"\n{more}"
    );
    let (pack, own) = pack_with(name, &source);
    let places = BTreeMap::from([("data".to_owned(), folder.display().to_string())]);
    let answer = ask(pack, &places).await;
    std::fs::remove_dir_all(own).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_both_sides_and_the_token_are_checked() {
    let folder = std::env::temp_dir().join(format!("praya-certificates-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (own, other) = (authority(), authority());
    std::fs::write(folder.join("ca.crt"), own.pem()).unwrap();
    std::fs::write(folder.join("other.crt"), other.pem()).unwrap();
    std::fs::write(folder.join("token"), "sesame\n").unwrap();
    std::fs::write(folder.join("wrong"), "open\n").unwrap();
    certificate(&folder, "us", &own);
    certificate(&folder, "stranger", &other);
    let port = serve(&folder, &own, &own).await;
    let (ca, other) = ("ca = \"{data}/ca.crt\"\n", "ca = \"{data}/other.crt\"\n");
    let shown = |name: &str| {
        format!(
            "client_certificate = \"{{data}}/{name}.crt\"\nclient_key = \"{{data}}/{name}.key\"\n"
        )
    };
    let (token, wrong) = ("bearer_file = \"{data}/token\"\n", "bearer_file = \"{data}/wrong\"\n");
    let (us, stranger) = (shown("us"), shown("stranger"));
    let good = asked("tls", &folder, port, &format!("{ca}{us}{token}")).await.unwrap();
    assert_eq!(json!(good.rows)[0]["name"], "Lucky Star");
    secrets_that_change(&folder, port, &format!("{ca}{us}{wrong}")).await;
    std::fs::write(folder.join("wrong"), "open\n").unwrap();
    certificate(&folder, "us", &own);
    for (name, more, expected) in [
        ("tls-wrong", format!("{ca}{us}{wrong}"), SourceError::Refused(401)),
        ("tls-nobody", format!("{ca}{token}"), SourceError::Unreachable),
        ("tls-stranger", format!("{ca}{stranger}{token}"), SourceError::Unreachable),
        ("tls-other", format!("{other}{us}{token}"), SourceError::Unreachable),
        ("tls-public", format!("{us}{token}"), SourceError::Unreachable),
    ] {
        assert_eq!(asked(name, &folder, port, &more).await.unwrap_err(), expected, "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// One source, asked again and again while its secrets change.
async fn secrets_that_change(folder: &Path, port: u16, more: &str) {
    let source = format!(
        "id = \"thing\"\nkind = \"http\"\nurl = \"https://127.0.0.1:{port}/x?brn={{key}}\"\nrows = \"/items\"\nretries = 0\nallow_private = \"a test on loopback\"\n{more}"
    );
    let (pack, own) = pack_with("tls-change", &source);
    let places = BTreeMap::from([("data".to_owned(), folder.display().to_string())]);
    let sources = Sources::new(pack, &places, World::system()).unwrap();
    assert_eq!(ask_again(&sources).await.unwrap_err(), SourceError::Refused(401));
    std::fs::write(folder.join("wrong"), "sesame\n").unwrap();
    ask_again(&sources).await.expect("the new token is shown");
    certificate(folder, "us", &authority());
    let error = ask_again(&sources).await.unwrap_err();
    assert_eq!(error, SourceError::Unreachable, "the new certificate is shown, and refused");
    std::fs::write(folder.join("us.crt"), "half a certif").unwrap();
    assert_eq!(ask_again(&sources).await.unwrap_err(), error, "the old one stands meanwhile");
    std::fs::remove_dir_all(own).unwrap();
}

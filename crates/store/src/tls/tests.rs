use super::in_the_clear;
use crate::{Db, Error, Sql, testing};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use std::{path::Path, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

#[test]
fn a_server_elsewhere_is_spoken_to_with_tls_unless_the_url_says_otherwise_and_that_is_said() {
    for (url, clear) in [
        ("sqlite:praya.sqlite", false),
        ("postgres://praya@db.example/praya", false),
        ("postgres://praya@db.example/praya?sslmode=require", false),
        ("postgres://praya@db.example/praya?sslrootcert=/etc/ca.pem", false),
        ("postgres://praya@db.example/praya?sslmode=prefer", true),
        ("postgres://praya@db.example/praya?sslmode=disable", true),
        ("postgresql://10.0.0.5/praya?sslmode=disable&sslrootcert=/etc/ca.pem", true),
        ("postgres://127.0.0.1,10.0.0.5/praya?sslmode=disable", true),
        ("postgres://localhost/praya?hostaddr=10.0.0.5&sslmode=disable", true),
        ("postgres://praya@127.0.0.1:5433/praya", false),
        ("postgres://[::1]/praya", false),
        ("postgres://localhost/praya?sslmode=disable", false),
        ("postgres:///praya?host=/var/run/postgresql", false),
    ] {
        assert_eq!(in_the_clear(url).unwrap().is_some(), clear, "{url}");
    }
    assert!(in_the_clear("postgres://host/praya?sslmode=sometimes").is_err());
}

/// A door before the tests' PostgreSQL that speaks TLS, or says that it cannot; its port.
async fn door(server: (String, u16), acceptor: Option<TlsAcceptor>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (server, acceptor) = (server.clone(), acceptor.clone());
            tokio::spawn(async move {
                // The request for TLS: eight bytes.
                stream.read_exact(&mut [0; 8]).await.ok()?;
                let answer = if acceptor.is_some() { b"S" } else { b"N" };
                stream.write_all(answer).await.ok()?;
                let mut stream = acceptor?.accept(stream).await.ok()?;
                let mut server = TcpStream::connect(server).await.ok()?;
                copy_bidirectional(&mut stream, &mut server).await.ok()
            });
        }
    });
    port
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let own = own.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_server_must_prove_its_name_and_a_server_without_tls_is_refused() {
    let Some(one) = testing::postgres().await.unwrap() else {
        println!("skipped: needs PRAYA_TEST_POSTGRES");
        return;
    };
    let real: tokio_postgres::Config = one.url.parse().unwrap();
    let at = ("127.0.0.1".to_owned(), real.get_ports()[0]);
    let schema = one.url.split_once("options=").unwrap().1;
    let folder = std::env::temp_dir().join(format!("praya-tls-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("other")).unwrap();
    let (good, plain) = (door(at.clone(), Some(acceptor(&folder))).await, door(at, None).await);
    acceptor(&folder.join("other"));
    let url = |port: u16, ca: &str| {
        format!(
            "postgres://postgres@127.0.0.1:{port}/postgres?sslmode=require{ca}&options={schema}"
        )
    };
    let ca = format!("&sslrootcert={}", folder.join("ca.pem").display());
    let db = Db::open(&url(good, &ca)).await.unwrap();
    let row = db.read::<_, Error>(|tx| tx.query_opt(Sql::both("select 1 + 1"), &[])).await;
    assert!(row.unwrap().is_some());
    let other = format!("&sslrootcert={}", folder.join("other/ca.pem").display());
    for (port, ca) in [(good, other.as_str()), (good, ""), (plain, ca.as_str())] {
        assert!(Db::open(&url(port, ca)).await.is_err(), "{port} {ca}");
    }
    let missing = Db::open(&url(good, "&sslrootcert=nowhere.pem")).await.err().unwrap();
    assert!(missing.to_string().contains("nowhere.pem"), "{missing}");
    std::fs::remove_dir_all(folder).unwrap();
}

//! Listening: plain HTTP on loopback, TLS anywhere else; stops gently.

use crate::{Error, limits::Peer};
use axum::{Router, response::IntoResponse as _};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use rustls::{
    DigitallySignedStruct, DistinguishedName, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{self, CryptoProvider},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower::util::MapRequest;
use web::ClientCertificate;

/// A client that sends no whole request head for this long is let go.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);

/// Opens a port, or says which option names another.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    let busy = |error: std::io::Error| {
        format!(
            "cannot listen on {address}: {error}. Choose another with --listen, such as --listen 127.0.0.1:{}",
            address.port().saturating_add(100)
        )
    };
    TcpListener::bind(address).await.map_err(|error| busy(error).into())
}

/// Takes whatever certificate a program has the key of: which are good is for the registration of each to say.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ClientCertVerifier for Any {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether a listener asks programs for a certificate. Where people come it must not: their browsers would ask
/// them for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    Certificate,
}

/// TLS with a certificate chain and its key, as PEM.
pub(crate) fn tls(chain: &[u8], key: &[u8], asks: Asks) -> Result<TlsAcceptor, Error> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    let config = match asks {
        Asks::Nothing => config.with_no_client_auth(),
        Asks::Certificate => config.with_client_cert_verifier(Arc::new(Any(provider))),
    };
    let mut config = config.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// TLS from files.
pub(crate) fn tls_files(chain: &Path, key: &Path, asks: Asks) -> Result<TlsAcceptor, Error> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    tls(&read(chain)?, &read(key)?, asks)
}

/// Serves until `stop`, then lets open requests finish for ten seconds.
pub(crate) async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(hyper_util::rt::TokioTimer::new())
        .max_concurrent_streams(200)
        .max_header_list_size(64 * 1024);
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        stream.set_nodelay(true).ok();
        let peer = Peer(peer.ip());
        let router = router.clone();
        let service = move |certificate: Option<ClientCertificate>| {
            TowerToHyperService::new(MapRequest::new(
                router,
                move |mut request: http::Request<_>| {
                    request.extensions_mut().insert(peer);
                    if let Some(certificate) = certificate {
                        request.extensions_mut().insert(certificate);
                    }
                    request
                },
            ))
        };
        let (builder, watcher, acceptor) = (builder.clone(), graceful.watcher(), acceptor.clone());
        tokio::spawn(async move {
            let outcome = match acceptor {
                None => {
                    watcher
                        .watch(
                            builder
                                .serve_connection(TokioIo::new(stream), service(None))
                                .into_owned(),
                        )
                        .await
                }
                Some(acceptor) => {
                    match tokio::time::timeout(HEADER_PATIENCE, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => {
                            let service = service(shown(&stream));
                            watcher
                                .watch(
                                    builder
                                        .serve_connection(TokioIo::new(stream), service)
                                        .into_owned(),
                                )
                                .await
                        }
                        _ => return,
                    }
                }
            };
            if let Err(error) = outcome {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
    tokio::time::timeout(Duration::from_secs(10), graceful.shutdown()).await.ok();
}

/// The certificate that the other side has the key of, if it showed one.
fn shown(stream: &TlsStream<TcpStream>) -> Option<ClientCertificate> {
    let leaf = stream.get_ref().1.peer_certificates()?.first()?;
    Some(ClientCertificate(wire::sha256(&[leaf])))
}

/// The address of another port of the same name; nothing where the address cannot be read.
pub(crate) fn beside(base: &str, listen: SocketAddr) -> Option<String> {
    let mut url = url::Url::parse(base).ok()?;
    url.set_port(Some(listen.port())).ok()?;
    Some(url.origin().ascii_serialization())
}

/// What programs call, and nothing that people see: for the listener that asks for certificates.
pub(crate) fn for_programs(router: Router) -> Router {
    router.layer(axum::middleware::from_fn(
        async |request: axum::extract::Request, next: axum::middleware::Next| {
            if request.uri().path().starts_with("/oauth/") {
                next.run(request).await
            } else {
                http::StatusCode::NOT_FOUND.into_response()
            }
        },
    ))
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    let term = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = term => {}
    }
}

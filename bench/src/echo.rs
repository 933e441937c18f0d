//! The ceiling: axum and rustls with nothing behind them, put together as Praya's own server is.

use crate::Failure;
use axum::{Router, routing};
use bytes::Bytes;
use clap::Args;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{path::PathBuf, sync::Arc};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// `bench echo`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: String,
    /// Length of an answer, in bytes.
    #[arg(long)]
    size: usize,
    /// The folder with `tls.pem` and `tls-key.pem`.
    #[arg(long)]
    data: PathBuf,
}

/// Serves until it is killed.
pub(crate) async fn run(options: Options) -> Result<(), Failure> {
    let read = |name: &str| std::fs::read(options.data.join(name));
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&read("tls.pem")?).collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(&read("tls-key.pem")?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let answer = Bytes::from("x".repeat(options.size));
    let echo = move |_: Bytes| async move { ([("content-type", "application/jwt")], answer) };
    let router = Router::new()
        .route("/readyz", routing::get(|| async { "ready" }))
        .route(crate::consumer::PATH, routing::post(echo));
    let listener = TcpListener::bind(&options.listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true).ok();
        let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                let builder = Builder::new(TokioExecutor::new());
                builder.serve_connection(TokioIo::new(stream), service).await.ok();
            }
        });
    }
}

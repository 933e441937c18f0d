//! One kept-alive HTTP/1.1 connection over TLS.

use crate::Failure;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::{path::Path, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection to a server under test, which is always `localhost` by its certificate.
pub(crate) struct Connection(SendRequest<Empty<Bytes>>);

impl Connection {
    /// Connects and shakes hands; trusts the CA in this file and no other.
    pub(crate) async fn open(address: &str, ca: &Path) -> Result<Self, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&std::fs::read(ca)?)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// Sends a request without a body, and reads the whole answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Bytes>, Failure> {
        self.0.ready().await?;
        let (head, body) = self.0.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    /// Status and body of a page.
    pub(crate) async fn get(&mut self, path: &str) -> Result<(u16, Bytes), Failure> {
        let request = Request::get(path).header("host", "localhost").body(Empty::new())?;
        let answer = self.send(request).await?;
        Ok((answer.status().as_u16(), answer.into_body()))
    }
}

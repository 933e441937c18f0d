//! Where a PostgreSQL is, and how it is spoken to: with TLS, unless it is on this machine.

use crate::{Error, Result};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{str::FromStr, sync::Arc};
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A URL as libpq takes it, with `sslrootcert=FILE` for an authority of one's own. Without `sslmode`, a
/// server elsewhere must speak TLS and prove its name; one on this machine is spoken to without.
pub(crate) fn target(url: &str) -> Result<(Config, MakeRustlsConnect)> {
    let (config, authority) = parts(url)?;
    let mut roots = RootCertStore::empty();
    match authority {
        Some(file) => {
            let wrong = |why: &dyn std::fmt::Display| Error::Other(format!("{file}: {why}"));
            for certificate in
                CertificateDer::pem_file_iter(&file).map_err(|error| wrong(&error))?
            {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            if roots.is_empty() {
                return Err(wrong(&"no certificate in it"));
            }
        }
        None if config.get_ssl_mode() != SslMode::Disable => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        None => {}
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Other(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((config, MakeRustlsConnect::new(tls)))
}

/// Why records would cross a network in the clear on the way to this database, if they would.
pub fn in_the_clear(url: &str) -> Result<Option<String>> {
    if !url.starts_with("postgres") {
        return Ok(None);
    }
    let (config, _) = parts(url)?;
    let clear = !here(&config) && config.get_ssl_mode() != SslMode::Require;
    Ok(clear.then(|| format!("sslmode is {:?}", config.get_ssl_mode()).to_lowercase()))
}

/// The settings, and the file of the authority, which the driver does not know.
fn parts(url: &str) -> Result<(Config, Option<String>)> {
    let (head, query) = url.split_once('?').unwrap_or((url, ""));
    let (own, others): (Vec<_>, Vec<_>) =
        query.split('&').partition(|pair| pair.starts_with("sslrootcert="));
    let joint = if others.concat().is_empty() { "" } else { "?" };
    let mut config = Config::from_str(&format!("{head}{joint}{}", others.join("&")))?;
    if !others.iter().any(|pair| pair.starts_with("sslmode=")) {
        config.ssl_mode(if here(&config) { SslMode::Disable } else { SslMode::Require });
    }
    let file = own.first().and_then(|pair| pair.split_once('=')).map(|(_, file)| file);
    Ok((config, file.map(|file| file.replace("%2F", "/"))))
}

/// Whether every server named is on this machine.
fn here(config: &Config) -> bool {
    let name = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    };
    let numbers = config.get_hostaddrs();
    if numbers.is_empty() {
        config.get_hosts().iter().all(name)
    } else {
        numbers.iter().all(std::net::IpAddr::is_loopback)
    }
}

#[cfg(test)]
mod tests;

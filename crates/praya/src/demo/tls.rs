//! A throwaway CA and a certificate for localhost, kept in the data folder.

use crate::{Error, config::write_private};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::path::Path;

/// What a TLS server needs, as PEM.
pub(crate) struct Own {
    pub(crate) ca: String,
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// Reads the folder's certificate; makes CA and certificate the first time.
pub(crate) fn certificate(folder: &Path) -> Result<Own, Error> {
    let files = ["ca.pem", "tls.pem", "tls-key.pem"].map(|name| folder.join(name));
    if !files.iter().all(|file| file.exists()) {
        for file in &files {
            std::fs::remove_file(file).ok();
        }
        let own = make()?;
        std::fs::write(&files[0], &own.ca)?;
        std::fs::write(&files[1], &own.chain)?;
        write_private(&files[2], &own.key)?;
    }
    let [ca, chain, key] = files.map(std::fs::read_to_string);
    Ok(Own { ca: ca?, chain: chain?, key: key? })
}

fn make() -> Result<Own, Error> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.distinguished_name.push(DnType::CommonName, "Praya demo CA (throwaway)");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ])?;
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(Own {
        ca: ca_certificate.pem(),
        chain: format!("{}{}", certificate.pem(), ca_certificate.pem()),
        key: key.serialize_pem(),
    })
}

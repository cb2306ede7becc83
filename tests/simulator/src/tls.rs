//! Certificates for HTTPS on loopback, good and bad, made at every start.
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::options::Certificate;

/// Why HTTPS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was refused by the TLS library.
    #[error("cannot serve TLS with the certificate: {0}")]
    Tls(#[from] rustls::Error),
}

/// The server's side of TLS, and the CA that its certificate should be checked against, as PEM.
pub fn server(kind: Certificate) -> Result<(Arc<ServerConfig>, String), TlsError> {
    let root = authority("isc-simulator root")?;
    let intermediate = CertifiedIssuer::signed_by(
        authority_params("isc-simulator intermediate"),
        KeyPair::generate()?,
        &root,
    )?;
    let key = KeyPair::generate()?;
    let params = leaf_params(kind)?;
    let certificate = match kind {
        Certificate::SelfSigned => params.self_signed(&key)?,
        Certificate::MissingIntermediate => params.signed_by(&key, &intermediate)?,
        _ => params.signed_by(&key, &root)?,
    };
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), root.pem()))
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate()?)
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params(kind: Certificate) -> Result<CertificateParams, rcgen::Error> {
    let names: &[&str] = match kind {
        Certificate::WrongHost => &["elsewhere.invalid"],
        _ => &["localhost", "127.0.0.1", "::1"],
    };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "isc-simulator");
    if kind == Certificate::Expired {
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    Ok(params)
}

//! An authority, a serving certificate for loopback, and the key that signs service accounts'
//! tokens.
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::Error;

/// The authority; the rest is in files.
pub struct Certificates {
    pub ca_pem: String,
}

impl Certificates {
    /// Makes them and writes ca.pem, serving.pem, serving.key, accounts.key and accounts.pub into
    /// the folder.
    pub fn write(dir: &Path) -> Result<Self, Error> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.distinguished_name.push(DnType::CommonName, "pat-operator test control plane");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let ca_certificate = ca.self_signed(&ca_key)?;
        let key = KeyPair::generate()?;
        let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"];
        let mut serving = CertificateParams::new(names.map(str::to_owned).to_vec())?;
        serving.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        serving.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let serving = serving.signed_by(&key, &Issuer::from_params(&ca, &ca_key))?;
        secret_file(&dir.join("ca.pem"), &ca_certificate.pem())?;
        secret_file(&dir.join("serving.pem"), &serving.pem())?;
        secret_file(&dir.join("serving.key"), &key.serialize_pem())?;
        let accounts = KeyPair::generate()?;
        secret_file(&dir.join("accounts.key"), &accounts.serialize_pem())?;
        secret_file(&dir.join("accounts.pub"), &accounts.public_key_pem())?;
        Ok(Self { ca_pem: ca_certificate.pem() })
    }
}

/// Writes a file that only its owner may read.
pub fn secret_file(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let opened =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| Error::Io { action: format!("write {}", path.display()), source })
}

//! HTTPS with its own CA, and certificates that a careful client refuses.
use isc_simulator::{Certificate, Options, Simulator};

use crate::client::http;

async fn info(certificate: Certificate, host: &str) -> Result<u16, reqwest::Error> {
    let options = Options { certificate, ..Options::with_https() };
    let simulator = Simulator::start(options).expect("a simulator");
    let ca = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).expect("a CA");
    let client = http().tls_certs_only([ca]).build().expect("a client");
    let base = simulator.https_url().replace("127.0.0.1", host);
    client.get(format!("{base}/oauth/info")).send().await.map(|reply| reply.status().as_u16())
}

#[tokio::test]
async fn a_client_that_knows_the_ca_is_served_by_name_and_by_address() {
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(info(Certificate::Valid, host).await.expect("a reply"), 200, "{host}");
    }
}

#[tokio::test]
async fn every_bad_certificate_is_refused_by_a_client_that_checks() {
    let bad = [
        Certificate::Expired,
        Certificate::WrongHost,
        Certificate::SelfSigned,
        Certificate::MissingIntermediate,
    ];
    for certificate in bad {
        let error = info(certificate, "localhost").await.expect_err("no reply");
        assert!(error.is_connect(), "{certificate:?}: {error}");
    }
}

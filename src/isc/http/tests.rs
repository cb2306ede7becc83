//! Replies, proxies and authorities that are not what they should be.
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::cause::LONGEST_CAUSE;
use super::*;

/// A server on loopback; it ends when dropped.
struct Server {
    address: String,
    _listening: JoinSet<()>,
}

/// One that answers each connection with these bytes; without any it says nothing.
async fn server(answer: Vec<u8>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut listening = JoinSet::new();
    listening.spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            _ = client.read(&mut request).await;
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            // A client that has read enough hangs up.
            _ = client.write_all(&answer).await;
        }
    });
    Server { address, _listening: listening }
}

async fn get(transports: &Transports, url: String) -> Result<Reply, Failure> {
    _ = rustls::crypto::ring::default_provider().install_default();
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    send(&transports.trusting(None).unwrap(), request).await
}

#[tokio::test]
async fn the_status_of_a_refusal_counts_without_a_body_and_that_of_a_success_does_not() {
    let large = "<".repeat(2 << 20);
    let length = large.len();
    for (status, headers, body) in [
        (404, format!("content-length: {length}"), large.as_str()),
        (404, "connection: close".into(), large.as_str()),
        (302, "location: /login\r\ncontent-encoding: gzip\r\ncontent-length: 1".into(), "x"),
        (503, "content-encoding: gzip\r\ncontent-length: 1".into(), "x"),
        (200, format!("content-length: {length}"), large.as_str()),
        (201, "content-encoding: gzip\r\ncontent-length: 1".into(), "x"),
    ] {
        let answer = format!("HTTP/1.1 {status} Said\r\n{headers}\r\n\r\n{body}");
        let server = server(answer.into_bytes()).await;
        let url = format!("http://{}/", server.address);
        let told = get(&Transports::default(), url).await;
        match told {
            Ok(reply) => {
                assert!(status >= 300 && reply.body().is_empty(), "{status}");
                assert!(reply.extensions().get::<Unread>().is_some(), "{status}");
                assert_eq!(reply.status(), status);
            }
            Err(Failure::Malformed { status: said, .. }) => {
                assert!(status < 300 && said == status, "{status}");
            }
            Err(failure) => panic!("{status}: {failure}"),
        }
    }
}

/// A clock that runs ahead while nothing happens: a proxy that is silent costs no time.
#[tokio::test(start_paused = true)]
async fn a_proxy_that_hangs_or_speaks_html_is_named() {
    let html = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>a page</html>";
    let refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    for answer in [&[][..], &html[..], &refusal[..]] {
        let server = server(answer.to_vec()).await;
        let proxy = Redacted::new(format!("http://{}", server.address));
        let transports = Transports::through(proxy, "excepted.example".into());
        let told = get(&transports, "https://acme.example/".into()).await;
        let Err(Failure::Connect(why)) = &told else { panic!("{told:?}") };
        assert_eq!(why.matches(AT_THE_PROXY).count(), 1, "{why}");
        let told = get(&transports, "https://excepted.example/".into()).await;
        let Err(Failure::Connect(why)) = &told else { panic!("{told:?}") };
        assert!(!why.contains("HTTPS_PROXY"), "{why}");
    }
}

#[test]
fn a_bundle_that_holds_no_authority_is_told_as_such() {
    _ = rustls::crypto::ring::default_provider().install_default();
    for (pem, words) in [
        ("plain text", "the CA bundle has no certificate"),
        (
            "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n",
            "the CA bundle has no certificate",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "the CA bundle is not in PEM",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n",
            "the CA bundle cannot be used",
        ),
    ] {
        let told = Transports::default().trusting(Some(pem)).err().unwrap().to_string();
        assert!(told.contains(words) && !told.contains("peer"), "{pem}: {told}");
    }
}

#[test]
fn a_cause_of_any_length_is_cut() {
    #[derive(Debug, thiserror::Error)]
    #[error("failed")]
    struct Outer(#[source] Inner);
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Inner(String);
    let told = cause(&Outer(Inner("ü".repeat(15_153))));
    assert_eq!(told.chars().count(), LONGEST_CAUSE + 1);
}

//! What the tests share: one control plane, requests to it, kubectl, and patience.
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Options};
use reqwest::{Certificate, Client, Response};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

const PATIENCE: Duration = Duration::from_secs(60);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Runtime::new().unwrap()
});

/// Runs a test on the one runtime that the servers' processes belong to.
pub fn play<F: Future>(test: F) -> F::Output {
    RUNTIME.block_on(test)
}

/// The control plane that tests share which do not end it.
pub async fn shared() -> &'static ControlPlane {
    static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
    SHARED.get_or_init(async || ControlPlane::start(Options::default()).await.unwrap()).await
}

/// A client that trusts this authority and no other.
pub fn trusting(ca_pem: &str) -> Client {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    Client::builder().tls_certs_only([ca]).user_agent("control-plane-test").build().unwrap()
}

/// GET with a bearer token, or without one.
pub async fn get(plane: &ControlPlane, path: &str, token: Option<&str>) -> Response {
    let request = trusting(plane.ca_pem()).get(format!("{}{path}", plane.server_url()));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.unwrap()
}

/// kubectl as administrator; panics with its message if it fails.
pub fn kubectl(plane: &ControlPlane, arguments: &[&str]) -> String {
    let mut command = Command::new(plane.kubectl());
    command.arg("--kubeconfig").arg(plane.kubeconfig_path()).args(arguments).stdin(Stdio::null());
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "kubectl {arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

/// Looks again until something is so.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

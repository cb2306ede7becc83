//! The admin endpoints `/healthz`, `/readyz` and `/metrics`, on a thread of their own: a stuck main
//! runtime can still be reported.
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, fs};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::health::Health;
use super::socket::listen;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Time for requests under way to end.
const DRAIN: Duration = Duration::from_secs(1);

/// The reason why there are no admin endpoints.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("failed to listen on {address}: choose a free one with --admin-address")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("failed to write the admin port to \"{path}\": check --admin-port-file")]
    PortFile { path: String, source: io::Error },
    #[error("failed to start the admin thread")]
    Thread(#[source] io::Error),
}

/// The running endpoints.
pub(super) struct Admin {
    /// The address that they listen on.
    #[cfg(test)]
    address: SocketAddr,
    stop: CancellationToken,
    thread: JoinHandle<io::Result<()>>,
}

#[derive(Clone)]
struct Shown {
    health: Health,
    registry: Arc<Registry>,
}

impl Admin {
    /// Binds `address`, then writes the port to `port_file` and serves until [`Admin::stop`].
    pub(super) fn start(
        address: SocketAddr,
        port_file: Option<&Path>,
        health: Health,
        registry: Registry,
    ) -> Result<Self, Error> {
        let listener = listen(address).map_err(|source| Error::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
        let stop = CancellationToken::new();
        let app = router(Shown { health, registry: Arc::new(registry) });
        let thread = {
            let stop = stop.clone();
            thread::Builder::new()
                .name("admin".into())
                .spawn(move || serve(listener, app, stop))
                .map_err(Error::Thread)?
        };
        info!(%address, "serving /healthz, /readyz and /metrics");
        // Only now: a reader of the file may connect at once.
        if let Some(path) = port_file {
            write_port(path, address.port())
                .map_err(|source| Error::PortFile { path: path.display().to_string(), source })?;
        }
        Ok(Self {
            #[cfg(test)]
            address,
            stop,
            thread,
        })
    }

    /// Ends the endpoints and joins their thread. Blocks for at most a second.
    pub(super) fn stop(self) -> io::Result<()> {
        self.stop.cancel();
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the admin thread panicked")))
    }
}

fn router(shown: Shown) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(shown)
}

async fn healthz(State(shown): State<Shown>) -> (StatusCode, String) {
    match shown.health.stuck_for() {
        None => (StatusCode::OK, "ok\n".into()),
        Some(silence) => {
            let text = format!("the event loop has not moved for {} s\n", silence.as_secs());
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
    }
}

async fn readyz(State(shown): State<Shown>) -> (StatusCode, &'static str) {
    if shown.health.is_ready() {
        (StatusCode::OK, "ok\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "starting or stopping, or Kubernetes does not let it read what it watches: see the log\n",
        )
    }
}

async fn metrics(State(shown): State<Shown>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &shown.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn serve(listener: TcpListener, app: Router, stop: CancellationToken) -> io::Result<()> {
    // A runtime of its own, so that it answers while the main one is stuck.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server =
            axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
        // The orderly end waits for every open connection, and a scraper may hold one open.
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = server.into_future() => ended,
            () = overdue => Ok(()),
        }
    })
}

/// In two steps, so that a reader never sees half a number.
fn write_port(path: &Path, port: u16) -> io::Result<()> {
    let draft = path.with_extension("draft");
    fs::write(&draft, format!("{port}\n"))?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use std::io::Write;
    use std::net::{Ipv6Addr, TcpStream};

    fn start(health: &Health, port_file: Option<&Path>) -> Admin {
        let mut registry = Registry::default();
        Metrics::register(&mut registry).leader(true);
        Admin::start((Ipv6Addr::UNSPECIFIED, 0).into(), port_file, health.clone(), registry)
            .unwrap()
    }

    fn get(admin: &Admin, path: &str) -> String {
        get_at("127.0.0.1", admin, path)
    }

    fn get_at(loopback: &str, admin: &Admin, path: &str) -> String {
        let mut stream = TcpStream::connect((loopback, admin.address.port())).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        io::read_to_string(stream).unwrap()
    }

    #[test]
    fn readiness_follows_the_state() {
        let health = Health::new();
        let admin = start(&health, None);
        assert!(get(&admin, "/readyz").starts_with("HTTP/1.1 503"));
        health.set_ready(true);
        assert!(get(&admin, "/readyz").starts_with("HTTP/1.1 200"));
        health.set_ready(false);
        assert!(get(&admin, "/readyz").starts_with("HTTP/1.1 503"));
        admin.stop().unwrap();
    }

    #[test]
    fn both_loopbacks_answer() {
        let admin = start(&Health::new(), None);
        assert!(get_at("127.0.0.1", &admin, "/healthz").starts_with("HTTP/1.1 200"));
        // It is an address of IPv6 wherever the kernel has IPv6.
        if admin.address.is_ipv6() {
            assert!(get_at("::1", &admin, "/healthz").starts_with("HTTP/1.1 200"));
        }
        admin.stop().unwrap();
    }

    #[test]
    fn metrics_are_open_metrics_text() {
        let admin = start(&Health::new(), None);
        let reply = get(&admin, "/metrics");
        assert!(
            reply.contains(OPEN_METRICS) && reply.contains("pat_operator_leader 1\n"),
            "{reply}"
        );
        assert!(reply.ends_with("# EOF\n"), "{reply}");
        admin.stop().unwrap();
    }

    #[test]
    fn a_stuck_main_runtime_fails_the_health_check() {
        let health = Health::stuck_after(Duration::from_millis(300));
        let admin = start(&health, None);
        let main = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let beats = main.spawn(health.beat());
        main.block_on(async { tokio::time::sleep(Duration::from_millis(400)).await });
        assert!(get(&admin, "/healthz").starts_with("HTTP/1.1 200"));
        main.block_on(async { thread::sleep(Duration::from_millis(400)) });
        beats.abort();
        let reply = get(&admin, "/healthz");
        assert!(reply.starts_with("HTTP/1.1 503") && reply.contains("has not moved"), "{reply}");
        admin.stop().unwrap();
    }

    #[test]
    fn the_port_file_holds_the_port_and_the_port_is_free_after_the_stop() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("port");
        let admin = start(&Health::new(), Some(&file));
        let address = admin.address;
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", address.port()));
        admin.stop().unwrap();
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_taken_port_is_an_error_that_names_the_flag() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = Admin::start(address, None, Health::new(), Registry::default()).err().unwrap();
        assert!(error.to_string().contains("--admin-address"), "{error}");
    }
}

//! A running simulator: listeners on loopback, in a thread of their own.
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::control::Control;
use crate::options::{Options, TenantSeeds};
use crate::secrets::Credential;
use crate::serve::Dropped;
use crate::tls::{self, TlsError};

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port could not be had.
    #[error("cannot listen on '{0}': {1}: choose another port, or port 0 for a free one")]
    Listen(SocketAddr, std::io::Error),
    /// The thread or its runtime could not be started.
    #[error("cannot start the server: {0}")]
    Runtime(std::io::Error),
    /// HTTPS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no entropy for ids.
    #[error("the system has no random numbers: give a seed")]
    Random,
}

/// A running simulator; it stops when this is dropped.
pub struct Simulator {
    control: Control,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    ca_pem: Option<String>,
    tenants: Vec<TenantSeeds>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts the listeners and returns once they accept connections. Needs no runtime of the
    /// caller's.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let control = Control::new(options.clock, options.seed.map_or_else(random_seed, Ok)?);
        *control.world.switches.write() = options.switches;
        let tenants = options.tenants.iter().map(|spec| control.add_tenant(spec)).collect();
        let http = options.http.map(listen).transpose()?;
        let https = options.https.map(listen).transpose()?;
        let tls = https.is_some().then(|| tls::server(options.certificate)).transpose()?;
        let (acceptor, ca_pem) = tls.map(|(config, pem)| (TlsAcceptor::from(config), pem)).unzip();
        let address =
            |listener: &Option<TcpListener>| listener.as_ref().and_then(|l| l.local_addr().ok());
        let (http_address, https_address) = (address(&http), address(&https));
        let listeners = vec![(http, None), (https, acceptor)];
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let router = control.router();
        let run = move || runtime.block_on(run(listeners, router, stopped));
        let thread = std::thread::Builder::new()
            .name("isc-simulator".into())
            .spawn(run)
            .map_err(StartError::Runtime)?;
        Ok(Self {
            control,
            http: http_address,
            https: https_address,
            ca_pem,
            tenants,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Base URL over plain HTTP, without a slash at the end; empty where it is off.
    pub fn url(&self) -> String {
        self.http.map(|address| format!("http://{address}")).unwrap_or_default()
    }

    /// Base URL over HTTPS; empty where it is off.
    pub fn https_url(&self) -> String {
        self.https.map(|address| format!("https://{address}")).unwrap_or_default()
    }

    /// The `apiUrl` of a tenant over plain HTTP.
    pub fn tenant_url(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}", self.url())
    }

    /// The `apiUrl` of a tenant over HTTPS.
    pub fn tenant_https_url(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}", self.https_url())
    }

    /// The CA to check HTTPS against, as PEM; empty where HTTPS is off.
    pub fn ca_pem(&self) -> &str {
        self.ca_pem.as_deref().unwrap_or_default()
    }

    /// The handle on everything inside.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The tenants it was started with, with their users and seed credentials.
    pub fn tenants(&self) -> &[TenantSeeds] {
        &self.tenants
    }

    /// The first seed credential of a tenant it was started with.
    pub fn seed(&self, tenant: &str) -> Option<&Credential> {
        let users = &self.tenants.iter().find(|seeds| seeds.tenant == tenant)?.users;
        users.iter().flat_map(|user| &user.seeds).next()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.control.world.gates.open_all();
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It cannot be told to anyone any more.
            let _ = thread.join();
        }
    }
}

fn random_seed() -> Result<u64, StartError> {
    let bytes = ring::rand::generate::<[u8; 8]>(&ring::rand::SystemRandom::new())
        .map_err(|_| StartError::Random)?;
    Ok(u64::from_be_bytes(bytes.expose()))
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let failed = |e| StartError::Listen(address, e);
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

type Listener = (Option<TcpListener>, Option<TlsAcceptor>);

async fn run(listeners: Vec<Listener>, router: Router, stopped: oneshot::Receiver<()>) {
    for (listener, acceptor) in listeners {
        if let Some(Ok(listener)) = listener.map(tokio::net::TcpListener::from_std) {
            tokio::spawn(accept(listener, acceptor, router.clone()));
        }
    }
    // Ends when the sender is dropped.
    let _ = stopped.await;
}

async fn accept(listener: tokio::net::TcpListener, acceptor: Option<TlsAcceptor>, router: Router) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            match acceptor {
                None => connection(stream, router).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connection(stream, router).await;
                    }
                }
            }
        });
    }
}

/// The end of a connection without a reply.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped on purpose")]
struct Hangup;

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let response = router
                .oneshot(request.map(Body::new))
                .await
                .unwrap_or_else(|e: Infallible| match e {});
            match response.extensions().get::<Dropped>() {
                Some(Dropped) => Err(Hangup),
                None => Ok::<Response<Body>, Hangup>(response),
            }
        }
    });
    // The Date header is the simulator's own. A caller that goes away is no error.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

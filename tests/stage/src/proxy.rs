//! A proxy between an operator and the API server: it reads and classifies each request, and a
//! suite's rule says what becomes of it.
use std::fmt;
use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use control_plane::ControlPlane;

use crate::stage::OWN;

/// What a write of the operator is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Write {
    /// To the Lease.
    Lease,
    /// An event.
    Event,
    /// The status of a Tenant.
    Tenant,
    /// The metadata of a resource.
    Finalizer,
    /// The status of a resource.
    Status,
    /// A ledger that was not there.
    NewLedger,
    /// A ledger.
    Ledger,
    /// A published Secret that was not there.
    NewSecret,
    /// A published Secret.
    Secret,
    /// The deletion of a published Secret.
    SecretDeletion,
    /// Anything else.
    Other,
}

impl Write {
    fn of(method: &Method, path: &str) -> Self {
        let is_ledger = path.starts_with(&format!("/api/v1/namespaces/{OWN}/secrets"));
        match *method {
            _ if path.contains("/leases") => Self::Lease,
            _ if path.contains("/events") => Self::Event,
            _ if path.contains("/tenants") => Self::Tenant,
            _ if path.contains("/personalaccesstokens") && path.ends_with("/status") => {
                Self::Status
            }
            _ if path.contains("/personalaccesstokens") => Self::Finalizer,
            _ if !path.contains("/secrets") => Self::Other,
            Method::POST if is_ledger => Self::NewLedger,
            _ if is_ledger => Self::Ledger,
            Method::POST => Self::NewSecret,
            Method::DELETE => Self::SecretDeletion,
            _ => Self::Secret,
        }
    }

    /// It is made to an object that a watch of Secrets, resources or Tenants shows.
    pub fn is_watched(self) -> bool {
        !matches!(self, Self::Lease | Self::Event | Self::Other)
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lease => "Lease",
            Self::Event => "event",
            Self::Tenant => "status of the Tenant",
            Self::Finalizer => "finalizer",
            Self::Status => "status",
            Self::NewLedger => "new ledger",
            Self::Ledger => "ledger",
            Self::NewSecret => "new Secret",
            Self::Secret => "Secret",
            Self::SecretDeletion => "end of the Secret",
            Self::Other => "other",
        })
    }
}

/// A request of an operator, read whole.
pub struct Request {
    parts: Parts,
    body: Bytes,
    /// What it writes; none if it only reads.
    pub write: Option<Write>,
}

impl Request {
    async fn read(request: axum::http::Request<Body>) -> Self {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let write =
            (parts.method != Method::GET).then(|| Write::of(&parts.method, parts.uri.path()));
        Self { parts, body, write }
    }

    /// It writes to a namespace, or to the ledger of the Tenant of that name.
    pub fn is_about(&self, place: &str) -> bool {
        if self.write == Some(Write::Ledger) {
            let label = format!("\"pat-operator.dev/tenant\":\"{place}\"");
            return String::from_utf8_lossy(&self.body).contains(&label);
        }
        self.parts.uri.path().contains(&format!("/namespaces/{place}/"))
    }
}

/// Has this rule answer all requests to a free port of loopback, until the runtime ends; gives the
/// URL.
pub async fn listen<F, R>(rule: F) -> String
where
    F: Fn(Request) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |request: axum::http::Request<Body>| {
        let rule = rule.clone();
        async move { rule(Request::read(request).await).await }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Connections to the API server.
#[derive(Clone)]
pub struct Upstream {
    client: reqwest::Client,
    server: String,
}

impl Upstream {
    /// The API server of this control plane.
    pub fn of(plane: &ControlPlane) -> Self {
        let ca = reqwest::Certificate::from_pem(plane.ca_pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).http1_only().build().unwrap();
        Self { client, server: plane.server_url() }
    }

    /// Its answer to a request, which is passed on as it is, and a watch as it comes; 502 when it
    /// is not there, as after the end of a test.
    pub async fn forward(&self, request: Request) -> Response<Body> {
        let Request { parts, body, .. } = request;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = parts.headers.clone();
        for hop in ["host", "connection", "content-length", "transfer-encoding"] {
            headers.remove(hop);
        }
        let asked = self
            .client
            .request(parts.method.clone(), format!("{}{path}", self.server))
            .headers(headers);
        let Ok(reply) = asked.body(body).timeout(Duration::from_secs(600)).send().await else {
            return away();
        };
        let mut answer = Response::builder().status(reply.status());
        for (name, value) in reply.headers() {
            if *name != "transfer-encoding" && *name != "connection" {
                answer = answer.header(name, value);
            }
        }
        let chunks = futures::stream::unfold(reply, async |mut reply| {
            let chunk = reply.chunk().await.transpose()?;
            Some((chunk, reply))
        });
        answer.body(Body::from_stream(chunks)).unwrap()
    }
}

/// The answer where there is no API server.
pub fn away() -> Response<Body> {
    Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::empty()).unwrap()
}

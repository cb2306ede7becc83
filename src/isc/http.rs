//! One HTTP request to ISC: bounded in time and size, no redirects, no retries, nothing of a body
//! in a log.
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use reqwest::NoProxy;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use reqwest::redirect::Policy;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use super::error::Failure;
use crate::redacted::Redacted;

/// A request with a complete body.
pub type Request = http::Request<Bytes>;
/// A reply with a complete body.
pub type Reply = http::Response<Bytes>;
/// Carries requests to ISC; a simulation puts its router here.
pub type Transport = BoxCloneSyncService<Request, Reply, Failure>;

const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(30);
/// Most bytes of a LIST reply; everything else is far smaller.
const MAX_BODY: usize = 1 << 20;

/// The source of transports. All Tenants without authorities of their own share one: reading the
/// system's takes milliseconds, and holding them hundreds of kilobytes.
#[derive(Default)]
pub struct Transports {
    shared: OnceLock<Transport>,
    only: bool,
    proxy: Option<Proxy>,
}

/// A way for https; plain http stays on this machine and must not leave it.
struct Proxy {
    url: Redacted,
    except: String,
}

impl Transports {
    /// This one for every Tenant, whatever its authorities: a simulation's router.
    pub fn only(transport: Transport) -> Self {
        Self { shared: OnceLock::from(transport), only: true, proxy: None }
    }

    /// Https goes through a proxy, except to these hosts (separated by commas).
    pub fn through(url: Redacted, except: String) -> Self {
        Self { proxy: Some(Proxy { url, except }), ..Self::default() }
    }

    /// `ca_pem`: authorities to trust instead of the system's.
    ///
    /// # Errors
    /// When the certificates do not parse.
    pub fn trusting(&self, ca_pem: Option<&str>) -> Result<Transport, Failure> {
        match (self.shared.get(), ca_pem) {
            (Some(shared), None) => Ok(shared.clone()),
            (Some(shared), Some(_)) if self.only => Ok(shared.clone()),
            // Not shared: these authorities are trusted for this Tenant alone.
            (_, Some(pem)) => transport(Some(pem), self.proxy.as_ref()),
            (None, None) => {
                let made = transport(None, self.proxy.as_ref())?;
                Ok(self.shared.get_or_init(|| made).clone())
            }
        }
    }
}

/// rustls, certificates always verified.
fn transport(ca_pem: Option<&str>, proxy: Option<&Proxy>) -> Result<Transport, Failure> {
    let setup = |error: reqwest::Error| Failure::Setup(cause(&error));
    let mut builder = reqwest::Client::builder()
        // Otherwise reqwest reads the environment, and sends plain http, with the client secret,
        // through HTTP_PROXY (T5).
        .no_proxy()
        // A redirect would carry the client secret to a host that was not checked (T5).
        .redirect(Policy::none())
        // A POST is sent once, by no layer twice (R3).
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .timeout(TOTAL)
        .user_agent(concat!("pat-operator/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = ca_pem {
        let authorities = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(setup)?;
        if authorities.is_empty() {
            return Err(Failure::Setup(
                "the CA bundle has no certificate; put one or more in PEM into it".into(),
            ));
        }
        builder = builder.tls_certs_only(authorities);
    }
    if let Some(proxy) = proxy {
        let https = reqwest::Proxy::https(proxy.url.expose()).map_err(setup)?;
        builder = builder.proxy(https.no_proxy(NoProxy::from_string(&proxy.except)));
    }
    let client = builder.build().map_err(setup)?;
    Ok(BoxCloneSyncService::new(tower::service_fn(move |request| carry(client.clone(), request))))
}

/// Sends one request.
///
/// # Errors
/// [`Failure::Connect`] only if nothing was written; every other failure leaves the effect unknown.
pub async fn send(transport: &Transport, request: Request) -> Result<Reply, Failure> {
    transport.clone().oneshot(request).await
}

async fn carry(client: reqwest::Client, request: Request) -> Result<Reply, Failure> {
    let request =
        reqwest::Request::try_from(request).map_err(|error| Failure::Setup(cause(&error)))?;
    let mut reply = client.execute(request).await.map_err(|error| failure(&error))?;
    let (status, headers) = (reply.status(), reply.headers().clone());
    let malformed = |what: &str| Failure::Malformed { status: status.as_u16(), what: what.into() };
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(malformed("it is compressed although the operator did not ask for that"));
    }
    let declared = declared_length(&headers).unwrap_or(0);
    if declared > MAX_BODY {
        return Err(malformed("it is larger than 1 MiB"));
    }
    let mut body = Vec::with_capacity(declared);
    // Chunk by chunk: a reply that declares no length must not fill the memory.
    while let Some(chunk) = reply.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(malformed("it is larger than 1 MiB"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = http::Response::new(Bytes::from(body));
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    Ok(whole)
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() { Failure::Connect(cause(error)) } else { Failure::NoReply(cause(error)) }
}

/// The name that reqwest gives failures of a proxy on the way; the type is not public.
const TUNNEL: &str = "tunnel error";

/// The first cause of an error, without the URL (a path may hold what a user wrote).
fn cause(error: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        said.push(cause.to_string());
        source = cause.source();
    }
    let is_proxy = said.iter().any(|cause| cause.starts_with(TUNNEL));
    let first = said.pop().unwrap_or_else(|| "the request failed".into());
    if is_proxy { format!("{first} (at the proxy of HTTPS_PROXY)") } else { first }
}

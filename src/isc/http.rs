//! One HTTP request to ISC: bounded in time and size, no redirects, no retries, nothing of a body
//! in a log.
mod cause;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::NoProxy;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use reqwest::redirect::Policy;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use self::cause::{AT_THE_PROXY, cause};
use super::error::Failure;
use crate::redacted::Redacted;

/// A request with a complete body.
pub type Request = http::Request<Bytes>;
/// A reply with a complete body.
pub type Reply = http::Response<Bytes>;
/// Why the body of a reply was not read; an extension of a reply that is no success.
#[derive(Clone, Copy)]
pub(super) struct Unread(pub(super) &'static str);
/// Carries requests to ISC; a simulation puts its router here.
pub type Transport = BoxCloneSyncService<Request, Reply, Failure>;

/// Less than `READ`, which runs meanwhile: a connection that is never made is told as such.
const CONNECT: Duration = Duration::from_secs(8);
const READ: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(30);
/// Most bytes of a LIST reply; everything else is far smaller.
const MAX_BODY: usize = 1 << 20;
const TOO_LARGE: &str = "it is larger than 1 MiB";

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
        builder = builder.tls_certs_only(authorities(pem)?);
    }
    let mut proxied = None;
    if let Some(proxy) = proxy {
        let https = reqwest::Proxy::https(proxy.url.expose()).map_err(setup)?;
        builder = builder.proxy(https.no_proxy(NoProxy::from_string(&proxy.except)));
        let hosts = Matcher::builder().https(proxy.url.expose().to_owned()).no(&proxy.except);
        proxied = Some(hosts.build());
    }
    // reqwest reads the authorities only now. Everything else it is given was checked before.
    let client = builder.build().map_err(|error| match ca_pem {
        Some(_) => Failure::Setup(format!("the CA bundle cannot be used ({})", flaw(&error))),
        None => setup(error),
    })?;
    let way = Arc::new(Way { client, proxied });
    Ok(BoxCloneSyncService::new(tower::service_fn(move |request| carry(way.clone(), request))))
}

/// A client, and the hosts that it reaches through a proxy.
struct Way {
    client: reqwest::Client,
    proxied: Option<Matcher>,
}

impl Way {
    /// A failed request. Until the connection stands, the proxy is as likely the cause as ISC.
    fn failure(&self, error: &reqwest::Error, uri: &Uri) -> Failure {
        let why = cause(error);
        if !error.is_connect() {
            return Failure::NoReply(why);
        }
        let is_proxied = self.proxied.as_ref().is_some_and(|hosts| hosts.intercept(uri).is_some());
        if is_proxied && !why.ends_with(AT_THE_PROXY) {
            return Failure::Connect(format!("{why}, {AT_THE_PROXY} or behind it"));
        }
        Failure::Connect(why)
    }
}

/// What is wrong with an authority; rustls takes each certificate for that of a peer.
fn flaw(error: &reqwest::Error) -> String {
    let cause = cause(error);
    let flaw = cause.strip_prefix("invalid peer certificate: ");
    flaw.map_or(cause.clone(), Into::into)
}

fn authorities(pem: &str) -> Result<Vec<reqwest::Certificate>, Failure> {
    let read = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
    let authorities = read.map_err(|error| {
        Failure::Setup(format!("the CA bundle is not in PEM ({})", cause(&error)))
    })?;
    if authorities.is_empty() {
        return Err(Failure::Setup("the CA bundle has no certificate".into()));
    }
    Ok(authorities)
}

/// Sends one request.
///
/// # Errors
/// [`Failure::Connect`] only if nothing was written; every other failure leaves the effect unknown.
pub async fn send(transport: &Transport, request: Request) -> Result<Reply, Failure> {
    transport.clone().oneshot(request).await
}

async fn carry(way: Arc<Way>, request: Request) -> Result<Reply, Failure> {
    let uri = request.uri().clone();
    let request =
        reqwest::Request::try_from(request).map_err(|error| Failure::Setup(cause(&error)))?;
    let failure = |error| way.failure(&error, &uri);
    let mut reply = way.client.execute(request).await.map_err(failure)?;
    let (status, headers) = (reply.status(), reply.headers().clone());
    let read = body_of(&mut reply).await.map_err(failure)?;
    let mut whole = http::Response::new(Bytes::new());
    match read {
        Ok(body) => *whole.body_mut() = body,
        Err(what) if status.is_success() => {
            return Err(Failure::Malformed { status: status.as_u16(), what: what.into() });
        }
        // A redirect or a refusal says enough by its status.
        Err(what) => _ = whole.extensions_mut().insert(Unread(what)),
    }
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    Ok(whole)
}

/// The body, or why it is not read.
async fn body_of(
    reply: &mut reqwest::Response,
) -> Result<Result<Bytes, &'static str>, reqwest::Error> {
    let headers = reply.headers();
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Ok(Err("it is compressed although the operator did not ask for that"));
    }
    let declared = declared_length(headers).unwrap_or(0);
    if declared > MAX_BODY {
        return Ok(Err(TOO_LARGE));
    }
    let mut body = Vec::with_capacity(declared);
    // Chunk by chunk: a reply that declares no length must not fill the memory.
    while let Some(chunk) = reply.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Ok(Err(TOO_LARGE));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Ok(Bytes::from(body)))
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

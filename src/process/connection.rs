//! The connection to Kubernetes: where, as whom, and with which limits.
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::InClusterError;
use kube::{Client, Config};
use tracing::info;

use super::context;
use super::deadline::DeadlineLayer;
use super::kubeconfig::{self, Access};
use super::proxy::{self, Proxy};
use crate::redacted::Redacted;

/// Time for one request, the body of its reply included. A LIST of 10 000 resources takes a few
/// seconds.
const REQUEST: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence on a connection. The server ends a watch after 290 s, so that only a dead
/// connection is silent so long.
const SILENCE: Duration = Duration::from_secs(300);

/// The reason why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("failed to use the kubeconfig: check {0} and --context")]
    Kubeconfig(&'static str, #[source] kubeconfig::Error),
    #[error(transparent)]
    Proxy(#[from] proxy::Error),
    #[error(
        "found no Kubernetes: neither --kubeconfig nor KUBECONFIG names a kubeconfig, and the process is not in a Pod \
         (KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is missing): give --kubeconfig FILE, or set KUBECONFIG; \
         the operator uses ~/.kube/config only if one of the two names it"
    )]
    Nowhere,
    #[error(
        "{0}: check that the Pod's service account is mounted, or give --kubeconfig, or set KUBECONFIG"
    )]
    InCluster(InClusterError),
    #[error("failed to build the Kubernetes client: check its certificates and keys")]
    Client(#[source] Box<kube::Error>),
}

impl Error {
    /// A person who never meant to run in a Pod gets another sentence: kube's names neither
    /// variable nor remedy.
    fn of_pod(error: InClusterError) -> Self {
        match error {
            InClusterError::ReadEnvironmentVariable(_) => Self::Nowhere,
            error => Self::InCluster(error),
        }
    }
}

/// Builds the client; it connects when first used. `proxy`: that of the environment.
pub(super) fn client(
    access: &Access,
    context: Option<&str>,
    proxy: Option<&Proxy>,
) -> Result<Client, Error> {
    client_of(limited(config(access, context, proxy)?))
}

fn config(access: &Access, name: Option<&str>, proxy: Option<&Proxy>) -> Result<Config, Error> {
    let (named_by, read) = match access {
        Access::File(path) => ("--kubeconfig", kubeconfig::of_flag(path)),
        Access::Variable(paths) => ("KUBECONFIG", kubeconfig::of_variable(paths)),
        Access::Pod => {
            let config = Config::incluster().map_err(Error::of_pod)?;
            return Ok(through(config, None, proxy));
        }
    };
    let unusable = |error| Error::Kubeconfig(named_by, error);
    let kubeconfig = read.map_err(unusable)?;
    let own = context::proxy_url(&kubeconfig, name).map_err(unusable)?;
    let own = own.map(|url| proxy::checked("proxy-url in the kubeconfig", &url)).transpose()?;
    let config = context::config(&kubeconfig, name).map_err(unusable)?;
    Ok(through(config, own, proxy))
}

/// Through the kubeconfig's `own` proxy, which `NO_PROXY` does not touch, otherwise through that of
/// the environment.
fn through(mut config: Config, own: Option<Redacted>, environment: Option<&Proxy>) -> Config {
    let proxy = match (&own, environment) {
        (Some(own), _) => Some(own),
        (None, Some(proxy)) if proxy.carries(&config.cluster_url) => Some(&proxy.url),
        (None, _) => None,
    };
    info!(server = %config.cluster_url, proxy = proxy.and_then(proxy::address), "connecting to Kubernetes");
    config.proxy_url = proxy.and_then(proxy::uri);
    config
}

fn limited(mut config: Config) -> Config {
    // kube would repeat a write after 429, 503 or 504; one that succeeded then conflicts with
    // itself.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    config.write_timeout = Some(REQUEST);
    config.read_timeout = Some(SILENCE);
    // Otherwise the time a pooled connection lay idle counts against the next reply on it.
    config.reset_reader_on_write = true;
    let name = concat!("pat-operator/", env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_static(name)));
    config
}

fn client_of(config: Config) -> Result<Client, Error> {
    let builder =
        ClientBuilder::try_from(config).map_err(|error| Error::Client(Box::new(error)))?;
    // kube's own time-outs bound each read, and a slow reply has any number of them.
    Ok(builder.with_layer(&DeadlineLayer(REQUEST)).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::environment::Variable;

    /// The proxy through which a Pod reaches its API server.
    fn of_pod(no_proxy: &str) -> Option<String> {
        let variable = Variable {
            name: "HTTPS_PROXY",
            value: Redacted::new("me:c4n4ry@proxy.example:3128".into()),
        };
        let proxy = Proxy::new(&variable, no_proxy).unwrap();
        let pod = Config::new("https://10.96.0.1".parse().unwrap());
        through(pod, None, Some(&proxy)).proxy_url.map(|url| url.to_string())
    }

    #[test]
    fn a_pod_reaches_kubernetes_through_the_proxy_unless_the_service_is_excepted() {
        assert_eq!(of_pod("").as_deref(), Some("http://me:c4n4ry@proxy.example:3128/"));
        assert_eq!(of_pod("proxy.example,10.96.0.0/12"), None);
    }
}

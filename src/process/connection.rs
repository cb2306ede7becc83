//! The connection to Kubernetes: where, as whom, and with which limits.
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::{InClusterError, KubeConfigOptions};
use kube::{Client, Config};

use super::deadline::DeadlineLayer;
use super::kubeconfig;
use super::settings::{Access, Settings};

/// Time for one request, the body of its reply included. A LIST of 10 000 resources takes a few seconds.
const REQUEST: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence on a connection. The server ends a watch after 290 s, so that only a dead connection is silent so long.
const SILENCE: Duration = Duration::from_secs(300);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("failed to use the kubeconfig: check {0} and --context")]
    Kubeconfig(&'static str, #[source] kubeconfig::Error),
    #[error(
        "failed to find out where Kubernetes is: give --kubeconfig, or set KUBECONFIG, or run in a Pod with a service account, which is not to be found here"
    )]
    InCluster(#[source] InClusterError),
    #[error("failed to build the Kubernetes client: check the certificates and keys it is given")]
    Client(#[source] Box<kube::Error>),
}

/// Builds the client; it connects when first used.
pub(super) async fn client(settings: &Settings) -> Result<Client, Error> {
    client_of(limited(config(settings).await?))
}

async fn config(settings: &Settings) -> Result<Config, Error> {
    let (named_by, read) = match &settings.access {
        Access::File(path) => ("--kubeconfig", kubeconfig::of_flag(path)),
        Access::Variable(paths) => ("KUBECONFIG", kubeconfig::of_variable(paths)),
        Access::Pod => return Config::incluster().map_err(Error::InCluster),
    };
    let kubeconfig = read.map_err(|error| Error::Kubeconfig(named_by, error))?;
    let options = KubeConfigOptions { context: settings.context.clone(), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    config.map_err(|error| Error::Kubeconfig(named_by, error.into()))
}

fn limited(mut config: Config) -> Config {
    // kube would repeat a write after 429, 503 or 504; one that succeeded then conflicts with itself.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    config.write_timeout = Some(REQUEST);
    config.read_timeout = Some(SILENCE);
    // Else the time a pooled connection lay idle counts against the next reply on it.
    config.reset_reader_on_write = true;
    let name = concat!("pat-operator/", env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_static(name)));
    config
}

fn client_of(config: Config) -> Result<Client, Error> {
    let builder = ClientBuilder::try_from(config).map_err(|error| Error::Client(Box::new(error)))?;
    Ok(builder.with_layer(&DeadlineLayer(REQUEST)).build())
}

//! The connection to Kubernetes: where, as whom, and with which limits.
use std::path::Path;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::{InClusterError, InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::deadline::DeadlineLayer;
use super::settings::Settings;

/// Time for one request, the body of its reply included. A LIST of 10 000 resources takes a few seconds.
const REQUEST: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence on a connection. The server ends a watch after 290 s, so that only a dead connection is silent so long.
const SILENCE: Duration = Duration::from_secs(300);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("failed to use the kubeconfig: check --kubeconfig and --context")]
    Kubeconfig(#[source] Box<KubeconfigError>),
    #[error("failed to find the Pod's service account: outside of a cluster give --kubeconfig")]
    InCluster(#[source] InClusterError),
    #[error("failed to find a cluster: give --kubeconfig")]
    Nowhere(#[source] Box<InferConfigError>),
    #[error("failed to build the Kubernetes client: check the certificates and keys it is given")]
    Client(#[source] Box<kube::Error>),
}

/// Builds the client; it connects when first used.
pub(super) async fn client(settings: &Settings) -> Result<Client, Error> {
    let (kubeconfig, context) = (settings.kubeconfig.as_deref(), settings.context.as_deref());
    if kubeconfig.is_none() && context.is_none() {
        return client_of(limited(Config::incluster().map_err(Error::InCluster)?));
    }
    client_of(limited(config(kubeconfig, context).await?))
}

/// Likewise for a person at a terminal: without flags the cluster is found as kubectl finds it.
pub(super) async fn client_of_person(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Client, Error> {
    if kubeconfig.is_none() && context.is_none() {
        let found = Config::infer().await.map_err(|error| Error::Nowhere(Box::new(error)))?;
        return client_of(limited(found));
    }
    client_of(limited(config(kubeconfig, context).await?))
}

async fn config(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Config, Error> {
    let kubeconfig_error = |error| Error::Kubeconfig(Box::new(error));
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    match kubeconfig {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(path).map_err(kubeconfig_error)?;
            Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(kubeconfig_error)
        }
        None => Config::from_kubeconfig(&options).await.map_err(kubeconfig_error),
    }
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

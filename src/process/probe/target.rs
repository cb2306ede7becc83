//! The target of a probe: from flags, environment, files and cluster.
use std::path::Path;

use super::error::Error;
use super::flags::ProbeFlags;
use crate::credential::Credential;
use crate::probe::tenant::{self, Connection};
use crate::probe::{self, Target, seed_file};
use crate::process::environment::{Environment, SailVariables};
use crate::process::kubeconfig::Access;
use crate::process::proxy::Proxy;
use crate::process::{connection, settings};
use crate::redacted::Redacted;

/// Reads the target from the flags, the environment and the cluster.
pub(super) async fn read(flags: ProbeFlags) -> Result<Target, Error> {
    let parse =
        |url: &str| probe::ApiUrl::parse(url, flags.allow_loopback_http).map_err(probe::Error::Url);
    let environment = Environment::read();
    let proxy = environment
        .https_proxy
        .map(|variable| Proxy::new(&variable, &environment.no_proxy))
        .transpose()?;
    let Connection { api_url, ca_pem, seed, nerm_url } = match (&flags.tenant, &flags.namespace) {
        (Some(name), Some(namespace)) => {
            let access = Access::of(flags.kubeconfig.clone(), environment.kubeconfig);
            if let (Access::Pod, Some(context)) = (&access, &flags.context) {
                return Err(settings::Error::ContextOfNothing(context.clone()).into());
            }
            let client = connection::client(&access, flags.context.as_deref(), proxy.as_ref())?;
            tenant::read(&client, name, namespace).await?
        }
        (_, _) => without_cluster(&flags)?,
    };
    let nerm = match flags.nerm_url.as_deref().or(nerm_url.as_deref()) {
        // An empty variable is none.
        None | Some("") => None,
        Some(url) => Some(parse(url)?),
    };
    let (api, pat_path, list_lag) = (parse(&api_url)?, flags.pat_path, flags.list_lag);
    let proxy = proxy.map(|proxy| probe::Proxy { url: proxy.url, except: proxy.except });
    Ok(Target { api, pat_path, ca_pem, proxy, seed, nerm, list_lag }.check()?)
}

/// The connection by flags, files and the variables of SailPoint's own clients.
fn without_cluster(flags: &ProbeFlags) -> Result<Connection, Error> {
    let variables = SailVariables::read();
    let seed = match &flags.seed_file {
        Some(path) => seed_file::parse(&Redacted::new(file(path, "--seed-file")?))?,
        None => seed_of(variables.client_id, variables.client_secret)?,
    };
    let ca_pem = match &flags.ca_file {
        Some(path) => Some(file(path, "--ca-file")?),
        None => None,
    };
    let Some(api_url) = flags.api_url.clone().or(variables.base_url) else {
        return Err(Error::NoUrl);
    };
    Ok(Connection { api_url, ca_pem, seed, nerm_url: None })
}

fn seed_of(
    client_id: Option<String>,
    client_secret: Option<Redacted>,
) -> Result<Credential, Error> {
    let (Some(client_id), Some(client_secret)) = (client_id, client_secret) else {
        return Err(Error::NoSeed);
    };
    Ok(seed_file::of_values(&client_id, &client_secret)?)
}

fn file(path: &Path, flag: &'static str) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.display().to_string(),
        flag,
        source,
    })
}

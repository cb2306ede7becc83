//! Files that the platform team puts into the operator's namespace: seed Secrets and CA bundles.
//! Read, never written.
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::Client;
use kube::api::Api;
use thiserror::Error;

use crate::credential::{Credential, seed};

/// A seed or a bundle that cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such Secret.
    #[error(
        "Secret \"{namespace}/{name}\" does not exist; create it with the keys clientId and clientSecret of a personal access token"
    )]
    SeedMissing {
        /// The operator's namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A value is missing, or cannot be what its key says.
    #[error("Secret \"{namespace}/{name}\" {fault}")]
    SeedInvalid {
        /// The operator's namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The fault, which repeats no value.
        fault: seed::Fault,
    },
    /// There is no such bundle.
    #[error(
        "ConfigMap \"{namespace}/{name}\" has no value under {key:?}; put the CA certificates there in PEM, or remove spec.caBundle"
    )]
    BundleMissing {
        /// The operator's namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// The API server did not answer as it should.
    #[error("failed to read {what} {name:?}")]
    Read {
        /// Kind.
        what: &'static str,
        /// Name.
        name: String,
        /// Cause.
        source: kube::Error,
    },
}

/// Client ID and client secret of a seed Secret.
///
/// # Errors
/// Each names the Secret and the remedy.
pub async fn seed(client: &Client, namespace: &str, name: &str) -> Result<Credential, Error> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let read = api.get_opt(name).await;
    let read = read.map_err(|source| Error::Read { what: "Secret", name: name.into(), source })?;
    let Some(secret) = read else {
        return Err(Error::SeedMissing { namespace: namespace.into(), name: name.into() });
    };
    let data = secret.data.unwrap_or_default();
    let value = |key: &str| data.get(key).map(|bytes| bytes.0.as_slice());
    seed::parse(value(seed::CLIENT_ID), value(seed::CLIENT_SECRET)).map_err(|fault| {
        Error::SeedInvalid { namespace: namespace.into(), name: name.into(), fault }
    })
}

/// A CA bundle in PEM.
///
/// # Errors
/// Each names the ConfigMap and the remedy.
pub async fn bundle(
    client: &Client,
    namespace: &str,
    name: &str,
    key: &str,
) -> Result<String, Error> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let read = api.get_opt(name).await;
    let read =
        read.map_err(|source| Error::Read { what: "ConfigMap", name: name.into(), source })?;
    match read.and_then(|map| map.data?.remove(key)) {
        Some(pem) if !pem.trim().is_empty() => Ok(pem),
        Some(_) | None => Err(Error::BundleMissing {
            namespace: namespace.into(),
            name: name.into(),
            key: key.into(),
        }),
    }
}

/// The identifier of this cluster: the uid of its `kube-system` namespace.
///
/// # Errors
/// When it cannot be read.
pub async fn cluster_id(client: &Client) -> Result<String, Error> {
    let api: Api<Namespace> = Api::all(client.clone());
    // It is there in every cluster, is never deleted, and a restored cluster keeps its uid.
    let read = api.get_metadata("kube-system").await;
    let read = read.map_err(|source| Error::Read {
        what: "Namespace",
        name: "kube-system".into(),
        source,
    })?;
    Ok(read.metadata.uid.unwrap_or_default())
}

//! The place and the credential that the operator works with for a Tenant: read from the cluster,
//! never written.
use kube::Client;
use kube::api::Api;

use super::error::Error;
use super::target::of_a_user;
use crate::api::Tenant;
use crate::credential::Credential;
use crate::kubernetes::operator_files;

/// The connection that a Tenant declares.
#[derive(Debug)]
pub struct Connection {
    /// `spec.apiUrl`.
    pub api_url: String,
    /// The bundle of `spec.caBundle`, in PEM.
    pub ca_pem: Option<String>,
    /// The credential in its seed Secret.
    pub seed: Credential,
    /// `spec.nermUrl`.
    pub nerm_url: Option<String>,
}

/// Reads the Tenant, its seed Secret and its CA bundle. `namespace`: the operator's.
///
/// # Errors
/// Each names the object and the remedy.
pub async fn read(client: &Client, name: &str, namespace: &str) -> Result<Connection, Error> {
    let files = |error| Error::Files(Box::new(error));
    let tenants: Api<Tenant> = Api::all(client.clone());
    let read = tenants.get_opt(name).await;
    let read =
        read.map_err(|source| Error::ReadTenant { name: name.into(), source: Box::new(source) })?;
    let spec = read.ok_or_else(|| Error::NoTenant(name.into()))?.spec;
    let ca_pem = match &spec.ca_bundle {
        None => None,
        Some(bundle) => {
            let key = &bundle.config_map_ref;
            Some(
                operator_files::bundle(client, namespace, &key.name, &key.key)
                    .await
                    .map_err(files)?,
            )
        }
    };
    let source = spec.credentials.first().ok_or_else(|| Error::NoCredentials(name.into()))?;
    let seed =
        operator_files::seed(client, namespace, &source.secret_ref.name).await.map_err(files)?;
    let (api_url, nerm_url) = (spec.api_url, spec.nerm_url);
    Ok(Connection { api_url, ca_pem, seed: of_a_user(seed)?, nerm_url })
}

//! The objects of the cluster as the strategies read and write them.
use jiff::Timestamp;
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use pat_operator::api::personal_access_token::PersonalAccessToken;
use pat_operator::api::tenant::Tenant;
use serde_json::{Value, json};
use simulation::Cluster;
use trials::OWN;

use super::Trouble;
use super::record::Record;
use super::session::Credential;

const FINALIZER: &str = "rival.example/revoke";

/// The cluster as one replica reaches it.
pub struct Objects {
    client: Client,
    cluster: Cluster,
}

impl Objects {
    /// The cluster behind this client; its clock is that of the replica's machine.
    pub fn new(client: Client, cluster: Cluster) -> Self {
        Self { client, cluster }
    }

    /// What the local clock says.
    pub(super) fn now(&self) -> Timestamp {
        self.cluster.now()
    }

    /// All resources.
    pub(super) async fn resources(&self) -> Result<Vec<PersonalAccessToken>, Trouble> {
        let all: Api<PersonalAccessToken> = Api::all(self.client.clone());
        all.list(&ListParams::default()).await.map(|list| list.items).or(Err(Trouble))
    }

    /// Where ISC is and who one is there.
    pub(super) async fn way_to(&self, tenant: &str) -> Result<(String, Credential), Trouble> {
        let tenant = Api::<Tenant>::all(self.client.clone()).get(tenant).await.or(Err(Trouble))?;
        let seed = tenant.spec.credentials.first().ok_or(Trouble)?;
        let secret = self.secrets(OWN).get(&seed.secret_ref.name).await.or(Err(Trouble))?;
        let mut data = judge::data(&secret.data);
        let id = data.remove("clientId").ok_or(Trouble)?;
        let client_secret = data.remove("clientSecret").ok_or(Trouble)?;
        Ok((tenant.spec.api_url, Credential { id, client_secret }))
    }

    /// What a resource's Secret says, if there is one.
    pub(super) async fn record(
        &self,
        resource: &PersonalAccessToken,
    ) -> Result<Option<Record>, Trouble> {
        let (namespace, name) = place(resource)?;
        let secret = self.secrets(namespace).get_opt(name).await.or(Err(Trouble))?;
        secret.map(|secret| Record::of(&secret).ok_or(Trouble)).transpose()
    }

    /// Writes a Secret over the revision that it names, or where there was none.
    pub(super) async fn publish(&self, place: (&str, &str), secret: Value) -> Result<(), Trouble> {
        let secret: DynamicObject = serde_json::from_value(secret).or(Err(Trouble))?;
        let (secrets, how) = (self.secrets(place.0), PostParams::default());
        let written = match secret.metadata.resource_version {
            Some(_) => secrets.replace(place.1, &how, &secret).await,
            None => secrets.create(&how, &secret).await,
        };
        written.map(drop).or(Err(Trouble))
    }

    /// Puts the finalizer on a resource.
    pub(super) async fn hold(&self, resource: &PersonalAccessToken) -> Result<(), Trouble> {
        let held = resource.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER);
        if held { Ok(()) } else { self.finalizers(resource, &[FINALIZER]).await }
    }

    /// Takes it off.
    pub(super) async fn release(&self, resource: &PersonalAccessToken) -> Result<(), Trouble> {
        self.finalizers(resource, &[]).await
    }

    async fn finalizers(
        &self,
        resource: &PersonalAccessToken,
        names: &[&str],
    ) -> Result<(), Trouble> {
        let (namespace, name) = place(resource)?;
        let revision = &resource.metadata.resource_version;
        let patch = json!({"metadata": {"finalizers": names, "resourceVersion": revision}});
        let all: Api<PersonalAccessToken> = Api::namespaced(self.client.clone(), namespace);
        all.patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .map(drop)
            .or(Err(Trouble))
    }

    fn secrets(&self, namespace: &str) -> Api<DynamicObject> {
        let secret = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Secret"));
        Api::namespaced_with(self.client.clone(), namespace, &secret)
    }
}

/// Namespace and name of a resource, and of its Secret.
pub(super) fn place(resource: &PersonalAccessToken) -> Result<(&str, &str), Trouble> {
    let metadata = &resource.metadata;
    Ok((metadata.namespace.as_deref().ok_or(Trouble)?, metadata.name.as_deref().ok_or(Trouble)?))
}

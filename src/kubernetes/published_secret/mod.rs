//! The published Secret: written only if it is absent or the resource's own, and only where it
//! differs.
mod content;
mod marks;
mod ownership;
mod pair;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::PartialObjectMeta;
use serde_json::{Value, json};

pub use self::content::{Content, differs};
use self::marks::Marks;
pub use self::ownership::holds;
use self::ownership::{owners, stripped};
pub use self::pair::{claims, held, is_locked};
use crate::api::names::MANAGER;
use crate::lifecycle::rendering::{all_keys, render};

/// Published Secrets of all namespaces.
#[derive(Clone)]
pub struct PublishedSecrets {
    client: Client,
}

impl PublishedSecrets {
    /// Secrets that this client may reach.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Its metadata, read live; `None` if there is none.
    ///
    /// # Errors
    /// When the API server fails.
    pub async fn metadata(
        &self,
        namespace: &str,
        name: &str,
    ) -> kube::Result<Option<PartialObjectMeta<Secret>>> {
        self.api(namespace).get_metadata_opt(name).await
    }

    /// The whole Secret, read live.
    ///
    /// # Errors
    /// When the API server fails.
    pub async fn get(&self, namespace: &str, name: &str) -> kube::Result<Option<Secret>> {
        self.api(namespace).get_opt(name).await
    }

    /// Creates it; a 409 means that another Secret has the name now. Gives the resourceVersion.
    ///
    /// # Errors
    /// When the API server refuses or fails.
    pub async fn create(&self, content: &Content<'_>) -> kube::Result<Option<String>> {
        let namespace = content.token.metadata.namespace.as_deref().unwrap_or_default();
        let secret: Secret =
            serde_json::from_value(body(content, None)).map_err(kube::Error::SerdeError)?;
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        // A POST is create-only: it cannot overwrite a Secret that is there (T2).
        let made = self.api(namespace).create(&params, &secret).await?;
        Ok(made.metadata.resource_version)
    }

    /// Puts the operator's own keys, labels and annotations right; the rest is left alone. The
    /// write carries the uid and resourceVersion of what was read.
    ///
    /// # Errors
    /// When the API server refuses or fails; a 409 means that it changed since.
    pub async fn correct(
        &self,
        content: &Content<'_>,
        found: &ObjectMeta,
    ) -> kube::Result<Option<String>> {
        let namespace = content.token.metadata.namespace.as_deref().unwrap_or_default();
        let name = found.name.as_deref().unwrap_or_default();
        let mut patch = body(content, Some(found));
        // A merge patch removes a key only if it says null.
        let keys: BTreeMap<&str, Value> = all_keys().map(|key| (key, Value::Null)).collect();
        let mut data = json!(keys);
        // Keys of the other format go, and so does nermUrl when the Tenant has none any more.
        json_patch::merge(&mut data, &json!(encoded(content)));
        patch["data"] = data;
        // Both, so that the write is one of the very object that was found to be ours (T2).
        patch["metadata"]["uid"] = json!(found.uid);
        patch["metadata"]["resourceVersion"] = json!(found.resource_version);
        // The reply to such a patch is metadata: the client secret does not come back.
        let written = self
            .api(namespace)
            .patch_metadata(name, &PatchParams::default(), &Patch::Merge(&patch))
            .await?;
        Ok(written.metadata.resource_version)
    }

    /// Takes the operator's marks off, if it is still as it was read: it is left to its user.
    ///
    /// # Errors
    /// When the API server refuses or fails; a 409 means that it changed since.
    pub async fn strip(&self, namespace: &str, found: &ObjectMeta, uid: &str) -> kube::Result<()> {
        let (name, patch) = (found.name.as_deref().unwrap_or_default(), stripped(found, uid));
        self.api(namespace)
            .patch_metadata(name, &PatchParams::default(), &Patch::Merge(&patch))
            .await?;
        Ok(())
    }

    /// Deletes it if it is still the one that was read.
    ///
    /// # Errors
    /// When the API server refuses or fails; gone already is no error.
    pub async fn delete(&self, namespace: &str, found: &ObjectMeta) -> kube::Result<()> {
        // By uid: a Secret that was made again under the name is another one. Its version may have
        // moved on.
        let preconditions = Preconditions { uid: found.uid.clone(), resource_version: None };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.api(namespace).delete(found.name.as_deref().unwrap_or_default(), &params).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn api(&self, namespace: &str) -> Api<Secret> {
        Api::namespaced(self.client.clone(), namespace)
    }
}

/// The whole Secret, as it is created; `found`: what is there already.
fn body(content: &Content<'_>, found: Option<&ObjectMeta>) -> Value {
    let token = content.token;
    let (labels, annotations) = Marks::of(token, content.entry).patch(found);
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token.secret_name(),
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": owners(found, token),
        },
        "data": encoded(content),
    })
}

/// The data of the Secret, as its JSON has them.
fn encoded(content: &Content<'_>) -> BTreeMap<&'static str, String> {
    let data = render(content.entry, content.endpoint, content.token.secret_format()).into_iter();
    data.map(|(key, value)| (key, STANDARD.encode(value.expose()))).collect()
}

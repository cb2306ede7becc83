//! What people do: to resources and Secrets with a client of their own, to tokens with their own
//! hands.
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};

/// A person with all rights. What is refused stays undone.
#[derive(Clone)]
pub struct People(Client);

/// Kinds that people touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Namespace
    Namespace,
    /// Secret
    Secret,
    /// `PersonalAccessToken`
    Token,
    /// Tenant
    Tenant,
}

impl People {
    /// People who use this client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    fn api(&self, kind: Kind, namespace: &str) -> Api<DynamicObject> {
        let (group, version, name) = match kind {
            Kind::Namespace => ("", "v1", "Namespace"),
            Kind::Secret => ("", "v1", "Secret"),
            Kind::Token => ("pat-operator.dev", "v1alpha1", "PersonalAccessToken"),
            Kind::Tenant => ("pat-operator.dev", "v1alpha1", "Tenant"),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, name));
        match namespace {
            "" => Api::all_with(self.0.clone(), &resource),
            namespace => Api::namespaced_with(self.0.clone(), namespace, &resource),
        }
    }

    /// Creates an object; says whether it is there now because of that.
    pub async fn create(&self, kind: Kind, namespace: &str, name: &str, content: Value) -> bool {
        let mut body = content;
        body["metadata"]["name"] = json!(name);
        let Ok(object) = serde_json::from_value(body) else { return false };
        self.api(kind, namespace).create(&PostParams::default(), &object).await.is_ok()
    }

    /// Merges a patch into an object.
    pub async fn patch(&self, kind: Kind, namespace: &str, name: &str, patch: Value) -> bool {
        self.api(kind, namespace)
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .is_ok()
    }

    /// Merges a patch into the status of an object.
    pub async fn patch_status(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        patch: Value,
    ) -> bool {
        self.api(kind, namespace)
            .patch_status(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .is_ok()
    }

    /// Deletes an object.
    pub async fn delete(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.api(kind, namespace).delete(name, &DeleteParams::default()).await.is_ok()
    }
}

//! Statuses and finalizers: merge patches, sent only when something differs.
use std::fmt::Debug;

use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;

/// Writes the status if it differs from the old one; gives the object as it is then.
///
/// # Errors
/// When the API server refuses or fails.
pub async fn write<K, S>(api: &Api<K>, name: &str, old: Option<&S>, new: &S) -> kube::Result<Option<K>>
where
    K: Resource + Clone + DeserializeOwned + Debug,
    S: Serialize + PartialEq,
{
    if old == Some(new) {
        return Ok(None);
    }
    let mut status = serde_json::to_value(new).map_err(kube::Error::SerdeError)?;
    let old = serde_json::to_value(old).map_err(kube::Error::SerdeError)?;
    // A merge patch removes a field only if it says so.
    if let (Value::Object(status), Value::Object(old)) = (&mut status, old) {
        for key in old.into_iter().map(|(key, _)| key) {
            status.entry(key).or_insert(Value::Null);
        }
    }
    let patch = Patch::Merge(json!({ "status": status }));
    api.patch_status(name, &PatchParams::default(), &patch).await.map(Some)
}

/// Adds or removes the finalizer; the write carries the resourceVersion of what was read.
///
/// # Errors
/// When the API server refuses or fails; gone already is no error for a removal.
pub async fn finalizer(client: &Client, token: &PersonalAccessToken, present: bool) -> kube::Result<()> {
    let namespace = token.namespace().unwrap_or_default();
    let api: Api<PersonalAccessToken> = Api::namespaced(client.clone(), &namespace);
    let mut finalizers = token.metadata.finalizers.clone().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    if present {
        finalizers.push(FINALIZER.into());
    }
    let metadata = json!({ "finalizers": finalizers, "resourceVersion": token.metadata.resource_version });
    let patch = Patch::Merge(json!({ "metadata": metadata }));
    match api.patch_metadata(&token.name_any(), &PatchParams::default(), &patch).await {
        Err(kube::Error::Api(status)) if status.code == 404 && !present => Ok(()),
        answer => answer.map(|_| ()),
    }
}

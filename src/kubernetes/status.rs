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
pub async fn write<K, S>(
    api: &Api<K>,
    name: &str,
    old: Option<&S>,
    new: &S,
) -> kube::Result<Option<K>>
where
    K: Resource + Clone + DeserializeOwned + Debug,
    S: Serialize + PartialEq,
{
    // Each write wakes the controller that made it.
    if old == Some(new) {
        return Ok(None);
    }
    let mut status = serde_json::to_value(new).map_err(kube::Error::SerdeError)?;
    let old = serde_json::to_value(old).map_err(kube::Error::SerdeError)?;
    remove_absent(&mut status, &old);
    let patch = Patch::Merge(json!({ "status": status }));
    api.patch_status(name, &PatchParams::default(), &patch).await.map(Some)
}

/// A merge patch removes a field, at any depth, only if it says so.
fn remove_absent(new: &mut Value, old: &Value) {
    let (Value::Object(new), Value::Object(old)) = (new, old) else { return };
    for (key, was) in old {
        remove_absent(new.entry(key.clone()).or_insert(Value::Null), was);
    }
}

/// Adds or removes the finalizer; the write carries the resourceVersion of what was read.
///
/// # Errors
/// When the API server refuses or fails; gone already is no error for a removal.
pub async fn finalizer(
    client: &Client,
    token: &PersonalAccessToken,
    present: bool,
) -> kube::Result<()> {
    let namespace = token.namespace().unwrap_or_default();
    let api: Api<PersonalAccessToken> = Api::namespaced(client.clone(), &namespace);
    let mut finalizers = token.metadata.finalizers.clone().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    if present {
        finalizers.push(FINALIZER.into());
    }
    // With the version that was read: a list in a merge patch replaces the finalizers of others
    // too.
    let metadata =
        json!({ "finalizers": finalizers, "resourceVersion": token.metadata.resource_version });
    let patch = Patch::Merge(json!({ "metadata": metadata }));
    match api.patch_metadata(&token.name_any(), &PatchParams::default(), &patch).await {
        Err(kube::Error::Api(status)) if status.code == 404 && !present => Ok(()),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_at_any_depth_is_removed_by_the_patch() {
        for (old, new) in [
            (json!({}), json!({"a": 1})),
            (json!({"a": 1, "b": 2}), json!({"b": 3})),
            (
                json!({"credential": {"clientId": "x", "expiresAt": "y"}}),
                json!({"credential": {"clientId": "x"}}),
            ),
            (json!({"a": {"b": {"c": 1, "d": 2}}}), json!({"a": {"b": {"d": 2}}})),
            (json!({"a": {"b": 1}}), json!({})),
            (json!({"all": [{"b": 1}, {"c": 2}]}), json!({"all": [{"c": 2}]})),
            (json!({"a": {"b": 1}}), json!({"a": "text"})),
            (json!({"a": "text"}), json!({"a": {"b": 1}})),
        ] {
            let (mut patch, mut status) = (new.clone(), old.clone());
            remove_absent(&mut patch, &old);
            json_patch::merge(&mut status, &patch);
            assert_eq!(status, new, "from {old}");
        }
    }
}

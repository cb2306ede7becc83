//! Whose a Secret is, and which pair it holds.
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::{Value, json};

use crate::api::PersonalAccessToken;
use crate::api::names::{
    ANNOTATION_CLIENT_ID, ANNOTATION_NUMBER, ANNOTATION_RESOURCE, ANNOTATION_TEMPLATE, LABEL_MANAGED_BY, MANAGER,
};
use crate::lifecycle::facts::{Held, Holds};
use crate::redacted::Redacted;

/// The keys that hold a pair, by format.
const PAIRS: [(&str, &str); 2] = [("clientId", "clientSecret"), ("SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET")];

/// Whose it is: ours if this very resource controls it, or if nobody does and it carries the operator's mark for the
/// resource, as the Secret of a resource with `reclaimPolicy: Retain` does (T2).
pub fn holds(found: Option<&ObjectMeta>, uid: &str) -> Holds {
    let Some(found) = found else { return Holds::Absent };
    let mark = found.annotations.as_ref().and_then(|all| all.get(ANNOTATION_RESOURCE));
    let managed = found.labels.as_ref().and_then(|all| all.get(LABEL_MANAGED_BY)).is_some_and(|by| by == MANAGER);
    let ours = match controller(found) {
        // A user may have removed the mark of a Secret that this resource controls: it is put back.
        Some(controller) => controller.uid == uid && mark.is_none_or(|mark| mark == uid),
        None => managed && mark.is_some_and(|mark| mark == uid),
    };
    if ours { Holds::Ours } else { Holds::Foreign }
}

/// The pair in a Secret of this resource, if there is one.
pub fn held(secret: &Secret, uid: &str) -> Option<Held> {
    let data = secret.data.as_ref()?;
    let text = |key: &str| String::from_utf8(data.get(key)?.0.clone()).ok();
    let (id, client_secret) = PAIRS.iter().find_map(|(id, value)| Some((text(id)?, Redacted::new(text(value)?))))?;
    let annotations = secret.metadata.annotations.as_ref();
    Some(Held {
        id: id.into(),
        client_secret,
        claims: annotations.and_then(|all| all.get(ANNOTATION_NUMBER)?.parse().ok()),
        owned: controller(&secret.metadata).is_some_and(|controller| controller.uid == uid),
    })
}

/// The owner references that it should have: the resource's own, unless it is to outlive the resource, and those of
/// others as they are.
pub(super) fn owners(found: Option<&ObjectMeta>, token: &PersonalAccessToken) -> Vec<Value> {
    let uid = token.metadata.uid.as_deref().unwrap_or_default();
    let others = found.into_iter().flat_map(|found| found.owner_references.iter().flatten()).filter(|o| o.uid != uid);
    let own = (!token.retains()).then(|| {
        json!({
            "apiVersion": "pat-operator.dev/v1alpha1",
            "kind": "PersonalAccessToken",
            "name": token.metadata.name,
            "uid": uid,
            "controller": true,
            "blockOwnerDeletion": false,
        })
    });
    others.map(|owner| json!(owner)).chain(own).collect()
}

/// Whether the owner references are not as they should be.
pub(super) fn owners_differ(found: &ObjectMeta, token: &PersonalAccessToken) -> bool {
    let uid = token.metadata.uid.as_deref();
    let owned = controller(found).is_some_and(|controller| Some(controller.uid.as_str()) == uid);
    owned == token.retains()
}

/// The patch that takes the operator's marks off a Secret.
pub(super) fn stripped(found: &ObjectMeta, uid: &str) -> Value {
    let others: Vec<_> = found.owner_references.iter().flatten().filter(|owner| owner.uid != uid).collect();
    json!({"metadata": {
        "uid": found.uid,
        "resourceVersion": found.resource_version,
        "ownerReferences": others,
        "labels": {LABEL_MANAGED_BY: null},
        "annotations": {ANNOTATION_RESOURCE: null, ANNOTATION_NUMBER: null, ANNOTATION_CLIENT_ID: null, ANNOTATION_TEMPLATE: null},
    }})
}

fn controller(found: &ObjectMeta) -> Option<&OwnerReference> {
    found.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}

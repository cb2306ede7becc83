//! The owner of a Secret: the resource that may write it, and the references that say so.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::{Value, json};

use crate::api::PersonalAccessToken;
use crate::api::names::{
    ANNOTATION_CLIENT_ID, ANNOTATION_NUMBER, ANNOTATION_RESOURCE, ANNOTATION_TEMPLATE,
    LABEL_MANAGED_BY,
};
use crate::lifecycle::secret::Holds;

/// The Secret of this name: ours if this very resource controls it, or if no resource does and it
/// carries the operator's mark for this one, as the Secret of a resource with `reclaimPolicy:
/// Retain` does (T2).
pub fn holds(found: Option<&ObjectMeta>, uid: &str) -> Holds {
    let Some(found) = found else { return Holds::Absent };
    // The label that says who manages it is no sign: Helm and policies overwrite it.
    let is_ours = match (controller(found), annotation(found, ANNOTATION_RESOURCE)) {
        (Some(controller), Some(mark)) => controller == uid && mark == uid,
        // A user may have removed the mark of a Secret that this resource controls: it is put back.
        (Some(controller), None) => controller == uid,
        (None, Some(mark)) => mark == uid,
        (None, None) => false,
    };
    if is_ours { Holds::Ours } else { Holds::Foreign }
}

pub(super) fn annotation<'a>(found: &'a ObjectMeta, name: &str) -> Option<&'a str> {
    found.annotations.as_ref()?.get(name).map(String::as_str)
}

/// The owner references that it should have: the resource's own, unless it is to outlive the
/// resource, and those of others as they are.
pub(super) fn owners(found: Option<&ObjectMeta>, token: &PersonalAccessToken) -> Vec<Value> {
    let uid = token.metadata.uid.as_deref().unwrap_or_default();
    let mut owners = Vec::new();
    if let Some(found) = found {
        owners.extend(others(found, uid).map(|owner| json!(owner)));
    }
    // With a reference the garbage collector would remove the Secret together with its resource.
    if !token.retains() {
        owners.push(json!({
            "apiVersion": "pat-operator.dev/v1alpha1",
            "kind": "PersonalAccessToken",
            "name": token.metadata.name,
            "uid": uid,
            "controller": true,
            // True would need a right on finalizers, and deletion waits for the operator's own
            // anyway.
            "blockOwnerDeletion": false,
        }));
    }
    owners
}

/// True if the owner references are not as they should be, in any field of the resource's own.
pub(super) fn owners_differ(found: &ObjectMeta, token: &PersonalAccessToken) -> bool {
    let have: Vec<Value> = references(found).iter().map(|owner| json!(owner)).collect();
    let wanted = owners(Some(found), token);
    have.len() != wanted.len() || have.iter().any(|owner| !wanted.contains(owner))
}

/// The patch that takes the operator's marks off a Secret.
pub(super) fn stripped(found: &ObjectMeta, uid: &str) -> Value {
    let others: Vec<&OwnerReference> = others(found, uid).collect();
    json!({"metadata": {
        "uid": found.uid,
        "resourceVersion": found.resource_version,
        "ownerReferences": others,
        "labels": {LABEL_MANAGED_BY: null},
        "annotations": {ANNOTATION_RESOURCE: null, ANNOTATION_NUMBER: null, ANNOTATION_CLIENT_ID: null, ANNOTATION_TEMPLATE: null},
    }})
}

fn references(found: &ObjectMeta) -> &[OwnerReference] {
    found.owner_references.as_deref().unwrap_or_default()
}

/// The owner references but for those of this resource.
fn others<'a>(found: &'a ObjectMeta, uid: &'a str) -> impl Iterator<Item = &'a OwnerReference> {
    references(found).iter().filter(move |owner| owner.uid != uid)
}

/// The uid of the resource that controls it.
pub(super) fn controller(found: &ObjectMeta) -> Option<&str> {
    let controller = references(found).iter().find(|owner| owner.controller == Some(true))?;
    Some(&controller.uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::names::MANAGER;

    fn meta(marks: Value, controller: Option<&str>) -> ObjectMeta {
        let owner = |uid: &str, controller: bool| json!({"apiVersion": "v1", "kind": "X", "name": "x", "uid": uid, "controller": controller});
        let owners: Vec<_> = [owner("friend", false)]
            .into_iter()
            .chain(controller.map(|uid| owner(uid, true)))
            .collect();
        let labels = if marks.is_null() { json!({}) } else { json!({LABEL_MANAGED_BY: MANAGER}) };
        let all = json!({"name": "a", "uid": "s", "resourceVersion": "7", "labels": labels, "annotations": marks, "ownerReferences": owners});
        serde_json::from_value(all).unwrap()
    }

    fn token(policy: &str) -> PersonalAccessToken {
        let spec = json!({"tenantRef": {"name": "acme"}, "scopes": ["idn:a:read"], "reclaimPolicy": policy});
        let metadata = json!({"name": "a", "uid": "a"});
        serde_json::from_value(json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": "PersonalAccessToken", "metadata": metadata, "spec": spec})).unwrap()
    }

    #[test]
    fn a_secret_is_ours_by_its_controller_or_without_one_by_our_marks() {
        let mark = |uid: &str| json!({ANNOTATION_RESOURCE: uid});
        for (sentence, found, expected) in [
            ("there is none", None, Holds::Absent),
            ("the resource controls it", Some(meta(mark("a"), Some("a"))), Holds::Ours),
            ("a user removed its mark", Some(meta(Value::Null, Some("a"))), Holds::Ours),
            (
                "nobody controls it, and it carries our marks",
                Some(meta(mark("a"), None)),
                Holds::Ours,
            ),
            (
                "another controls it, whatever its marks say",
                Some(meta(mark("a"), Some("b"))),
                Holds::Foreign,
            ),
            ("it is marked for another resource", Some(meta(mark("b"), None)), Holds::Foreign),
            (
                "it is marked for another resource than controls it",
                Some(meta(mark("b"), Some("a"))),
                Holds::Foreign,
            ),
            ("it has no mark and no controller", Some(meta(Value::Null, None)), Holds::Foreign),
        ] {
            assert_eq!(holds(found.as_ref(), "a"), expected, "{sentence}");
        }
        let unlabelled = ObjectMeta { labels: None, ..meta(mark("a"), None) };
        assert_eq!(holds(Some(&unlabelled), "a"), Holds::Ours, "a label that is lost is put back");
        let helm = [(LABEL_MANAGED_BY.to_owned(), "Helm".to_owned())];
        let taken_over = ObjectMeta { labels: Some(helm.into()), ..meta(mark("a"), None) };
        assert_eq!(holds(Some(&taken_over), "a"), Holds::Ours, "Helm took it over");
    }

    #[test]
    fn r12_a_secret_that_is_to_stay_has_no_owner_of_ours() {
        let uids = |owners: Vec<Value>| {
            owners.iter().map(|owner| owner["uid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let found = meta(json!({}), Some("a"));
        assert_eq!(
            uids(owners(Some(&found), &token("Revoke"))),
            ["friend", "a"],
            "once, and those of others as they are"
        );
        assert_eq!(uids(owners(Some(&found), &token("Retain"))), ["friend"]);
        assert_eq!(uids(owners(None, &token("Revoke"))), ["a"]);
        let made = |policy: &str| {
            let found = meta(json!({}), None);
            let references = json!(owners(Some(&found), &token(policy)));
            ObjectMeta { owner_references: serde_json::from_value(references).unwrap(), ..found }
        };
        for (was, is, differs) in [
            ("Revoke", "Revoke", false),
            ("Revoke", "Retain", true),
            ("Retain", "Revoke", true),
            ("Retain", "Retain", false),
        ] {
            assert_eq!(owners_differ(&made(was), &token(is)), differs, "{was}, then {is}");
        }
        let other_kind = meta(json!({}), Some("a"));
        assert!(
            owners_differ(&other_kind, &token("Revoke")),
            "the garbage collector goes by kind and name too"
        );
    }

    #[test]
    fn r12_a_stripped_secret_is_nobodys_and_the_write_is_conditional() {
        let mark = json!({ANNOTATION_RESOURCE: "a", ANNOTATION_NUMBER: "5", ANNOTATION_CLIENT_ID: "id5", "team": "x"});
        let found = meta(mark, Some("a"));
        let mut after = serde_json::to_value(&found).unwrap();
        let patch = stripped(&found, "a");
        json_patch::merge(&mut after, &patch["metadata"]);
        let after: ObjectMeta = serde_json::from_value(after).unwrap();
        assert_eq!(holds(Some(&after), "a"), Holds::Foreign);
        assert_eq!(
            after.annotations,
            Some([("team".to_owned(), "x".to_owned())].into()),
            "what is not ours stays"
        );
        assert_eq!(after.owner_references.unwrap().len(), 1);
        assert_eq!(
            (&patch["metadata"]["uid"], &patch["metadata"]["resourceVersion"]),
            (&json!("s"), &json!("7"))
        );
    }
}

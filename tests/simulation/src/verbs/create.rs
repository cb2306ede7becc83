//! POST: makes an object.
use serde_json::{Value, json};

use crate::history::{Change, Key};
use crate::kinds::Kind;
use crate::names;
use crate::refusal::Refusal;
use crate::state::State;
use crate::{content, refusal};

/// Longest part of `generateName` that is kept.
const LONGEST_PREFIX: usize = 58;

/// Creates an object in the namespace of `key`.
pub fn run(state: &mut State, identity: &str, key: &Key, body: &Value) -> Result<Value, Refusal> {
    let kind = key.kind;
    let mut object = content::typed(kind, body)?;
    let stated = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if !stated.is_empty() && stated != key.namespace {
        let why =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::new(400, why));
    }
    let resource_version = object["metadata"]["resourceVersion"].take();
    name(state, identity, key, &mut object);
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    admit(state, kind, &key.namespace, &name)?;
    let key = Key { name: name.clone(), ..key.clone() };
    prepare(state, &key, &mut object);
    let mut causes = names::problems(kind, &object["metadata"]);
    causes.extend(content::problems(kind, &object, None));
    if !causes.is_empty() {
        return Err(Refusal::invalid(kind, &name, &causes));
    }
    if resource_version.as_str().is_some_and(|version| !version.is_empty() && version != "0") {
        let refusal =
            Refusal::new(500, "resourceVersion should not be set on objects to be created");
        return Err(Refusal { reason: "", ..refusal });
    }
    if state.objects.contains_key(&key) {
        return Err(Refusal::already_exists(kind, &name));
    }
    let stored = state.store(identity, Change::Created, &key, object);
    Ok((*stored).clone())
}

fn name(state: &mut State, identity: &str, key: &Key, object: &mut Value) {
    let metadata = &mut object["metadata"];
    let (name, prefix) =
        (metadata["name"].as_str().unwrap_or_default(), metadata["generateName"].as_str());
    if let (true, Some(prefix)) = (name.is_empty(), prefix.filter(|prefix| !prefix.is_empty())) {
        let purpose = format!("name {identity} {} {prefix}", key.path());
        let short: String = prefix.chars().take(LONGEST_PREFIX).collect();
        metadata["name"] = format!("{short}{}", state.random(&purpose).suffix()).into();
    }
}

/// Nothing is created in a namespace that is not there or is being deleted.
fn admit(state: &State, kind: &Kind, namespace: &str, name: &str) -> Result<(), Refusal> {
    if !kind.namespaced {
        return Ok(());
    }
    let key = Key { kind: Kind::namespace(), namespace: String::new(), name: namespace.into() };
    let Some(found) = state.objects.get(&key) else {
        return Err(Refusal::not_found(key.kind, namespace));
    };
    if found["metadata"]["deletionTimestamp"].is_null() {
        return Ok(());
    }
    let why = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let mut refusal = Refusal::forbidden(kind, name, &why);
    let cause = refusal::Cause {
        reason: "NamespaceTerminating",
        field: "metadata.namespace".into(),
        message: format!("namespace {namespace} is being terminated"),
    };
    if let Some(details) = &mut refusal.details {
        details["causes"] =
            json!([{"reason": cause.reason, "message": cause.message, "field": cause.field}]);
    }
    Err(refusal)
}

/// What the server alone says of a new object.
fn prepare(state: &mut State, key: &Key, object: &mut Value) {
    let uid = state.random(&format!("uid {key}")).uuid();
    let stamp = state.clock.stamp();
    if let Value::Object(metadata) = &mut object["metadata"] {
        for field in
            ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"]
        {
            metadata.remove(field);
        }
        if key.kind.namespaced {
            metadata.insert("namespace".into(), key.namespace.as_str().into());
        } else {
            metadata.remove("namespace");
        }
        metadata.insert("uid".into(), uid.into());
        metadata.insert("creationTimestamp".into(), stamp.into());
        if key.kind.custom {
            metadata.insert("generation".into(), 1.into());
        }
    }
    if let (true, Value::Object(fields)) = (key.kind.custom, &mut *object) {
        fields.remove("status");
    }
    if key.kind == Kind::namespace() {
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
        let label = json!({"labels": {"kubernetes.io/metadata.name": key.name}});
        json_patch::merge(&mut object["metadata"], &label);
    }
}

//! PUT and PATCH, of the object and of its status.
use serde_json::{Value, json};

use super::delete;
use crate::call::Call;
use crate::content;
use crate::history::{Change, Key};
use crate::kinds::Kind;
use crate::names;
use crate::refusal::{Cause, Refusal};
use crate::state::State;

/// Replaces an object.
pub fn put(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (kind, key) = (call.key.kind, &call.key);
    let new = content::typed(kind, &call.body)?;
    let metadata = &new["metadata"];
    match metadata["name"].as_str().unwrap_or_default() {
        "" => return Err(Refusal::new(400, "the name of the object must be provided")),
        name if name != key.name => {
            let why = format!("the name of the object ({name}) does not match the name on the URL ({})", key.name);
            return Err(Refusal::new(400, why));
        }
        _ => {}
    }
    if metadata["namespace"].as_str().is_some_and(|namespace| !namespace.is_empty() && namespace != key.namespace) {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::new(400, why));
    }
    let old = state.objects.get(key).cloned();
    let stored = old.as_ref().map_or("", |old| old["metadata"]["uid"].as_str().unwrap_or_default());
    if let Some(uid) = metadata["uid"].as_str().filter(|uid| !uid.is_empty() && *uid != stored) {
        return Err(Refusal::conflict(kind, &key.name, &delete::precondition("UID", uid, stored)));
    }
    let old = old.ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    if kind.custom && metadata["resourceVersion"].as_str().is_none_or(str::is_empty) {
        let cause = Cause::invalid("metadata.resourceVersion", &json!(0), "must be specified for an update");
        return Err(Refusal::invalid(kind, &key.name, &[cause]));
    }
    write(state, call, &old, new)
}

/// Merges a patch into an object (RFC 7386).
pub fn patch(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (kind, key) = (call.key.kind, &call.key);
    let old = state.objects.get(key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    let mut new = (*old).clone();
    json_patch::merge(&mut new, &call.body);
    let new = content::typed(kind, &new)?;
    write(state, call, &old, new)
}

fn write(state: &mut State, call: &Call, old: &Value, mut new: Value) -> Result<Value, Refusal> {
    let (kind, key) = (call.key.kind, &call.key);
    let version = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && old["metadata"]["resourceVersion"] != version {
        return Err(Refusal::outdated(kind, &key.name));
    }
    let causes = immutable(&new["metadata"], &old["metadata"]);
    carry(kind, call.status, old, &mut new);
    let mut causes = if call.status { Vec::new() } else { causes };
    causes.extend(names::problems(kind, &new["metadata"]));
    causes.extend(content::problems(kind, &new, Some(old)));
    causes.extend(added_finalizers(&new["metadata"], &old["metadata"]));
    if !causes.is_empty() {
        return Err(Refusal::invalid(kind, &key.name, &causes));
    }
    if new == *old {
        return Ok(new);
    }
    if !new["metadata"]["deletionTimestamp"].is_null() && !delete::is_held(kind, &new) {
        return Ok(remove(state, &call.identity, key, new));
    }
    let stored = state.store(&call.identity, Change::Updated, key, new);
    Ok((*stored).clone())
}

/// The last finalizer went: the object is deleted instead of stored.
fn remove(state: &mut State, identity: &str, key: &Key, object: Value) -> Value {
    let stored = state.store(identity, Change::Deleted, key, object);
    (*stored).clone()
}

fn immutable(new: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for field in ["name", "namespace", "uid", "creationTimestamp"] {
        let stated = new[field].as_str().unwrap_or_default();
        if !stated.is_empty() && new[field] != old[field] {
            causes.push(Cause::invalid(&format!("metadata.{field}"), &new[field], "field is immutable"));
        }
    }
    causes
}

/// A finalizer that is added to an object that is going would be too late.
fn added_finalizers(new: &Value, old: &Value) -> Option<Cause> {
    let all = |metadata: &Value| metadata["finalizers"].as_array().cloned().unwrap_or_default();
    let before = all(old);
    let added: Vec<String> = all(new).iter().filter(|name| !before.contains(name)).map(ToString::to_string).collect();
    let why = "no new finalizers can be added if the object is being deleted, found new finalizers []string{";
    (!old["deletionTimestamp"].is_null() && !added.is_empty())
        .then(|| Cause::forbidden("metadata.finalizers", &format!("{why}{}}}", added.join(", "))))
}

/// What a writer cannot change stays as it is; a change of anything else but metadata and status is a new generation.
fn carry(kind: &Kind, status: bool, old: &Value, new: &mut Value) {
    let set = |object: &mut Value, field: &str, value: &Value| {
        if let Value::Object(fields) = object {
            if value.is_null() {
                fields.remove(field)
            } else {
                fields.insert(field.into(), value.clone())
            };
        }
    };
    if status {
        let written = new["status"].take();
        *new = old.clone();
        set(new, "status", &written);
        return;
    }
    let fields = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
        "generateName",
    ];
    for field in fields {
        set(&mut new["metadata"], field, &old["metadata"][field]);
    }
    if kind.custom {
        set(new, "status", &old["status"]);
        if new["spec"] != old["spec"] {
            new["metadata"]["generation"] = json!(old["metadata"]["generation"].as_i64().unwrap_or_default() + 1);
        }
    }
    if kind == Kind::namespace() {
        set(new, "spec", &old["spec"]);
        set(new, "status", &old["status"]);
    }
}

//! PUT and PATCH, of the object and of its status.
use serde_json::{Value, json};

use super::{create, delete};
use crate::call::Call;
use crate::content;
use crate::history::{Change, Key};
use crate::kinds::Kind;
use crate::names;
use crate::refusal::{Cause, Refusal};
use crate::state::State;

/// Replaces an object; gives also the HTTP status.
pub fn put(state: &mut State, call: &Call) -> Result<(u16, Value), Refusal> {
    let (kind, key) = (call.key.kind, &call.key);
    let mut new = content::typed(kind, &call.body)?;
    is_placed(key, &new["metadata"])?;
    let old = state.objects.get(key).cloned();
    if old.is_none() && !kind.is_put_anew() {
        return Err(Refusal::not_found(kind, &key.name));
    }
    let stored = old.as_ref().and_then(|old| old["metadata"]["uid"].as_str()).unwrap_or_default();
    if let Some(uid) =
        new["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty() && *uid != stored)
    {
        let group = if kind.custom { kind.group } else { "" };
        let place = format!("{group}/{}/{}", kind.plural, key.path().trim_start_matches('/'));
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {stored}",
            place.trim_start_matches('/')
        );
        return Err(Refusal::conflict(kind, &key.name, &why));
    }
    let Some(old) = old else {
        let collection = Key { name: String::new(), ..key.clone() };
        new["metadata"]["resourceVersion"] = Value::Null;
        return create::run(state, &call.identity, &collection, &new).map(|object| (201, object));
    };
    if kind.custom && new["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty) {
        return Err(Refusal::unversioned(kind, &key.name));
    }
    write(state, call, &old, new).map(|object| (200, object))
}

/// Merges a patch into an object (RFC 7386).
pub fn patch(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (kind, key) = (call.key.kind, &call.key);
    let old = state.objects.get(key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    let mut new = (*old).clone();
    json_patch::merge(&mut new, &call.body);
    let new = content::typed(kind, &new)?;
    is_placed(key, &new["metadata"])?;
    write(state, call, &old, new)
}

/// Whether a body is about the object of the URL.
fn is_placed(key: &Key, metadata: &Value) -> Result<(), Refusal> {
    let url = &key.name;
    match metadata["name"].as_str().unwrap_or_default() {
        "" => {
            let why = format!(
                "the name of the object ({url} based on URL) was undeterminable: name must be provided"
            );
            return Err(Refusal::new(400, why));
        }
        name if name != url => {
            let why = format!(
                "the name of the object ({name}) does not match the name on the URL ({url})"
            );
            return Err(Refusal::new(400, why));
        }
        _ => {}
    }
    if metadata["namespace"]
        .as_str()
        .is_some_and(|namespace| !namespace.is_empty() && namespace != key.namespace)
    {
        let why =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::new(400, why));
    }
    Ok(())
}

fn write(state: &mut State, call: &Call, old: &Value, mut new: Value) -> Result<Value, Refusal> {
    let (kind, key) = (call.key.kind, &call.key);
    let version = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && old["metadata"]["resourceVersion"] != version {
        return Err(Refusal::outdated(kind, &key.name));
    }
    let mut causes = changes(&new["metadata"], &old["metadata"]);
    carry(kind, call.status, old, &mut new);
    if call.status {
        causes = content::status_problems(kind, &new);
    } else {
        if kind.custom {
            // The real server checks them twice, and its list of causes shows it.
            causes.extend(causes.clone());
        }
        causes.extend(names::problems(kind, &new["metadata"]));
        causes.extend(content::problems(kind, &new, Some(old)));
    }
    if !causes.is_empty() {
        return Err(Refusal::invalid(kind, &key.name, &causes));
    }
    if new == *old {
        return Ok(new);
    }
    if !new["metadata"]["deletionTimestamp"].is_null() && !delete::is_held(kind, &new) {
        // The last finalizer went. The answer shows the revision before, the event of a watch the
        // new one.
        state.store(&call.identity, Change::Deleted, key, new.clone());
        return Ok(new);
    }
    let stored = state.store(&call.identity, Change::Updated, key, new);
    Ok((*stored).clone())
}

/// What may not change as it does.
fn changes(new: &Value, old: &Value) -> Vec<Cause> {
    let stated = new["uid"].as_str().unwrap_or_default();
    let moved = (!stated.is_empty() && new["uid"] != old["uid"])
        .then(|| Cause::invalid("metadata.uid", &new["uid"], "field is immutable"));
    moved.into_iter().chain(added_finalizers(new, old)).collect()
}

/// A finalizer that is added to an object that is going would be too late.
fn added_finalizers(new: &Value, old: &Value) -> Option<Cause> {
    let all = |metadata: &Value| metadata["finalizers"].as_array().cloned().unwrap_or_default();
    let before = all(old);
    let added: Vec<String> =
        all(new).iter().filter(|name| !before.contains(name)).map(ToString::to_string).collect();
    let why = "no new finalizers can be added if the object is being deleted, found new finalizers []string{";
    (!old["deletionTimestamp"].is_null() && !added.is_empty())
        .then(|| Cause::forbidden("metadata.finalizers", &format!("{why}{}}}", added.join(", "))))
}

/// What a writer cannot change stays as it is; a change of anything else but metadata and status is
/// a new generation.
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
            new["metadata"]["generation"] =
                json!(old["metadata"]["generation"].as_i64().unwrap_or_default() + 1);
        }
    }
    if kind == Kind::namespace() {
        set(new, "spec", &old["spec"]);
        set(new, "status", &old["status"]);
    }
}

//! DELETE, with preconditions and finalizers.
use serde_json::{Value, json};

use crate::agenda::Job;
use crate::history::{Change, Key};
use crate::kinds::Kind;
use crate::refusal::Refusal;
use crate::state::State;

/// Deletes an object, or marks it if something still holds it. `options`: `DeleteOptions` or null.
pub fn run(
    state: &mut State,
    identity: &str,
    key: &Key,
    options: &Value,
) -> Result<Value, Refusal> {
    let kind = key.kind;
    if options["propagationPolicy"].as_str().is_some_and(|policy| policy != "Background") {
        return Err(Refusal::not_simulated("propagation policies other than Background"));
    }
    let old = state.objects.get(key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    for (field, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let stored = old["metadata"][field].as_str().unwrap_or_default();
        if let Some(wanted) =
            options["preconditions"][field].as_str().filter(|wanted| *wanted != stored)
        {
            return Err(Refusal::precondition(kind, &key.name, what, wanted, stored));
        }
    }
    if kind == Kind::namespace() && ["default", "kube-system", "kube-public"].contains(&&*key.name)
    {
        return Err(Refusal::forbidden(kind, &key.name, "this namespace may not be deleted"));
    }
    if !is_held(kind, &old) {
        state.store(identity, Change::Deleted, key, (*old).clone());
        return Ok(success(kind, key, &old));
    }
    if !old["metadata"]["deletionTimestamp"].is_null() {
        return Ok((*old).clone());
    }
    let mut marked = (*old).clone();
    marked["metadata"]["deletionTimestamp"] = state.clock.stamp().into();
    if kind == Kind::namespace() {
        marked["status"]["phase"] = "Terminating".into();
        state.later(Job::Empty(key.name.clone()));
    } else {
        marked["metadata"]["deletionGracePeriodSeconds"] = json!(0);
    }
    if let Some(generation) = old["metadata"]["generation"].as_i64() {
        marked["metadata"]["generation"] = json!(generation + 1);
    }
    let stored = state.store(identity, Change::Marked, key, marked);
    Ok((*stored).clone())
}

/// Whether something keeps an object that is being deleted.
pub fn is_held(kind: &Kind, object: &Value) -> bool {
    let some = |finalizers: &Value| finalizers.as_array().is_some_and(|all| !all.is_empty());
    some(&object["metadata"]["finalizers"])
        || (kind == Kind::namespace() && some(&object["spec"]["finalizers"]))
}

fn success(kind: &Kind, key: &Key, old: &Value) -> Value {
    let mut details = json!({"name": key.name, "kind": kind.plural, "uid": old["metadata"]["uid"]});
    if !kind.group.is_empty() {
        details["group"] = kind.group.into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

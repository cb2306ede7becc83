//! Reads: one object, or all of a kind.
use serde_json::{Value, json};

use super::partial;
use crate::call::Call;
use crate::history::Key;
use crate::kinds::Kind;
use crate::refusal::Refusal;
use crate::selector::Selector;
use crate::state::State;

/// One object.
pub fn get(state: &State, key: &Key) -> Result<Value, Refusal> {
    let found = state.objects.get(key).ok_or_else(|| Refusal::not_found(key.kind, &key.name))?;
    Ok((**found).clone())
}

/// All objects of a kind, in one piece: `limit` is a wish, and a server may ignore it.
pub fn list(state: &State, call: &Call) -> Result<Value, Refusal> {
    let kind = call.key.kind;
    if call.parameter("resourceVersionMatch") == "Exact" {
        return Err(Refusal::not_simulated("lists of an exact revision"));
    }
    let selector = Selector::parse(call.parameter("labelSelector"))?;
    let items: Vec<Value> = select(state, kind, &call.key.namespace, &selector)
        .into_iter()
        .map(|object| if call.partial { partial(object) } else { item(kind, object) })
        .collect();
    let (list, version) = match call.partial {
        true => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
        false => (format!("{}List", kind.kind), kind.api_version()),
    };
    let mut metadata = json!({"resourceVersion": state.revision.to_string()});
    if kind.custom && !call.partial {
        metadata["continue"] = "".into();
    }
    Ok(json!({"kind": list, "apiVersion": version, "metadata": metadata, "items": items}))
}

/// The selected objects in the order of etcd's keys.
pub fn select<'a>(
    state: &'a State,
    kind: &Kind,
    namespace: &str,
    selector: &Selector,
) -> Vec<&'a Value> {
    let within =
        |key: &Key| key.kind == kind && (namespace.is_empty() || key.namespace == namespace);
    let mut found: Vec<_> = state
        .objects
        .iter()
        .filter(|(key, object)| within(key) && selector.selects(object))
        .collect();
    found.sort_by_key(|(key, _)| key.path());
    found.into_iter().map(|(_, object)| &**object).collect()
}

/// Items of a list of a built-in kind do not repeat the kind.
fn item(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    if let (false, Value::Object(fields)) = (kind.custom, &mut object) {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

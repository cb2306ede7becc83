//! Objects of a watch that may not decode: one that does not is named and skipped, and the others
//! are served.
use std::borrow::Cow;

use futures::{Stream, StreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::runtime::watcher;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An object, or the reason why it is none.
///
/// What no decision needs is left out before it is decoded: `managedFields`, which are a third of an
/// object, and the status, if it is what does not decode.
#[derive(Clone, Debug)]
pub struct Lenient<K> {
    metadata: ObjectMeta,
    object: Result<K, String>,
}

impl<'de, K: DeserializeOwned> Deserialize<'de> for Lenient<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        let metadata = metadata(&value).map_err(D::Error::custom)?;
        let mut object = K::deserialize(&value);
        if object.is_err()
            && let Some(fields) = value.as_object_mut()
            && fields.remove("status").is_some()
        {
            object = K::deserialize(&value);
        }
        Ok(Self { metadata, object: object.map_err(|error| error.to_string()) })
    }
}

/// The metadata, or as much of them as tells which object it is.
fn metadata(value: &Value) -> Result<ObjectMeta, serde_json::Error> {
    let all = &value["metadata"];
    if let Ok(metadata) = ObjectMeta::deserialize(all) {
        return Ok(metadata);
    }
    let text = |name: &str| all[name].as_str().map(str::to_owned);
    Ok(ObjectMeta {
        name: text("name"),
        namespace: text("namespace"),
        uid: text("uid"),
        resource_version: text("resourceVersion"),
        ..ObjectMeta::default()
    })
}

impl<K: Resource> Resource for Lenient<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::kind(kind)
    }

    fn group(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::group(kind)
    }

    fn version(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::version(kind)
    }

    fn plural(kind: &Self::DynamicType) -> Cow<'_, str> {
        K::plural(kind)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// The events of a watch without those of objects that do not decode, each of which is one line of
/// the log.
pub fn decoded<K>(
    events: impl Stream<Item = watcher::Result<watcher::Event<Lenient<K>>>>,
) -> impl Stream<Item = watcher::Result<watcher::Event<K>>>
where
    K: Resource<DynamicType = ()>,
{
    events.filter_map(|event| {
        let event = match event {
            Ok(event) => decode(event).map(Ok),
            Err(error) => Some(Err(error)),
        };
        std::future::ready(event)
    })
}

fn decode<K: Resource<DynamicType = ()>>(
    event: watcher::Event<Lenient<K>>,
) -> Option<watcher::Event<K>> {
    Some(match event {
        watcher::Event::Init => watcher::Event::Init,
        watcher::Event::InitDone => watcher::Event::InitDone,
        watcher::Event::InitApply(lenient) => watcher::Event::InitApply(named(lenient)?),
        watcher::Event::Apply(lenient) => watcher::Event::Apply(named(lenient)?),
        watcher::Event::Delete(lenient) => watcher::Event::Delete(named(lenient)?),
    })
}

fn named<K: Resource<DynamicType = ()>>(lenient: Lenient<K>) -> Option<K> {
    let Lenient { metadata, object } = lenient;
    match object {
        Ok(object) => Some(object),
        Err(error) => {
            tracing::warn!(
                kind = %K::kind(&()),
                namespace = metadata.namespace.as_deref().unwrap_or_default(),
                name = metadata.name.as_deref().unwrap_or_default(),
                error,
                "an object does not decode; the operator leaves it alone until it is corrected"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PersonalAccessToken;
    use serde_json::json;

    fn read(change: impl FnOnce(&mut Value)) -> Result<PersonalAccessToken, String> {
        let mut object = json!({
            "apiVersion": "pat-operator.dev/v1alpha1",
            "kind": "PersonalAccessToken",
            "metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "7"},
            "spec": {"tenantRef": {"name": "acme"}, "scopes": ["idn:a:read"]},
        });
        change(&mut object);
        let lenient: Lenient<PersonalAccessToken> = serde_json::from_value(object).unwrap();
        assert_eq!(lenient.meta().name.as_deref(), Some("a"), "its name is known in any case");
        lenient.object
    }

    #[test]
    fn what_no_decision_needs_keeps_no_object_from_being_served() {
        let never = "9999-12-31T23:59:59Z";
        assert!(read(|_| {}).is_ok());
        assert!(read(|o| o["metadata"]["managedFields"] = json!([{"time": never}])).is_ok());
        let condition = json!({"type": "Ready", "status": "True", "lastTransitionTime": "+99:99"});
        let status = read(|o| o["status"] = json!({"conditions": [condition]}));
        assert_eq!(status.unwrap().status, None);
    }

    #[test]
    fn an_object_without_its_spec_is_named_and_skipped() {
        let wrong = read(|o| o["spec"] = json!({"scopes": 7})).unwrap_err();
        assert!(wrong.contains("invalid type"), "{wrong}");
        assert!(read(|o| o["metadata"]["creationTimestamp"] = json!("never")).is_err());
    }
}

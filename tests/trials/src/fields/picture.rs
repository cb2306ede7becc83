//! The objects whose fields are spoilt, with everything in them laid open: the data of Secrets
//! decoded, the document of the ledger as the tree that it is.
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Client;
use kube::api::{Api, DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use simulation::Cluster;

use crate::OWN;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// The ledger.
    Ledger,
    /// The published Secret of a resource.
    Secret(&'static str),
    /// A resource.
    Resource(&'static str),
}

/// All of them at one moment, by what they are.
pub type Picture = BTreeMap<Which, Value>;

/// The namespace of the resources.
pub const SPACE: &str = "blue";
/// The resource whose fields are spoilt.
pub const NAME: &str = "one";
/// Its neighbour.
pub const OTHER: &str = "two";
/// The document of a ledger.
pub const DOCUMENT: &str = "ledger.json";

/// The picture of a cluster.
pub fn of(cluster: &Cluster) -> Picture {
    let objects = cluster.objects().into_iter();
    objects.filter_map(|(key, object)| Some((which(&key)?, opened(&object)))).collect()
}

/// What an object is here.
pub fn which(key: &simulation::Key) -> Option<Which> {
    let name = [NAME, OTHER].into_iter().find(|name| *name == key.name);
    match (key.kind.kind, key.namespace.as_str()) {
        ("Secret", OWN) if key.name.starts_with("ledger-") => Some(Which::Ledger),
        ("Secret", SPACE) => name.map(Which::Secret),
        ("PersonalAccessToken", SPACE) => name.map(Which::Resource),
        _ => None,
    }
}

/// The object with its data decoded.
pub fn opened(object: &Value) -> Value {
    let mut open = object.clone();
    let mut raw = None;
    for (key, value) in open["data"].as_object_mut().into_iter().flatten() {
        let text = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        *value = json!(text);
        if key == DOCUMENT {
            *value = serde_json::from_str(&text).unwrap_or(json!(text));
            raw = Some(text);
        }
    }
    if let Some(raw) = raw {
        open[RAW] = json!(raw);
    }
    open
}

/// Where an opened object keeps the text of its document, which has an order of its own.
const RAW: &str = "raw";

fn closed(open: &Value) -> Value {
    let mut object = open.clone();
    let raw = object.as_object_mut().and_then(|object| object.remove(RAW)).unwrap_or_default();
    let raw = raw.as_str().unwrap_or_default();
    for (key, value) in object["data"].as_object_mut().into_iter().flatten() {
        let is_unchanged =
            key == DOCUMENT && serde_json::from_str::<Value>(raw).is_ok_and(|was| was == *value);
        let text = if is_unchanged { raw.to_owned() } else { value.to_string() };
        let text = value.as_str().map_or(text, str::to_owned);
        *value = json!(STANDARD.encode(text));
    }
    object
}

/// Makes the cluster's objects what the picture says; says whether the API server took it.
pub async fn put(client: &Client, picture: &Picture, before: &Picture) -> bool {
    let mut taken = true;
    for (which, open) in picture {
        if before.get(which) != Some(open) {
            taken &= replace(client, open).await;
        }
    }
    taken
}

async fn replace(client: &Client, open: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, version) =
        if open["kind"] == "Secret" { ("", "v1") } else { ("pat-operator.dev", "v1alpha1") };
    let resource =
        ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &text(&open["kind"])));
    let (namespace, name) = (text(&open["metadata"]["namespace"]), text(&open["metadata"]["name"]));
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &namespace, &resource);
    // The operator writes too: the last word is the person's.
    for _ in 0..5 {
        let Ok(now) = api.get(&name).await else { return false };
        let mut object = closed(open);
        object["metadata"]["resourceVersion"] = json!(now.metadata.resource_version);
        let Ok(object) = serde_json::from_value::<DynamicObject>(object) else { return false };
        let params = PostParams::default();
        let written = match api.replace(&name, &params, &object).await {
            Ok(written) if group.is_empty() => Ok(written),
            Ok(written) => {
                let object = DynamicObject { metadata: written.metadata, ..object };
                api.replace_status(&name, &params, &object).await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(_) => return true,
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(_) => return false,
        }
    }
    false
}

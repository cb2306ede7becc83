//! The end of a walk: what people, workloads and ISC's administrators see of a resource, without
//! what differs from one resource to the next.
use isc_simulator::TokenState;
use serde_json::{Value, json};
use simulation::{Cluster, Key};

/// Everything that is seen of one resource.
pub fn of(cluster: &Cluster, tokens: &[TokenState], namespace: &str, name: &str) -> Value {
    let objects = cluster.objects();
    let find = |kind: &str| {
        let is =
            |key: &Key| key.kind.kind == kind && key.namespace == namespace && key.name == name;
        objects
            .iter()
            .find(|(key, _)| is(key))
            .map_or(Value::Null, |(_, object)| (**object).clone())
    };
    let (resource, secret) = (find("PersonalAccessToken"), find("Secret"));
    let client_id = secret["metadata"]["annotations"]["pat-operator.dev/client-id"]
        .as_str()
        .unwrap_or_default();
    let token = tokens.iter().find(|token| token.id == client_id);
    let all = json!({
        "token": token.map(described),
        "live tokens": token.map(|token| tokens.iter().filter(|other| tag(other) == tag(token)).count()),
        "secret": published(&secret, &resource),
        "status": shown(&resource),
    });
    impersonal(&all, &resource, namespace, token)
}

/// The part of a token's name that says which resource it is of.
fn tag(token: &TokenState) -> Option<&str> {
    token.name.split(' ').next()?.split('-').nth(3)
}

fn described(token: &TokenState) -> Value {
    let mut scopes = token.scope.clone();
    scopes.iter_mut().for_each(|scopes| scopes.sort());
    let life = token.expiration_date.map(|at| at.duration_since(token.created).as_hours() / 24);
    json!({
        "name": token.name.split_once(' ').map(|(_, name)| name),
        "scopes": scopes,
        "validity": token.access_token_validity_seconds,
        // Of the day of its renewal nothing is said, but that it lives long.
        "lives long": life.is_some_and(|days| days > 80),
    })
}

fn published(secret: &Value, resource: &Value) -> Value {
    let mut secret = secret.clone();
    let pair = ["clientId", "clientSecret", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"];
    for (key, value) in secret["data"].as_object_mut().into_iter().flatten() {
        if pair.contains(&key.as_str()) {
            *value = json!("of the pair");
        }
    }
    let mut annotations = secret["metadata"]["annotations"].clone();
    if let Some(number) = annotations.get_mut("pat-operator.dev/number") {
        *number = json!("a number");
    }
    json!({
        "type": secret["type"],
        "data": secret["data"],
        "labels": secret["metadata"]["labels"],
        "annotations": annotations,
        "owners": secret["metadata"]["ownerReferences"],
        "is of the resource": annotations["pat-operator.dev/resource-uid"] == resource["metadata"]["uid"],
    })
}

fn shown(resource: &Value) -> Value {
    let status = &resource["status"];
    let conditions: Vec<Value> = status["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| json!([c["type"], c["status"], c["reason"], c["message"]]))
        .collect();
    json!({
        "conditions": conditions,
        "effective": status["effective"],
        "secret": status["secret"],
        "previous": status["previous"],
        "failures": status["failures"],
        "rotates": status["nextRotation"].is_string(),
        "scopes": status["current"]["scopes"],
        "is observed": status["observedGeneration"] == resource["metadata"]["generation"],
        "finalizers": resource["metadata"]["finalizers"],
    })
}

/// Uid, client ID and namespace are each resource's own.
fn impersonal(all: &Value, resource: &Value, namespace: &str, token: Option<&TokenState>) -> Value {
    let uid = resource["metadata"]["uid"].as_str().unwrap_or("no uid");
    let id = token.map_or("no token", |token| token.id.as_str());
    let text = all
        .to_string()
        .replace(uid, "UID")
        .replace(id, "CLIENT-ID")
        .replace(namespace, "NAMESPACE");
    serde_json::from_str(&text).unwrap_or_default()
}

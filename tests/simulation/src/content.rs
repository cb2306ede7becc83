//! What the server makes of an object's content: types, defaults, derived fields.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::kinds::Kind;
use crate::refusal::{Cause, Refusal};
use crate::{names, schema};

/// Most bytes of a Secret's or a ConfigMap's data.
const LARGEST: usize = 1024 * 1024;

/// Reads an object as the server's own type: unknown fields are dropped, wrong types are refused.
pub fn typed(kind: &Kind, body: &Value) -> Result<Value, Refusal> {
    let mut object = match body {
        Value::Object(_) => body.clone(),
        _ => return Err(Refusal::new(400, "the body is no object")),
    };
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = kind.kind.into();
    let mut object = match kind.kind {
        "Secret" => {
            is_encoded(kind, &object["data"])?;
            through::<Secret>(kind, object)?
        }
        "ConfigMap" => through::<ConfigMap>(kind, object)?,
        "Namespace" => through::<Namespace>(kind, object)?,
        "Event" => through::<Event>(kind, object)?,
        "Lease" => through::<Lease>(kind, object)?,
        _ => schema::prune(kind, object),
    };
    let mut metadata: ObjectMeta =
        serde_json::from_value(object["metadata"].take()).map_err(|e| unreadable(kind, &e))?;
    metadata.managed_fields = None;
    object["metadata"] =
        serde_json::to_value(metadata).map_err(|error| unreadable(kind, &error))?;
    derive(kind, &mut object);
    drop_empty(&mut object["metadata"]);
    if !kind.custom {
        drop_empty(&mut object);
    }
    if kind.kind == "Event" {
        // Go's zero values of what only the older API of events fills.
        let zero = json!({"deprecatedFirstTimestamp": null, "deprecatedLastTimestamp": null, "deprecatedSource": {}});
        for (field, value) in zero.as_object().into_iter().flatten() {
            object[field.as_str()] = value.clone();
        }
    }
    Ok(object)
}

/// What is wrong with an object's content, apart from its metadata.
pub fn problems(kind: &Kind, object: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    match kind.kind {
        "Secret" | "ConfigMap" => {
            let size: usize = object["data"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, value)| size(kind, value))
                .sum();
            if size > LARGEST {
                let message = format!("Too long: may not be more than {LARGEST} bytes");
                causes.push(Cause { reason: "FieldValueTooLong", field: "data".into(), message });
            }
            causes.extend(
                object["data"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, _)| !is_data_key(key))
                    .map(|(key, _)| Cause::invalid(&format!("data[{key}]"), &json!(key), DATA_KEY)),
            );
            causes.extend(old.and_then(|old| immutable(object, old)));
        }
        "Event" => causes.extend(event_problems(object)),
        _ if kind.custom => causes.extend(schema::problems(kind, object)),
        _ => {}
    }
    causes
}

/// What is wrong with the status of a custom object.
pub fn status_problems(kind: &Kind, object: &Value) -> Vec<Cause> {
    schema::status_problems(kind, &object["status"])
}

const DATA_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

fn is_data_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

fn size(kind: &Kind, value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default();
    if kind.kind == "Secret" {
        STANDARD.decode(text).map_or(0, |bytes| bytes.len())
    } else {
        text.len()
    }
}

fn immutable(object: &Value, old: &Value) -> Option<Cause> {
    let why = "field is immutable";
    if object["type"] != old["type"] {
        return Some(Cause::invalid("type", &object["type"], why));
    }
    (old["immutable"] == true && object["data"] != old["data"])
        .then(|| Cause::forbidden("data", "field is immutable when `immutable` is set"))
}

/// The rules of events.k8s.io/v1 that a writer can get wrong.
fn event_problems(event: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for field in ["eventTime", "reportingController", "reportingInstance", "action", "reason"] {
        if event[field].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(field, ""));
            if field == "reportingController" {
                let wrong = ["name part must be non-empty", names::QUALIFIED];
                causes.extend(wrong.map(|why| Cause::invalid(field, &json!(""), why)));
            }
        }
    }
    if event["note"].as_str().unwrap_or_default().len() > 1024 {
        causes.push(Cause::invalid("message", &json!(""), "can have at most 1024 characters"));
    }
    let about = event["regarding"]["namespace"].as_str().unwrap_or_default();
    if about.is_empty() && event["metadata"]["namespace"] != "default" {
        causes.push(Cause::invalid(
            "involvedObject.namespace",
            &json!(about),
            "does not match event.namespace",
        ));
    }
    causes
}

fn is_encoded(kind: &Kind, data: &Value) -> Result<(), Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    let bad = |text: &str| text.bytes().position(|byte| !allowed(byte));
    let first =
        data.as_object().into_iter().flatten().find_map(|(_, value)| value.as_str().and_then(bad));
    first.map_or(Ok(()), |at| {
        Err(unreadable(kind, &format!("illegal base64 data at input byte {at}")))
    })
}

fn through<T: Serialize + DeserializeOwned>(kind: &Kind, object: Value) -> Result<Value, Refusal> {
    let typed: T = serde_json::from_value(object).map_err(|error| unreadable(kind, &error))?;
    serde_json::to_value(typed).map_err(|error| unreadable(kind, &error))
}

fn unreadable(kind: &Kind, error: &dyn std::fmt::Display) -> Refusal {
    let (version, kind) = (kind.version, kind.kind);
    Refusal::new(
        400,
        format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {error}"),
    )
}

fn derive(kind: &Kind, object: &mut Value) {
    match kind.kind {
        "Secret" => {
            let encode = |text: &Value| json!(STANDARD.encode(text.as_str().unwrap_or_default()));
            if let Some(Value::Object(plain)) =
                object.as_object_mut().and_then(|object| object.remove("stringData"))
            {
                let data: Map<String, Value> =
                    plain.iter().map(|(key, text)| (key.clone(), encode(text))).collect();
                json_patch::merge(&mut object["data"], &Value::Object(data));
            }
            if object["type"].as_str().is_none_or(str::is_empty) {
                object["type"] = "Opaque".into();
            }
        }
        "Namespace" => {
            let name = object["metadata"]["name"].clone();
            if name.is_string() {
                json_patch::merge(
                    &mut object["metadata"],
                    &json!({"labels": {"kubernetes.io/metadata.name": name}}),
                );
            }
        }
        _ => {}
    }
}

/// Go's `omitempty`.
fn drop_empty(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| match field {
            Value::Null => false,
            Value::Object(inner) => !inner.is_empty(),
            Value::Array(inner) => !inner.is_empty(),
            _ => true,
        });
    }
}

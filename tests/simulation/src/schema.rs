//! The CRDs' structural schemas: pruning, types and bounds. Their CEL rules and patterns are not
//! evaluated: what they refuse is the operator's own checks' business too, and the schema tests
//! hold those to the real server.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::refusal::Cause;

static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let files = [
        include_str!("../../../crds/personalaccesstokens.yaml"),
        include_str!("../../../crds/tenants.yaml"),
    ];
    let read = |file: &str| serde_saphyr::from_str::<Value>(file).unwrap_or_default();
    let schema = |crd: Value| {
        let kind = crd["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
        (kind, crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
    };
    files.into_iter().map(read).map(schema).collect()
});

/// The object without what the schema does not know.
pub fn prune(kind: &Kind, mut object: Value) -> Value {
    let Some(schema) = SCHEMAS.get(kind.kind) else { return object };
    if let Value::Object(fields) = &mut object {
        let known = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata");
        fields.retain(|name, _| known(name) || schema["properties"].get(name).is_some());
        for (name, field) in fields.iter_mut().filter(|(name, _)| !known(name)) {
            prune_value(&schema["properties"][name.as_str()], field);
        }
    }
    object
}

/// What the schema says against an object.
pub fn problems(kind: &Kind, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(schema) = SCHEMAS.get(kind.kind) {
        check(&mut causes, "", schema, object);
    }
    causes
}

/// What the schema says against a status. It is checked by itself: messages name its fields without
/// `status`.
pub fn status_problems(kind: &Kind, status: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let (Some(schema), false) = (SCHEMAS.get(kind.kind), status.is_null()) {
        check(&mut causes, "", &schema["properties"]["status"], status);
    }
    for cause in &mut causes {
        cause.field = join("status", &cause.field);
    }
    causes
}

fn prune_value(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(known) = schema["properties"].as_object() {
                fields.retain(|name, _| known.contains_key(name));
                fields.iter_mut().for_each(|(name, field)| prune_value(&known[name], field));
            } else if let Some(every) = schema.get("additionalProperties") {
                fields.values_mut().for_each(|field| prune_value(every, field));
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| prune_value(&schema["items"], item));
        }
        _ => {}
    }
}

fn check(causes: &mut Vec<Cause>, path: &str, schema: &Value, value: &Value) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    let wanted = schema["type"].as_str().unwrap_or_default();
    if !wanted.is_empty() && !is_of_type(wanted, value) {
        let shown = type_of(value);
        let why = format!("{path} in body must be of type {wanted}: {shown:?}");
        causes.push(Cause {
            reason: "FieldValueTypeInvalid",
            ..Cause::invalid(path, &json!(shown), &why)
        });
        return;
    }
    match value {
        Value::Object(fields) => {
            for name in
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
            {
                if !fields.contains_key(name) {
                    causes.push(Cause::required(&join(path, name), ""));
                }
            }
            bound(causes, path, schema, "maxProperties", fields.len(), value);
            for (name, field) in fields {
                let inner =
                    schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                if let Some(inner) = inner {
                    check(causes, &join(path, name), inner, field);
                }
            }
        }
        Value::Array(items) => {
            bound(causes, path, schema, "minItems", items.len(), value);
            bound(causes, path, schema, "maxItems", items.len(), value);
            for (index, item) in items.iter().enumerate() {
                check(causes, &format!("{path}[{index}]"), &schema["items"], item);
                if schema["x-kubernetes-list-type"] == "set" && items[..index].contains(item) {
                    let message = format!("Duplicate value: {item}");
                    causes.push(Cause {
                        reason: "FieldValueDuplicate",
                        field: format!("{path}[{index}]"),
                        message,
                    });
                }
            }
        }
        Value::String(text) => {
            bound(causes, path, schema, "minLength", text.chars().count(), value);
            bound(causes, path, schema, "maxLength", text.chars().count(), value);
            check_enum(causes, path, schema, value);
        }
        _ => {}
    }
}

fn bound(
    causes: &mut Vec<Cause>,
    path: &str,
    schema: &Value,
    rule: &str,
    size: usize,
    value: &Value,
) {
    let Some(limit) = schema[rule].as_u64().and_then(|limit| usize::try_from(limit).ok()) else {
        return;
    };
    let (min, max) =
        (rule.starts_with("min") && size < limit, rule.starts_with("max") && size > limit);
    let cause = match rule {
        "minLength" if min => Cause::invalid(
            path,
            value,
            &format!("{path} in body should be at least {limit} chars long"),
        ),
        "minItems" if min => Cause::invalid(
            path,
            &json!(size),
            &format!("{path} in body should have at least {limit} items"),
        ),
        "maxLength" if max => {
            let message = format!("Too long: may not be more than {limit} bytes");
            Cause { reason: "FieldValueTooLong", field: path.into(), message }
        }
        _ if max => {
            let message = format!("Too many: {size}: must have at most {limit} items");
            Cause { reason: "FieldValueTooMany", field: path.into(), message }
        }
        _ => return,
    };
    causes.push(cause);
}

fn check_enum(causes: &mut Vec<Cause>, path: &str, schema: &Value, value: &Value) {
    let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) else {
        return;
    };
    let all: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    let message = format!("Unsupported value: {value}: supported values: {}", all.join(", "));
    causes.push(Cause { reason: "FieldValueNotSupported", field: path.into(), message });
}

fn is_of_type(wanted: &str, value: &Value) -> bool {
    match wanted {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        wanted => type_of(value) == wanted,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}

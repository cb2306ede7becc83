//! Names, labels and references: what the API server checks of every object's metadata.
use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::refusal::Cause;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
pub const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// What is wrong with the metadata of an object.
pub fn problems(kind: &Kind, metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = metadata["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        causes.extend(
            wrong_name(kind, name).map(|why| Cause::invalid("metadata.name", &json!(name), &why)),
        );
    }
    for (key, value) in metadata["labels"].as_object().into_iter().flatten() {
        causes
            .extend(wrong_key(key).map(|why| Cause::invalid("metadata.labels", &json!(key), &why)));
        causes.extend(
            wrong_value(value.as_str().unwrap_or_default())
                .map(|why| Cause::invalid("metadata.labels", value, &why)),
        );
    }
    for (key, _) in metadata["annotations"].as_object().into_iter().flatten() {
        causes.extend(
            wrong_key(&key.to_lowercase())
                .map(|why| Cause::invalid("metadata.annotations", &json!(key), &why)),
        );
    }
    causes.extend(owner_problems(metadata));
    causes
}

fn owner_problems(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let owners = metadata["ownerReferences"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, owner) in owners.iter().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().unwrap_or_default().is_empty() {
                causes.push(Cause::required(
                    &format!("metadata.ownerReferences[{index}].{field}"),
                    "must not be empty",
                ));
            }
        }
    }
    let controllers: Vec<&Value> =
        owners.iter().filter(|owner| owner["controller"] == true).collect();
    if let [first, second, ..] = controllers.as_slice() {
        let name = |owner: &Value| format!("{}/{}", text(&owner["kind"]), text(&owner["name"]));
        let (all, first, second) = (shown(owners), name(first), name(second));
        let message = format!(
            "Invalid value: {all}: Only one reference can have Controller set to true. Found \"true\" in references for {first} and {second}"
        );
        let field = "metadata.ownerReferences".into();
        causes.push(Cause { reason: "FieldValueInvalid", field, message });
    }
    causes
}

/// References in the order of fields that the real server prints.
fn shown(owners: &[Value]) -> String {
    let one = |owner: &Value| {
        let fields = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
        let set = fields.iter().filter(|field| !owner[**field].is_null());
        let set: Vec<String> = set.map(|field| format!("\"{field}\":{}", owner[*field])).collect();
        format!("{{{}}}", set.join(","))
    };
    format!("[{}]", owners.iter().map(one).collect::<Vec<_>>().join(","))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn wrong_name(kind: &Kind, name: &str) -> Option<String> {
    let (longest, good, message) = match kind.kind {
        "Namespace" => (63, is_label(name), LABEL),
        _ => (253, name.split('.').all(is_label), SUBDOMAIN),
    };
    if kind.kind == "Namespace" && name.contains('.') {
        return Some("must not contain dots".into());
    }
    if name.len() > longest {
        return Some(format!("must be no more than {longest} characters"));
    }
    (!good).then(|| message.to_owned())
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty()
        && text.chars().all(|c| inner(c) || c == '-')
        && text.starts_with(inner)
        && text.ends_with(inner)
}

fn wrong_key(key: &str) -> Option<String> {
    let name = key.split_once('/').map_or(key, |(_, name)| name);
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".into());
    }
    (name.is_empty() || !is_value(name)).then(|| QUALIFIED.to_owned())
}

fn wrong_value(value: &str) -> Option<String> {
    if value.len() > 63 {
        return Some("must be no more than 63 bytes".into());
    }
    (!is_value(value)).then(|| LABEL_VALUE.to_owned())
}

fn is_value(text: &str) -> bool {
    let outer = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || (text.chars().all(|c| outer(c) || "-_.".contains(c))
            && text.starts_with(outer)
            && text.ends_with(outer))
}

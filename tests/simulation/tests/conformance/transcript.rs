//! Makes the answers of two servers comparable: names for what is by chance or by the clock.
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Gives names to uids and revisions in the order in which they appear.
#[derive(Default)]
pub struct Normaliser {
    revisions: BTreeMap<String, String>,
    uids: BTreeMap<String, String>,
}

impl Normaliser {
    /// One line for each answer.
    pub fn lines(mut self, said: &[(String, Value)]) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, body) in said {
            let mut body = body.clone();
            self.walk(&mut body);
            lines.push(format!("{what} {body}"));
        }
        for line in &mut lines {
            for (uid, name) in &self.uids {
                *line = line.replace(uid, name);
            }
            for (revision, name) in &self.revisions {
                *line = line.replace(&format!("({revision})"), name);
            }
        }
        lines
    }

    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let is_collection =
                    fields.contains_key("items") || fields.get("type") == Some(&json!("BOOKMARK"));
                for (name, field) in fields.iter_mut() {
                    if name == "metadata" {
                        self.metadata(field, is_collection);
                    }
                    let collection = is_collection && name == "object";
                    if collection {
                        field["metadata"]["resourceVersion"] = json!("<any>");
                    }
                    if field
                        .as_str()
                        .is_some_and(|text| text.starts_with("too old resource version"))
                    {
                        *field = json!("too old resource version");
                    }
                    if name == "eventTime" {
                        *field = json!("<time>");
                    }
                    self.walk(field);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    fn metadata(&mut self, metadata: &mut Value, is_collection: bool) {
        let Value::Object(fields) = metadata else { return };
        fields.remove("managedFields");
        if fields.contains_key("generateName") {
            fields.insert("name".into(), json!("<generated>"));
        }
        for (name, value) in fields.iter_mut() {
            match name.as_str() {
                "creationTimestamp" | "deletionTimestamp" if value.is_string() => {
                    *value = json!("<time>");
                }
                "resourceVersion" if is_collection => *value = json!("<any>"),
                "resourceVersion" if !value.as_str().unwrap_or_default().starts_with('<') => {
                    *value = named(&mut self.revisions, "revision", value);
                }
                "uid" => *value = named(&mut self.uids, "uid", value),
                _ => {}
            }
        }
    }
}

fn named(known: &mut BTreeMap<String, String>, what: &str, value: &Value) -> Value {
    let next = format!("<{what} {}>", known.len() + 1);
    json!(known.entry(value.as_str().unwrap_or_default().to_owned()).or_insert(next))
}

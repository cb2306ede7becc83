//! The JSON of the token API and of `/oauth/token`, as the published documents give it; unknown fields are ignored.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Body of `POST /personal-access-tokens/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create<'a> {
    pub name: &'a str,
    pub scope: &'a [String],
    pub access_token_validity_seconds: u32,
    pub expiration_date: String,
}

/// A token, in the replies of POST, PATCH and LIST.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub secret: Option<String>,
    pub owner: Owner,
    #[serde(default)]
    pub created: Option<String>,
    #[serde(default)]
    pub expiration_date: Option<String>,
    #[serde(default)]
    pub managed: Option<bool>,
    #[serde(default)]
    pub scope: Option<Vec<String>>,
    #[serde(default)]
    pub last_used: Option<String>,
}

/// Owner of a token.
#[derive(Deserialize)]
pub(super) struct Owner {
    pub id: String,
}

/// One operation of a JSON Patch.
#[derive(Serialize)]
pub(super) struct Replace {
    pub op: &'static str,
    pub path: &'static str,
    pub value: Value,
}

/// A JSON object of which no field is certain, neither its presence nor its type.
#[derive(Default, Deserialize)]
pub(super) struct Fields(Map<String, Value>);

/// The object in these bytes.
pub(super) fn fields(bytes: &[u8]) -> Option<Fields> {
    serde_json::from_slice(bytes).ok()
}

impl Fields {
    /// A text that says something.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.0.get(name)?.as_str()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    }

    /// A number, also one that is written as a text.
    pub(super) fn seconds(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Names of scopes, in an array or in one text. `None`: it has none, or what stands for them is no list of names, such
    /// as the bitmap of the access token's claim; a name has a colon.
    pub(super) fn scopes(&self, name: &str) -> Option<Vec<String>> {
        let words: Vec<&str> = match self.0.get(name)? {
            Value::String(text) => text.split_whitespace().collect(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).flat_map(str::split_whitespace).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
        };
        let named = words.iter().any(|word| word.contains(':'));
        named.then(|| words.into_iter().map(str::to_owned).collect())
    }

    /// All that an error body says, in the shapes that were seen, each text once.
    pub(super) fn explanation(&self) -> Vec<String> {
        const SHAPES: [&str; 6] =
            ["detailCode", "error", "error_description", "errorMessage", "formatted_msg", "message"];
        let mut said: Vec<String> = SHAPES.iter().filter_map(|name| self.text(name)).collect();
        let messages = self.0.get("messages").and_then(Value::as_array).into_iter().flatten();
        said.extend(messages.filter_map(|message| message["text"].as_str()).map(str::to_owned));
        let tracking = self.text("trackingId").map(|id| format!("trackingId {id}"));
        said.extend(tracking);
        let mut seen = BTreeSet::new();
        said.retain(|text| !text.trim().is_empty() && seen.insert(text.clone()));
        said
    }
}

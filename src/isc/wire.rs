//! The JSON of the token API and of `/oauth/token`, as the published documents give it; unknown
//! fields are ignored.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Most scopes that an access token is believed to carry: ISC has some 290.
const MOST_SCOPES: usize = 1_000;
/// Longest name that is believed to be a scope's.
const LONGEST_SCOPE: usize = 128;

/// Body of `POST /personal-access-tokens/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create<'a> {
    pub name: &'a str,
    pub scope: &'a [String],
    pub access_token_validity_seconds: u32,
    pub expiration_date: String,
}

/// A token in the reply to a POST, of which everything must be right.
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

/// A JSON object of which no field is certain, neither its presence nor its type: each is read by
/// itself.
#[derive(Default, Deserialize)]
pub(super) struct Fields(BTreeMap<String, Box<RawValue>>);

/// The object in these bytes.
pub(super) fn fields(bytes: &[u8]) -> Option<Fields> {
    serde_json::from_slice(bytes).ok()
}

impl Fields {
    fn get(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// True if it has no field at all.
    pub(super) fn is_bare(&self) -> bool {
        self.0.is_empty()
    }

    /// True if it has any of these fields.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains_key(*name))
    }

    /// True if this field is an array.
    pub(super) fn is_list(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Array(_)))
    }

    /// A text that says something.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let text = value.as_str()?;
        if text.trim().is_empty() { None } else { Some(text.to_owned()) }
    }

    /// A text of an object within.
    pub(super) fn text_within(&self, name: &str, field: &str) -> Option<String> {
        let within: Self = serde_json::from_str(self.0.get(name)?.get()).ok()?;
        within.text(field)
    }

    /// True if the field says so, also as a text.
    pub(super) fn is_true(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(said)) => said,
            Some(Value::String(text)) => text.trim().eq_ignore_ascii_case("true"),
            Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => {
                false
            }
        }
    }

    /// A time in milliseconds since the Unix epoch; `None`: there is none, or it cannot be read. A
    /// time beyond the last that jiff knows is never.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        let stamp = self.text(name)?.trim().parse::<Timestamp>().ok()?;
        Some(stamp.as_millisecond())
    }

    /// A number, also one that is written as a text.
    pub(super) fn seconds(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Names of scopes, in an array or in one text. `None`: it has none, or what stands for them is
    /// no list of names, such as the bitmap of the access token's claim; a name has a colon.
    pub(super) fn scopes(&self, name: &str) -> Option<Vec<String>> {
        let words = self.words(name)?;
        // They go into statuses, and the API server refuses one that is too large.
        if words.len() > MOST_SCOPES || words.iter().any(|word| word.len() > LONGEST_SCOPE) {
            return None;
        }
        // All or nothing: half a list would show scopes as missing that are there.
        let are_names =
            words.iter().all(|word| is_plain(word)) && words.iter().any(|word| word.contains(':'));
        if are_names { Some(words) } else { None }
    }

    /// Words, in an array or in one text, between blanks or commas.
    pub(super) fn words(&self, name: &str) -> Option<Vec<String>> {
        let mut words = Vec::new();
        match self.get(name)? {
            Value::String(text) => split(&text, &mut words),
            Value::Array(items) => {
                for text in items.iter().filter_map(Value::as_str) {
                    split(text, &mut words);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
        }
        Some(words)
    }

    /// True if a list of names, or a text with names, is there and holds none.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
                false
            }
        }
    }

    /// All that an error body says, in the shapes that were seen, each text once.
    pub(super) fn explanation(&self) -> Vec<String> {
        const SHAPES: [&str; 6] = [
            "detailCode",
            "error",
            "error_description",
            "errorMessage",
            "formatted_msg",
            "message",
        ];
        let mut said: Vec<String> = SHAPES.iter().filter_map(|name| self.text(name)).collect();
        if let Some(Value::Array(messages)) = self.get("messages") {
            said.extend(
                messages.iter().filter_map(|message| message["text"].as_str()).map(str::to_owned),
            );
        }
        if let Some(id) = self.text("trackingId") {
            said.push(format!("trackingId {id}"));
        }
        // ISC repeats itself: its messages come once for each locale.
        let mut seen = BTreeSet::new();
        said.retain(|text| !text.trim().is_empty() && seen.insert(text.clone()));
        said
    }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || ":_.*-".contains(c))
}

fn split(text: &str, words: &mut Vec<String>) {
    for word in text.split(|c: char| c.is_whitespace() || c == ',') {
        if !word.is_empty() {
            words.push(word.to_owned());
        }
    }
}

//! Reads replies as they come: pure, lenient about what is missing, and silent about what could be
//! a secret value.
mod access;
mod nerm;
mod stranger;

use std::collections::BTreeSet;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::facts::{Info, Listed, Said, Shown};
use crate::isc::Failure;
use crate::isc::classify::{self, Created};
use crate::isc::http::Reply;
use crate::redacted::Redacted;

pub use access::{access, scope_text};
pub use nerm::nerm;
pub use stranger::{described, is_elsewhere, refuser, without_place};

/// A JSON object.
pub type Object = Map<String, Value>;

/// The JSON object that a reply holds.
pub fn object(reply: &Reply) -> Option<Object> {
    serde_json::from_slice(reply.body()).ok()
}

/// A text of an object; an empty one does not count.
pub fn text(object: &Object, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str()?;
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

/// Takes a secret value out of an object.
pub fn secret(object: &mut Object, name: &str) -> Option<Redacted> {
    match object.remove(name) {
        Some(Value::String(value)) if !value.is_empty() => Some(Redacted::new(value)),
        _ => None,
    }
}

/// Names of the headers that speak of limits.
pub fn limits(headers: &HeaderMap) -> impl Iterator<Item = String> + '_ {
    let names: BTreeSet<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.into_iter().filter(|name| is_about_limits(name)).map(str::to_owned)
}

fn is_about_limits(name: &str) -> bool {
    name.len() <= 40
        && (name.contains("ratelimit") || name.contains("rate-limit") || name == RETRY_AFTER)
}

/// `/oauth/info`.
pub fn info(said: Said, body: &Object) -> Info {
    let name = text(body, "tenantName").or_else(|| text(body, "org"));
    Info { said, tenant_id: text(body, "tenantId"), name, pod: text(body, "pod") }
}

/// The tokens of LIST; `None` if it is not a list of objects with id and name.
pub fn list(reply: &Reply) -> Option<Vec<Listed>> {
    let entries: Vec<Object> = serde_json::from_slice(reply.body()).ok()?;
    entries.iter().map(listed).collect()
}

/// Whether the operator can use a LIST.
///
/// # Errors
/// The reason why not.
pub fn usable(reply: &Reply) -> Result<(), String> {
    classify::listed(reply).map(drop).map_err(words)
}

/// A failure to understand a reply, without the words around it.
fn words(failure: Failure) -> String {
    match failure {
        Failure::Malformed { what, .. } | Failure::Elsewhere(what) => what,
        Failure::Connect(_)
        | Failure::NoReply(_)
        | Failure::Refused { .. }
        | Failure::Forbidden(_)
        | Failure::Wait(_)
        | Failure::Status { .. }
        | Failure::Setup(_) => failure.to_string(),
    }
}

/// The reason why the operator does not use the reply to a POST; `None`: it does.
pub fn flaw(reply: &Reply, name: &str, owner: &str) -> Option<String> {
    match classify::created(&Ok(reply.clone()), name, owner) {
        Created::Yes(_) => None,
        Created::No { why } | Created::Doubtful { why } | Created::Unknown { why } => {
            Some(words(why))
        }
    }
}

/// One token of LIST, or the reply of a PATCH.
pub fn listed(entry: &Object) -> Option<Listed> {
    Some(Listed {
        id: text(entry, "id")?,
        name: text(entry, "name")?,
        owner: owner(entry),
        created: text(entry, "created").and_then(|text| millis(&text)),
        expires: shown(entry.get("expirationDate")),
        last_used: shown(entry.get("lastUsed")),
        scope: entry.get("scope").and_then(texts),
        managed: entry.get("managed") == Some(&Value::Bool(true)),
    })
}

/// Identity id of a token's owner.
pub fn owner(token: &Object) -> Option<String> {
    text(token.get("owner")?.as_object()?, "id")
}

/// A time that may be missing.
pub fn shown(value: Option<&Value>) -> Shown<i64> {
    match value {
        None => Shown::Absent,
        Some(Value::Null) => Shown::Null,
        Some(Value::String(text)) => match millis(text) {
            Some(at) => Shown::Is(at),
            None => Shown::Other,
        },
        Some(_) => Shown::Other,
    }
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    value.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
}

fn millis(text: &str) -> Option<i64> {
    let at = text.parse::<Timestamp>().ok()?;
    Some(at.as_millisecond())
}

/// Text of a tenant as it may be shown: short, plain, and nothing that is as long as a secret
/// value.
pub fn harmless(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || " -_.:/".contains(c));
    let is_short = text.len() <= 80 && text.split_whitespace().all(|word| word.len() <= 40);
    if is_short && is_plain { text.to_owned() } else { "…".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_secret_value_is_not_shown() {
        assert_eq!(harmless("acme-sb pod 2.1"), "acme-sb pod 2.1");
        for text in ["a".repeat(41), "\u{1b}[31m".into(), "x\ny".into(), "a ".repeat(41)] {
            assert_eq!(harmless(&text), "…", "{text:?}");
        }
    }
}

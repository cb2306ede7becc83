//! Requests as HTTP carries them, read into what they ask for.
use std::collections::BTreeMap;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, header};
use serde_json::Value;

use crate::history::Key;
use crate::kinds::Kind;
use crate::refusal::Refusal;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
}

impl Verb {
    /// As audit logs name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who asks.
    pub identity: String,
    /// What is to be done.
    pub verb: Verb,
    /// With which objects: kind, namespace (empty: none or all) and name (empty: a collection).
    pub key: Key,
    /// Whether it is about the status.
    pub status: bool,
    /// Whether the reply carries metadata only.
    pub partial: bool,
    /// Parameters.
    pub query: BTreeMap<String, String>,
    /// Body; null if there is none.
    pub body: Value,
}

/// What only the simulation cannot do; to ignore it would be to behave otherwise.
const UNKNOWN_PARAMETERS: [&str; 4] = ["dryRun", "continue", "fieldSelector", "orphanDependents"];

impl Call {
    /// Reads a request.
    pub fn read(identity: &str, head: &Parts, body: &Bytes) -> Result<Self, Refusal> {
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        if let Some(name) = UNKNOWN_PARAMETERS.iter().find(|name| query.contains_key(**name)) {
            return Err(Refusal::not_simulated(&format!("the parameter {name}")));
        }
        let (key, status) = target(head.uri.path())?;
        let watch = query.get("watch").is_some_and(|value| value == "true" || value == "1");
        let verb = match (&head.method, key.name.is_empty()) {
            (&Method::GET, false) => Verb::Get,
            (&Method::GET, true) if watch => Verb::Watch,
            (&Method::GET, true) => Verb::List,
            (&Method::POST, true) => Verb::Create,
            (&Method::PUT, false) => Verb::Update,
            (&Method::PATCH, false) => Verb::Patch,
            (&Method::DELETE, false) => Verb::Delete,
            (&Method::DELETE, true) => {
                return Err(Refusal::not_simulated("deletion of collections"));
            }
            _ => {
                return Err(Refusal::new(
                    405,
                    "the server does not allow this method on the requested resource",
                ));
            }
        };
        let header =
            |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if verb == Verb::Patch && header(header::CONTENT_TYPE) != "application/merge-patch+json" {
            return Err(Refusal::not_simulated("patches other than merge patches"));
        }
        let partial = header(header::ACCEPT).contains("as=PartialObjectMetadata");
        let body = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(body)
                .map_err(|error| Refusal::new(400, format!("invalid body: {error}")))?,
        };
        Ok(Self { identity: identity.into(), verb, key, status, partial, query, body })
    }

    /// A parameter.
    pub fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Name of the object, as far as it is known before the request is served.
    pub fn name(&self) -> &str {
        match self.verb {
            Verb::Create => self.body["metadata"]["name"].as_str().unwrap_or_default(),
            _ => &self.key.name,
        }
    }
}

/// The object or collection of a path, and whether it is its status.
fn target(path: &str) -> Result<(Key, bool), Refusal> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(Refusal::unknown()),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !matches!(rest, [] | ["status" | "finalize"]) => {
            (*namespace, rest)
        }
        rest => ("", rest),
    };
    let (plural, name, status) = match rest {
        [plural] => (*plural, "", false),
        [plural, name] => (*plural, *name, false),
        [plural, name, "status"] => (*plural, *name, true),
        _ => return Err(Refusal::unknown()),
    };
    let kind = Kind::of_resource(group, version, plural).ok_or_else(Refusal::unknown)?;
    let fits = if kind.namespaced {
        name.is_empty() || !namespace.is_empty()
    } else {
        namespace.is_empty()
    };
    if !fits || (status && !kind.custom) {
        return Err(Refusal::unknown());
    }
    Ok((Key { kind, namespace: namespace.into(), name: name.into() }, status))
}

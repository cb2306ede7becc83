//! The audit log of the API server: who did what, as the judge of the tests reads it.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

/// One finished request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    /// Who.
    pub user: User,
    /// What the client calls itself.
    #[serde(default)]
    pub user_agent: String,
    /// On what; absent for paths that are no resource.
    pub object_ref: Option<Object>,
    /// The answer.
    pub response_status: Option<Answer>,
    /// When it came in, RFC 3339.
    pub request_received_timestamp: String,
    /// What the authorizer and others noted.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// Who asked.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// User name.
    #[serde(default)]
    pub username: String,
}

/// What was asked about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Object {
    /// Plural name of the kind.
    pub resource: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `status` and the like.
    pub subresource: String,
}

/// What was answered.
#[derive(Clone, Debug, Deserialize)]
pub struct Answer {
    /// HTTP status.
    #[serde(default)]
    pub code: u16,
}

impl Request {
    /// Resource and subresource, as in `personalaccesstokens/status`.
    pub fn target(&self) -> String {
        match &self.object_ref {
            Some(object) if object.subresource.is_empty() => object.resource.clone(),
            Some(object) => format!("{}/{}", object.resource, object.subresource),
            None => String::new(),
        }
    }

    /// HTTP status of the answer, 0 if there was none.
    pub fn code(&self) -> u16 {
        self.response_status.as_ref().map_or(0, |answer| answer.code)
    }

    /// Whether RBAC refused it; a namespace that is going away also answers 403.
    pub fn is_denied(&self) -> bool {
        let decision = self.annotations.get("authorization.k8s.io/decision");
        self.code() == 403 && decision.is_none_or(|decision| decision != "allow")
    }

    /// Whether it changed something, or tried to.
    pub fn is_write(&self) -> bool {
        matches!(self.verb.as_str(), "create" | "update" | "patch" | "delete" | "deletecollection")
    }
}

/// The requests logged behind an offset, and the offset to go on from.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path, offset: u64) -> std::io::Result<(Vec<Request>, u64)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // The last line may still be in the writing.
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let requests =
        text[..whole].lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok((requests, offset + whole as u64))
}

//! The record of a custom resource.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::terms::Millis;

/// The record of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The Secret that holds its credential.
    pub secret: Arc<str>,
    /// Its deletion was recorded (R12).
    pub deleting: bool,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// No attempt before this.
    pub not_before: Millis,
    /// It is deleted with its token left to its user; fixed when the deletion is recorded.
    #[serde(default)]
    pub retain: bool,
    /// The rotate request last handled.
    #[serde(default)]
    pub rotated: Option<Arc<str>>,
    /// The revoke request last handled.
    #[serde(default)]
    pub revoked: Option<Arc<str>>,
    /// The moment at which its token was last replaced by a newer one.
    #[serde(default)]
    pub rotated_at: Option<Millis>,
    /// The highest number of a token that was ever recorded for it.
    #[serde(default)]
    pub last: u64,
    /// The unknown pair in its Secret that was not adopted (R13).
    #[serde(default)]
    pub refused: Option<Arc<str>>,
    /// Fields of a newer version, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

impl Resource {
    /// A resource that was just heard of.
    pub fn new(namespace: Arc<str>, name: Arc<str>, secret: Arc<str>) -> Self {
        Self {
            namespace,
            name,
            secret,
            deleting: false,
            failures: 0,
            not_before: 0,
            retain: false,
            rotated: None,
            revoked: None,
            rotated_at: None,
            last: 0,
            refused: None,
            unknown: BTreeMap::new(),
        }
    }
}

//! What must come of a spoilt field.
use serde_json::Value;
use simulation::Cluster;

use super::picture::{DOCUMENT, Picture, Which};
use super::spoil::Spoilt;

/// What is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The API server refuses it, and nothing happens.
    Refused,
    /// The ledger cannot be read: its owner is frozen, and everybody is told (R15).
    Frozen,
    /// All becomes as declared (P7).
    Mended,
}

impl Right {
    /// What is right for this field.
    pub fn of(spoilt: &Spoilt, picture: &Picture) -> Self {
        let _ = (spoilt, picture, DOCUMENT);
        Self::Mended
    }

    /// Whether the API server takes it.
    pub fn is_taken(self) -> bool {
        self != Self::Refused
    }

    /// What is wrong of what was found at the end.
    pub fn weighed(self, found: Vec<String>, _: &Cluster) -> Vec<String> {
        found
    }
}

/// Who is not told that the ledger cannot be read.
pub fn untold(cluster: &Cluster) -> Vec<String> {
    let told = |object: &Value| {
        let conditions = object["status"]["conditions"].as_array();
        conditions.is_some_and(|all| {
            all.iter().any(|c| c["type"] == "Stalled" && c["status"] == "True" && c["reason"] == "LedgerUnreadable")
        })
    };
    let _ = Which::Ledger;
    let concerned =
        cluster.objects().into_iter().filter(|(key, _)| ["Tenant", "PersonalAccessToken"].contains(&key.kind.kind));
    concerned
        .filter(|(_, object)| !told(object))
        .map(|(key, _)| format!("{key} does not say LedgerUnreadable"))
        .collect()
}

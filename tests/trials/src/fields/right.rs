//! What must come of a spoilt field.
use serde_json::Value;
use simulation::Cluster;

use super::picture::Which;
use super::spoil::{Damage, Spoilt};

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
    pub fn of(spoilt: &Spoilt) -> Self {
        let path: Vec<&str> = spoilt.path.iter().map(String::as_str).collect();
        match (spoilt.which, path.as_slice()) {
            (Which::Ledger, ["data", "checksum"]) if spoilt.damage == Damage::Deleted => {
                Self::Mended
            }
            (Which::Ledger | Which::Secret(_), ["type"]) => Self::Refused,
            (_, ["data"]) if spoilt.damage == Damage::Mistyped => Self::Refused,
            (Which::Ledger, ["data", ..]) => Self::Frozen,
            (Which::Secret(_), ["data", _]) => Self::Mended,
            _ if spoilt.damage == Damage::Mistyped => Self::Refused,
            (_, path) if spoilt.damage == Damage::Deleted && is_required(path) => Self::Refused,
            (_, ["status", "effective", "format" | "reclaimPolicy"])
                if spoilt.damage == Damage::Flipped =>
            {
                Self::Refused
            }
            _ => Self::Mended,
        }
    }

    /// Whether the API server takes it.
    pub fn is_taken(self) -> bool {
        self != Self::Refused
    }
}

/// Whether the API server insists on the field.
fn is_required(path: &[&str]) -> bool {
    matches!(
        path,
        ["metadata", "ownerReferences", _, "apiVersion" | "kind" | "name" | "uid"]
            | [
                "status",
                "conditions",
                _,
                "lastTransitionTime" | "message" | "reason" | "status" | "type"
            ]
            | ["status", "current", _]
            | ["status", "effective", "accessTokenValidity" | "format"]
            | ["status", "previous", "clientId"]
    )
}

/// Who is not told that the ledger cannot be read.
pub fn untold(cluster: &Cluster) -> Vec<String> {
    let told = |object: &Value| {
        let conditions = object["status"]["conditions"].as_array();
        conditions.is_some_and(|all| {
            all.iter().any(|c| {
                c["type"] == "Stalled" && c["status"] == "True" && c["reason"] == "LedgerUnreadable"
            })
        })
    };
    let concerned = cluster
        .objects()
        .into_iter()
        .filter(|(key, _)| ["Tenant", "PersonalAccessToken"].contains(&key.kind.kind));
    concerned
        .filter(|(_, object)| !told(object))
        .map(|(key, _)| format!("{key} does not say LedgerUnreadable"))
        .collect()
}

//! The status of a `PersonalAccessToken`.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ReclaimPolicy, SecretFormat};

/// What the operator last saw; never read back to decide anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonalAccessTokenStatus {
    /// Generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, ScopesEffective, NermAccepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The live token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<CurrentToken>,
    /// The token before it, while it still lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousToken>,
    /// Values in force where the spec leaves them open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
    /// When the token is next rotated; absent: on request only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<String>,
    /// When the token was last rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_rotation: Option<String>,
    /// The requests that were acted on last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled: Option<LastHandled>,
    /// Name of the Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Attempts that failed in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i32>", range(min = 0))]
    pub failures: Option<u32>,
    /// When the next attempt is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<String>,
}

/// The token whose credential is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrentToken {
    /// Client ID.
    pub client_id: String,
    /// Its name in ISC.
    pub name: String,
    /// When it was minted.
    pub issued_at: String,
    /// When ISC deletes it; kept ahead by the operator.
    pub expires_at: String,
    /// Its scopes.
    pub scopes: Vec<String>,
}

/// The token whose credential was published before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviousToken {
    /// Client ID.
    pub client_id: String,
    /// When it is revoked; absent: not yet known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_after: Option<String>,
    /// When ISC last saw it used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// The values of the annotations that were acted on last, as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastHandled {
    /// Of `pat-operator.dev/rotate-requested-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate: Option<String>,
    /// Of `pat-operator.dev/revoke-requested-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<String>,
}

/// Values in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// Life of access tokens.
    pub access_token_validity: String,
    /// Keys of the Secret.
    pub format: SecretFormat,
    /// How long a token stays valid after its successor is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<String>,
    /// What deletion does.
    #[serde(default)]
    #[schemars(with = "Option<ReclaimPolicy>", !default)]
    pub reclaim_policy: ReclaimPolicy,
}

//! `PersonalAccessToken`: the resource that a user writes to get a credential for a workload.
pub mod rotation;
mod secret_template;
mod status;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::trigger::{NotATrigger, Trigger};

pub use rotation::{DEFAULT_OVERLAP_SECONDS, OVERLAP_RANGE, OVERLAP_SECONDS, Rotation, within};
pub use secret_template::{SecretFormat, SecretTemplate};
pub use status::{CurrentToken, Effective, LastHandled, PersonalAccessTokenStatus, PreviousToken};

/// A SailPoint personal access token, and the Secret that its credential is published in.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "pat-operator.dev",
    version = "v1alpha1",
    kind = "PersonalAccessToken",
    doc = "A SailPoint personal access token, and the Secret that its credential is published in.",
    namespaced,
    status = "PersonalAccessTokenStatus",
    shortname = "pat",
    category = "pat-operator",
    selectable = ".spec.tenantRef.name",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Secret","type":"string","jsonPath":".status.secret"}"#,
    printcolumn = r#"{"name":"Next rotation","type":"string","jsonPath":".status.nextRotation"}"#,
    printcolumn = r#"{"name":"Expires","type":"string","jsonPath":".status.current.expiresAt"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Tenant","type":"string","priority":1,"jsonPath":".spec.tenantRef.name"}"#,
    printcolumn = r#"{"name":"Client ID","type":"string","priority":1,"jsonPath":".status.current.clientId"}"#,
    printcolumn = r#"{"name":"Message","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message"}"#,
    validation = Rule::new("(has(self.spec.secret) && has(self.spec.secret.name) ? self.spec.secret.name : self.metadata.name) == (has(oldSelf.spec.secret) && has(oldSelf.spec.secret.name) ? oldSelf.spec.secret.name : oldSelf.metadata.name)").message("spec.secret.name cannot be changed; write the old name again, or create a new PersonalAccessToken")
)]
#[serde(rename_all = "camelCase")]
pub struct PersonalAccessTokenSpec {
    /// The Tenant whose user owns the token. Immutable.
    pub tenant_ref: TenantRef,

    /// Shown to ISC administrators behind the operator's own prefix; default `<namespace>/<name>`. A change renames the token in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[[:print:]]+$') && self.trim() == self").message("write 1 to 64 printable ASCII characters without blanks at the ends, as in \"NERM sync\""))]
    #[x_kube(validation = Rule::new("!self.startsWith('pat1-')").message("write a name that does not begin with pat1-, as the operator's own part of a name does"))]
    pub name: Option<String>,

    /// What the token may do, 1 to 100 scopes, each once; their order means nothing. A change is applied in place; ISC needs up to 20 minutes.
    #[schemars(length(min = 1, max = 100), inner(length(min = 3, max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.all(scope, scope.matches('^[a-z][a-z0-9-]*(:[a-z0-9][a-z0-9-]*)+$'))").message("write scopes in lower case with colons between the parts, as in \"idn:nelm:manage\""))]
    pub scopes: Vec<String>,

    /// Life of the access tokens got with the credential, 15s to 12h, default 1h. ISC cannot change it in place: a change rotates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("self.matches('^[1-9][0-9]{0,4}[smh]$') && duration(self) >= duration('15s') && duration(self) <= duration('12h')").message("write a duration from 15s to 12h with one unit, as in 90s, 15m or 1h"))]
    pub access_token_validity: Option<Duration>,

    /// When the token is replaced by a new one. Absent: on request only; expiry is kept ahead in both cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,

    /// The Secret to publish in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretTemplate>,

    /// See [`ReclaimPolicy`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim_policy: Option<ReclaimPolicy>,

    /// True: nothing is minted, rotated or changed; expiry is still kept ahead, overlap still ends, and deletion still revokes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// A reference to a Tenant.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("self.name == oldSelf.name").message("spec.tenantRef.name cannot be changed; create a new PersonalAccessToken for the other Tenant"))]
pub struct TenantRef {
    /// Name of the Tenant.
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(validation = Rule::new("!format.dns1123Subdomain().validate(self).hasValue()").message("write the name of a Tenant: lower-case letters, digits, dashes and dots, as in \"acme\""))]
    pub name: String,
}

/// What deletion does. `Revoke` (default): the token is revoked and the Secret removed. `Retain`: both stay and keep working, and the operator lets go of them; the token gets another name in ISC and still takes one of the user's slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReclaimPolicy {
    /// The token is revoked and the Secret removed.
    #[default]
    Revoke,
    /// Both stay, released from the operator.
    Retain,
}

/// Life of access tokens when the spec does not say, in seconds.
pub const DEFAULT_VALIDITY_SECONDS: u32 = 3_600;

impl PersonalAccessToken {
    /// Name of the Secret to publish in.
    pub fn secret_name(&self) -> &str {
        if let Some(secret) = &self.spec.secret
            && let Some(name) = &secret.name
        {
            return name;
        }
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Keys of the Secret.
    pub fn secret_format(&self) -> SecretFormat {
        match &self.spec.secret {
            Some(secret) => secret.format.unwrap_or_default(),
            None => SecretFormat::default(),
        }
    }

    /// The human part of the token's name in ISC.
    pub fn display_name(&self) -> String {
        if let Some(name) = &self.spec.name {
            return name.clone();
        }
        // The namespace too: the name of a resource is unique only within one.
        let namespace = self.metadata.namespace.as_deref().unwrap_or_default();
        let name = self.metadata.name.as_deref().unwrap_or_default();
        format!("{namespace}/{name}")
    }

    /// Life of access tokens in seconds.
    pub fn validity_seconds(&self) -> u32 {
        let chosen = self.spec.access_token_validity.as_ref().and_then(Duration::short_seconds);
        chosen.unwrap_or(DEFAULT_VALIDITY_SECONDS)
    }

    /// Time from one rotation to the next in seconds; `None`: on request only.
    pub fn rotation_every(&self) -> Option<u64> {
        // `check` reports what is no duration; until it is corrected, no schedule rotates.
        self.spec.rotation.as_ref()?.every.seconds().ok()
    }

    /// The time for which a token stays valid after its successor is published, in seconds.
    pub fn overlap(&self) -> u64 {
        let chosen = self.spec.rotation.as_ref().and_then(Rotation::overlap_seconds);
        chosen.unwrap_or(DEFAULT_OVERLAP_SECONDS)
    }

    /// The longest overlap while ISC still sees the old token used, in seconds; `None`: overlap ends in time.
    pub fn max_overlap(&self) -> Option<u64> {
        self.spec.rotation.as_ref()?.max_overlap.as_ref()?.seconds().ok()
    }

    /// True if deletion leaves token and Secret behind.
    pub fn retains(&self) -> bool {
        self.spec.reclaim_policy == Some(ReclaimPolicy::Retain)
    }

    /// The request in an annotation of [`names`](super::names); `None`: the annotation is absent.
    pub fn trigger(&self, annotation: &str) -> Option<Result<Trigger, NotATrigger>> {
        let value = self.metadata.annotations.as_ref()?.get(annotation)?;
        Some(Trigger::read(annotation, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE};

    fn token(spec: serde_json::Value) -> PersonalAccessToken {
        let mut spec = spec;
        spec["tenantRef"] = serde_json::json!({"name": "acme"});
        spec["scopes"] = serde_json::json!(["idn:nelm:manage"]);
        PersonalAccessToken::new("nerm-sync", serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn a_spec_that_says_nothing_rotates_on_request_with_a_day_of_overlap_and_revokes() {
        let token = token(serde_json::json!({}));
        assert_eq!(
            (token.rotation_every(), token.overlap(), token.max_overlap()),
            (None, 86_400, None)
        );
        assert!(!token.retains());
        assert_eq!(token.trigger(ANNOTATION_ROTATE), None);
    }

    #[test]
    fn what_the_spec_says_of_rotation_is_told_in_seconds() {
        let token_of =
            |rotation| token(serde_json::json!({"rotation": rotation, "reclaimPolicy": "Retain"}));
        let all =
            token_of(serde_json::json!({"every": "30d", "overlap": "90m", "maxOverlap": "7d"}));
        assert_eq!(
            (all.rotation_every(), all.overlap(), all.max_overlap()),
            (Some(2_592_000), 5_400, Some(604_800))
        );
        assert!(all.retains());
        assert_eq!(token_of(serde_json::json!({"every": "48h"})).overlap(), 86_400);
    }

    #[test]
    fn each_annotation_asks_for_itself_alone() {
        let mut token = token(serde_json::json!({}));
        let annotations = [(ANNOTATION_REVOKE.to_owned(), "1970-01-01T00:00:01Z".to_owned())];
        token.metadata.annotations = Some(annotations.into());
        assert_eq!(token.trigger(ANNOTATION_ROTATE), None);
        assert_eq!(token.trigger(ANNOTATION_REVOKE).unwrap().unwrap().at, 1_000);
    }

    #[test]
    fn a_status_from_before_the_reclaim_policy_is_still_read() {
        let old =
            serde_json::json!({"effective": {"accessTokenValidity": "1h", "format": "Plain"}});
        let status: PersonalAccessTokenStatus = serde_json::from_value(old).unwrap();
        assert_eq!(status.effective.unwrap().reclaim_policy, ReclaimPolicy::Revoke);
    }
}

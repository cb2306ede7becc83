//! `PersonalAccessToken`: what whoever runs a workload writes to get a credential.
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;

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
    printcolumn = r#"{"name":"Expires","type":"string","jsonPath":".status.current.expiresAt"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Tenant","type":"string","priority":1,"jsonPath":".spec.tenantRef.name"}"#,
    printcolumn = r#"{"name":"Client ID","type":"string","priority":1,"jsonPath":".status.current.clientId"}"#,
    printcolumn = r#"{"name":"Message","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message"}"#,
    validation = Rule::new("(has(self.spec.accessTokenValidity) ? self.spec.accessTokenValidity : '1h') == (has(oldSelf.spec.accessTokenValidity) ? oldSelf.spec.accessTokenValidity : '1h')").message("spec.accessTokenValidity cannot be changed; write the old value again (1h if there was none), or create a new PersonalAccessToken"),
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
    pub name: Option<String>,

    /// What the token may do, 1 to 100 scopes, each once; their order means nothing. A change is applied in place; ISC needs up to 20 minutes.
    #[schemars(length(min = 1, max = 100), inner(length(min = 3, max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.all(scope, scope.matches('^[a-z][a-z0-9-]*(:[a-z0-9][a-z0-9-]*)+$'))").message("write scopes in lower case with colons between the parts, as in \"idn:nelm:manage\""))]
    pub scopes: Vec<String>,

    /// Life of the access tokens got with the credential, 15s to 12h, default 1h. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("self.matches('^[1-9][0-9]{0,4}[smh]$') && duration(self) >= duration('15s') && duration(self) <= duration('12h')").message("write a duration from 15s to 12h with one unit, as in 90s, 15m or 1h"))]
    pub access_token_validity: Option<Duration>,

    /// The Secret to publish in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretTemplate>,

    /// True: nothing is minted or changed; expiry is still kept ahead, and deletion still revokes.
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

/// How the Secret looks. The operator owns its keys, and these labels and annotations; all else in it is left alone.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!has(self.labels) || self.labels.all(key, !key.startsWith('pat-operator.dev/'))").message("spec.secret.labels: keys that begin with pat-operator.dev/ are the operator's; use another prefix"))]
#[x_kube(validation = Rule::new("!has(self.annotations) || self.annotations.all(key, !key.startsWith('pat-operator.dev/'))").message("spec.secret.annotations: keys that begin with pat-operator.dev/ are the operator's; use another prefix"))]
#[x_kube(validation = Rule::new("!has(self.labels) || self.labels.all(key, !format.qualifiedName().validate(key).hasValue() && !format.labelValue().validate(self.labels[key]).hasValue())").message("spec.secret.labels: write keys and values as Kubernetes wants its labels, letters and digits with - _ . between them and no blanks, as in \"example.org/team: iam\""))]
#[x_kube(validation = Rule::new("!has(self.annotations) || self.annotations.all(key, !format.qualifiedName().validate(key).hasValue())").message("spec.secret.annotations: write keys as Kubernetes wants them, letters and digits with - _ . between them and no blanks, as in \"example.org/team\"; values are free"))]
pub struct SecretTemplate {
    /// Its name; default: the name of the PersonalAccessToken. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("!format.dns1123Subdomain().validate(self).hasValue()").message("write a name for the Secret: lower-case letters, digits, dashes and dots, as in \"nerm-sync\""))]
    pub name: Option<String>,

    /// Which keys it has. `Plain` (default): clientId, clientSecret, tokenUrl, apiUrl. `SailPointSdk`: SAIL_CLIENT_ID, SAIL_CLIENT_SECRET, SAIL_BASE_URL, which the official SDKs read from the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<SecretFormat>,

    /// Labels to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = {"type": "string", "maxLength": 63}))]
    pub labels: Option<BTreeMap<String, String>>,

    /// Annotations to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = {"type": "string", "maxLength": 1024}))]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// Keys of the published Secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SecretFormat {
    /// clientId, clientSecret, tokenUrl, apiUrl.
    #[default]
    Plain,
    /// The variables of the official SDKs.
    SailPointSdk,
}

/// What the operator last saw; never read back to decide anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonalAccessTokenStatus {
    /// Generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, ScopesEffective.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The live token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<CurrentToken>,
    /// Values in force where the spec leaves them open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
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

/// Values in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// Life of access tokens.
    pub access_token_validity: String,
    /// Keys of the Secret.
    pub format: SecretFormat,
}

/// Life of access tokens when the spec does not say, in seconds.
pub const DEFAULT_VALIDITY_SECONDS: u32 = 3_600;

impl PersonalAccessToken {
    /// Name of the Secret to publish in.
    pub fn secret_name(&self) -> &str {
        let chosen = self.spec.secret.as_ref().and_then(|secret| secret.name.as_deref());
        chosen.or(self.metadata.name.as_deref()).unwrap_or_default()
    }

    /// Keys of the Secret.
    pub fn secret_format(&self) -> SecretFormat {
        self.spec.secret.as_ref().and_then(|secret| secret.format).unwrap_or_default()
    }

    /// The human part of the token's name in ISC.
    pub fn display_name(&self) -> String {
        let own = || {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{}/{}", part(&self.metadata.namespace), part(&self.metadata.name))
        };
        self.spec.name.clone().unwrap_or_else(own)
    }

    /// Life of access tokens in seconds.
    pub fn validity_seconds(&self) -> u32 {
        let chosen = self.spec.access_token_validity.as_ref().and_then(|text| text.seconds().ok());
        chosen.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(DEFAULT_VALIDITY_SECONDS)
    }
}

//! `Tenant`: the resource with which the platform team names an ISC tenant and the ISC user that mints.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::personal_access_token::{OVERLAP_RANGE, OVERLAP_SECONDS, within};

/// An ISC tenant, the user that owns the tokens, and who may mint what.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "pat-operator.dev",
    version = "v1alpha1",
    kind = "Tenant",
    doc = "An ISC tenant, the user that owns the tokens, and who may mint what.",
    status = "TenantStatus",
    category = "pat-operator",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"ISC tenant","type":"string","jsonPath":".status.tenant.name"}"#,
    printcolumn = r#"{"name":"Seed expires","type":"string","jsonPath":".status.credential.expiresAt"}"#,
    printcolumn = r#"{"name":"Limit","type":"integer","jsonPath":".status.capacity.limit"}"#,
    printcolumn = r#"{"name":"Ours","type":"integer","jsonPath":".status.capacity.ours"}"#,
    printcolumn = r#"{"name":"Others","type":"integer","jsonPath":".status.capacity.others"}"#,
    printcolumn = r#"{"name":"Free","type":"integer","jsonPath":".status.capacity.free"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"API URL","type":"string","priority":1,"jsonPath":".spec.apiUrl"}"#,
    printcolumn = r#"{"name":"Pod","type":"string","priority":1,"jsonPath":".status.tenant.pod"}"#,
    printcolumn = r#"{"name":"User","type":"string","priority":1,"jsonPath":".status.user.id"}"#,
    printcolumn = r#"{"name":"Message","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message"}"#,
    validation = Rule::new("size(self.metadata.name) <= 63").message("the name of a Tenant has at most 63 characters; choose a shorter one")
)]
#[serde(rename_all = "camelCase")]
pub struct TenantSpec {
    /// Base URL of the tenant's API, as in `https://acme.api.identitynow.com`.
    #[schemars(length(min = 9, max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^(https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|https?://(127[.]0[.]0[.]1|localhost|\\\\[::1\\\\]))(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$')").message("write an https URL without user, query or fragment, as in https://acme.api.identitynow.com (http only for 127.0.0.1, [::1] and localhost)"))]
    #[x_kube(validation = Rule::new("!self.matches('(?i)^[a-z]+://[^/]+/(.*/)?(v[0-9][0-9._-]*((alpha|beta)[0-9]*)?|beta|latest|cc|cc/api|oauth(/[^/]*)?|[.]{1,2})/*$')").message("write the base URL of the API, without a version and without /oauth/token, as in https://acme.api.identitynow.com"))]
    pub api_url: String,

    /// Base URL of the Non-Employee Risk Management (NERM) API that takes the same access tokens, as in `https://acme.nonemployee.com/api`. Published beside the credential; each new credential is tried against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^(https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|https?://(127[.]0[.]0[.]1|localhost|\\\\[::1\\\\]))(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$')").message("write an https URL without user, query or fragment, as in https://acme.nonemployee.com/api (http only for 127.0.0.1, [::1] and localhost)"))]
    pub nerm_url: Option<String>,

    /// The operator's own credential at this tenant. Exactly one for now.
    #[schemars(length(min = 1, max = 1))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub credentials: Vec<CredentialSource>,

    /// Which namespaces may mint which scopes. Empty: nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub grants: Vec<Grant>,

    /// Limits of the ISC user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,

    /// Authorities to check the certificate of the API against, instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<CaBundle>,
}

/// Where a credential comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialSource {
    /// A Secret with clientId and clientSecret in the operator's namespace: a personal access token, not an API client. The operator reads it and never writes it.
    pub secret_ref: ObjectName,
}

/// The name of an object in the operator's namespace.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectName {
    /// Name.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("!format.dns1123Subdomain().validate(self).hasValue()").message("write the name of a Secret: lower-case letters, digits, dashes and dots, as in \"acme-seed\""))]
    pub name: String,
}

/// Namespaces, and the most that they may ask for.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Names of namespaces.
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.all(name, name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))").message("write names of namespaces, without wildcards: lower-case letters, digits and dashes, as in \"integrations\""))]
    pub namespaces: Vec<String>,

    /// Scopes they may ask for; the last part may be `*`. `sp:scopes:all` and the scopes that manage personal access tokens are granted only where they are written out.
    #[schemars(length(min = 1, max = 100), inner(length(min = 3, max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.all(scope, scope.matches('^[a-z][a-z0-9-]*(:[a-z0-9][a-z0-9-]*)*:([*]|[a-z0-9][a-z0-9-]*)$'))").message("write scopes in lower case with colons between the parts; only the last part may be *, as in \"idn:nelm:*\""))]
    pub scopes: Vec<String>,

    /// True: `reclaimPolicy: Retain` is allowed. Default false, since a token that is left to its user takes one of the ISC user's slots until a person deletes it in ISC.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_retain: bool,
}

/// Limits of the ISC user.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Most tokens the user may own; default 10, which is ISC's limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i32>", range(min = 1, max = 100))]
    pub tokens_per_user: Option<u32>,

    /// Longest overlap of a rotation, at least 1m, default 7d. A resource that asks for more gets this: a replaced token takes one of the user's slots until its overlap is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = within(&OVERLAP_SECONDS).message(OVERLAP_RANGE))]
    pub max_overlap: Option<Duration>,
}

/// A bundle of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaBundle {
    /// A key of a ConfigMap in the operator's namespace, in PEM.
    pub config_map_ref: ConfigMapKey,
}

/// A key of a ConfigMap.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigMapKey {
    /// Name of the ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("!format.dns1123Subdomain().validate(self).hasValue()").message("write the name of a ConfigMap: lower-case letters, digits, dashes and dots, as in \"acme-ca\""))]
    pub name: String,
    /// Key in it.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self.matches('^[-._a-zA-Z0-9]+$')").message("write a key of the ConfigMap, as in \"ca.crt\""))]
    pub key: String,
}

/// What the operator last saw; never read back to decide anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantStatus {
    /// Generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, CredentialExpires (within 30 days), CloneSuspected (another copy of the operator, as of a cloned cluster, seems to mint for the same user; nothing is deleted meanwhile).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The ISC user that owns the tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The ISC tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<IscTenant>,
    /// How the user's tokens are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityStatus>,
    /// The operator's own credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialStatus>,
}

/// An ISC user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Identity id.
    pub id: String,
    /// Tenant id.
    pub tenant_id: String,
}

/// What ISC says of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IscTenant {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its data centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
}

/// How the tokens of a user are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityStatus {
    /// Most tokens the user may own.
    #[schemars(with = "i32", range(min = 0))]
    pub limit: u32,
    /// Tokens that the operator made.
    #[schemars(with = "i32", range(min = 0))]
    pub ours: u32,
    /// All others, the operator's own among them.
    #[schemars(with = "i32", range(min = 0))]
    pub others: u32,
    /// Tokens that can still be minted; one slot is kept for overlap.
    #[schemars(with = "i32", range(min = 0))]
    pub free: u32,
}

/// The operator's own credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialStatus {
    /// Client ID.
    pub client_id: String,
    /// When it expires; absent: never, or not yet known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Scopes of its access tokens; absent: ISC does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

/// Longest overlap of a rotation where the Tenant says none, in seconds.
pub const DEFAULT_LONGEST_OVERLAP_SECONDS: u64 = 7 * 86_400;

/// Most tokens an ISC user may own.
pub const DEFAULT_TOKENS_PER_USER: u32 = 10;

impl TenantSpec {
    /// Most tokens the user may own.
    pub fn tokens_per_user(&self) -> u32 {
        let limit = self.limits.as_ref().and_then(|limits| limits.tokens_per_user);
        limit.unwrap_or(DEFAULT_TOKENS_PER_USER)
    }

    /// Longest overlap of a rotation, in seconds.
    pub fn longest_overlap(&self) -> u64 {
        let limits = self.limits.as_ref();
        let written = limits.and_then(|limits| limits.max_overlap.as_ref());
        match written.map(Duration::seconds) {
            Some(Ok(seconds)) => seconds,
            // `check` reports what is no duration.
            Some(Err(_)) | None => DEFAULT_LONGEST_OVERLAP_SECONDS,
        }
    }
}

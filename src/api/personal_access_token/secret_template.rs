//! The published Secret as users ask for it: its name, keys, labels and annotations.
use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the Secret looks. The operator owns its keys, and these labels and annotations; all else in it is left alone.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!has(self.labels) || self.labels.all(key, !key.startsWith('pat-operator.dev/'))").message("spec.secret.labels: keys that begin with pat-operator.dev/ are the operator's; use another prefix"))]
#[x_kube(validation = Rule::new("!has(self.annotations) || self.annotations.all(key, !key.startsWith('pat-operator.dev/'))").message("spec.secret.annotations: keys that begin with pat-operator.dev/ are the operator's; use another prefix"))]
#[x_kube(validation = Rule::new("!has(self.labels) || self.labels.all(key, !format.qualifiedName().validate(key).hasValue() && !format.labelValue().validate(self.labels[key]).hasValue())").message("spec.secret.labels: write keys and values in the form of Kubernetes labels: letters and digits with - _ . between them, without blanks, as in \"example.org/team: iam\""))]
#[x_kube(validation = Rule::new("!has(self.annotations) || self.annotations.all(key, !format.qualifiedName().validate(key).hasValue())").message("spec.secret.annotations: write keys in the form of Kubernetes annotations: letters and digits with - _ . between them, without blanks, as in \"example.org/team\"; values are free"))]
pub struct SecretTemplate {
    /// Its name; default: the name of the PersonalAccessToken. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("!format.dns1123Subdomain().validate(self).hasValue()").message("write a name for the Secret: lower-case letters, digits, dashes and dots, as in \"nerm-sync\""))]
    pub name: Option<String>,

    /// See [`SecretFormat`].
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

/// Which keys the Secret has. `Plain` (default): clientId, clientSecret, tokenUrl, apiUrl, and nermUrl where the Tenant has a NERM. `SailPointSdk`: SAIL_CLIENT_ID, SAIL_CLIENT_SECRET, SAIL_BASE_URL and SAIL_NERM_BASE_URL, which the official SDKs read from the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SecretFormat {
    /// clientId, clientSecret, tokenUrl, apiUrl.
    #[default]
    Plain,
    /// The variables of the official SDKs.
    SailPointSdk,
}

//! What a published Secret should be, and whether one is that.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::marks::Wanted;
use super::ownership::{owners, owners_differ};
use crate::api::PersonalAccessToken;
use crate::api::personal_access_token::SecretFormat;
use crate::lifecycle::ledger::{Endpoint, Entry};

/// Every key that any format writes: the ones that may be removed.
pub(super) const ALL_KEYS: [&str; 9] = [
    "clientId",
    "clientSecret",
    "tokenUrl",
    "apiUrl",
    "nermUrl",
    "SAIL_CLIENT_ID",
    "SAIL_CLIENT_SECRET",
    "SAIL_BASE_URL",
    "SAIL_NERM_BASE_URL",
];

/// What a Secret should be.
pub struct Content<'a> {
    /// The resource.
    pub token: &'a PersonalAccessToken,
    /// The credential.
    pub entry: &'a Entry,
    /// Where ISC and NERM are.
    pub endpoint: &'a Endpoint,
}

impl Content<'_> {
    /// A number that stands for the URLs.
    pub fn endpoint_mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.endpoint.api_url, &self.endpoint.nerm_url).hash(&mut hasher);
        hasher.finish()
    }

    /// Whether a text holds the client secret, plain or as a Secret's data has it.
    pub fn is_quoted_in(&self, text: &str) -> bool {
        let plain = self.entry.client_secret.expose();
        text.contains(plain) || text.contains(&base64::engine::general_purpose::STANDARD.encode(plain))
    }
}

/// Whether anything of the operator's in it is not as it should be.
pub fn differs(found: &Secret, content: &Content<'_>) -> bool {
    let wanted = encoded(content);
    let data = found.data.as_ref();
    let value =
        |key: &str| data.and_then(|data| data.get(key)).map(|bytes| serde_json::to_value(bytes).unwrap_or_default());
    let keys = ALL_KEYS.iter().any(|key| value(key) != wanted.get(*key).map(|text| json!(text)));
    keys || Wanted::of(content).differ(&found.metadata) || owners_differ(&found.metadata, content.token)
}

fn values<'a>(content: &Content<'a>) -> Vec<(&'static str, String)> {
    let (id, client_secret) = (content.entry.id.to_string(), content.entry.client_secret.expose().to_owned());
    let api_url = content.endpoint.api_url.to_string();
    let nerm_url = content.endpoint.nerm_url.as_ref().map(ToString::to_string);
    match content.token.secret_format() {
        SecretFormat::Plain => {
            let token_url = format!("{api_url}/oauth/token");
            let all = [("clientId", id), ("clientSecret", client_secret), ("tokenUrl", token_url), ("apiUrl", api_url)];
            all.into_iter().chain(nerm_url.map(|url| ("nermUrl", url))).collect()
        }
        SecretFormat::SailPointSdk => {
            let all = [("SAIL_CLIENT_ID", id), ("SAIL_CLIENT_SECRET", client_secret), ("SAIL_BASE_URL", api_url)];
            all.into_iter().chain(nerm_url.map(|url| ("SAIL_NERM_BASE_URL", url))).collect()
        }
    }
}

pub(super) fn encoded(content: &Content<'_>) -> BTreeMap<&'static str, String> {
    let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    values(content).into_iter().map(|(key, text)| (key, encode(text))).collect()
}

/// The whole Secret, as it is created; `found`: what is there already.
pub(super) fn body(content: &Content<'_>, found: Option<&ObjectMeta>) -> Value {
    let token = content.token;
    let (labels, annotations) = Wanted::of(content).patch(found);
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token.secret_name(),
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": owners(found, token),
        },
        "data": encoded(content),
    })
}

//! The content that a published Secret should have, and the comparison with one that is there.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::marks::Marks;
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

/// The content of a Secret.
pub struct Content<'a> {
    /// The resource.
    pub token: &'a PersonalAccessToken,
    /// The credential.
    pub entry: &'a Entry,
    /// URLs of ISC and NERM.
    pub endpoint: &'a Endpoint,
}

impl Content<'_> {
    /// A number that stands for the URLs.
    pub fn endpoint_mark(&self) -> u64 {
        // Compared within this process only, so that the hash need not be stable.
        let mut hasher = DefaultHasher::new();
        (&self.endpoint.api_url, &self.endpoint.nerm_url).hash(&mut hasher);
        hasher.finish()
    }

    /// True if a text holds the client secret, plain or as a Secret's data has it.
    pub fn is_quoted_in(&self, text: &str) -> bool {
        let plain = self.entry.client_secret.expose();
        text.contains(plain) || text.contains(&STANDARD.encode(plain))
    }
}

/// True if anything of the operator's in it is not as it should be.
pub fn differs(found: &Secret, content: &Content<'_>) -> bool {
    data_differs(found, content)
        || Marks::of(content.token, content.entry).differ(&found.metadata)
        || owners_differ(&found.metadata, content.token)
}

fn data_differs(found: &Secret, content: &Content<'_>) -> bool {
    let wanted = values(content);
    let data = found.data.as_ref();
    // Keys of every format: a pair that another format left would be a second, stale one.
    ALL_KEYS.iter().any(|key| {
        let found = data.and_then(|data| data.get(*key)).map(|bytes| bytes.0.as_slice());
        found != wanted.get(key).map(String::as_bytes)
    })
}

fn values(content: &Content<'_>) -> BTreeMap<&'static str, String> {
    let id = content.entry.id.to_string();
    let client_secret = content.entry.client_secret.expose().to_owned();
    let api_url = content.endpoint.api_url.to_string();
    let (mut values, nerm_key) = match content.token.secret_format() {
        SecretFormat::Plain => {
            let token_url = format!("{api_url}/oauth/token");
            let values = BTreeMap::from([
                ("clientId", id),
                ("clientSecret", client_secret),
                ("tokenUrl", token_url),
                ("apiUrl", api_url),
            ]);
            (values, "nermUrl")
        }
        SecretFormat::SailPointSdk => {
            let values = BTreeMap::from([
                ("SAIL_CLIENT_ID", id),
                ("SAIL_CLIENT_SECRET", client_secret),
                ("SAIL_BASE_URL", api_url),
            ]);
            (values, "SAIL_NERM_BASE_URL")
        }
    };
    if let Some(url) = &content.endpoint.nerm_url {
        values.insert(nerm_key, url.to_string());
    }
    values
}

/// The data of the Secret, as its JSON has them.
pub(super) fn encoded(content: &Content<'_>) -> BTreeMap<&'static str, String> {
    values(content).into_iter().map(|(key, text)| (key, STANDARD.encode(text))).collect()
}

/// The whole Secret, as it is created; `found`: what is there already.
pub(super) fn body(content: &Content<'_>, found: Option<&ObjectMeta>) -> Value {
    let token = content.token;
    let (labels, annotations) = Marks::of(token, content.entry).patch(found);
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

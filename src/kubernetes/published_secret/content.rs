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
use crate::lifecycle::ledger::{Endpoint, Entry};
use crate::lifecycle::rendering::{self, Rendered, render};

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
    fn data(&self) -> Rendered {
        render(self.entry, self.endpoint, self.token.secret_format())
    }

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
    rendering::differs(found.data.as_ref(), &content.data())
        || Marks::of(content.token, content.entry).differ(&found.metadata)
        || owners_differ(&found.metadata, content.token)
}

/// The data of the Secret, as its JSON has them.
pub(super) fn encoded(content: &Content<'_>) -> BTreeMap<&'static str, String> {
    let data = content.data().into_iter();
    data.map(|(key, value)| (key, STANDARD.encode(value.expose()))).collect()
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

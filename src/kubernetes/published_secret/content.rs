//! The content that a published Secret should have, and the comparison with one that is there.
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;

use super::marks::Marks;
use super::ownership::owners_differ;
use crate::api::PersonalAccessToken;
use crate::lifecycle::ledger::{Endpoint, Entry};
use crate::lifecycle::rendering::{self, render};

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
    let wanted = render(content.entry, content.endpoint, content.token.secret_format());
    rendering::differs(found.data.as_ref(), &wanted)
        || Marks::of(content.token, content.entry).differ(&found.metadata)
        || owners_differ(&found.metadata, content.token)
}

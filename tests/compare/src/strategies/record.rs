//! All that a strategy without a ledger remembers of a resource: the published Secret, its
//! annotations included.
use jiff::Timestamp;
use kube::Resource;
use kube::api::DynamicObject;
use pat_operator::api::personal_access_token::PersonalAccessToken;
use serde_json::{Value, json};

use super::session::Credential;

const ISSUED: &str = "rival.example/issued-at";
const HANDLED: &str = "rival.example/handled";
const PREVIOUS: &str = "rival.example/previous";

/// What a Secret says.
#[derive(Clone, Debug)]
pub struct Record {
    /// The published pair.
    pub credential: Credential,
    /// When it was made.
    pub issued: Timestamp,
    /// The request for a rotation last handled.
    pub handled: Option<String>,
    /// The token before it, which is still to be destroyed.
    pub previous: Option<String>,
    /// The Secret's revision when it was read; none: there was no Secret.
    pub revision: Option<String>,
}

impl Record {
    /// Reads a Secret.
    pub fn of(secret: &DynamicObject) -> Option<Self> {
        let mut data = judge::data(&secret.data);
        let noted = |key: &str| {
            secret.metadata.annotations.as_ref()?.get(key).filter(|text| !text.is_empty()).cloned()
        };
        Some(Self {
            credential: Credential {
                id: data.remove("clientId")?,
                client_secret: data.remove("clientSecret")?,
            },
            issued: noted(ISSUED)?.parse().ok()?,
            handled: noted(HANDLED),
            previous: noted(PREVIOUS),
            revision: secret.metadata.resource_version.clone(),
        })
    }

    /// Every token that is remembered.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        [&self.credential.id].into_iter().chain(&self.previous)
    }

    /// The Secret that says so.
    pub fn secret(&self, resource: &PersonalAccessToken, api_url: &str) -> Value {
        let metadata = resource.meta();
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": metadata.name,
                "namespace": metadata.namespace,
                "resourceVersion": self.revision,
                "annotations": {
                    ISSUED: self.issued.to_string(),
                    HANDLED: self.handled.clone().unwrap_or_default(),
                    PREVIOUS: self.previous.clone().unwrap_or_default(),
                },
                "ownerReferences": [resource.controller_owner_ref(&())],
            },
            "stringData": {
                "clientId": self.credential.id,
                "clientSecret": self.credential.client_secret,
                "tokenUrl": format!("{api_url}/oauth/token"),
                "apiUrl": api_url,
            },
        })
    }
}

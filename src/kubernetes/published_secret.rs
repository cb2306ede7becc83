//! The published Secret: written only if it is absent or the resource's own, and only where it differs.
use std::collections::BTreeMap;

use base64::Engine;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::PartialObjectMeta;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::api::PersonalAccessToken;
use crate::api::names::{ANNOTATION_CLIENT_ID, ANNOTATION_NUMBER, ANNOTATION_RESOURCE, LABEL_MANAGED_BY, MANAGER};
use crate::api::personal_access_token::SecretFormat;
use crate::lifecycle::facts::Holds;
use crate::lifecycle::ledger::Entry;

/// Every key that any format writes: the ones that may be removed.
const ALL_KEYS: [&str; 7] =
    ["clientId", "clientSecret", "tokenUrl", "apiUrl", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET", "SAIL_BASE_URL"];

/// What a Secret should be.
pub struct Content<'a> {
    /// The resource.
    pub token: &'a PersonalAccessToken,
    /// The credential.
    pub entry: &'a Entry,
    /// Base URL of the API.
    pub api_url: &'a str,
}

impl Content<'_> {
    /// Whether a text holds the client secret, plain or as a Secret's data has it.
    pub fn is_quoted_in(&self, text: &str) -> bool {
        let plain = self.entry.client_secret.expose();
        text.contains(plain) || text.contains(&base64::engine::general_purpose::STANDARD.encode(plain))
    }
}

/// Published Secrets of all namespaces.
#[derive(Clone)]
pub struct PublishedSecrets {
    client: Client,
}

impl PublishedSecrets {
    /// Secrets that this client may reach.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Its metadata, read live; `None` if there is none.
    ///
    /// # Errors
    /// When the API server fails.
    pub async fn metadata(&self, namespace: &str, name: &str) -> kube::Result<Option<PartialObjectMeta<Secret>>> {
        self.api(namespace).get_metadata_opt(name).await
    }

    /// The whole Secret, read live.
    ///
    /// # Errors
    /// When the API server fails.
    pub async fn get(&self, namespace: &str, name: &str) -> kube::Result<Option<Secret>> {
        self.api(namespace).get_opt(name).await
    }

    /// Creates it; a 409 means that somebody else has the name now. Gives the resourceVersion.
    ///
    /// # Errors
    /// When the API server refuses or fails.
    pub async fn create(&self, content: &Content<'_>) -> kube::Result<Option<String>> {
        let namespace = content.token.metadata.namespace.as_deref().unwrap_or_default();
        let secret: Secret = serde_json::from_value(body(content)).map_err(kube::Error::SerdeError)?;
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        let made = self.api(namespace).create(&params, &secret).await?;
        Ok(made.metadata.resource_version)
    }

    /// Puts the operator's own keys, labels and annotations right; the rest is left alone. The write carries the uid
    /// and resourceVersion of what was read.
    ///
    /// # Errors
    /// When the API server refuses or fails; a 409 means that it changed since.
    pub async fn correct(&self, content: &Content<'_>, found: &ObjectMeta) -> kube::Result<Option<String>> {
        let namespace = content.token.metadata.namespace.as_deref().unwrap_or_default();
        let name = found.name.as_deref().unwrap_or_default();
        let mut patch = body(content);
        let keys: BTreeMap<&str, Value> = ALL_KEYS.iter().map(|key| (*key, Value::Null)).collect();
        let mut data = json!(keys);
        json_patch::merge(&mut data, &json!(encoded(content)));
        patch["data"] = data;
        patch["metadata"]["uid"] = json!(found.uid);
        patch["metadata"]["resourceVersion"] = json!(found.resource_version);
        let written = self.api(namespace).patch_metadata(name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
        Ok(written.metadata.resource_version)
    }

    /// Deletes it if it is still the one that was read.
    ///
    /// # Errors
    /// When the API server refuses or fails; gone already is no error.
    pub async fn delete(&self, namespace: &str, found: &ObjectMeta) -> kube::Result<()> {
        let preconditions = Preconditions { uid: found.uid.clone(), resource_version: None };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.api(namespace).delete(found.name.as_deref().unwrap_or_default(), &params).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn api(&self, namespace: &str) -> Api<Secret> {
        Api::namespaced(self.client.clone(), namespace)
    }
}

/// Whose it is: ours only if this very resource controls it and the operator's mark says so (T2).
pub fn holds(found: Option<&ObjectMeta>, uid: &str) -> Holds {
    let Some(found) = found else { return Holds::Absent };
    let controlled = found.owner_references.iter().flatten().any(|o| o.controller == Some(true) && o.uid == uid);
    let marked =
        found.annotations.as_ref().and_then(|all| all.get(ANNOTATION_RESOURCE)).is_some_and(|mark| mark == uid);
    // A user may have removed the mark of a Secret that this resource controls: it is put back.
    let unmarked = found.annotations.as_ref().is_none_or(|all| !all.contains_key(ANNOTATION_RESOURCE));
    if controlled && (marked || unmarked) { Holds::Ours } else { Holds::Foreign }
}

/// Whether anything of the operator's in it is not as it should be.
pub fn differs(found: &Secret, content: &Content<'_>) -> bool {
    let wanted = encoded(content);
    let data = found.data.as_ref();
    let value =
        |key: &str| data.and_then(|data| data.get(key)).map(|bytes| serde_json::to_value(bytes).unwrap_or_default());
    let keys = ALL_KEYS.iter().any(|key| value(key) != wanted.get(*key).map(|text| json!(text)));
    keys || metadata_differs(&found.metadata, content)
}

fn metadata_differs(found: &ObjectMeta, content: &Content<'_>) -> bool {
    let lacks = |have: &BTreeMap<String, String>, want: BTreeMap<String, String>| {
        want.into_iter().any(|(key, value)| have.get(&key) != Some(&value))
    };
    lacks(found.labels(), labels(content)) || lacks(found.annotations(), annotations(content))
}

trait Marks {
    fn labels(&self) -> &BTreeMap<String, String>;
    fn annotations(&self) -> &BTreeMap<String, String>;
}

static NONE: BTreeMap<String, String> = BTreeMap::new();

impl Marks for ObjectMeta {
    fn labels(&self) -> &BTreeMap<String, String> {
        self.labels.as_ref().unwrap_or(&NONE)
    }

    fn annotations(&self) -> &BTreeMap<String, String> {
        self.annotations.as_ref().unwrap_or(&NONE)
    }
}

fn labels(content: &Content<'_>) -> BTreeMap<String, String> {
    let template = content.token.spec.secret.as_ref().and_then(|secret| secret.labels.clone());
    let mut labels = template.unwrap_or_default();
    labels.insert(LABEL_MANAGED_BY.into(), MANAGER.into());
    labels
}

fn annotations(content: &Content<'_>) -> BTreeMap<String, String> {
    let template = content.token.spec.secret.as_ref().and_then(|secret| secret.annotations.clone());
    let mut annotations = template.unwrap_or_default();
    annotations.insert(ANNOTATION_RESOURCE.into(), content.token.uid().unwrap_or_default());
    annotations.insert(ANNOTATION_NUMBER.into(), content.entry.n.to_string());
    annotations.insert(ANNOTATION_CLIENT_ID.into(), content.entry.id.to_string());
    annotations
}

fn values<'a>(content: &Content<'a>) -> Vec<(&'static str, String)> {
    let (id, client_secret) = (content.entry.id.to_string(), content.entry.client_secret.expose().to_owned());
    let api_url = content.api_url.to_owned();
    match content.token.secret_format() {
        SecretFormat::Plain => vec![
            ("clientId", id),
            ("clientSecret", client_secret),
            ("tokenUrl", format!("{api_url}/oauth/token")),
            ("apiUrl", api_url),
        ],
        SecretFormat::SailPointSdk => {
            vec![("SAIL_CLIENT_ID", id), ("SAIL_CLIENT_SECRET", client_secret), ("SAIL_BASE_URL", api_url)]
        }
    }
}

fn encoded(content: &Content<'_>) -> BTreeMap<&'static str, String> {
    let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    values(content).into_iter().map(|(key, text)| (key, encode(text))).collect()
}

fn body(content: &Content<'_>) -> Value {
    let token = content.token;
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token.secret_name(),
            "labels": labels(content),
            "annotations": annotations(content),
            "ownerReferences": [{
                "apiVersion": "pat-operator.dev/v1alpha1",
                "kind": "PersonalAccessToken",
                "name": token.metadata.name,
                "uid": token.metadata.uid,
                "controller": true,
                "blockOwnerDeletion": false,
            }],
        },
        "data": encoded(content),
    })
}

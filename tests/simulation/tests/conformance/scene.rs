//! The place of one act: a namespace, requests into it, and the transcript of the answers.
use std::sync::Mutex;
use std::time::Duration;

use futures::AsyncBufRead;
use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::answer::{Answer, Watch};
use crate::transcript::Normaliser;

const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A namespace with a client.
pub struct Scene {
    client: Client,
    pub namespace: String,
    said: Mutex<Vec<(String, Value)>>,
}

impl Scene {
    /// A new namespace of this name.
    pub async fn set(client: Client, namespace: &str) -> Self {
        let scene = Self { client, namespace: namespace.into(), said: Mutex::default() };
        scene.post("/api/v1/namespaces", &json!({"metadata": {"name": namespace}})).await.ok();
        scene
    }

    /// All that was answered, made comparable.
    pub fn transcript(&self) -> Vec<String> {
        Normaliser::default().lines(&self.said.lock().unwrap())
    }

    /// Path of Secrets, ConfigMaps, events.
    pub fn core(&self, plural: &str, name: &str) -> String {
        let root = if plural == "events" { "/apis/events.k8s.io/v1" } else { "/api/v1" };
        format!("{root}/namespaces/{}/{plural}/{name}", self.namespace)
            .trim_end_matches('/')
            .to_owned()
    }

    pub fn secret(&self, name: &str) -> String {
        self.core("secrets", name)
    }

    /// Path of PersonalAccessTokens.
    pub fn token(&self, name: &str) -> String {
        let root = "/apis/pat-operator.dev/v1alpha1/namespaces";
        format!("{root}/{}/personalaccesstokens/{name}", self.namespace)
            .trim_end_matches('/')
            .to_owned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "application/json", None).await
    }

    pub async fn get_metadata(&self, path: &str) -> Answer {
        self.ask("GET", path, METADATA, None).await
    }

    pub async fn list_metadata(&self, path: &str) -> Answer {
        self.ask("GET", path, METADATA_LIST, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, "application/json", Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask("PUT", path, "application/json", Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, "application/json", Some(body)).await
    }

    pub async fn patch_metadata(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, METADATA, Some(body)).await
    }

    pub async fn delete(&self, path: &str, options: &Value) -> Answer {
        self.ask("DELETE", path, "application/json", Some(options)).await
    }

    /// Creates a Secret with this metadata over its name.
    pub async fn make_secret(&self, name: &str, metadata: Value) -> Answer {
        let metadata = merged(json!({"name": name}), &metadata);
        let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"a": "YQ=="}});
        self.post(&self.secret(""), &body).await.ok()
    }

    /// Creates a PersonalAccessToken likewise.
    pub async fn make_token(&self, name: &str, metadata: Value) -> Answer {
        self.post(&self.token(""), &token_body(name, metadata)).await.ok()
    }

    /// Looks until an object is gone; what it looked like before is no part of the transcript.
    pub async fn until_gone(&self, path: &str) {
        let gone = async {
            while self.quietly("GET", path, METADATA, None).await.code != 404 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.unwrap_or_else(|_| panic!("{path} did not go"));
        self.note(&format!("gone: {path}"), Value::Null);
    }

    /// Looks until an object is as wanted.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Answer {
        let reached = async {
            loop {
                let answer = self.quietly("GET", path, "application/json", None).await;
                if wanted(&answer.body) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached)
            .await
            .unwrap_or_else(|_| panic!("{path} did not become as wanted"))
    }

    /// Opens a watch.
    pub async fn watch(
        &self,
        path: &str,
        query: &str,
    ) -> Watch<'_, impl AsyncBufRead + Unpin + use<>> {
        self.watch_as(path, query, "application/json").await
    }

    pub async fn watch_metadata(
        &self,
        path: &str,
        query: &str,
    ) -> Watch<'_, impl AsyncBufRead + Unpin + use<>> {
        self.watch_as(path, query, METADATA).await
    }

    async fn watch_as(
        &self,
        path: &str,
        query: &str,
        accept: &str,
    ) -> Watch<'_, impl AsyncBufRead + Unpin + use<>> {
        let uri = format!("{path}?watch=true&{query}");
        let request =
            Request::get(uri).header("accept", accept).header("accept-encoding", "identity");
        let stream = self.client.request_stream(request.body(Vec::new()).unwrap()).await.unwrap();
        Watch::new(self, stream)
    }

    async fn ask(&self, method: &str, path: &str, accept: &str, body: Option<&Value>) -> Answer {
        let answer = self.quietly(method, path, accept, body).await;
        self.note(&format!("{method} {path} {}", answer.code), answer.body.clone());
        answer
    }

    async fn quietly(
        &self,
        method: &str,
        path: &str,
        accept: &str,
        body: Option<&Value>,
    ) -> Answer {
        let content =
            if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let text = body.map(ToString::to_string).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        let request =
            request.header("content-type", content).body(Body::from(text.into_bytes())).unwrap();
        let response = self.client.send(request).await.unwrap();
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer {
            code,
            body: serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))),
        }
    }

    pub fn note(&self, what: &str, body: Value) {
        self.said.lock().unwrap().push((what.into(), body));
    }
}

/// A PersonalAccessToken.
pub fn token_body(name: &str, metadata: Value) -> Value {
    json!({
        "apiVersion": "pat-operator.dev/v1alpha1",
        "kind": "PersonalAccessToken",
        "metadata": merged(json!({"name": name}), &metadata),
        "spec": {"tenantRef": {"name": "acme"}, "scopes": ["idn:nelm:read"]},
    })
}

/// The first with the second merged over it.
pub fn merged(mut value: Value, over: &Value) -> Value {
    json_patch::merge(&mut value, over);
    value
}

/// The CRDs, as shipped, on a real server.
pub async fn install(client: &Client) {
    let scene = Scene { client: client.clone(), namespace: String::new(), said: Mutex::default() };
    let crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for file in ["personalaccesstokens", "tenants"] {
        let path = format!("{}/../../crds/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
        let crd: Value = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        scene.post(crds, &crd).await.ok();
        let established = |crd: &Value| {
            let conditions = crd["status"]["conditions"].as_array().cloned().unwrap_or_default();
            conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True")
        };
        scene.until(&format!("{crds}/{file}.pat-operator.dev"), established).await;
        scene
            .until(&format!("/apis/pat-operator.dev/v1alpha1/{file}"), |list| {
                list["items"].is_array()
            })
            .await;
    }
}

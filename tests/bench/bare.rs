//! The bare loop: what the operator was counted to do per create, ten in flight, without a
//! controller.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use stage::{OWN, Spent, Stage, object};

use crate::NAMESPACE;

/// Makes as many creates; says how long it took.
pub async fn run(stage: &Stage, creates: usize, spent: &Spent) -> Duration {
    let workers: Vec<Worker<'_>> =
        stream::iter(0..10).then(|n| Worker::new(stage, n)).collect().await;
    let started = Instant::now();
    stream::iter(0..creates)
        .for_each_concurrent(10, |n| {
            let worker = &workers[n % workers.len()];
            async move { worker.create(n, creates, spent).await }
        })
        .await;
    started.elapsed()
}

struct Worker<'a> {
    stage: &'a Stage,
    http: reqwest::Client,
    url: String,
    bearer: String,
    credential: [String; 2],
    ledger: String,
}

impl<'a> Worker<'a> {
    async fn new(stage: &'a Stage, n: usize) -> Self {
        let tenant = format!("bare{n}");
        let seeds =
            stage.simulator.control().add_tenant(&isc_simulator::TenantSpec::named(&tenant));
        let seed = &seeds.users[0].seeds[0];
        let ledger = format!("bare-{n}");
        // About what a ledger of eight tokens weighs.
        let body = json!({"stringData": {"ledger.json": "x".repeat(4_000)}});
        stage
            .api("Secret", Some(OWN))
            .create(&PostParams::default(), &object("Secret", &ledger, body))
            .await
            .unwrap();
        let mut worker = Self {
            stage,
            http: reqwest::Client::new(),
            url: stage.simulator.tenant_url(&tenant),
            bearer: String::new(),
            credential: [seed.client_id.clone(), seed.client_secret.clone()],
            ledger,
        };
        worker.bearer = worker.access_token().await;
        worker
    }

    async fn create(&self, n: usize, creates: usize, spent: &Spent) {
        let name = format!("bare{n}");
        let (tokens, secrets) =
            (self.api("PersonalAccessToken", NAMESPACE), self.api("Secret", NAMESPACE));
        let spec = json!({"spec": {"tenantRef": {"name": "bare"}, "scopes": ["idn:nelm:read", "idn:nelm:manage"]}});
        tokens
            .create(&PostParams::default(), &object("PersonalAccessToken", &name, spec))
            .await
            .unwrap();
        let times = |what: &str| 0..share(&spent.kubernetes, what, n, creates);
        for _ in times("patch personalaccesstokens") {
            patch(&tokens, &name, json!({"metadata": {"finalizers": []}}), false).await;
        }
        for at in times("patch personalaccesstokens/status") {
            patch(
                &tokens,
                &name,
                json!({"status": {"failures": at, "conditions": conditions()}}),
                true,
            )
            .await;
        }
        for _ in times("get personalaccesstokens") {
            tokens.get_metadata(&name).await.unwrap();
        }
        for _ in times("get secrets") {
            let _ = secrets.get_metadata_opt(&name).await.unwrap();
        }
        for _ in times("get ledger") {
            self.api("Secret", OWN).get(&self.ledger).await.unwrap();
        }
        for at in times("update ledger") {
            let body = json!({"stringData": {"ledger.json": format!("{at}{}", "x".repeat(4_000))}});
            let ledgers = self.api("Secret", OWN);
            ledgers
                .replace(
                    &self.ledger,
                    &PostParams::default(),
                    &object("Secret", &self.ledger, body),
                )
                .await
                .unwrap();
        }
        for _ in times("create secrets") {
            let data = json!({"stringData": {"clientId": "x".repeat(32), "clientSecret": "x".repeat(64), "apiUrl": self.url}});
            secrets.create(&PostParams::default(), &object("Secret", &name, data)).await.unwrap();
        }
        for at in times("create events") {
            self.event(&name, at).await;
        }
        self.isc(n, creates, spent).await;
    }

    async fn isc(&self, n: usize, creates: usize, spent: &Spent) {
        let times = |what: &str| 0..share(&spent.isc, what, n, creates);
        let tokens = format!("{}/personal-access-tokens/v1", self.url);
        let mut made = Vec::new();
        for _ in times("List") {
            self.send(self.http.get(format!("{tokens}?owner-id=me"))).await;
        }
        for at in times("Create") {
            let expiry = self.stage.simulator.control().now() + Duration::from_secs(600);
            let body = json!({"name": format!("bare {n} {at}"), "scope": ["idn:nelm:read"], "expirationDate": expiry});
            made.push(
                self.send(self.http.post(&tokens).json(&body)).await["id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        for _ in times("Oauth") {
            self.access_token().await;
        }
        for id in made {
            let expiry = self.stage.simulator.control().now() + Duration::from_secs(86_400);
            let body =
                json!([{"op": "replace", "path": "/expirationDate", "value": expiry}]).to_string();
            let request = self
                .http
                .patch(format!("{tokens}/{id}"))
                .header("content-type", "application/json-patch+json");
            self.send(request.body(body)).await;
            // Room for the next one; not counted by the operator, so that the bare loop is if
            // anything slower by it.
            let (control, tenant) =
                (self.stage.simulator.control(), self.url.rsplit('/').next().unwrap());
            control.delete_token(tenant, &id).unwrap();
        }
    }

    async fn access_token(&self) -> String {
        let [client_id, client_secret] = &self.credential;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
        ];
        let reply =
            self.http.post(format!("{}/oauth/token", self.url)).form(&form).send().await.unwrap();
        reply.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let reply = request.bearer_auth(&self.bearer).send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.status());
        reply.json().await.unwrap_or_default()
    }

    async fn event(&self, name: &str, at: usize) {
        let body = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"generateName": format!("{name}-")},
            "action": "Publish", "reason": "Published", "note": "x".repeat(80), "type": "Normal",
            "eventTime": format!("2026-01-01T00:00:00.{at:06}Z"), "reportingController": "pat-operator.dev/bare", "reportingInstance": "bench",
            "regarding": {"apiVersion": "pat-operator.dev/v1alpha1", "kind": "PersonalAccessToken", "name": name, "namespace": NAMESPACE}});
        let event: DynamicObject = serde_json::from_value(body).unwrap();
        self.api("Event", NAMESPACE).create(&PostParams::default(), &event).await.unwrap();
    }

    fn api(&self, kind: &str, namespace: &str) -> Api<DynamicObject> {
        self.stage.api(kind, Some(namespace))
    }
}

/// How often something was done, shared out evenly: for the n-th of so many creates.
fn share(requests: &BTreeMap<String, usize>, what: &str, n: usize, creates: usize) -> usize {
    let all = requests.get(what).copied().unwrap_or(0);
    all * (n + 1) / creates - all * n / creates
}

async fn patch(api: &Api<DynamicObject>, name: &str, body: Value, status: bool) {
    let (params, patch) = (PatchParams::default(), Patch::Merge(body));
    let done = if status {
        api.patch_status(name, &params, &patch).await
    } else {
        api.patch(name, &params, &patch).await
    };
    done.unwrap();
}

fn conditions() -> Value {
    json!([{"type": "Ready", "status": "False", "reason": "Minting", "message": "x".repeat(60), "lastTransitionTime": "2026-01-01T00:00:00Z"}])
}

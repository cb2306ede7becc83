//! What a test does in its own tenant and namespace, and what it looks at there.
use isc_simulator::{Effect, Entry, Kind, Origin, TokenState};

use kube::ResourceExt;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::stage::{OWN, PATIENCE, Place, Stage, eventually};

impl Stage {
    /// A tenant of ISC without users' tokens but its seed, and a namespace that may mint through it.
    pub async fn place(&self, name: &str) -> Place<'_> {
        let place = self.bare(name).await;
        place.seed().await;
        place.tenant(json!({})).await;
        place
    }
}

impl Place<'_> {
    /// The seed Secret in the operator's namespace.
    pub async fn seed(&self) {
        self.seed_with(&self.client_id, &self.client_secret).await;
    }

    /// The same with another credential.
    pub async fn seed_with(&self, client_id: &str, client_secret: &str) {
        let data = json!({"clientId": client_id, "clientSecret": client_secret});
        self.apply("Secret", Some(OWN), &self.seed_name(), json!({"stringData": data})).await;
    }

    /// Name of the seed Secret.
    pub fn seed_name(&self) -> String {
        format!("{}-seed", self.name)
    }

    /// The Tenant; `spec` is merged over one that grants `idn:nelm:*` to the namespace.
    pub async fn tenant(&self, spec: Value) {
        let mut whole = json!({
            "apiUrl": self.stage.simulator.tenant_url(&self.name),
            "credentials": [{"secretRef": {"name": self.seed_name()}}],
            "grants": [{"namespaces": [self.name], "scopes": ["idn:nelm:*", "sp:scopes:all"]}],
        });
        json_patch::merge(&mut whole, &spec);
        self.apply("Tenant", None, &self.name, json!({"spec": whole})).await;
    }

    /// A PersonalAccessToken with the scope `idn:nelm:read`; `spec` is merged over it.
    pub async fn token(&self, name: &str, spec: Value) {
        let mut whole = json!({"tenantRef": {"name": self.name}, "scopes": ["idn:nelm:read"]});
        json_patch::merge(&mut whole, &spec);
        self.apply("PersonalAccessToken", Some(&self.name), name, json!({"spec": whole})).await;
    }

    /// Server-side apply of an object, as GitOps tools do it.
    pub async fn apply(&self, kind: &str, namespace: Option<&str>, name: &str, body: Value) {
        let version = if matches!(kind, "PersonalAccessToken" | "Tenant") { "pat-operator.dev/v1alpha1" } else { "v1" };
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
        json_patch::merge(&mut object, &body);
        let api = self.stage.api(kind, namespace);
        api.patch(name, &PatchParams::apply("test").force(), &Patch::Apply(&object)).await.unwrap();
    }

    /// Merge patch of an object in the namespace.
    pub async fn patch(&self, kind: &str, name: &str, patch: Value) {
        let api = self.stage.api(kind, Some(&self.name));
        api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// Creates an object in the namespace.
    pub async fn create(&self, kind: &str, name: &str, body: Value) {
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
        json_patch::merge(&mut object, &body);
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        self.stage.api(kind, Some(&self.name)).create(&PostParams::default(), &object).await.unwrap();
    }

    /// Deletes an object in the namespace; it may take its time to go.
    pub async fn delete(&self, kind: &str, name: &str) {
        self.stage.api(kind, Some(&self.name)).delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// An object of the namespace.
    pub async fn get(&self, kind: &str, name: &str) -> Option<DynamicObject> {
        self.stage.api(kind, Some(&self.name)).get_opt(name).await.unwrap()
    }

    /// Waits until an object is gone.
    pub async fn gone(&self, kind: &str, name: &str) {
        eventually(&format!("{kind} {name} is gone"), async || self.get(kind, name).await.is_none().then_some(()))
            .await;
    }

    /// Waits until the Tenant is ready.
    pub async fn connected(&self) {
        let tenants = self.stage.api("Tenant", None);
        eventually(&format!("Tenant {} is connected", self.name), async || {
            let tenant = tenants.get(&self.name).await.unwrap();
            (condition(&tenant, "Ready")["status"] == "True").then_some(())
        })
        .await;
    }

    /// The place's ledger.
    pub async fn ledger(&self) -> Option<DynamicObject> {
        let labels = ListParams::default().labels(&format!("pat-operator.dev/tenant={}", self.name));
        let all = self.stage.api("Secret", Some(OWN)).list(&labels).await.unwrap();
        assert!(all.items.len() <= 1, "{} has {} ledgers", self.name, all.items.len());
        all.items.into_iter().next()
    }

    /// Waits until the condition Ready has this status and reason; gives the resource.
    pub async fn shows(&self, name: &str, status: &str, reason: &str) -> DynamicObject {
        let what = format!("{}/{name} shows Ready={status} {reason}", self.name);
        let mut last = Value::Null;
        let started = std::time::Instant::now();
        loop {
            if let Some(token) = self.get("PersonalAccessToken", name).await {
                let ready = condition(&token, "Ready");
                if ready["status"] == status && ready["reason"] == reason {
                    return token;
                }
                last = ready;
            }
            assert!(started.elapsed() < PATIENCE, "{what}; it shows {last}\n{}", self.log());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Waits until the resource is ready; gives it.
    pub async fn ready(&self, name: &str) -> DynamicObject {
        self.shows(name, "True", "Published").await
    }

    /// Waits for Ready=False with this reason, a message with these words and an event; nothing may have been minted.
    pub async fn refused(&self, name: &str, reason: &str, words: &[&str]) -> String {
        let token = self.shows(name, "False", reason).await;
        let message = condition(&token, "Ready")["message"].as_str().unwrap().to_owned();
        for word in words {
            assert!(message.contains(word), "{reason}: {message:?} does not say {word:?}");
        }
        assert!(self.get("Secret", name).await.is_none(), "{reason}: a Secret was published");
        self.tells(name, &[reason]).await;
        message
    }

    /// Waits until the Tenant's condition Ready has this status and reason; gives its message.
    pub async fn tenant_shows(&self, status: &str, reason: &str) -> String {
        let what = format!("Tenant {} shows Ready={status} {reason}", self.name);
        eventually(&what, async || {
            let tenant = self.stage.api("Tenant", None).get(&self.name).await.unwrap();
            let ready = condition(&tenant, "Ready");
            let found = ready["status"] == status && ready["reason"] == reason;
            found.then(|| ready["message"].as_str().unwrap().to_owned())
        })
        .await
    }

    /// The tokens of the tenant in ISC that the operator made.
    pub fn minted(&self) -> Vec<TokenState> {
        let all = self.stage.simulator.control().tokens(&self.name).unwrap();
        all.into_iter().filter(|token| token.name.starts_with("pat1-")).collect()
    }

    /// What the simulator recorded of the tenant.
    pub fn record(&self) -> Vec<Entry> {
        let all = self.stage.simulator.control().record_since(0);
        all.into_iter().filter(|entry| entry.tenant == self.name).collect()
    }

    /// Tokens that the API created, ever.
    pub fn created(&self) -> usize {
        let made = |e: &Entry| e.kind == Kind::Effect && e.origin == Origin::Api && e.effect == Some(Effect::Created);
        self.record().into_iter().filter(made).count()
    }

    /// Names of the tokens that the API destroyed on request.
    pub fn destroyed(&self) -> Vec<String> {
        let gone = |e: &Entry| e.kind == Kind::Effect && e.origin == Origin::Api && e.effect == Some(Effect::Deleted);
        self.record().into_iter().filter(gone).filter_map(|entry| entry.token_name).collect()
    }

    /// POSTs of tokens that arrived, whatever came of them.
    pub fn posts(&self) -> usize {
        let post = |e: &Entry| {
            e.kind == Kind::Request
                && e.path.as_deref().is_some_and(|p| p.starts_with("POST") && p.contains("personal-access-tokens"))
        };
        self.record().into_iter().filter(post).count()
    }

    /// The data of a Secret of the namespace, decoded.
    pub async fn secret(&self, name: &str) -> Option<std::collections::BTreeMap<String, String>> {
        use base64::Engine;
        let secret = self.get("Secret", name).await?;
        let text = |value: &Value| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let data = secret.data["data"].as_object()?;
        Some(data.iter().map(|(key, value)| (key.clone(), text(value))).collect())
    }

    /// Asks ISC for an access token with what the Secret holds, as a workload would.
    pub async fn authenticates(&self, secret: &str) -> bool {
        let data = self.secret(secret).await.unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", data["clientId"].as_str()),
            ("client_secret", data["clientSecret"].as_str()),
        ];
        let sent = reqwest::Client::new().post(&data["tokenUrl"]).form(&form).send().await.unwrap();
        sent.status().is_success()
    }

    /// Events about a resource, as reasons.
    pub async fn events(&self, name: &str) -> Vec<String> {
        let all = self.stage.api("Event", Some(&self.name)).list(&Default::default()).await.unwrap();
        let about = |event: &DynamicObject| event.data["regarding"]["name"] == name;
        all.items
            .iter()
            .filter(|event| about(event))
            .map(|event| event.data["reason"].as_str().unwrap().into())
            .collect()
    }

    /// Waits for an event of one of these reasons.
    pub async fn tells(&self, name: &str, reasons: &[&str]) {
        eventually(&format!("an event of {reasons:?} about {}/{name}", self.name), async || {
            self.events(name).await.iter().any(|told| reasons.contains(&told.as_str())).then_some(())
        })
        .await;
    }

    /// The end of the operator's log, for a failed test.
    pub fn log(&self) -> String {
        let log = self.stage.log();
        let mine: Vec<&str> = log.lines().filter(|line| line.contains(&self.name) || line.contains("WARN")).collect();
        mine[mine.len().saturating_sub(15)..].join("\n")
    }
}

/// A condition of a resource; null if it is absent.
pub fn condition(object: &DynamicObject, kind: &str) -> Value {
    let all = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|condition| condition["type"] == kind).unwrap_or(Value::Null)
}

/// The uid of an object.
pub fn uid(object: &DynamicObject) -> String {
    object.uid().unwrap()
}

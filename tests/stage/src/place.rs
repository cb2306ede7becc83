//! A place: one ISC tenant, one namespace and one Tenant of the same name, and what a test declares
//! and reads there.
use std::collections::BTreeMap;

use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::stage::{OWN, Stage, group_and_version};
use crate::wait::eventually;

pub mod conditions;
pub mod history;
mod isc;
mod pair;
pub mod wording;

/// One ISC tenant with one user, one namespace and one Tenant, all of the same name.
pub struct Place<'a> {
    pub stage: &'a Stage,
    pub name: String,
    pub user: String,
    pub client_id: String,
    pub client_secret: String,
}

/// Every test ends with a look at the operator's rights.
impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stage.assert_rights_suffice();
        }
    }
}

/// Declarations.
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
            "grants": [{"namespaces": [self.name], "scopes": ["idn:nelm:*", "sp:scopes:all"], "allowRetain": true}],
        });
        json_patch::merge(&mut whole, &spec);
        self.apply("Tenant", None, &self.name, json!({"spec": whole})).await;
    }

    /// The Tenant over https, with the authority of the simulator's certificate in a ConfigMap;
    /// `spec` as in `tenant`.
    pub async fn secure_tenant(&self, spec: Value) {
        let (simulator, authority) = (&self.stage.simulator, format!("{}-ca", self.name));
        let data = json!({"data": {"ca.crt": simulator.ca_pem()}});
        self.apply("ConfigMap", Some(OWN), &authority, data).await;
        let bundle = json!({"configMapRef": {"name": authority, "key": "ca.crt"}});
        let mut whole =
            json!({"apiUrl": simulator.tenant_https_url(&self.name), "caBundle": bundle});
        json_patch::merge(&mut whole, &spec);
        self.tenant(whole).await;
    }

    /// A PersonalAccessToken with the scope `idn:nelm:read`; `spec` is merged over it.
    pub async fn token(&self, name: &str, spec: Value) {
        let mut whole = json!({"tenantRef": {"name": self.name}, "scopes": ["idn:nelm:read"]});
        json_patch::merge(&mut whole, &spec);
        self.apply("PersonalAccessToken", Some(&self.name), name, json!({"spec": whole})).await;
    }

    /// The Tenant and the resource `sync`.
    pub async fn declare(&self) {
        self.tenant(json!({})).await;
        self.token("sync", json!({})).await;
    }

    /// Annotates the resource `sync` with a request.
    pub async fn request(&self, annotation: &str, at: &str) {
        self.patch(
            "PersonalAccessToken",
            "sync",
            json!({"metadata": {"annotations": {annotation: at}}}),
        )
        .await;
    }

    /// Server-side apply of an object, as GitOps tools do it.
    pub async fn apply(&self, kind: &str, namespace: Option<&str>, name: &str, body: Value) {
        let (api, object) = (self.stage.api(kind, namespace), object(kind, name, body));
        api.patch(name, &PatchParams::apply("test").force(), &Patch::Apply(&object)).await.unwrap();
    }

    /// Merge patch of an object in the namespace.
    pub async fn patch(&self, kind: &str, name: &str, patch: Value) {
        let api = self.stage.api(kind, Some(&self.name));
        api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// Creates an object in the namespace.
    pub async fn create(&self, kind: &str, name: &str, body: Value) {
        let api = self.stage.api(kind, Some(&self.name));
        api.create(&PostParams::default(), &object(kind, name, body)).await.unwrap();
    }

    /// Deletes an object in the namespace; it may take its time to go.
    pub async fn delete(&self, kind: &str, name: &str) {
        self.stage
            .api(kind, Some(&self.name))
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }

    /// Deletes a resource and waits until it is gone.
    pub async fn remove(&self, name: &str) {
        self.delete("PersonalAccessToken", name).await;
        self.gone("PersonalAccessToken", name).await;
    }

    /// Changes something of the Tenant, so that it is looked at now: a test need not wait until it
    /// is by itself.
    pub async fn is_looked_at(&self) {
        let patch = json!({"spec": {"limits": {"tokensPerUser": 9}}});
        let tenants = self.stage.api("Tenant", None);
        tenants.patch(&self.name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// No resource of the place is there any more, nor the Tenant: the operator has nothing to do
    /// here.
    pub async fn leave(&self) {
        for token in self.resources().await {
            self.delete("PersonalAccessToken", &token.metadata.name.unwrap()).await;
        }
        let empty = async || self.resources().await.is_empty().then_some(());
        eventually(&format!("{} is empty", self.name), empty).await;
        assert!(
            self.minted().is_empty(),
            "{}: its tokens are revoked before the finalizers go",
            self.name
        );
        self.stage.api("Tenant", None).delete(&self.name, &Default::default()).await.unwrap();
    }
}

/// Objects.
impl Place<'_> {
    /// An object of the namespace.
    pub async fn get(&self, kind: &str, name: &str) -> Option<DynamicObject> {
        self.stage.api(kind, Some(&self.name)).get_opt(name).await.unwrap()
    }

    /// All resources of the namespace.
    pub async fn resources(&self) -> Vec<DynamicObject> {
        let all = self.stage.api("PersonalAccessToken", Some(&self.name));
        all.list(&Default::default()).await.unwrap().items
    }

    /// The Tenant.
    pub async fn tenant_object(&self) -> DynamicObject {
        self.stage.api("Tenant", None).get(&self.name).await.unwrap()
    }

    /// Waits until an object is gone.
    pub async fn gone(&self, kind: &str, name: &str) {
        let what = format!("{kind} {name} is gone");
        eventually(&what, async || self.get(kind, name).await.is_none().then_some(())).await;
    }

    /// The data of a Secret of the namespace, decoded.
    pub async fn secret(&self, name: &str) -> Option<BTreeMap<String, String>> {
        Some(judge::data(&self.get("Secret", name).await?.data))
    }

    /// The place's ledger.
    pub async fn ledger(&self) -> Option<DynamicObject> {
        let labels =
            ListParams::default().labels(&format!("pat-operator.dev/tenant={}", self.name));
        let all = self.stage.api("Secret", Some(OWN)).list(&labels).await.unwrap();
        assert!(all.items.len() <= 1, "{} has {} ledgers", self.name, all.items.len());
        all.items.into_iter().next()
    }

    /// What the ledger holds.
    pub async fn document(&self) -> Value {
        let ledger = self.ledger().await.unwrap();
        serde_json::from_str(&judge::data(&ledger.data)["ledger.json"]).unwrap()
    }

    /// The end of the operator's log, for a failed test.
    pub fn log(&self) -> String {
        let log = self.stage.log();
        let mine: Vec<&str> =
            log.lines().filter(|line| line.contains(&self.name) || line.contains("WARN")).collect();
        mine[mine.len().saturating_sub(15)..].join("\n")
    }
}

/// Client IDs of the tokens in a ledger.
pub fn recorded(ledger: &Value) -> Vec<&str> {
    ledger["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect()
}

/// An object of any kind that a stage knows.
pub fn object(kind: &str, name: &str, body: Value) -> DynamicObject {
    let (group, version) = group_and_version(kind);
    let version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut whole = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    json_patch::merge(&mut whole, &body);
    serde_json::from_value(whole).unwrap()
}

//! The hostile user: what he can see and write, which is his namespace alone.
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use simulation::{Cluster, Random};
use tokio::time::sleep;

use super::{Deed, IDENTITY, NAMESPACE, TENANT, turn};
use crate::people::{Kind, People};

/// He himself, bent on one kind of deed.
pub struct Mallory {
    cluster: Cluster,
    people: People,
    pub(super) deed: Deed,
    pub(super) random: Random,
    /// His namespace has a grant of the Tenant.
    pub(super) granted: bool,
    /// Between two deeds.
    pub(super) pause: Duration,
    /// Deeds done so far.
    pub(super) done: u64,
}

impl Mallory {
    /// Himself in this seed.
    pub fn new(cluster: &Cluster, seed: u64, deed: Deed, granted: bool) -> Self {
        let mut random = Random::of(seed, &["mallory", &format!("{deed:?}")]);
        let pause = random.one_of(&[500, 1_000, 5_000, 20_000]);
        Self {
            cluster: cluster.clone(),
            people: People::new(cluster.client(IDENTITY)),
            deed,
            random,
            granted,
            pause: Duration::from_millis(pause),
            done: 0,
        }
    }

    /// Does what he does until he is stopped.
    pub async fn live(mut self) {
        loop {
            turn(&self.cluster, &format!("mallory {:?}", self.deed)).await;
            self.act().await;
            self.done += 1;
            sleep(self.pause).await;
        }
    }

    /// A name of his own for this kind of deed.
    pub(super) fn name(&self, number: u64) -> String {
        format!("{}-{number}", format!("{:?}", self.deed).to_lowercase())
    }

    /// His own resources of this kind of deed, or their Secrets.
    pub(super) fn mine(&self, kind: &str) -> Vec<(String, Arc<Value>)> {
        let prefix = format!("{}-", format!("{:?}", self.deed).to_lowercase());
        let all = self.cluster.objects().into_iter();
        all.filter(|(key, _)| {
            key.kind.kind == kind && key.namespace == NAMESPACE && key.name.starts_with(&prefix)
        })
        .map(|(key, object)| (key.name, object))
        .collect()
    }

    /// One of them; `None`: there is none.
    pub(super) fn any(&mut self, kind: &str) -> Option<(String, Arc<Value>)> {
        let mut all = self.mine(kind);
        let chosen = self.random.place(all.len());
        (chosen < all.len()).then(|| all.swap_remove(chosen))
    }

    /// Declares a resource; `more` is merged into its spec.
    pub(super) async fn declare(&self, name: &str, more: Value) {
        let mut spec = json!({"tenantRef": {"name": TENANT}, "scopes": ["idn:nelm:read"]});
        for (field, value) in more.as_object().into_iter().flatten() {
            spec[field.as_str()] = value.clone();
        }
        self.people.create(Kind::Token, NAMESPACE, name, json!({ "spec": spec })).await;
    }

    /// Declares so many resources of these specs, unless they are there.
    pub(super) async fn keep(&self, count: u64, spec: Value) {
        let there = self.mine("PersonalAccessToken");
        for number in 0..count {
            let name = self.name(number);
            if !there.iter().any(|(other, _)| *other == name) {
                self.declare(&name, spec.clone()).await;
            }
        }
    }

    pub(super) async fn create(&self, kind: Kind, name: &str, content: Value) {
        self.people.create(kind, NAMESPACE, name, content).await;
    }

    pub(super) async fn patch(&self, kind: Kind, name: &str, patch: Value) {
        self.people.patch(kind, NAMESPACE, name, patch).await;
    }

    pub(super) async fn patch_status(&self, name: &str, status: Value) {
        let patch = json!({ "status": status });
        self.people.patch_status(Kind::Token, NAMESPACE, name, patch).await;
    }

    pub(super) async fn delete(&self, kind: Kind, name: &str) {
        self.people.delete(kind, NAMESPACE, name).await;
    }

    /// Asks for something by annotation, as of so many seconds after 1970.
    pub(super) async fn ask(&self, name: &str, what: &str, second: u64) {
        let (hours, minutes, seconds) = (second / 3_600 % 24, second / 60 % 60, second % 60);
        let at = format!("1970-01-01T{hours:02}:{minutes:02}:{seconds:02}Z");
        let request = json!({ format!("pat-operator.dev/{what}-requested-at"): at });
        self.patch(Kind::Token, name, json!({"metadata": {"annotations": request}})).await;
    }
}

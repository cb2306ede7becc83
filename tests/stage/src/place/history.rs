//! Every state of a condition, as a watch shows it.
use std::sync::{Arc, Mutex};

use futures::{StreamExt, TryStreamExt};
use kube::api::{WatchEvent, WatchParams};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Place;
use super::conditions::condition;

/// Every state of a condition since it is followed, each change once.
pub struct History {
    seen: Arc<Mutex<Vec<Value>>>,
    watching: JoinHandle<()>,
}

impl Place<'_> {
    /// Follows a condition of a resource, or of the Tenant if `object` is that.
    pub async fn follow(&self, object: &str, name: &str, kind: &'static str) -> History {
        let namespace = (object != "Tenant").then_some(self.name.as_str());
        let api = self.stage.api(object, namespace);
        let params = WatchParams::default().fields(&format!("metadata.name={name}"));
        let start = api.list(&Default::default()).await.unwrap().metadata.resource_version.unwrap();
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        let kept = seen.clone();
        let watching = tokio::spawn(async move {
            let mut events = api.watch(&params, &start).await.unwrap().boxed();
            while let Some(event) = events.try_next().await.unwrap() {
                let (WatchEvent::Added(object) | WatchEvent::Modified(object)) = event else {
                    continue;
                };
                let now = condition(&object, kind);
                let now = json!({"status": now["status"], "reason": now["reason"], "message": now["message"]});
                let mut seen = kept.lock().unwrap();
                if now["status"].is_string() && seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
        });
        History { seen, watching }
    }
}

impl History {
    /// Status, reason and message, oldest first.
    pub fn states(&self) -> Vec<Value> {
        assert!(!self.watching.is_finished(), "the watch has ended");
        self.seen.lock().unwrap().clone()
    }

    /// Status and reason, oldest first, each change once.
    pub fn changes(&self) -> Vec<(String, String)> {
        let text = |state: &Value, field: &str| state[field].as_str().unwrap().to_owned();
        let mut all: Vec<_> = self
            .states()
            .iter()
            .map(|state| (text(state, "status"), text(state, "reason")))
            .collect();
        all.dedup();
        all
    }

    /// It never had this status.
    pub fn never_was(&self, status: &str) {
        let changes = self.changes();
        assert!(!changes.is_empty() && changes.iter().all(|(was, _)| was != status), "{changes:?}");
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

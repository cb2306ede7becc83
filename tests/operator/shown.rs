//! What resources and Tenants show: conditions of any type, all that they ever were, and how messages are worded.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures::{StreamExt, TryStreamExt};
use isc_simulator::{Dialect, Kind, Operation, Switches};
use kube::api::{DynamicObject, Patch, PatchParams, WatchEvent, WatchParams};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::place::condition;
use crate::stage::{Place, Stage, eventually};

/// Words in a row that a message may not have twice.
const PHRASE: usize = 4;

impl Stage {
    /// A tenant of ISC that speaks so, with a seed Secret and without Tenant.
    pub async fn speaking(&self, name: &str, dialect: Dialect) -> Place<'_> {
        self.behaving(name, |switches| switches.dialect = dialect.clone()).await
    }

    /// The same with any switches.
    pub async fn behaving(&self, name: &str, edit: impl Fn(&mut Switches)) -> Place<'_> {
        let place = self.bare(name).await;
        place.behaves(edit);
        place.seed().await;
        place
    }
}

impl Place<'_> {
    /// The tenant of ISC behaves otherwise from now on.
    pub fn behaves(&self, edit: impl Fn(&mut Switches)) {
        self.stage.simulator.control().edit_switches(Some(&self.name), edit).unwrap();
    }

    /// The Tenant.
    pub async fn tenant_object(&self) -> DynamicObject {
        self.stage.api("Tenant", None).get(&self.name).await.unwrap()
    }

    /// Changes something of the Tenant, so that it is looked at now: a test need not wait until it is by itself.
    pub async fn is_looked_at(&self) {
        let patch = json!({"spec": {"limits": {"tokensPerUser": 9}}});
        let tenants = self.stage.api("Tenant", None);
        tenants.patch(&self.name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// Waits until a condition of the resource has this status and reason; gives its message.
    pub async fn says(&self, name: &str, kind: &str, status: &str, reason: &str) -> String {
        let look = async || self.get("PersonalAccessToken", name).await;
        shown(&format!("{}/{name}", self.name), look, kind, status, reason).await
    }

    /// Waits until a condition of the Tenant has this status and reason; gives its message.
    pub async fn tenant_says(&self, kind: &str, status: &str, reason: &str) -> String {
        let look = async || self.stage.api("Tenant", None).get_opt(&self.name).await.unwrap();
        shown(&format!("Tenant {}", self.name), look, kind, status, reason).await
    }

    /// Waits until the Tenant is stalled for this reason, which its message tells in these words, each thing once.
    pub async fn tenant_stalls(&self, reason: &str, words: &[&str]) -> String {
        self.tenant_tells("Stalled", reason, words).await
    }

    /// The same of something that may pass by itself.
    pub async fn tenant_waits(&self, reason: &str, words: &[&str]) -> String {
        let message = self.tenant_tells("Reconciling", reason, words).await;
        assert!(condition(&self.tenant_object().await, "Stalled").is_null(), "{reason}: nobody has to do anything");
        message
    }

    async fn tenant_tells(&self, kind: &str, reason: &str, words: &[&str]) -> String {
        let message = eventually(&format!("Tenant {} shows {kind} {reason}", self.name), async || {
            let tenant = self.tenant_object().await;
            let (ready, other) = (condition(&tenant, "Ready"), condition(&tenant, kind));
            let is_told = ready["status"] == "False" && other["status"] == "True";
            let is_same = ready["message"] == other["message"] && ready["reason"] == reason;
            (is_told && is_same && other["reason"] == reason).then(|| ready["message"].as_str().unwrap().to_owned())
        })
        .await;
        for word in words {
            assert!(message.contains(word), "{reason}: {message:?} does not say {word:?}");
        }
        says_each_thing_once(&message);
        message
    }

    /// Waits until the resource is ready, and so is its Tenant, and neither is on its way or stalled.
    pub async fn nothing_is_wrong(&self, name: &str) {
        self.ready(name).await;
        self.tenant_says("Ready", "True", "Connected").await;
        eventually(&format!("all is well in {}", self.name), async || {
            let all = [self.get("PersonalAccessToken", name).await?, self.tenant_object().await];
            let is_well = |object: &DynamicObject| {
                let is_absent = |kind| condition(object, kind).is_null();
                condition(object, "Ready")["status"] == "True" && is_absent("Stalled") && is_absent("Reconciling")
            };
            all.iter().all(is_well).then_some(())
        })
        .await;
    }

    /// How often an operation was asked for.
    pub fn asked(&self, operation: Operation) -> usize {
        let of = |entry: &&isc_simulator::Entry| entry.kind == Kind::Request && entry.operation == Some(operation);
        self.record().iter().filter(of).count()
    }

    /// Waits until an operation was asked for so often again.
    pub async fn asked_again(&self, operation: Operation, times: usize) {
        let before = self.asked(operation);
        eventually(&format!("{times} times {operation:?} of {}", self.name), async || {
            (self.asked(operation) >= before + times).then_some(())
        })
        .await;
    }

    /// The events about the Tenant, oldest first, as reason and note.
    pub async fn tenant_events(&self) -> Vec<(String, String)> {
        let mut all = self.stage.api("Event", Some("default")).list(&Default::default()).await.unwrap().items;
        all.retain(|event| {
            event.data["regarding"]["kind"] == "Tenant" && event.data["regarding"]["name"] == *self.name
        });
        all.sort_by_key(|event| event.data["eventTime"].as_str().unwrap().to_owned());
        let text = |event: &DynamicObject, field: &str| event.data[field].as_str().unwrap().to_owned();
        all.iter().map(|event| (text(event, "reason"), text(event, "note"))).collect()
    }

    /// Follows a condition of a resource, or of the Tenant if its name is that.
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
                let (WatchEvent::Added(object) | WatchEvent::Modified(object)) = event else { continue };
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

    /// No resource of the place is there any more, nor the Tenant: the operator has nothing to do here.
    pub async fn leave(&self) {
        let tokens = self.stage.api("PersonalAccessToken", Some(&self.name));
        for token in tokens.list(&Default::default()).await.unwrap().items {
            self.delete("PersonalAccessToken", &token.metadata.name.unwrap()).await;
        }
        eventually(&format!("{} is empty", self.name), async || {
            tokens.list(&Default::default()).await.unwrap().items.is_empty().then_some(())
        })
        .await;
        assert!(self.minted().is_empty(), "{}: its tokens are revoked before the finalizers go", self.name);
        self.stage.api("Tenant", None).delete(&self.name, &Default::default()).await.unwrap();
    }
}

/// Every state of a condition since it is followed, each change once.
pub struct History {
    seen: Arc<Mutex<Vec<Value>>>,
    watching: JoinHandle<()>,
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
        let mut all: Vec<_> =
            self.states().iter().map(|state| (text(state, "status"), text(state, "reason"))).collect();
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

async fn shown(
    what: &str,
    look: impl AsyncFn() -> Option<DynamicObject>,
    kind: &str,
    status: &str,
    reason: &str,
) -> String {
    let last = Mutex::new(Value::Null);
    let found = tokio::time::timeout(crate::stage::PATIENCE, async {
        loop {
            let now = look().await.map(|object| condition(&object, kind)).unwrap_or_default();
            if now["status"] == status && now["reason"] == reason {
                return now["message"].as_str().unwrap().to_owned();
            }
            *last.lock().unwrap() = now;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    found.unwrap_or_else(|_| panic!("{what} does not show {kind}={status} {reason} but {}", last.lock().unwrap()))
}

/// A person reads each thing once: no phrase comes twice, and no two ways to put a credential right.
pub fn says_each_thing_once(message: &str) {
    let words: Vec<&str> = message.split_whitespace().collect();
    let mut seen = BTreeSet::new();
    for phrase in words.windows(PHRASE) {
        assert!(seen.insert(phrase), "{phrase:?} stands twice in {message:?}");
    }
    assert!(message.matches(" put ").count() <= 1, "{message:?} says twice what to do");
    assert!(!message.ends_with(['.', ';', ':', ' ']) && message.len() > 20, "{message:?} is no sentence");
}

#[test]
#[should_panic = "stands twice"]
fn what_is_said_twice_is_found() {
    says_each_thing_once("Tenant \"a\" does not lead to ISC: spec.apiUrl does not lead to ISC");
}

//! What resources and Tenants show: waits for conditions of any type, their messages, and events.
use std::time::{Duration, Instant};

use kube::api::DynamicObject;
use serde_json::Value;

use super::Place;
use super::wording::{assert_says, says_each_thing_once};
use crate::wait::{PATIENCE, eventually};

/// A condition of a resource; null if it is absent.
pub fn condition(object: &DynamicObject, kind: &str) -> Value {
    let all = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|condition| condition["type"] == kind).unwrap_or(Value::Null)
}

/// The message of its condition Ready.
pub fn ready_message(object: &DynamicObject) -> String {
    condition(object, "Ready")["message"].as_str().unwrap().to_owned()
}

impl Place<'_> {
    /// Waits until the condition Ready has this status and reason; gives the resource.
    pub async fn shows(&self, name: &str, status: &str, reason: &str) -> DynamicObject {
        self.until(name, "Ready", status, reason).await
    }

    /// Waits until the resource is ready; gives it.
    pub async fn ready(&self, name: &str) -> DynamicObject {
        self.shows(name, "True", "Published").await
    }

    /// Waits until a condition of the resource has this status and reason; gives its message.
    pub async fn says(&self, name: &str, kind: &str, status: &str, reason: &str) -> String {
        let object = self.until(name, kind, status, reason).await;
        condition(&object, kind)["message"].as_str().unwrap().to_owned()
    }

    /// Waits for Ready=False with this reason, a message with these words and an event; nothing may
    /// have been published.
    pub async fn refused(&self, name: &str, reason: &str, words: &[&str]) -> String {
        let message = ready_message(&self.shows(name, "False", reason).await);
        assert_says(&message, words);
        assert!(self.get("Secret", name).await.is_none(), "{reason}: a Secret was published");
        self.tells(name, &[reason]).await;
        message
    }

    /// Waits until a live credential is in trouble for this reason; gives the message.
    pub async fn lives_on(&self, name: &str, reason: &str) -> String {
        let message = ready_message(&self.shows(name, "True", reason).await);
        assert!(
            message.starts_with("Secret \"") && message.contains("holds a live credential; "),
            "{message}"
        );
        assert!(self.authenticates(name).await);
        message
    }

    /// Waits until the Tenant is ready.
    pub async fn connected(&self) {
        self.tenant_says("Ready", "True", "Connected").await;
    }

    /// Waits until the Tenant's condition Ready has this status and reason; gives its message.
    pub async fn tenant_shows(&self, status: &str, reason: &str) -> String {
        self.tenant_says("Ready", status, reason).await
    }

    /// Waits until a condition of the Tenant has this status and reason; gives its message.
    pub async fn tenant_says(&self, kind: &str, status: &str, reason: &str) -> String {
        let look = async || self.stage.api("Tenant", None).get_opt(&self.name).await.unwrap();
        let tenant =
            self.shown(&format!("Tenant {}", self.name), look, kind, [status, reason]).await;
        condition(&tenant, kind)["message"].as_str().unwrap().to_owned()
    }

    /// Waits until the Tenant is stalled for this reason, which its message tells in these words,
    /// each thing once.
    pub async fn tenant_stalls(&self, reason: &str, words: &[&str]) -> String {
        self.tenant_tells("Stalled", reason, words).await
    }

    /// The same of something that may pass by itself.
    pub async fn tenant_waits(&self, reason: &str, words: &[&str]) -> String {
        let message = self.tenant_tells("Reconciling", reason, words).await;
        let stalled = condition(&self.tenant_object().await, "Stalled");
        assert!(stalled.is_null(), "{reason}: no person has to do anything");
        message
    }

    async fn tenant_tells(&self, kind: &str, reason: &str, words: &[&str]) -> String {
        let message =
            eventually(&format!("Tenant {} shows {kind} {reason}", self.name), async || {
                let tenant = self.tenant_object().await;
                let (ready, other) = (condition(&tenant, "Ready"), condition(&tenant, kind));
                let is_told = ready["status"] == "False" && other["status"] == "True";
                let is_same = ready["message"] == other["message"] && ready["reason"] == reason;
                (is_told && is_same && other["reason"] == reason).then(|| ready_message(&tenant))
            })
            .await;
        assert_says(&message, words);
        says_each_thing_once(&message);
        message
    }

    /// The one of these resources that is Ready=False; none while all are ready.
    pub async fn refused_one<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        for name in names {
            let token = self.get("PersonalAccessToken", name).await.unwrap();
            if condition(&token, "Ready")["status"] == "False" {
                return Some(name);
            }
        }
        None
    }

    /// Waits until the resource is ready, and so is its Tenant, and neither is on its way or
    /// stalled.
    pub async fn nothing_is_wrong(&self, name: &str) {
        self.ready(name).await;
        self.tenant_says("Ready", "True", "Connected").await;
        eventually(&format!("all is well in {}", self.name), async || {
            let all = [self.get("PersonalAccessToken", name).await?, self.tenant_object().await];
            let is_well = |object: &DynamicObject| {
                let is_absent = |kind| condition(object, kind).is_null();
                condition(object, "Ready")["status"] == "True"
                    && is_absent("Stalled")
                    && is_absent("Reconciling")
            };
            all.iter().all(is_well).then_some(())
        })
        .await;
    }

    /// Waits until a condition of a resource has this status and reason; gives the resource.
    async fn until(&self, name: &str, kind: &str, status: &str, reason: &str) -> DynamicObject {
        let look = async || self.get("PersonalAccessToken", name).await;
        self.shown(&format!("{}/{name}", self.name), look, kind, [status, reason]).await
    }

    async fn shown(
        &self,
        what: &str,
        look: impl AsyncFn() -> Option<DynamicObject>,
        kind: &str,
        [status, reason]: [&str; 2],
    ) -> DynamicObject {
        let started = Instant::now();
        loop {
            let object = look().await;
            let now = object.as_ref().map(|object| condition(object, kind)).unwrap_or_default();
            if let Some(object) = object
                && now["status"] == status
                && now["reason"] == reason
            {
                return object;
            }
            let waited = started.elapsed();
            assert!(
                waited < PATIENCE,
                "{what} does not show {kind}={status} {reason} but {now}\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Events.
impl Place<'_> {
    /// Events about a resource, as reasons.
    pub async fn events(&self, name: &str) -> Vec<String> {
        let all = self
            .stage
            .api("Event", Some(&self.name))
            .list(&Default::default())
            .await
            .unwrap()
            .items;
        let about = all.iter().filter(|event| event.data["regarding"]["name"] == name);
        about.map(|event| event.data["reason"].as_str().unwrap().into()).collect()
    }

    /// Waits for an event of one of these reasons.
    pub async fn tells(&self, name: &str, reasons: &[&str]) {
        eventually(&format!("an event of {reasons:?} about {}/{name}", self.name), async || {
            self.events(name)
                .await
                .iter()
                .any(|told| reasons.contains(&told.as_str()))
                .then_some(())
        })
        .await;
    }

    /// The events about the Tenant, oldest first, as reason and note.
    pub async fn tenant_events(&self) -> Vec<(String, String)> {
        let mut all =
            self.stage.api("Event", Some("default")).list(&Default::default()).await.unwrap().items;
        all.retain(|event| {
            event.data["regarding"]["kind"] == "Tenant"
                && event.data["regarding"]["name"] == *self.name
        });
        all.sort_by_key(|event| event.data["eventTime"].as_str().unwrap().to_owned());
        let text =
            |event: &DynamicObject, field: &str| event.data[field].as_str().unwrap().to_owned();
        all.iter().map(|event| (text(event, "reason"), text(event, "note"))).collect()
    }
}

//! A scheduler that does as it is told, and what the tests of faults ask for.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::Secret;
use kube::Error;
use kube::api::{Api, PostParams};
use serde_json::json;
use simulation::{Asked, Cluster, Delays, Delivery, Event, Fate, Scheduler, Verdict};

/// Says of each verb what its first request comes to, and of events what becomes of them.
#[derive(Clone, Default)]
pub struct Plan {
    verdicts: Arc<Mutex<BTreeMap<&'static str, Verdict>>>,
    pub events: Arc<Mutex<Vec<Delivery>>>,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scheduler for Plan {
    fn request(&self, asked: &Asked) -> Verdict {
        self.asked.lock().unwrap().push(asked.clone());
        self.verdicts.lock().unwrap().remove(asked.verb).unwrap_or_default()
    }

    fn event(&self, _: &Asked, _: &Event) -> Delivery {
        self.events.lock().unwrap().pop().unwrap_or_default()
    }
}

impl Plan {
    pub fn fate(verb: &'static str, fate: Fate) -> Self {
        Self::verdict(verb, Verdict::of(fate))
    }

    pub fn verdict(verb: &'static str, verdict: Verdict) -> Self {
        let plan = Self::default();
        plan.verdicts.lock().unwrap().insert(verb, verdict);
        plan
    }

    pub fn cluster(&self) -> (Cluster, Api<Secret>) {
        let cluster = Cluster::with(7, Delays::default(), self.clone());
        let api = Api::namespaced(cluster.client("tester"), "default");
        (cluster, api)
    }
}

pub fn secret(name: &str) -> Secret {
    serde_json::from_value(json!({"metadata": {"name": name}})).unwrap()
}

/// Creates an empty Secret.
pub async fn create(api: &Api<Secret>, name: &str) -> kube::Result<Secret> {
    api.create(&PostParams::default(), &secret(name)).await
}

/// HTTP status of a refusal.
pub fn code<T>(answer: &kube::Result<T>) -> Option<u16> {
    match answer {
        Err(Error::Api(status)) => Some(status.code),
        _ => None,
    }
}

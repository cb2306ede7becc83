//! Honest people: each wants a resource, asks for a rotation once it is Ready, deletes it once that
//! is done, and notes how long each of the three took.
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use simulation::{Cluster, Random};
use tokio::time::{Instant, sleep};

use super::find;
use crate::chaos::wishes;
use crate::people::{Kind, People};

/// Their namespace.
pub const NAMESPACE: &str = "blue";

/// How often they look.
const LOOK: Duration = Duration::from_millis(500);
/// When they give up.
const PATIENCE: Duration = Duration::from_secs(900);
/// By how much a request is dated back: ISC's clock may be a little behind.
const BACK: SignedDuration = SignedDuration::from_secs(10);

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// The resource is Ready, and its Secret holds a pair.
    Ready,
    /// Its Secret holds another pair.
    Rotated,
    /// It is gone.
    Deleted,
}

/// How long somebody waited for what; `None`: in vain.
pub type Waits = Vec<(String, Wish, Option<Duration>)>;

/// Without `Retain`: when a token is released hangs on the next LIST of ten minutes, which any pass
/// may shift.
fn revoked(mut spec: Value) -> Value {
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("reclaimPolicy");
    }
    spec
}

/// One honest person's story.
pub struct Story {
    name: String,
    spec: Value,
    begins: Duration,
    pauses: [Duration; 2],
}

impl Story {
    /// The stories of a seed.
    pub fn all(seed: u64) -> Vec<Self> {
        let mut random = Random::of(seed, &["honest"]);
        let count = 2 + random.below(3);
        let longest = random.one_of(&[60, 60, 60, 300]);
        let one = |number| Self {
            name: format!("r{number}"),
            spec: revoked(wishes::spec(&mut random, 1)),
            begins: random.seconds(1, longest),
            pauses: [random.seconds(1, 60), random.seconds(1, 60)],
        };
        (0..count).map(one).collect()
    }

    /// Lives it.
    pub async fn live(self, cluster: Cluster, people: People) -> Waits {
        let mut waits = Vec::new();
        sleep(self.begins).await;
        let spec = json!({ "spec": self.spec });
        people.create(Kind::Token, NAMESPACE, &self.name, spec).await;
        let took = self.wait(&cluster, || self.pair(&cluster).is_some()).await;
        waits.push((self.name.clone(), Wish::Ready, took));
        if took.is_none() {
            return waits;
        }
        sleep(self.pauses[0]).await;
        let before = self.pair(&cluster);
        let at = cluster.now() - BACK;
        let request = json!({"pat-operator.dev/rotate-requested-at": at.to_string()});
        let patch = json!({"metadata": {"annotations": request}});
        people.patch(Kind::Token, NAMESPACE, &self.name, patch).await;
        let is_another = || self.pair(&cluster).is_some_and(|pair| Some(pair) != before);
        let took = self.wait(&cluster, is_another).await;
        waits.push((self.name.clone(), Wish::Rotated, took));
        if took.is_none() {
            return waits;
        }
        sleep(self.pauses[1]).await;
        people.delete(Kind::Token, NAMESPACE, &self.name).await;
        let took = self.wait(&cluster, || self.resource(&cluster).is_none()).await;
        waits.push((self.name.clone(), Wish::Deleted, took));
        waits
    }

    fn resource(&self, cluster: &Cluster) -> Option<Arc<Value>> {
        find(cluster, "PersonalAccessToken", NAMESPACE, &self.name)
    }

    /// The client ID in its Secret, once the resource is Ready.
    fn pair(&self, cluster: &Cluster) -> Option<String> {
        let resource = self.resource(cluster)?;
        let conditions = resource["status"]["conditions"].as_array()?;
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready")?;
        if ready["status"] != "True" {
            return None;
        }
        let secret = find(cluster, "Secret", NAMESPACE, &self.name)?;
        let id = &secret["metadata"]["annotations"]["pat-operator.dev/client-id"];
        id.as_str().map(str::to_owned)
    }

    /// Waits for something, and says for how long.
    async fn wait(&self, cluster: &Cluster, is_so: impl Fn() -> bool) -> Option<Duration> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            super::turn(cluster, &format!("{} looks", self.name)).await;
            if is_so() {
                return Some(since.elapsed());
            }
            sleep(LOOK).await;
        }
        None
    }
}

//! Around each pass: its time, its outcome, and a wall, so that a panic is a failed pass of one
//! object and ends nothing else.
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use tokio::time::Instant;

use super::wait::{doubled, left};
use crate::kubernetes::causes::Causes;
use crate::metrics::{Controller, Metrics, PassOutcome};

/// The time for which an object is left alone after its pass panicked; it doubles with each time in
/// a row.
const FIRST: Duration = Duration::from_secs(10);
/// The longest of these times.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// After an error: the pass itself says how long, and this is for what it could not foresee.
const RETRY: Duration = Duration::from_secs(5);

/// The wall around the passes of all loops.
pub struct Guard {
    panics: Panics,
    metrics: Arc<Metrics>,
}

/// Objects whose last pass panicked.
#[derive(Default)]
struct Panics(Mutex<HashMap<(Controller, String), Panicked>>);

struct Panicked {
    times: u32,
    until: Instant,
    revision: Option<String>,
}

impl Guard {
    /// A wall that counts passes in these metrics.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { panics: Panics::default(), metrics }
    }

    /// Runs a pass over an object.
    pub async fn run<K, E>(
        self: Arc<Self>,
        controller: Controller,
        object: Arc<K>,
        pass: impl Future<Output = Result<Action, E>>,
    ) -> Result<Action, E>
    where
        K: ResourceExt,
    {
        let namespace =
            object.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let key = (controller, format!("{namespace}{}", object.name_any()));
        if let Some(wait) = self.panics.wait(&key, object.resource_version().as_deref()) {
            return Ok(Action::requeue(wait));
        }
        let started = Instant::now();
        // Safe to continue: passes share only values that no panic leaves half changed (`Keyed`).
        let Ok(ended) = AssertUnwindSafe(pass).catch_unwind().await else {
            self.metrics.pass(controller, PassOutcome::Panicked, started.elapsed());
            let object_name = key.1.clone();
            let wait = self.panics.add(key, object.resource_version());
            let seconds = wait.as_secs();
            tracing::error!(
                ?controller,
                object = object_name,
                seconds,
                "reconcile panicked; the operator leaves the object alone for a while"
            );
            // Not an error: kube would run the pass again after `RETRY`, which is sooner.
            return Ok(Action::requeue(wait));
        };
        let outcome = if ended.is_ok() { PassOutcome::Done } else { PassOutcome::Failed };
        self.metrics.pass(controller, outcome, started.elapsed());
        // A pass that failed may not have come to the place that panicked: the count stays.
        if ended.is_ok() {
            self.panics.lock().remove(&key);
        }
        ended
    }
}

impl Panics {
    fn lock(&self) -> MutexGuard<'_, HashMap<(Controller, String), Panicked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time for which the object is still left alone; none once a user has changed it.
    fn wait(&self, key: &(Controller, String), revision: Option<&str>) -> Option<Duration> {
        let known = self.lock();
        // The edit may be the remedy: a new resourceVersion ends the wait.
        let panicked =
            known.get(key).filter(|panicked| panicked.revision.as_deref() == revision)?;
        left(panicked.until)
    }

    /// Its pass panicked: gives the time for which it is left alone.
    fn add(&self, key: (Controller, String), revision: Option<String>) -> Duration {
        let mut known = self.lock();
        let times = known.get(&key).map_or(0, |panicked| panicked.times);
        let wait = doubled(FIRST, times, LONGEST);
        known.insert(
            key,
            Panicked { times: times.saturating_add(1), until: Instant::now() + wait, revision },
        );
        wait
    }
}

/// Has a pass that failed run again.
pub fn retry<K, C>(_: Arc<K>, error: &(impl std::error::Error + 'static), _: Arc<C>) -> Action {
    tracing::warn!(error = %Causes(error), "reconcile failed; retrying");
    Action::requeue(RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_object_is_left_alone_ever_longer_unless_somebody_changes_it() {
        let panics = Panics::default();
        let key = |name: &str| (Controller::Token, name.to_owned());
        let waits: Vec<u64> =
            (0..7).map(|_| panics.add(key("a"), Some("1".into())).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
        assert!(panics.wait(&key("a"), Some("1")).is_some());
        assert_eq!(panics.wait(&key("a"), Some("2")), None, "it is another object now");
        assert_eq!(panics.wait(&key("b"), Some("1")), None);
        assert_eq!(panics.wait(&(Controller::Owner, "a".into()), Some("1")), None);
        tokio::time::advance(LONGEST).await;
        assert_eq!(panics.wait(&key("a"), Some("1")), None);
    }
}

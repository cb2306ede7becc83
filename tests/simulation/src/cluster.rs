//! The cluster as a test holds it: clients, history, snapshots, and ways to disturb.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::Client;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::agenda::Job;
use crate::background;
use crate::clock::Clock;
use crate::history::{Change, Effect, Key};
use crate::hook::{Asked, Break, Calm, Scheduler};
use crate::service;
use crate::state::{Delays, State};

/// Who puts backups back.
const ETCD: &str = "etcd";

/// The state, and whoever waits for it to change.
pub struct Shared(Mutex<State>);

impl Shared {
    /// The state. A panic elsewhere is that test's failure, not this one's.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A Kubernetes API server in memory, with its garbage collector and namespace controller. It ends
/// when the last clone is dropped. It needs a tokio runtime, whose clock is its own.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
    _background: Arc<JoinSet<()>>,
}

/// All objects as they were at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    objects: BTreeMap<Key, Arc<Value>>,
    revision: u64,
}

/// What resource versions do when a snapshot is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revisions {
    /// They go on from where they are, as after `etcdutl snapshot restore --bump-revision
    /// --mark-compacted`.
    GoOn,
    /// They go back to the snapshot's, so that the same number comes to mean two things.
    GoBack,
}

impl Cluster {
    /// A cluster in which all goes well, with delays from the seed.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Delays::default(), Calm)
    }

    /// A cluster whose requests and events a scheduler decides on.
    pub fn with(seed: u64, delays: Delays, scheduler: impl Scheduler) -> Self {
        let shared = Arc::new(Shared(Mutex::new(State::new(seed, delays, Arc::new(scheduler)))));
        let mut tasks = JoinSet::new();
        tasks.spawn(background::run(shared.clone()));
        Self { shared, _background: Arc::new(tasks) }
    }

    /// A client of whoever this is; its default namespace is `default`.
    pub fn client(&self, identity: &str) -> Client {
        Client::new(service::of(self.shared.clone(), identity.into()), "default")
    }

    /// The same; a request that has no reply by this time fails, whatever becomes of it.
    pub fn impatient_client(&self, identity: &str, limit: Duration) -> Client {
        Client::new(service::limited(self.shared.clone(), identity.into(), limit), "default")
    }

    /// Has something done in the cluster's own order of effects, a while from now, and nothing else
    /// until it is done. Of two things at the same time, `purpose` and the seed say which comes
    /// first.
    pub fn later(
        &self,
        delay: Duration,
        purpose: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut state = self.shared.lock();
        let rank = state.random(purpose).number();
        state.agenda.add(Instant::now() + delay, rank, Job::Run(Box::pin(work)));
        state.wake();
    }

    /// Everything that took effect so far.
    pub fn history(&self) -> Vec<Effect> {
        self.shared.lock().history.clone()
    }

    /// What took effect after the first `known` effects: for a judge that looks at each step.
    pub fn history_after(&self, known: usize) -> Vec<Effect> {
        self.shared.lock().history.get(known..).unwrap_or_default().to_vec()
    }

    /// Every object as it is, in the order of their keys. Costs no request.
    pub fn objects(&self) -> Vec<(Key, Arc<Value>)> {
        self.shared
            .lock()
            .objects
            .iter()
            .map(|(key, object)| (key.clone(), object.clone()))
            .collect()
    }

    /// The date at which every cluster begins.
    pub fn begin() -> jiff::Timestamp {
        Clock::begin()
    }

    /// The date in the cluster.
    pub fn now(&self) -> jiff::Timestamp {
        self.shared.lock().clock.now()
    }

    /// Time since the cluster began.
    pub fn elapsed(&self) -> Duration {
        self.shared.lock().clock.elapsed()
    }

    /// The watches that are open.
    pub fn watches(&self) -> Vec<Asked> {
        self.shared.lock().open_watches()
    }

    /// Ends open watches, those for which `chosen` holds.
    pub fn break_watches(&self, how: Break, chosen: impl Fn(&Asked) -> bool) {
        self.shared.lock().break_watches(how, chosen);
    }

    /// Forgets all changes so far: a watch that is behind or goes on from an earlier revision gets
    /// 410 Gone.
    pub fn compact(&self) {
        let mut state = self.shared.lock();
        state.oldest = state.revision;
        state.log.clear();
        state.wake();
    }

    /// All objects as they are now, as a backup of etcd has them.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.shared.lock();
        Snapshot { objects: state.objects.clone(), revision: state.revision }
    }

    /// Puts a backup back: every watch ends with 410 Gone. The history shows each object that is
    /// another than before.
    pub fn restore(&self, snapshot: &Snapshot, revisions: Revisions) {
        let mut state = self.shared.lock();
        let before = std::mem::replace(&mut state.objects, snapshot.objects.clone());
        state.revision = match revisions {
            Revisions::GoOn => state.revision + 1,
            Revisions::GoBack => snapshot.revision,
        };
        state.oldest = state.revision;
        state.log.clear();
        state.record(ETCD, Change::Restored, None, None);
        for (key, object) in &before {
            match snapshot.objects.get(key) {
                None => {
                    state.record(ETCD, Change::Deleted, Some(key.clone()), Some(object.clone()));
                }
                Some(now) if now != object => {
                    state.record(ETCD, Change::Updated, Some(key.clone()), Some(now.clone()));
                }
                Some(_) => {}
            }
        }
        for (key, object) in snapshot.objects.iter().filter(|(key, _)| !before.contains_key(key)) {
            state.record(ETCD, Change::Created, Some(key.clone()), Some(object.clone()));
        }
        state.break_watches(Break::Gone, |_| true);
        state.resume();
    }

    /// Puts those objects of a backup back that are chosen and still there, as a tool does that
    /// writes them anew.
    pub fn restore_some(&self, snapshot: &Snapshot, chosen: impl Fn(&Key) -> bool) {
        let mut state = self.shared.lock();
        state.record(ETCD, Change::Restored, None, None);
        for (key, object) in snapshot.objects.iter().filter(|(key, _)| chosen(key)) {
            if state.objects.get(key).is_some_and(|now| now != object) {
                state.store(ETCD, Change::Updated, key, (**object).clone());
            }
        }
    }
}

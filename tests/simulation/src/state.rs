//! What the server holds: objects, revisions, the log that watches read, the history, and what is
//! still to be done.
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::agenda::{Agenda, Job};
use crate::call::Call;
use crate::clock::Clock;
use crate::history::{Change, Effect, Key};
use crate::hook::{Asked, Break, Scheduler};
use crate::kinds::Kind;
use crate::random::Random;
use crate::verbs::create;

/// Delays that the seed chooses from where the scheduler does not say otherwise.
#[derive(Clone, Debug)]
pub struct Delays {
    /// From sending a request to its effect, and from there to the reply.
    pub network: RangeInclusive<Duration>,
    /// From a change to its event in a watch.
    pub watch: RangeInclusive<Duration>,
    /// From a deletion to each step of what follows: dependents, the content of a namespace.
    pub background: RangeInclusive<Duration>,
}

impl Default for Delays {
    fn default() -> Self {
        let millis = |start, end| Duration::from_millis(start)..=Duration::from_millis(end);
        Self { network: millis(1, 10), watch: millis(1, 200), background: millis(100, 5_000) }
    }
}

/// One change, as watches see it.
#[derive(Clone, Debug)]
pub struct Logged {
    pub revision: u64,
    pub at: Instant,
    pub key: Key,
    /// The object before.
    pub before: Option<Arc<Value>>,
    /// The object since then; of a deletion, as it was last.
    pub object: Arc<Value>,
    pub deleted: bool,
}

/// Everything, under one lock.
pub struct State {
    pub seed: u64,
    pub clock: Clock,
    pub delays: Delays,
    pub scheduler: Arc<dyn Scheduler>,
    pub objects: BTreeMap<Key, Arc<Value>>,
    pub revision: u64,
    /// The oldest revision that a watch can go on from.
    pub oldest: u64,
    pub log: Vec<Logged>,
    pub history: Vec<Effect>,
    pub agenda: Agenda,
    /// Watches opened so far, and those of them that are to end.
    watches: u64,
    pub broken: BTreeMap<u64, Break>,
    open: BTreeMap<u64, (Asked, Weak<()>)>,
    /// How often the same was asked for or made, so that chance does not depend on the order.
    counts: BTreeMap<String, u64>,
    /// Ticks at each change, break and new job.
    pub tick: watch::Sender<u64>,
}

impl State {
    /// An empty cluster but for the namespaces that each has.
    pub fn new(seed: u64, delays: Delays, scheduler: Arc<dyn Scheduler>) -> Self {
        let mut state = Self {
            seed,
            clock: Clock::start(),
            delays,
            scheduler,
            objects: BTreeMap::new(),
            revision: 1,
            oldest: 1,
            log: Vec::new(),
            history: Vec::new(),
            agenda: Agenda::default(),
            watches: 0,
            broken: BTreeMap::new(),
            open: BTreeMap::new(),
            counts: BTreeMap::new(),
            tick: watch::channel(0).0,
        };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            state.create_namespace(name);
        }
        // A cluster has had a life before: its first revisions are past.
        state.oldest = state.revision;
        state.log.clear();
        state.history.clear();
        state
    }

    /// How often this was counted before.
    pub fn count(&mut self, what: &str) -> u64 {
        let count = self.counts.entry(what.into()).or_default();
        *count += 1;
        *count - 1
    }

    /// Numbers for something that may come several times.
    pub fn random(&mut self, purpose: &str) -> Random {
        let nth = self.count(purpose).to_string();
        Random::of(self.seed, &[purpose, &nth])
    }

    /// A request as the scheduler sees it.
    pub fn asked(&mut self, call: &Call) -> Asked {
        let mut asked = Asked {
            identity: call.identity.clone(),
            verb: call.verb.name(),
            resource: call.key.kind.plural,
            subresource: if call.status { "status" } else { "" },
            namespace: call.key.namespace.clone(),
            name: call.name().into(),
            selector: call.parameter("labelSelector").into(),
            nth: 0,
        };
        asked.nth = self.count(&format!("{asked:?}"));
        asked
    }

    /// Tells watches and the agenda that there is something new.
    pub fn wake(&self) {
        self.tick.send_modify(|tick| *tick += 1);
    }

    /// Puts a job on the agenda, a while from now.
    pub fn later(&mut self, job: Job) {
        let delay = self.random(&format!("{job:?}")).duration(&self.delays.background.clone());
        self.agenda.add(Instant::now() + delay, u64::MAX, job);
        self.wake();
    }

    /// Stores an object and gives it as stored. The last step of every write.
    pub fn store(
        &mut self,
        identity: &str,
        change: Change,
        key: &Key,
        mut object: Value,
    ) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let object = Arc::new(object);
        let deleted = change == Change::Deleted;
        let before = if deleted {
            self.objects.remove(key)
        } else {
            self.objects.insert(key.clone(), object.clone())
        };
        self.log.push(Logged {
            revision: self.revision,
            at: Instant::now(),
            key: key.clone(),
            before,
            object: object.clone(),
            deleted,
        });
        self.record(identity, change, Some(key.clone()), Some(object.clone()));
        // The garbage collector looks whenever an owner went or an object names owners.
        if deleted || object["metadata"]["ownerReferences"].is_array() {
            self.later(Job::Collect);
        }
        self.wake();
        object
    }

    /// Adds to the history.
    pub fn record(
        &mut self,
        identity: &str,
        change: Change,
        key: Option<Key>,
        object: Option<Arc<Value>>,
    ) {
        let (at, revision) = (self.clock.elapsed(), self.revision);
        let effect = Effect { at, identity: identity.into(), change, key, revision, object };
        self.scheduler.effect(&effect);
        self.history.push(effect);
    }

    /// Ends the open watches that are chosen.
    pub fn break_watches(&mut self, how: Break, chosen: impl Fn(&Asked) -> bool) {
        self.forget_closed();
        for (number, (asked, _)) in &self.open {
            if chosen(asked) {
                self.broken.insert(*number, how);
            }
        }
        self.wake();
    }

    /// The watches that are open, by number.
    pub fn open_watches(&mut self) -> Vec<Asked> {
        self.forget_closed();
        self.open.values().map(|(asked, _)| asked.clone()).collect()
    }

    /// Numbers a new watch; it is open as long as the token that is given lives.
    pub fn number_watch(&mut self, asked: &Asked) -> (u64, Arc<()>) {
        let token = Arc::new(());
        self.watches += 1;
        self.open.insert(self.watches, (asked.clone(), Arc::downgrade(&token)));
        (self.watches, token)
    }

    /// A watch ends with its stream, or with the reply if that never reaches its client.
    fn forget_closed(&mut self) {
        self.open.retain(|_, (_, token)| token.strong_count() > 0);
        self.broken.retain(|number, _| self.open.contains_key(number));
    }

    /// After a restore: the controllers go through everything anew, as after a restart.
    pub fn resume(&mut self) {
        let going = |object: &Value| !object["metadata"]["deletionTimestamp"].is_null();
        let namespaces: Vec<String> = self
            .objects
            .iter()
            .filter(|(key, object)| key.kind == Kind::namespace() && going(object))
            .map(|(key, _)| key.name.clone())
            .collect();
        for namespace in namespaces {
            self.later(Job::Empty(namespace));
        }
        self.later(Job::Collect);
    }

    fn create_namespace(&mut self, name: &str) {
        let body = json!({"metadata": {"name": name}});
        // Cannot be refused: the names are good and nothing is there yet.
        let _ = create::run(
            self,
            "kube-apiserver",
            &Key { kind: Kind::namespace(), namespace: String::new(), name: String::new() },
            &body,
        );
    }
}

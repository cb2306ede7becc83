//! Tells the judge all that takes effect, in its order, and keeps the trace that a person reads.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use isc_simulator::{Control, Kind};
use judge::{
    Action, Actor, Authentication, Change, Counts, Judge, Law, Object, Observation, Pair, Token,
    What,
};
use serde_json::Value;
use simulation::{Change as ClusterChange, Effect};
use tokio::time::Instant;

use crate::OWN;
use crate::evil;
use crate::switchboard::is_replica;

/// Namespace and name.
pub type Place = (String, String);

/// Revisions of a Secret, with their times; none where it was gone.
type Revisions = Vec<(i64, Option<Arc<Value>>)>;

/// Hears all that the judge is told.
pub type Listener = Box<dyn FnMut(&Observation) + Send>;

/// The witness of one world.
pub struct Witness(Mutex<Inner>);

struct Inner {
    judge: Judge,
    listener: Option<Listener>,
    /// The last entry of ISC's record that was told.
    told: u64,
    started: Instant,
    /// ISC's time when it all began, and by how much its clock has jumped since, in milliseconds.
    begin: i64,
    jumped: i64,
    /// Secrets outside of the operator's namespace, with all their revisions.
    secrets: BTreeMap<Place, Revisions>,
    /// The request to revoke that each resource last had, by uid.
    requests: BTreeMap<String, String>,
    trace: Option<Vec<Line>>,
    failures: Vec<String>,
}

impl Witness {
    /// A witness from this time on; with a trace or without.
    pub fn new(begin: i64, traced: bool) -> Self {
        Self(Mutex::new(Inner {
            judge: Judge::new(Law { operator_namespace: OWN.into(), ..Law::default() }),
            listener: None,
            told: 0,
            started: Instant::now(),
            begin,
            jumped: 0,
            secrets: BTreeMap::new(),
            requests: BTreeMap::new(),
            trace: traced.then(Vec::new),
            failures: Vec::new(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line to the trace, if there is one.
    pub fn note(&self, text: impl FnOnce() -> String) {
        let mut inner = self.lock();
        let at = inner.started.elapsed();
        if let Some(trace) = &mut inner.trace {
            trace.push(Line { at, effect: None, text: text() });
        }
    }

    /// Something that must never happen, and is not the judge's to see.
    pub fn fail(&self, why: String) {
        self.note(|| why.clone());
        self.lock().failures.push(why);
    }

    /// ISC's clock jumped.
    pub fn jump(&self, millis: i64) {
        self.lock().jumped += millis;
    }

    /// ISC's time in milliseconds.
    pub fn now(&self) -> i64 {
        self.lock().now()
    }

    /// An effect in the cluster.
    pub fn object(&self, effect: &Effect) {
        let mut inner = self.lock();
        let at = inner.begin + millis(effect.at) + inner.jumped;
        let (Some(key), Some(content)) = (&effect.key, &effect.object) else {
            return inner.tell(at, What::Restored);
        };
        let change = match effect.change {
            ClusterChange::Created => Change::Created,
            ClusterChange::Deleted => Change::Deleted,
            _ => Change::Changed,
        };
        let by = match effect.identity.as_str() {
            replica if is_replica(replica) => Actor::Operator,
            "user" | evil::IDENTITY => Actor::Person,
            _ => Actor::Cluster,
        };
        if key.kind.kind == "Secret" && key.namespace != OWN {
            let content = (change != Change::Deleted).then(|| content.clone());
            let place = (key.namespace.clone(), key.name.clone());
            inner.secrets.entry(place).or_default().push((at, content));
        }
        if key.kind.kind == "PersonalAccessToken" && by == Actor::Person {
            inner.request(at, &content["metadata"]);
        }
        let (kind, namespace, name) =
            (key.kind.kind.to_owned(), key.namespace.clone(), key.name.clone());
        let content = content.clone();
        inner.tell(at, What::Object(Object { kind, namespace, name, content, change, by }));
    }

    /// All that is new in ISC.
    pub fn look_at_isc(&self, isc: &Control) {
        let mut inner = self.lock();
        for entry in isc.record_since(inner.told) {
            inner.told = entry.seq;
            match entry.kind {
                Kind::Effect => {
                    if let Some(token) = Token::of(&entry) {
                        inner.tell(entry.at.as_millisecond(), What::Token(token));
                    }
                }
                Kind::Violation => {
                    let why =
                        format!("ISC would not have forgiven {}", entry.note.unwrap_or_default());
                    inner.failures.push(why);
                }
                Kind::Request => {}
            }
        }
    }

    /// What a person or a replica did.
    pub fn tell(&self, what: What) {
        let mut inner = self.lock();
        let at = inner.now();
        inner.tell(at, what);
    }

    /// Secrets that a workload might read, as they were so long ago. What a hostile user makes of
    /// his own Secrets is no outage.
    pub fn secrets(&self, ago: i64) -> Vec<(Place, Arc<Value>)> {
        let inner = self.lock();
        let then = inner.now() - ago;
        let as_of = |revisions: &Revisions| {
            revisions
                .iter()
                .rev()
                .find(|(at, _)| *at <= then)
                .and_then(|(_, content)| content.clone())
        };
        inner
            .secrets
            .iter()
            .filter(|((namespace, _), _)| namespace != evil::NAMESPACE)
            .filter_map(|(place, revisions)| Some((place.clone(), as_of(revisions)?)))
            .collect()
    }

    /// A workload asked ISC for an access token.
    pub fn authentication(&self, (namespace, secret): Place, pair: Pair, accepted: bool) {
        let Pair { client_id, client_secret, .. } = pair;
        self.tell(What::Authentication(Authentication {
            namespace,
            secret,
            client_id,
            client_secret,
            accepted,
        }));
    }

    /// What would be wrong if it ended now (P7).
    pub fn open_ends(&self, blocked: &[(&str, &str)]) -> Vec<String> {
        self.lock().judge.open_ends(blocked)
    }

    /// Tells this one too of all that happens from now on.
    pub fn also_tell(&self, listener: Listener) {
        self.lock().listener = Some(listener);
    }

    /// What must never happen, and is not the judge's to see.
    pub fn failures(&self) -> Vec<String> {
        self.lock().failures.clone()
    }

    /// Ends the history: everything that was wrong with it, in sentences, and the figures.
    pub fn finish(&self, blocked: &[(&str, &str)]) -> (Vec<String>, Counts) {
        let mut inner = self.lock();
        let now = inner.now();
        let mut wrong: Vec<String> = inner
            .judge
            .finish(now, blocked)
            .iter()
            .map(|violation| format!("{violation}"))
            .collect();
        wrong.extend(inner.failures.iter().cloned());
        (wrong, inner.judge.counts())
    }

    /// Whether anything is wrong already.
    pub fn is_broken(&self) -> bool {
        let inner = self.lock();
        !inner.failures.is_empty() || !inner.judge.violations().is_empty()
    }

    /// The trace so far.
    pub fn trace(&self) -> Vec<String> {
        let mut lines = self.lock().trace.clone().unwrap_or_default();
        lines.sort_by(|a, b| {
            (a.at, a.effect.is_none(), a.effect, &a.text).cmp(&(
                b.at,
                b.effect.is_none(),
                b.effect,
                &b.text,
            ))
        });
        lines.iter().map(ToString::to_string).collect()
    }
}

/// A line of the trace. What is only sent at one moment is sent in any order.
#[derive(Clone, Debug)]
struct Line {
    at: Duration,
    effect: Option<usize>,
    text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { at, effect, text } = self;
        let number = effect.map(|number| number.to_string()).unwrap_or_default();
        write!(f, "{:>10.3} {number:>4} {text}", at.as_secs_f64())
    }
}

impl Inner {
    fn now(&self) -> i64 {
        self.begin + self.jumped + millis(self.started.elapsed())
    }

    fn tell(&mut self, at: i64, what: What) {
        let observation = Observation { at, what };
        if let Some(listener) = &mut self.listener {
            listener(&observation);
        }
        if let Some(trace) = &mut self.trace {
            let number = self.judge.counts().observations;
            trace.push(Line {
                at: self.started.elapsed(),
                effect: Some(number),
                text: observation.what.to_string(),
            });
        }
        self.judge.observe(observation);
    }

    /// Tells the judge of a new request to revoke.
    fn request(&mut self, at: i64, metadata: &Value) {
        let request = metadata["annotations"]["pat-operator.dev/revoke-requested-at"].as_str();
        let Some((uid, request)) = metadata["uid"].as_str().zip(request) else { return };
        if self.requests.insert(uid.to_owned(), request.to_owned()).as_deref() != Some(request) {
            self.tell(at, What::Action(Action::Revoke(uid.to_owned())));
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

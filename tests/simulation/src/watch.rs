//! Watches: from a revision on, each change after a delay, until the stream's time is over or it is
//! broken.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::call::Call;
use crate::hook::{Asked, Break, Delivery, Event};
use crate::kinds::Kind;
use crate::random::Random;
use crate::refusal::Refusal;
use crate::selector::Selector;
use crate::state::{Logged, State};
use crate::verbs::{partial, select};

/// How often a watch that allows it says how far it is.
const BOOKMARK: Duration = Duration::from_secs(60);
/// How long before its end it says so for the last time.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// Life of a watch that does not say how long it wants to be.
const USUAL_LIFE: u64 = 1_800;

/// An open watch.
pub struct Opened {
    number: u64,
    /// Says that it is still there.
    _token: Arc<()>,
    asked: Asked,
    kind: &'static Kind,
    selector: Selector,
    partial: bool,
    /// Changes up to this one are delivered.
    pub position: u64,
    /// The last revision that the client knows of.
    told: u64,
    /// Objects and bookmark that come first.
    initial: VecDeque<Value>,
    /// The change to deliver next, with its time.
    due: Option<(u64, Instant)>,
    last: Instant,
    end: Instant,
    bookmark: Option<Instant>,
    pub tick: watch::Receiver<u64>,
}

/// What a stream does next.
pub enum Next {
    Send(Value),
    End(Option<Break>),
    Sleep(Instant),
}

impl Opened {
    /// Opens a watch; the objects that it begins with are those of this moment.
    pub fn open(state: &mut State, call: &Call, asked: &Asked) -> Result<Self, Refusal> {
        let selector = Selector::parse(call.parameter("labelSelector"))?;
        let asked_for = call.parameter("resourceVersion");
        let from: u64 = match asked_for {
            "" => 0,
            text => text
                .parse()
                .map_err(|_| Refusal::new(400, format!("invalid resource version {text:?}")))?,
        };
        let life = call.parameter("timeoutSeconds").parse().unwrap_or(USUAL_LIFE);
        let with_bookmarks = call.parameter("allowWatchBookmarks") == "true";
        let streams_list = call.parameter("sendInitialEvents") == "true";
        let now = Instant::now();
        let (number, token) = state.number_watch(asked);
        let mut opened = Self {
            number,
            _token: token,
            asked: asked.clone(),
            kind: call.key.kind,
            selector,
            partial: call.partial,
            position: if from == 0 || streams_list { state.revision } else { from },
            told: if from == 0 || streams_list { state.revision } else { from },
            initial: VecDeque::new(),
            due: None,
            last: now,
            end: now + Duration::from_secs(life),
            bookmark: with_bookmarks.then(|| {
                now + BOOKMARK.min(Duration::from_secs(life).saturating_sub(LAST_BOOKMARK))
            }),
            tick: state.tick.subscribe(),
        };
        if from == 0 || streams_list {
            let objects = select(state, opened.kind, &asked.namespace, &opened.selector);
            opened.initial =
                objects.into_iter().map(|object| opened.event("ADDED", object)).collect();
        }
        if streams_list {
            let mut mark = opened.mark();
            mark["object"]["metadata"]["annotations"] =
                json!({"k8s.io/initial-events-end": "true"});
            opened.initial.push_back(mark);
        }
        Ok(opened)
    }

    /// What to do now.
    pub fn next(&mut self, state: &mut State) -> Next {
        if let Some(how) = state.broken.remove(&self.number) {
            return Next::End(Some(how));
        }
        if let Some(first) = self.initial.pop_front() {
            return Next::Send(first);
        }
        if self.position < state.oldest {
            return Next::End(Some(Break::Gone));
        }
        let now = Instant::now();
        while let Some(change) = following(state, self.position) {
            let (revision, event) = (change.revision, self.seen(change));
            let Some((kind, object)) = event else {
                self.position = revision;
                continue;
            };
            let at = match self.due {
                Some((known, at)) if known == revision => at,
                _ => match self.schedule(state, kind, change) {
                    Ok(at) => at,
                    Err(how) => return Next::End(Some(how)),
                },
            };
            self.due = Some((revision, at));
            if at > now {
                break;
            }
            self.position = revision;
            self.last = at;
            return Next::Send(self.event(kind, &object));
        }
        self.idle(now)
    }

    /// Nothing to deliver yet.
    fn idle(&mut self, now: Instant) -> Next {
        if now >= self.end {
            return Next::End(None);
        }
        let due = self.due.filter(|(revision, _)| *revision > self.position).map(|(_, at)| at);
        if let Some(at) = self.bookmark.filter(|at| now >= *at) {
            let last = self.end - LAST_BOOKMARK;
            self.bookmark = (at < last).then(|| last.min(at + BOOKMARK));
            // It is progress that is told: a watch that stands where it began gets no bookmark.
            if self.position > self.told {
                self.told = self.position;
                return Next::Send(self.mark());
            }
        }
        Next::Sleep([due, self.bookmark].into_iter().flatten().fold(self.end, Instant::min))
    }

    /// When a change is delivered: never before one that came earlier.
    fn schedule(
        &self,
        state: &State,
        kind: &'static str,
        change: &Logged,
    ) -> Result<Instant, Break> {
        let event = Event { kind, key: change.key.clone(), revision: change.revision };
        let delay = match state.scheduler.event(&self.asked, &event) {
            Delivery::Break(how) => return Err(how),
            Delivery::After(delay) => delay,
            Delivery::Usual => {
                let (watch, revision) = (format!("{:?}", self.asked), change.revision.to_string());
                Random::of(state.seed, &["event", &watch, &revision]).duration(&state.delays.watch)
            }
        };
        Ok(self.last.max(change.at + delay))
    }

    /// What a change is to this watch: what enters the selection is added, what leaves it is
    /// deleted.
    fn seen(&self, change: &Logged) -> Option<(&'static str, Arc<Value>)> {
        let within =
            self.asked.namespace.is_empty() || self.asked.namespace == change.key.namespace;
        if change.key.kind != self.kind || !within {
            return None;
        }
        let before = change.before.as_ref().filter(|object| self.selector.selects(object));
        let after =
            Some(&change.object).filter(|object| !change.deleted && self.selector.selects(object));
        match (before, after) {
            (None, Some(object)) => Some(("ADDED", object.clone())),
            (Some(_), Some(object)) => Some(("MODIFIED", object.clone())),
            (Some(last), None) => {
                let mut last = (**last).clone();
                last["metadata"]["resourceVersion"] =
                    change.object["metadata"]["resourceVersion"].clone();
                Some(("DELETED", Arc::new(last)))
            }
            (None, None) => None,
        }
    }

    fn event(&self, kind: &str, object: &Value) -> Value {
        json!({"type": kind, "object": if self.partial { partial(object) } else { object.clone() }})
    }

    fn mark(&self) -> Value {
        let object = json!({
            "kind": self.kind.kind,
            "apiVersion": self.kind.api_version(),
            "metadata": {"resourceVersion": self.position.to_string()},
        });
        self.event("BOOKMARK", &object)
    }
}

/// The change after a position.
fn following(state: &State, position: u64) -> Option<&Logged> {
    let index = state.log.partition_point(|change| change.revision <= position);
    state.log.get(index)
}

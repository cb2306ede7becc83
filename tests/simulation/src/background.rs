//! What a cluster does by itself: serves what is due, collects orphans, empties namespaces that are
//! being deleted.
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::agenda::Job;
use crate::cluster::Shared;
use crate::history::{Change, Key};
use crate::kinds::Kind;
use crate::state::State;
use crate::verbs::{self, delete};

const COLLECTOR: &str = "garbage-collector";
const EMPTIER: &str = "namespace-controller";

/// Does what is on the agenda, for ever.
pub async fn run(shared: Arc<Shared>) {
    let mut tick = shared.lock().tick.subscribe();
    loop {
        tick.mark_unchanged();
        let next = match serve_due(&shared) {
            Due::Run(work) => {
                work.await;
                continue;
            }
            Due::At(next) => next,
        };
        let due = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = tick.changed() => {}
            () = due => {}
        }
    }
}

/// What comes after all that could be done at once.
enum Due {
    Run(BoxFuture<'static, ()>),
    At(Option<Instant>),
}

fn serve_due(shared: &Shared) -> Due {
    let mut state = shared.lock();
    while let Some(job) = state.agenda.take(Instant::now()) {
        match job {
            Job::Run(work) => return Due::Run(work),
            job => perform(&mut state, job),
        }
    }
    Due::At(state.agenda.next())
}

fn perform(state: &mut State, job: Job) {
    match job {
        Job::Run(_) => {}
        Job::Serve(call, asked, reply) => {
            let answer = verbs::serve(state, &call, &asked);
            // Whoever asked may have given up: what was sent takes effect all the same.
            let _ = reply.send(answer);
        }
        Job::Collect => collect(state),
        Job::Empty(namespace) => empty(state, &namespace),
    }
}

/// One object at a time, so that others may act in between.
fn collect(state: &mut State) {
    let mut garbage = state.objects.iter().filter_map(|(key, object)| {
        let owners = object["metadata"]["ownerReferences"].as_array()?;
        let going = !object["metadata"]["deletionTimestamp"].is_null();
        let (gone, kept): (Vec<_>, Vec<_>) =
            owners.iter().partition(|owner| is_gone(state, key, owner));
        let kept: Vec<Value> = kept.into_iter().cloned().collect();
        let is_marked = going && kept.is_empty();
        (!gone.is_empty() && !is_marked).then(|| (key.clone(), object.clone(), kept))
    });
    let (first, more) = (garbage.next(), garbage.next().is_some());
    let Some((key, object, kept)) = first else { return };
    if kept.is_empty() {
        let options = json!({"preconditions": {"uid": object["metadata"]["uid"]}});
        // It was there a moment ago, under the same lock.
        let _ = delete::run(state, COLLECTOR, &key, &options);
    } else {
        let mut object = (*object).clone();
        object["metadata"]["ownerReferences"] = kept.into();
        state.store(COLLECTOR, Change::Updated, &key, object);
    }
    if more {
        state.later(Job::Collect);
    }
}

/// An owner is gone if nothing of its name has its uid. A kind that is not known here is never
/// gone.
fn is_gone(state: &State, dependent: &Key, owner: &Value) -> bool {
    let text = |field: &str| owner[field].as_str().unwrap_or_default();
    let Some(kind) = Kind::of_reference(text("apiVersion"), text("kind")) else { return false };
    let namespace = if kind.namespaced { dependent.namespace.clone() } else { String::new() };
    let key = Key { kind, namespace, name: text("name").into() };
    state.objects.get(&key).is_none_or(|found| found["metadata"]["uid"] != owner["uid"])
}

/// Deletes what is in a namespace, and the namespace once nothing is.
fn empty(state: &mut State, namespace: &str) {
    let own = Key { kind: Kind::namespace(), namespace: String::new(), name: namespace.into() };
    let going = |found: &Arc<Value>| !found["metadata"]["deletionTimestamp"].is_null();
    let Some(found) = state.objects.get(&own).cloned().filter(going) else { return };
    let inside = |state: &State| -> Vec<Key> {
        state
            .objects
            .keys()
            .filter(|key| key.kind.namespaced && key.namespace == namespace)
            .cloned()
            .collect()
    };
    for key in inside(state) {
        let _ = delete::run(state, EMPTIER, &key, &Value::Null);
    }
    if !inside(state).is_empty() {
        state.later(Job::Empty(namespace.into()));
        return;
    }
    let mut last = (*found).clone();
    last["spec"] = json!({});
    let change = if delete::is_held(own.kind, &last) { Change::Updated } else { Change::Deleted };
    state.store(EMPTIER, change, &own, last);
}

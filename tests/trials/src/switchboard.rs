//! Where every request passes: it is named and counted, the plan is asked, and a replica that ended sends nothing more.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use simulation::{Asked, Break, Delivery, Effect, Event, Fate, Scheduler, Verdict};
use tokio::sync::mpsc::UnboundedSender;

use crate::call::{Call, Site};
use crate::fault::Fault;
use crate::plan::{Plan, Ways};
use crate::witness::Witness;

/// How long a client waits for a reply.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The switchboard of one world.
pub struct Switchboard {
    plan: Box<dyn Plan>,
    witness: Arc<Witness>,
    crashed: UnboundedSender<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calm: bool,
    counts: BTreeMap<(String, Site, String), u64>,
    dead: BTreeSet<String>,
    stale: BTreeSet<Call>,
    watches: BTreeMap<String, Call>,
    fired: Vec<(Call, Fault)>,
    calls: Vec<Call>,
}

impl Switchboard {
    /// Replicas that end in the middle of a request are told to `crashed` by name.
    pub fn new(plan: impl Plan, witness: Arc<Witness>, crashed: UnboundedSender<String>) -> Self {
        Self { plan: Box::new(plan), witness, crashed, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more faults from now on.
    pub fn calm_down(&self) {
        self.lock().calm = true;
    }

    /// This replica sends nothing more.
    pub fn bury(&self, identity: &str) {
        self.lock().dead.insert(identity.into());
    }

    /// Whether it has ended.
    pub fn is_dead(&self, identity: &str) -> bool {
        self.lock().dead.contains(identity)
    }

    /// What went wrong so far.
    pub fn fired(&self) -> Vec<(Call, Fault)> {
        self.lock().fired.clone()
    }

    /// Every request of a replica so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Names a request of a replica and says what goes wrong with it and how long it takes.
    pub fn pass(&self, site: Site, subject: String, identity: &str) -> (Call, Option<Fault>, Option<Ways>) {
        let mut state = self.lock();
        let mut count = |whose: &str| {
            let counted = state.counts.entry((whose.into(), site.clone(), subject.clone())).or_default();
            *counted += 1;
            *counted - 1
        };
        let (nth, count) = (count(identity), count(""));
        let call = Call { site, subject, identity: identity.into(), nth, count };
        state.calls.push(call.clone());
        let fault = if state.calm { None } else { self.plan.fault(&call) };
        let ways = if state.calm { None } else { self.plan.ways(&call) };
        if let Some(fault) = fault {
            state.fired.push((call.clone(), fault));
            self.witness.note(|| format!("{identity}: {call}: {fault:?}"));
            if matches!(fault, Fault::CrashBefore | Fault::CrashAfter) {
                state.dead.insert(identity.into());
                // The world ends before its replicas do.
                let _ = self.crashed.send(identity.into());
            }
        } else {
            self.witness.note(|| format!("{identity}: {call}"));
        }
        (call, fault, ways)
    }
}

/// Whether this is a replica of the operator.
pub fn is_replica(identity: &str) -> bool {
    identity.starts_with("pod-")
}

impl Scheduler for Switchboard {
    fn request(&self, asked: &Asked) -> Verdict {
        if !is_replica(&asked.identity) {
            return Verdict::default();
        }
        if self.is_dead(&asked.identity) {
            return Verdict::of(Fate::Swallow);
        }
        let subject = format!("{}/{}", asked.namespace, asked.name);
        let (call, fault, ways) = self.pass(Site::of(asked), subject, &asked.identity);
        if asked.verb == "watch" {
            let mut state = self.lock();
            if let Some(Fault::Stale(_)) = fault {
                state.stale.insert(call.clone());
            }
            state.watches.insert(format!("{asked:?}"), call);
        }
        let (before, after) = ways.map_or((None, None), |(before, after)| (Some(before), Some(after)));
        let fate = match fault {
            None | Some(Fault::Late(_) | Fault::Stale(_) | Fault::Hostile(_)) => Fate::Serve,
            Some(Fault::ErrorBefore) => Fate::LoseRequest,
            Some(Fault::ErrorAfter) => Fate::Deny(504),
            Some(Fault::LostReply) => Fate::LoseReply,
            Some(Fault::Duplicate(later)) => Fate::Repeat(later),
            Some(Fault::Stall | Fault::CrashBefore) => Fate::Swallow,
            Some(Fault::CrashAfter) => Fate::SwallowReply,
            Some(Fault::Status(code, _)) => Fate::Refuse(code),
        };
        let before = if let Some(Fault::Late(late)) = fault { Some(late) } else { before };
        Verdict { before, fate, after }
    }

    fn event(&self, watch: &Asked, event: &Event) -> Delivery {
        let state = self.lock();
        let Some(call) = state.watches.get(&format!("{watch:?}")).filter(|_| !state.calm) else {
            return Delivery::default();
        };
        if state.stale.contains(call) {
            return Delivery::After(Duration::from_secs(90));
        }
        self.plan.event(call, event)
    }

    fn effect(&self, effect: &Effect) {
        self.witness.object(effect);
    }
}

/// The ways in which a watch may end.
pub const BREAKS: [Break; 3] = [Break::End, Break::Reset, Break::Gone];

//! Where every request passes: it is named and counted, the plan is asked, and a replica that ended
//! sends nothing more.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use simulation::{Asked, Delivery, Effect, Event, Fate, Scheduler, Verdict};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::call::{Call, Side, Site};
use crate::fault::Fault;
use crate::passes;
use crate::plan::{Plan, Ways};
use crate::witness::Witness;

/// How long a client waits for a reply.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The switchboard of one world.
pub struct Switchboard {
    plan: Box<dyn Plan>,
    seed: u64,
    witness: Arc<Witness>,
    crashed: UnboundedSender<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calm: Option<Instant>,
    counts: BTreeMap<(String, String, Site, String), u64>,
    ends: BTreeMap<String, Instant>,
    stale: BTreeSet<Call>,
    watches: BTreeMap<String, Call>,
    fired: Vec<(Call, Fault)>,
    calls: Vec<Call>,
}

impl Switchboard {
    /// Replicas that end in the middle of a request are told to `crashed` by name.
    pub fn new(
        plan: impl Plan,
        seed: u64,
        witness: Arc<Witness>,
        crashed: UnboundedSender<String>,
    ) -> Self {
        Self { plan: Box::new(plan), seed, witness, crashed, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more faults from the next moment on.
    pub fn calm_down(&self) {
        self.lock().calm = Some(next_moment());
    }

    /// At that time this replica ends: whatever wakes up then, it does not, and it sends nothing
    /// more.
    pub fn doom(&self, identity: &str, at: Instant) {
        let mut state = self.lock();
        let end = state.ends.entry(identity.into()).or_insert(at);
        *end = at.min(*end);
    }

    /// Whether it has ended.
    pub fn is_dead(&self, identity: &str) -> bool {
        self.lock().ends.get(identity).is_some_and(|end| *end <= Instant::now())
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
    pub fn pass(&self, site: Site, subject: String, identity: &str) -> (Call, Option<Fault>, Ways) {
        let pass = passes::current();
        let mut state = self.lock();
        let mut count = |whose: &str, pass: &str| {
            let counted = state
                .counts
                .entry((whose.into(), pass.into(), site.clone(), subject.clone()))
                .or_default();
            *counted += 1;
            *counted - 1
        };
        let (nth, count) = (count(identity, &pass), count("", &pass));
        let call = Call { site, subject, identity: identity.into(), pass, nth, count };
        state.calls.push(call.clone());
        let fault = if state.is_calm() { None } else { self.plan.fault(&call) };
        let planned = if state.is_calm() { None } else { self.plan.ways(&call) };
        let ways = planned.unwrap_or_else(|| self.usual_ways(&call));
        if let Some(fault) = fault {
            state.fired.push((call.clone(), fault));
            self.witness.note(|| format!("{identity}: {call}: {fault:?}"));
            if matches!(fault, Fault::CrashBefore | Fault::CrashAfter) {
                state.ends.insert(identity.into(), next_moment());
                // The world ends before its replicas do.
                let _ = self.crashed.send(identity.into());
            }
        } else {
            self.witness.note(|| format!("{identity}: {call}"));
        }
        (call, fault, ways)
    }

    fn usual_ways(&self, call: &Call) -> Ways {
        let most = if call.site.side == Side::Isc { 300 } else { 10 };
        let mut random = call.random(self.seed, "ways");
        let range = Duration::from_millis(1)..=Duration::from_millis(most);
        (random.duration(&range), random.duration(&range))
    }
}

impl State {
    fn is_calm(&self) -> bool {
        self.calm.is_some_and(|since| since <= Instant::now())
    }
}

/// What happens at one moment happens in any order: what must not depend on it takes effect at the
/// next.
pub fn next_moment() -> Instant {
    Instant::now() + Duration::from_millis(1)
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
        let subject = format!("{}/{}{}", asked.namespace, asked.name, asked.selector);
        let (call, fault, ways) = self.pass(Site::of(asked), subject, &asked.identity);
        if asked.verb == "watch" {
            let mut state = self.lock();
            if let Some(Fault::Stale(_)) = fault {
                state.stale.insert(call.clone());
            }
            state.watches.insert(format!("{asked:?}"), call);
        }
        let (before, after) = (Some(ways.0), Some(ways.1));
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
        let Some(call) = state.watches.get(&format!("{watch:?}")).filter(|_| !state.is_calm())
        else {
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

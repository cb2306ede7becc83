//! SIGKILL at every effect of the operator: what the next start makes of it.
//!
//! Each row of a table has a place of its own, where what is tried is held right before or right
//! after one effect: in ISC by a gate of the simulator, in Kubernetes by a checkpoint. When all are
//! held, one SIGKILL hits them all. A request that ISC holds takes effect after the kill, as a late
//! one would; a write that Kubernetes has not got is lost.
mod changes;
mod life;

use std::sync::Mutex;

use futures::future::join_all;
use isc_simulator::Operation::Create;
use isc_simulator::{GateSpec, Operation, When};
use jiff::SignedDuration;
use stage::proxy::Write;
use stage::{Place, Stage, eventually};

use crate::checkpoint::Checkpoints;

/// Where a row is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// At the first call of its kind, the Tenant being connected already.
    Isc(Operation, When),
    /// At a call while the Tenant is connected, so many of its kind being let through before.
    Connecting(Operation, usize, When),
    /// At its POST, which takes effect when it is let go, and not with the kill.
    LatePost,
    /// At the nth write of a kind.
    Kubernetes(Write, usize, When),
}
use Hold::{Connecting, Isc, Kubernetes, LatePost};

/// All rows are in flight at once; the rest is short, but for an attempt, which lasts until time is
/// moved.
const FLAGS: [&str; 6] = [
    "--concurrency=200",
    "--attempt-expiry=10m",
    "--list-lag=1s",
    "--recheck=1s",
    "--secret-poll=1s",
    "--backoff-first=1s",
];
const ATTEMPT_EXPIRY: SignedDuration = SignedDuration::from_mins(10);

const LAST_TURN: usize = 2;

/// Holds rows, and kills.
struct Crash<'a> {
    stage: &'a Stage,
    checkpoints: Checkpoints,
    /// The gate of the late POST.
    late: Mutex<Option<u64>>,
}

impl Hold {
    /// Which rows are tried after which. The operator waits for a reply of ISC for 10 s and for one
    /// of Kubernetes for 30 s, and goes on then: a second POST is one more token, while another
    /// call that is sent again is held again.
    fn turn(self) -> usize {
        match self {
            Isc(Create, _) | LatePost => LAST_TURN,
            Kubernetes(..) => 1,
            Isc(..) | Connecting(..) => 0,
        }
    }
}

impl<'a> Crash<'a> {
    /// Stands between this stage's operator and its API server.
    async fn on(stage: &'a Stage) -> Self {
        Self { checkpoints: Checkpoints::before(stage).await, stage, late: Mutex::default() }
    }

    fn start(&self) {
        self.stage.start_operator();
    }

    fn set(&self, place: &Place<'_>, hold: Hold) {
        let control = self.stage.simulator.control();
        let gate = |operation, when| {
            control.close_gate(GateSpec {
                tenant: Some(place.name.clone()),
                operation: Some(operation),
                when,
            })
        };
        match hold {
            Isc(operation, when) => drop(gate(operation, when)),
            Connecting(operation, passing, when) => {
                control.release_gate(gate(operation, when), passing).unwrap();
            }
            LatePost => *self.late.lock().unwrap() = Some(gate(Create, When::Before)),
            Kubernetes(write, nth, when) => self.checkpoints.set(&place.name, write, nth, when),
        }
    }

    fn holds(&self, place: &str) -> bool {
        let control = self.stage.simulator.control();
        let gates = control.gates();
        let at_gate =
            gates.iter().any(|gate| gate.spec.tenant.as_deref() == Some(place) && gate.held > 0);
        at_gate || self.checkpoints.holds(place)
    }

    /// Tries in all places what their rows hold, until all are held.
    async fn hold(&self, rows: &[(Hold, &Place<'_>)], attempt: impl AsyncFn(usize)) {
        for turn in 0..=LAST_TURN {
            let group = || rows.iter().enumerate().filter(|(_, (hold, _))| hold.turn() == turn);
            group().for_each(|(_, (hold, place))| self.set(place, *hold));
            join_all(group().map(|(n, _)| attempt(n))).await;
            join_all(group().map(|(_, (hold, place))| self.until_held(*hold, place))).await;
        }
    }

    async fn until_held(&self, hold: Hold, place: &Place<'_>) {
        let what = format!("{hold:?} is reached in {}", place.name);
        eventually(&what, async || self.holds(&place.name).then_some(())).await;
    }

    /// Kills the operator; then all that ISC holds takes effect, but for the late POST.
    fn kill(&self) {
        self.stage.kill_operator();
        self.checkpoints.clear();
        let (control, late) = (self.stage.simulator.control(), *self.late.lock().unwrap());
        for gate in control.gates().iter().filter(|gate| Some(gate.id) != late) {
            control.open_gate(gate.id).unwrap();
        }
    }

    /// Moves time until no attempt of before can take effect any more, and lets the late POST go.
    fn end_attempts(&self) {
        let control = self.stage.simulator.control();
        control.advance(ATTEMPT_EXPIRY);
        if let Some(late) = self.late.lock().unwrap().take() {
            control.open_gate(late).unwrap();
        }
    }
}

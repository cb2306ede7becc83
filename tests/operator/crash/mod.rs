//! SIGKILL at every effect of the operator: what the next start makes of it.
//!
//! Each row of a table has a place of its own, where what is tried is held right before or right after one effect: in
//! ISC by a gate of the simulator, in Kubernetes by a checkpoint. When all are held, one SIGKILL hits them all. A
//! request that ISC holds takes effect after the kill, as a late one would; a write that Kubernetes has not got is lost.
mod changes;
mod life;

use std::time::Duration;

use base64::Engine;
use isc_simulator::Operation::Create;
use isc_simulator::{Fault, GateSpec, Operation, When};
use serde_json::Value;

use crate::checkpoint::{Checkpoints, Write};
use crate::stage::{Place, Stage, eventually};

/// Where a row is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// At the first call of its kind, the Tenant being connected already.
    Isc(Operation, When),
    /// At a call while the Tenant is connected, so many of its kind being let through before.
    Connecting(Operation, usize, When),
    /// At its POST, which takes effect only when its expiry is over.
    LatePost,
    /// At the nth write of a kind.
    Kubernetes(Write, usize, When),
}
use Hold::{Connecting, Isc, Kubernetes, LatePost};

/// All rows are in flight at once; the rest is short.
const FLAGS: [&str; 6] = [
    "--concurrency=200",
    "--attempt-expiry=40s",
    "--list-lag=1s",
    "--recheck=1s",
    "--secret-poll=1s",
    "--backoff-first=1s",
];
const ATTEMPT_EXPIRY: Duration = Duration::from_secs(40);
/// Longer than the recovery takes.
const LATE_MS: u64 = 20_000;

/// Holds rows, and kills.
struct Crash<'a> {
    stage: &'a Stage,
    checkpoints: Checkpoints,
}

impl<'a> Crash<'a> {
    /// Stands between this stage's operator and its API server.
    async fn on(stage: &'a Stage) -> Self {
        Self { checkpoints: Checkpoints::before(stage).await, stage }
    }

    fn start(&self) {
        self.stage.start_operator();
    }

    fn set(&self, place: &Place<'_>, hold: Hold) {
        let control = self.stage.simulator.control();
        let gate = |operation, when| {
            control.close_gate(GateSpec { tenant: Some(place.name.clone()), operation: Some(operation), when })
        };
        match hold {
            Isc(operation, when) => drop(gate(operation, when)),
            Connecting(operation, passing, when) => control.release_gate(gate(operation, when), passing).unwrap(),
            LatePost => {
                let fault = Fault { latency_ms: LATE_MS, ..Fault::on(Create) };
                control.add_fault(Some(&place.name), fault.once());
            }
            Kubernetes(write, nth, when) => self.checkpoints.set(&place.name, write, nth, when),
        }
    }

    fn holds(&self, place: &str) -> bool {
        let control = self.stage.simulator.control();
        let gates = control.gates();
        let at_gate = gates.iter().any(|gate| gate.spec.tenant.as_deref() == Some(place) && gate.held > 0);
        at_gate || self.checkpoints.holds(place)
    }

    async fn until_held<'p>(&self, rows: impl Iterator<Item = (Hold, &'p Place<'a>)>)
    where
        'a: 'p,
    {
        let control = self.stage.simulator.control();
        for (hold, place) in rows {
            let held = || if hold == LatePost { control.faults().is_empty() } else { self.holds(&place.name) };
            eventually(&format!("{hold:?} is reached in {}", place.name), async || held().then_some(())).await;
        }
    }

    /// When all rows are held, kills the operator; then all that ISC holds takes effect.
    async fn kill_when_held<'p>(&self, rows: impl Iterator<Item = (Hold, &'p Place<'a>)>)
    where
        'a: 'p,
    {
        self.until_held(rows).await;
        self.stage.kill_operator();
        self.checkpoints.clear();
        let control = self.stage.simulator.control();
        control.gates().iter().for_each(|gate| control.open_gate(gate.id).unwrap());
    }
}

impl Place<'_> {
    /// What the ledger holds.
    pub async fn document(&self) -> Value {
        let ledger = self.ledger().await.unwrap();
        let document = ledger.data["data"]["ledger.json"].as_str().unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::STANDARD.decode(document).unwrap()).unwrap()
    }
}

/// The tokens that a ledger holds.
pub fn recorded(ledger: &Value) -> Vec<&str> {
    ledger["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

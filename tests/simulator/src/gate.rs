//! Gates: hold requests before or after their effect until a test lets them go.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::fault::When;
use crate::route::Operation;

/// Which requests a gate holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateSpec {
    /// Only this tenant; all when absent.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Only this operation; all when absent.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// On which side of the effect they are held.
    pub when: When,
}

/// A gate as the control API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateState {
    /// Its number.
    pub id: u64,
    /// Which requests it holds.
    pub spec: GateSpec,
    /// How many it holds right now.
    pub held: u64,
    /// How many it has held so far.
    pub arrived: u64,
}

struct Gate {
    id: u64,
    spec: GateSpec,
    permits: Semaphore,
    held: AtomicU64,
    arrived: AtomicU64,
}

/// All closed gates.
#[derive(Default)]
pub struct Gates {
    gates: Mutex<Vec<Arc<Gate>>>,
    next: AtomicU64,
}

impl Gates {
    /// Closes a gate; returns its number.
    pub fn close(&self, spec: GateSpec) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let (held, arrived) = (AtomicU64::new(0), AtomicU64::new(0));
        self.gates.lock().push(Arc::new(Gate {
            id,
            spec,
            permits: Semaphore::new(0),
            held,
            arrived,
        }));
        id
    }

    /// Lets `count` requests through, those held first. False if there is no such gate.
    pub fn release(&self, id: u64, count: usize) -> bool {
        let gates = self.gates.lock();
        let gate = gates.iter().find(|gate| gate.id == id);
        gate.map(|gate| gate.permits.add_permits(count)).is_some()
    }

    /// Removes a gate; everything it holds goes on. False if there is no such gate.
    pub fn open(&self, id: u64) -> bool {
        let mut gates = self.gates.lock();
        let Some(index) = gates.iter().position(|gate| gate.id == id) else {
            return false;
        };
        gates.remove(index).permits.close();
        true
    }

    /// Removes all gates.
    pub fn open_all(&self) {
        self.gates.lock().drain(..).for_each(|gate| gate.permits.close());
    }

    /// The gates and what they hold.
    pub fn all(&self) -> Vec<GateState> {
        self.gates.lock().iter().map(|gate| gate.state()).collect()
    }

    /// Waits as long as any matching gate holds this request.
    pub async fn pass(&self, tenant: &str, operation: Operation, when: When) {
        let matching: Vec<Arc<Gate>> = {
            let gates = self.gates.lock();
            gates.iter().filter(|gate| gate.holds(tenant, operation, when)).cloned().collect()
        };
        for gate in matching {
            gate.arrived.fetch_add(1, Ordering::Relaxed);
            gate.held.fetch_add(1, Ordering::Relaxed);
            // An error means that the gate was opened for good.
            if let Ok(permit) = gate.permits.acquire().await {
                permit.forget();
            }
            gate.held.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Gate {
    fn holds(&self, tenant: &str, operation: Operation, when: When) -> bool {
        self.spec.when == when
            && self.spec.tenant.as_deref().is_none_or(|name| name == tenant)
            && self.spec.operation.is_none_or(|wanted| wanted == operation)
    }

    fn state(&self) -> GateState {
        GateState {
            id: self.id,
            spec: self.spec.clone(),
            held: self.held.load(Ordering::Relaxed),
            arrived: self.arrived.load(Ordering::Relaxed),
        }
    }
}

//! What the operator has spent: writes by the audit log, calls by the simulator's record.
use std::collections::BTreeMap;
use std::time::Duration;

use control_plane::audit::Request;
use isc_simulator::{Kind, Operation};
use kube::ResourceExt;

use crate::stage::{OWN, Place, Stage};

/// Writes and calls for one place.
#[derive(Debug)]
pub struct Spent {
    /// By what is written; a ledger counts as one.
    pub writes: BTreeMap<String, usize>,
    /// Calls of ISC by operation.
    pub calls: BTreeMap<String, usize>,
}

impl Spent {
    /// All that was spent so far.
    pub async fn by(place: &Place<'_>) -> Self {
        let ledger = place.ledger().await.map(|ledger| ledger.name_any());
        let mut writes = BTreeMap::new();
        for request in place.stage.requests(0).0 {
            let object = request.object_ref.clone().unwrap_or_default();
            let of_ledger =
                object.namespace == OWN && ledger.as_ref().is_some_and(|name| request.uri.contains(name.as_str()));
            if request.is_write() && counts(&request.target()) && (object.namespace == place.name || of_ledger) {
                let target = if of_ledger { "ledger".to_owned() } else { request.target() };
                *writes.entry(target).or_default() += 1;
            }
        }
        let mut calls = BTreeMap::new();
        for entry in place.record().iter().filter(|entry| entry.kind == Kind::Request) {
            let operation = entry.operation.map(|operation| format!("{operation:?}"));
            *calls.entry(operation.unwrap_or_default()).or_default() += 1;
        }
        Self { writes, calls }
    }

    /// What was spent since.
    pub fn less(mut self, before: &Self) -> Self {
        for (all, old) in [(&mut self.writes, &before.writes), (&mut self.calls, &before.calls)] {
            for (what, number) in all {
                *number -= old.get(what).copied().unwrap_or(0);
            }
        }
        self
    }

    /// Writes, the events left out.
    pub fn kubernetes(&self) -> usize {
        self.writes.iter().filter(|(target, _)| *target != "events").map(|(_, number)| number).sum()
    }

    /// Calls of one operation.
    pub fn calls(&self, operation: Operation) -> usize {
        self.calls.get(&format!("{operation:?}")).copied().unwrap_or(0)
    }
}

/// Waits until the operator has written nothing for some time.
pub async fn settled(stage: &Stage) {
    let mut offset = stage.requests(0).1;
    loop {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (writes, end) = writes(stage, offset);
        if writes.is_empty() {
            return;
        }
        offset = end;
    }
}

/// The writes behind an offset of the audit log that count, and the offset to go on from.
pub fn writes(stage: &Stage, offset: u64) -> (Vec<Request>, u64) {
    let (mut all, end) = stage.requests(offset);
    all.retain(|request| request.is_write() && counts(&request.target()));
    (all, end)
}

/// Neither the Lease nor the Tenant's status is counted.
fn counts(target: &str) -> bool {
    !matches!(target, "leases" | "tenants/status")
}

//! What the operator has spent: requests to Kubernetes by the audit log, calls of ISC by the
//! simulator's record.
use std::collections::BTreeMap;
use std::time::Duration;

use control_plane::audit::Request;
use isc_simulator::{Entry, Kind, Operation};
use kube::ResourceExt;

use crate::place::Place;
use crate::stage::{OWN, Stage};

/// Requests by verb and target, as in `create events`, and calls by operation. A Secret of the
/// operator's namespace is a `ledger`.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    pub kubernetes: BTreeMap<String, usize>,
    pub isc: BTreeMap<String, usize>,
}

impl Spent {
    /// Requests, but for watches, behind an offset of the audit log, and calls behind an entry of
    /// the record.
    pub fn since(stage: &Stage, offset: u64, seq: u64) -> Self {
        let requests =
            stage.requests(offset).0.into_iter().filter(|request| request.verb != "watch");
        Self::of(requests, stage.simulator.control().record_since(seq))
    }

    /// All writes and calls for one place so far, but for the Lease and the Tenant's status.
    pub async fn by(place: &Place<'_>) -> Self {
        let ledger = place.ledger().await.map(|ledger| ledger.name_any());
        let is_its_own = |request: &Request| {
            let namespace =
                request.object_ref.as_ref().map_or("", |object| object.namespace.as_str());
            let is_its_ledger =
                ledger.as_ref().is_some_and(|name| request.uri.contains(name.as_str()));
            namespace == place.name || (namespace == OWN && is_its_ledger)
        };
        let writes = writes(place.stage, 0).0.into_iter().filter(is_its_own);
        Self::of(writes, place.record())
    }

    fn of(requests: impl Iterator<Item = Request>, record: Vec<Entry>) -> Self {
        let mut spent = Self::default();
        for request in requests {
            let is_own = request.object_ref.as_ref().is_some_and(|object| object.namespace == OWN);
            let target = match request.target().as_str() {
                "secrets" if is_own => "ledger".to_owned(),
                target => target.to_owned(),
            };
            *spent.kubernetes.entry(format!("{} {target}", request.verb)).or_default() += 1;
        }
        for entry in record.iter().filter(|entry| entry.kind == Kind::Request) {
            let operation = entry.operation.map(|operation| format!("{operation:?}"));
            *spent.isc.entry(operation.unwrap_or_default()).or_default() += 1;
        }
        spent
    }

    /// What was spent since.
    pub fn less(mut self, before: &Self) -> Self {
        for (all, old) in [(&mut self.kubernetes, &before.kubernetes), (&mut self.isc, &before.isc)]
        {
            for (what, number) in all {
                *number -= old.get(what).copied().unwrap_or(0);
            }
        }
        self
    }

    /// Requests that are no events.
    pub fn without_events(&self) -> usize {
        self.kubernetes.values().sum::<usize>() - self.events()
    }

    /// Events.
    pub fn events(&self) -> usize {
        let of_events = self.kubernetes.iter().filter(|(what, _)| what.ends_with(" events"));
        of_events.map(|(_, number)| number).sum()
    }

    /// Calls of one operation.
    pub fn calls(&self, operation: Operation) -> usize {
        self.isc.get(&format!("{operation:?}")).copied().unwrap_or(0)
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

/// The writes behind an offset of the audit log, but for the Lease and the Tenant's status, and the
/// offset to go on from.
pub fn writes(stage: &Stage, offset: u64) -> (Vec<Request>, u64) {
    let (mut all, end) = stage.requests(offset);
    all.retain(|request| {
        request.is_write() && !matches!(request.target().as_str(), "leases" | "tenants/status")
    });
    (all, end)
}

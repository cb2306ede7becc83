//! What the operator asked of Kubernetes (the audit log) and of ISC (the simulator's record).
use std::collections::BTreeMap;

use isc_simulator::Kind;

use crate::stage::Stage;

/// Requests by `verb target` and by method and kind of path.
#[derive(Debug, Default)]
pub struct Counts {
    pub kubernetes: BTreeMap<String, usize>,
    pub isc: BTreeMap<String, usize>,
}

const ACCOUNT: &str = "system:serviceaccount:pat-operator-system:pat-operator";

impl Counts {
    /// All since an offset of the audit log and a number of the record; watches are not counted.
    pub fn read(stage: &Stage, offset: u64, seq: u64) -> Self {
        let mut counts = Self::default();
        let (requests, _) = control_plane::audit::read(&stage.plane.audit_log(), offset).unwrap();
        for request in requests.iter().filter(|r| r.user.username == ACCOUNT && r.verb != "watch") {
            let mut target = request.target();
            if target == "secrets" {
                let ledger = request.object_ref.as_ref().is_some_and(|object| object.namespace == crate::OWN);
                target = if ledger { "ledger".into() } else { "secret".into() };
            }
            *counts.kubernetes.entry(format!("{} {target}", request.verb)).or_default() += 1;
        }
        for entry in stage.simulator.control().record_since(seq).iter().filter(|e| e.kind == Kind::Request) {
            let path = entry.path.clone().unwrap_or_default();
            let method = path.split(' ').next().unwrap_or_default();
            let what = if path.contains("/oauth/") { "access token".into() } else { format!("{method} token") };
            *counts.isc.entry(what).or_default() += 1;
        }
        counts
    }

    /// The requests per create.
    pub fn print(&self, creates: usize) {
        let line = |counts: &BTreeMap<String, usize>| {
            let each = counts.iter().map(|(what, n)| format!("{what} {:.2}", *n as f64 / creates as f64));
            each.collect::<Vec<_>>().join(", ")
        };
        println!("  Kubernetes/create   {}", line(&self.kubernetes));
        println!("  ISC/create          {}", line(&self.isc));
    }

    /// How often something was done, shared out evenly: for the n-th of so many creates.
    pub fn share(&self, what: &str, n: usize, creates: usize) -> usize {
        let all = self.kubernetes.get(what).or_else(|| self.isc.get(what)).copied().unwrap_or(0);
        all * (n + 1) / creates - all * n / creates
    }
}

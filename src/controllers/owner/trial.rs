//! While ISC refuses the operator's own credential, a trial of the published ones: ISC refuses them
//! too when the ISC user is disabled.
use std::time::Duration;

use super::effect::isc::credential;
use super::memory::Memory;
use super::report::Reporter;
use super::session::OwnerSession;
use crate::isc::Failure;
use crate::lifecycle::Ledger;
use crate::lifecycle::ledger::{Entry, State};

/// Between two trials of an owner.
pub(super) const EVERY: Duration = Duration::from_secs(60);

/// Tries the published credential that was tried longest ago, and puts up what came of it. An
/// outage changes nothing.
pub(super) async fn run(reporter: &Reporter<'_>, session: &OwnerSession, memory: &mut Memory) {
    if !memory.may_try(EVERY) {
        return;
    }
    let Ok(Some(stored)) = reporter.context.ledgers.get(reporter.ledger).await else { return };
    let Some(entry) = next(&stored.ledger, memory) else { return };
    // Before the call: in an outage the next trial is another token's.
    memory.tried(&entry.id);
    let refusal = match session.client.verify(&credential(entry)).await {
        Ok(()) => None,
        // A proxy may refuse without a word: that says nothing of a live credential.
        Err(failure) if !failure.is_explained() => return,
        Err(Failure::Refused { status, message }) => Some(format!("status {status}: {message}")),
        Err(_) => return,
    };
    let mut report = reporter.last();
    report.trials.insert(entry.uid.clone(), refusal);
    // The label by which the ledger was found may be wrong; what is published is its Tenant's.
    Reporter { tenant: &stored.ledger.endpoint.tenant, ..*reporter }.put(report);
}

/// The credential whose turn it is.
fn next<'a>(ledger: &'a Ledger, memory: &Memory) -> Option<&'a Entry> {
    let published = ledger.entries.iter().filter(|entry| {
        let resource = ledger.resource(&entry.uid);
        entry.state == State::Current && resource.is_some_and(|resource| !resource.deleting)
    });
    published.min_by_key(|entry| memory.last_trial(&entry.id))
}

//! While ISC refuses the operator's own credential: whether it refuses the published ones too, as it does when the ISC user
//! is disabled.
use std::time::Duration;

use super::effect::credential;
use super::{Memory, Working, old_report, report};
use crate::controllers::context::Context;
use crate::isc::Failure;
use crate::lifecycle::Ledger;
use crate::lifecycle::ledger::{Entry, State};

/// Between two trials of an owner.
pub(super) const EVERY: Duration = Duration::from_secs(60);

/// Tries the published credential that was tried longest ago, and puts up what came of it. An outage changes nothing.
pub(super) async fn run(context: &Context, session: &Working, ledger: &str, memory: &mut Memory) {
    if !memory.may_try(EVERY) {
        return;
    }
    let Ok(Some(stored)) = context.ledgers.get(ledger).await else { return };
    let Some(entry) = next(&stored.ledger, memory) else { return };
    memory.tried(&entry.id);
    let refusal = match session.client.verify(&credential(entry)).await {
        Ok(()) => None,
        Err(Failure::Refused { status, message }) => Some(format!("status {status}: {message}")),
        Err(_) => return,
    };
    let mut report = old_report(context, ledger);
    report.trials.insert(entry.uid.clone(), refusal);
    report::put(context, ledger, &stored.ledger.endpoint.tenant, report);
}

/// The credential whose turn it is.
fn next<'a>(ledger: &'a Ledger, memory: &Memory) -> Option<&'a Entry> {
    let published = |entry: &&Entry| {
        let resource = ledger.resources.get(&entry.uid);
        entry.state == State::Current && resource.is_some_and(|resource| !resource.deleting)
    };
    ledger.entries.iter().filter(published).min_by_key(|entry| memory.last_trial(&entry.id))
}

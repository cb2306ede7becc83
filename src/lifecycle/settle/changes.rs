//! Recording changes of live tokens (R12, R16, R22).
use super::Patched;
use super::attempt::back_off;
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{Entry, Ledger};
use crate::lifecycle::step::Step;
use crate::lifecycle::timings::Timings;

/// A PATCH that ISC answered: recorded if it took effect, else the resource backs off.
pub(super) fn patched(l: &mut Ledger, step: &Step, patched: Patched, now: Now, timings: &Timings) {
    let (Step::Apply { id, .. } | Step::Renew { id, .. } | Step::Rename { id, .. }) = step else { return };
    match patched {
        Patched::Yes | Patched::Shorter(_) => succeed(l, id, |entry| {
            entry.changed_at = now.ms;
            change(entry, step, now);
            if let Patched::Shorter(until) = patched {
                (entry.expires_at, entry.longest) = (until, Some(until - now.ms));
            }
        }),
        Patched::No => {
            if let Some(uid) = l.entry(id).map(|entry| entry.uid.clone()) {
                back_off(l, &uid, now.ms, 0, timings);
            }
        }
    }
}

/// Changes an entry and forgives its resource what failed before.
fn succeed(l: &mut Ledger, id: &str, change: impl FnOnce(&mut Entry)) {
    let Some(entry) = l.entries.iter_mut().find(|entry| &*entry.id == id) else { return };
    change(entry);
    let uid = entry.uid.clone();
    if let Some(resource) = l.resources.get_mut(&uid) {
        resource.failures = 0;
        resource.not_before = 0;
    }
}

fn change(entry: &mut Entry, step: &Step, now: Now) {
    match step {
        Step::Apply { scopes, wanted, .. } => {
            entry.applied = wanted.clone();
            if scopes.is_some() {
                entry.applied_at = now.ms;
                entry.missing_scopes = None;
            }
        }
        Step::Renew { until, .. } => (entry.expires_at, entry.longest) = (*until, None),
        Step::Rename { .. } => entry.renamed = true,
        _ => {}
    }
}

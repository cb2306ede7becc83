//! The wait after what failed (R7): it is recorded, and ends with a success.
use crate::lifecycle::ledger::{Ledger, Millis};
use crate::lifecycle::timings::Timings;

/// R7: the wait lives in the ledger, so that a restart does not mint in a loop.
pub(super) fn back_off(
    l: &mut Ledger,
    uid: &str,
    now: Millis,
    at_least: Millis,
    timings: &Timings,
) {
    let Some(resource) = l.resources.get_mut(uid) else { return };
    // The longest wait is reached long before: this only prevents an overflow.
    let doublings = resource.failures.min(20);
    let wait = timings.backoff_first.saturating_mul(1 << doublings).min(timings.backoff_max);
    resource.failures = resource.failures.saturating_add(1);
    resource.not_before = now + wait.max(at_least);
}

/// Failures from before count no more.
pub(super) fn forgive(l: &mut Ledger, uid: &str) {
    if let Some(resource) = l.resources.get_mut(uid) {
        resource.failures = 0;
        resource.not_before = 0;
    }
}

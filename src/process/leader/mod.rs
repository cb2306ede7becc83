//! Leader election by one Lease, so that replicas take turns. Safety never depends on it (P5).
//!
//! Compare-and-swap by resourceVersion; a holder's silence is measured with the local monotonic clock from the moment
//! a change of the Lease was seen, never by the time stamps in it.
#[cfg(test)]
mod contest;
mod decision;
mod election;

use std::time::Duration;

pub(super) use election::Election;

/// The durations of the election.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaseTimes {
    /// How long a Lease that is not renewed keeps others out; written to it in whole seconds, rounded up.
    pub(super) duration: Duration,
    /// How long the leader tries to renew before it gives up.
    pub(super) renew_deadline: Duration,
    /// Pause between two looks at the Lease.
    pub(super) retry: Duration,
}

impl LeaseTimes {
    /// Whether a leader gives up before another may take over, and has a second try before that.
    pub(super) fn are_ordered(&self) -> bool {
        self.duration > self.renew_deadline && self.renew_deadline > self.retry
    }
}

//! Leader election by one Lease, so that replicas take turns. Safety never depends on it (P5).
//!
//! Compare-and-swap by resourceVersion; a holder's silence is measured with the local monotonic
//! clock from the moment a change of the Lease was seen, never by the time stamps in it.
#[cfg(test)]
mod contest;
mod decision;
mod election;

pub(super) use decision::LeaseTimes;
pub(super) use election::Election;

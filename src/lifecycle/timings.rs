//! The durations of the protocol in one struct, in milliseconds: production uses the defaults,
//! tests shorten them.
use std::time::Duration;

use super::ledger::Millis;

/// Every duration that the protocol names (`ARCHITECTURE.md`, rules R1 to R23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    /// R1: provisional life of a token that is not recorded yet.
    pub attempt_expiry: Millis,
    /// R21: the same where ISC refuses so short a life.
    pub long_attempt_expiry: Millis,
    /// R2: how long a token that exists may be missing from LIST.
    pub list_lag: Millis,
    /// R2: how old a LIST may be when an intent is written.
    pub list_max_age: Millis,
    /// R6: how often LIST is read when nothing happens.
    pub drift_interval: Millis,
    /// R7: first wait after a failed attempt; it doubles.
    pub backoff_first: Millis,
    /// R7: longest wait after a failed attempt.
    pub backoff_max: Millis,
    /// R7: how long a refusal of a fresh credential is taken for a delay of ISC.
    pub verify_retry_for: Millis,
    /// R16: life given to a recorded token.
    pub long_expiry: Millis,
    /// R6: a token that was given at most this life was never recorded.
    pub provisional_max: Millis,
    /// R20: how soon to look again while something waits for ISC time.
    pub recheck: Millis,
    /// R22: how long ISC may take until changed scopes reach new access tokens.
    pub scope_lag: Millis,
    /// R12: between the two live reads that show that a resource is gone without the operator's
    /// consent.
    pub vanish_after: Millis,
}

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

impl Default for Timings {
    fn default() -> Self {
        Self {
            attempt_expiry: 10 * MINUTE,
            long_attempt_expiry: 25 * HOUR,
            list_lag: 120 * SECOND,
            list_max_age: 60 * SECOND,
            drift_interval: 10 * MINUTE,
            backoff_first: MINUTE,
            backoff_max: 6 * HOUR,
            verify_retry_for: 60 * SECOND,
            long_expiry: 90 * DAY,
            // Longer than `long_attempt_expiry`: otherwise no sweep would know such a token.
            provisional_max: 26 * HOUR,
            recheck: 30 * SECOND,
            scope_lag: 20 * MINUTE,
            vanish_after: 10 * MINUTE,
        }
    }
}

/// A duration in the unit of ISC's time; one that is longer than that can say is the longest.
pub fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

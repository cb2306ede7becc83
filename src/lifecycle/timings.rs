//! The durations of the protocol in one struct: production uses the defaults, tests shorten them.
use std::time::Duration;

/// Every duration that the protocol names (`ARCHITECTURE.md`, rules R1 to R22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    /// R1: provisional life of a token that is not recorded yet.
    pub attempt_expiry: Duration,
    /// R21: the same where ISC refuses so short a life.
    pub long_attempt_expiry: Duration,
    /// R2: how long a token that exists may be missing from LIST.
    pub list_lag: Duration,
    /// R2: how old a LIST may be when an intent is written.
    pub list_max_age: Duration,
    /// R6: how often LIST is read when nothing happens.
    pub drift_interval: Duration,
    /// R7: first wait after a failed attempt; it doubles.
    pub backoff_first: Duration,
    /// R7: longest wait after a failed attempt.
    pub backoff_max: Duration,
    /// R7: how long a refusal of a fresh credential is taken for a delay of ISC.
    pub verify_retry_for: Duration,
    /// R16: life given to a recorded token.
    pub long_expiry: Duration,
    /// R6: a token that was given at most this life was never recorded.
    pub provisional_max: Duration,
    /// R20: how soon to look again while something waits for ISC time.
    pub recheck: Duration,
    /// R22: how long ISC may take until changed scopes reach new access tokens.
    pub scope_lag: Duration,
    /// R12: between the two live reads that show that a resource is gone without the operator's consent.
    pub vanish_after: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Default for Timings {
    fn default() -> Self {
        Self {
            attempt_expiry: Duration::from_secs(10 * MINUTE),
            long_attempt_expiry: Duration::from_secs(25 * HOUR),
            list_lag: Duration::from_secs(120),
            list_max_age: Duration::from_secs(60),
            drift_interval: Duration::from_secs(10 * MINUTE),
            backoff_first: Duration::from_secs(MINUTE),
            backoff_max: Duration::from_secs(6 * HOUR),
            verify_retry_for: Duration::from_secs(60),
            long_expiry: Duration::from_secs(90 * DAY),
            provisional_max: Duration::from_secs(26 * HOUR),
            recheck: Duration::from_secs(30),
            scope_lag: Duration::from_secs(20 * MINUTE),
            vanish_after: Duration::from_secs(10 * MINUTE),
        }
    }
}

//! Hidden flags that override the protocol's durations, for tests and trials.
use std::time::Duration;

use clap::Args;

use super::duration::parse;
use crate::lifecycle::Timings;
use crate::lifecycle::ledger::Millis;
use crate::lifecycle::timings::millis;

/// One flag per field of [`Timings`]; absent means what the protocol says. The two that have a
/// visible flag are not here.
#[derive(Args, Debug)]
pub(super) struct TimingFlags {
    /// Life of a provisional token (R1)
    #[arg(long, env = "PAT_OPERATOR_ATTEMPT_EXPIRY", value_parser = parse, hide = true)]
    attempt_expiry: Option<Duration>,
    /// Life of a provisional token where ISC refuses a short one (R21)
    #[arg(long, env = "PAT_OPERATOR_LONG_ATTEMPT_EXPIRY", value_parser = parse, hide = true)]
    long_attempt_expiry: Option<Duration>,
    /// How late a LIST may show an effect (R2)
    #[arg(long, env = "PAT_OPERATOR_LIST_LAG", value_parser = parse, hide = true)]
    list_lag: Option<Duration>,
    /// Oldest LIST that licenses an intent (R2)
    #[arg(long, env = "PAT_OPERATOR_LIST_MAX_AGE", value_parser = parse, hide = true)]
    list_max_age: Option<Duration>,
    /// Longest life of a token that counts as provisional (R6)
    #[arg(long, env = "PAT_OPERATOR_PROVISIONAL_MAX", value_parser = parse, hide = true)]
    provisional_max: Option<Duration>,
    /// First wait after a failed attempt (R7)
    #[arg(long, env = "PAT_OPERATOR_BACKOFF_FIRST", value_parser = parse, hide = true)]
    backoff_first: Option<Duration>,
    /// Longest wait after a failed attempt (R7)
    #[arg(long, env = "PAT_OPERATOR_BACKOFF_MAX", value_parser = parse, hide = true)]
    backoff_max: Option<Duration>,
    /// How long the refusal of a fresh credential is taken for a delay (R7)
    #[arg(long, env = "PAT_OPERATOR_VERIFY_RETRY_FOR", value_parser = parse, hide = true)]
    verify_retry_for: Option<Duration>,
    /// Life given to a recorded token (R16)
    #[arg(long, env = "PAT_OPERATOR_LONG_EXPIRY", value_parser = parse, hide = true)]
    long_expiry: Option<Duration>,
    /// How long changed scopes may take to reach new access tokens (R22)
    #[arg(long, env = "PAT_OPERATOR_SCOPE_LAG", value_parser = parse, hide = true)]
    scope_lag: Option<Duration>,
    /// Between two looks at a resource that is gone without its finalizer (R12)
    #[arg(long, env = "PAT_OPERATOR_VANISH_AFTER", value_parser = parse, hide = true)]
    vanish_after: Option<Duration>,
    /// How long ISC has to fail before that is shown; 1ms shows it at once
    #[arg(long, env = "PAT_OPERATOR_OUTAGE_TOLD_AFTER", value_parser = parse, hide = true)]
    outage_told_after: Option<Duration>,
}

/// A call that fails once, or for a moment, is news for nobody.
const OUTAGE_TOLD_AFTER: Duration = Duration::from_secs(60);

impl TimingFlags {
    /// How long ISC has to fail before that is shown.
    pub(super) fn outage_told_after(&self) -> Duration {
        self.outage_told_after.unwrap_or(OUTAGE_TOLD_AFTER)
    }

    /// The protocol's durations with the flags' in their place.
    pub(super) fn into_timings(self, recheck: Duration, drift_interval: Duration) -> Timings {
        let default = Timings::default();
        Timings {
            attempt_expiry: given(self.attempt_expiry, default.attempt_expiry),
            long_attempt_expiry: given(self.long_attempt_expiry, default.long_attempt_expiry),
            list_lag: given(self.list_lag, default.list_lag),
            list_max_age: given(self.list_max_age, default.list_max_age),
            drift_interval: millis(drift_interval),
            backoff_first: given(self.backoff_first, default.backoff_first),
            backoff_max: given(self.backoff_max, default.backoff_max),
            verify_retry_for: given(self.verify_retry_for, default.verify_retry_for),
            long_expiry: given(self.long_expiry, default.long_expiry),
            provisional_max: given(self.provisional_max, default.provisional_max),
            recheck: millis(recheck),
            scope_lag: given(self.scope_lag, default.scope_lag),
            vanish_after: given(self.vanish_after, default.vanish_after),
        }
    }
}

fn given(flag: Option<Duration>, default: Millis) -> Millis {
    flag.map_or(default, millis)
}

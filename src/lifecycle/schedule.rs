//! When to look again although nothing calls: at the earliest moment a decision could change by time alone.
use std::time::Duration;

use super::facts::{Facts, millis};
use super::ledger::{Millis, State};

/// How long a pass that found nothing to do may rest.
pub fn rest(facts: &Facts<'_>) -> Duration {
    let timings = facts.timings;
    let Some(now) = facts.ms() else { return timings.recheck };
    let drift = facts.listing.map_or(now, |listing| listing.at + millis(timings.drift_interval));
    let due = moments(facts).map(|at| at.max(now)).min().map_or(drift, |at| at.min(drift));
    let waits_on_isc = facts.ledger.unresolved.is_some() || facts.ledger.entries.iter().any(|e| e.state == State::Tomb);
    let longest = if waits_on_isc { millis(timings.recheck) } else { millis(timings.drift_interval) };
    // One second past the moment, since ISC tells its time in whole seconds.
    let wait = (due - now + 1_000).clamp(1_000, longest.max(1_000));
    Duration::from_millis(u64::try_from(wait).unwrap_or(1_000))
}

fn moments<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Millis> + 'a {
    let timings = facts.timings;
    let ledger = facts.ledger;
    let live = move || ledger.entries.iter().filter(|entry| entry.state == State::Current);
    let back_off = ledger.resources.values().map(|r| r.not_before).filter(|at| facts.ms().is_some_and(|now| *at > now));
    let unchecked = live().filter(|entry| entry.missing_scopes.is_none());
    back_off
        .chain(unchecked.map(move |entry| entry.applied_at + millis(timings.scope_lag)))
        .chain(live().map(move |entry| entry.expires_at - millis(timings.long_expiry) / 2))
        .chain(ledger.unresolved.iter().map(move |left| left.expiry + millis(timings.list_lag)))
}

//! When to look again although nothing calls: at the earliest moment a decision could change by time alone.
use std::time::Duration;

use super::facts::{Facts, Sighting};
use super::ledger::{Millis, State, Uid};
use super::secret::Holds;
use super::upkeep::{self, life};
use super::{rotate, travel};

/// How long a pass that found nothing to do may rest.
pub fn rest(facts: &Facts<'_>) -> Duration {
    let timings = facts.timings;
    let Some(now) = facts.ms() else { return duration(timings.recheck) };
    let drift = facts.listing.map_or(now, |listing| listing.at + timings.drift_interval);
    let due = moments(facts).filter(|at| *at > now).min().map_or(drift, |at| at.min(drift));
    let longest = if waits(facts) { timings.recheck } else { timings.drift_interval };
    // One second past the moment, since ISC tells its time in whole seconds.
    let wait = (due - now + 1_000).clamp(1_000, longest.max(1_000));
    duration(wait)
}

fn duration(wait: Millis) -> Duration {
    Duration::from_millis(u64::try_from(wait).unwrap_or(0))
}

/// Whether something may change at ISC or in the cluster that no event tells.
fn waits(facts: &Facts<'_>) -> bool {
    let ledger = facts.ledger;
    let unpublished = |uid: &Uid| {
        ledger.retired(uid).next().is_some()
            && (ledger.current(uid).is_some_and(|current| current.published_at.is_none())
                || rotate::is_overlap_over(facts, uid))
    };
    !facts.set_aside.is_empty()
        || ledger.unresolved.as_ref().is_some_and(|left| !facts.is_final(left.expiry))
        || ledger.entries.iter().any(|entry| matches!(entry.state, State::Tomb | State::Released))
        || ledger.resources.keys().any(unpublished)
        || facts.secrets.values().any(|seen| seen.holds == Holds::Refused)
        || rotate::waits_for_clock(facts)
        || travel::suspects_loss(facts)
}

fn moments<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Millis> + 'a {
    let timings = facts.timings;
    let ledger = facts.ledger;
    let live = move || ledger.entries.iter().filter(|entry| entry.state == State::Current);
    let back_off = ledger.resources.values().map(|resource| resource.not_before);
    let looks = live().filter_map(move |entry| upkeep::next_look(entry, timings));
    let trials = live().filter_map(move |entry| upkeep::next_trial(entry, ledger.endpoint.nerm_url.as_ref()?, timings));
    back_off
        .chain(looks)
        .chain(trials)
        .chain(live().map(move |entry| entry.expires_at - life(facts, entry) / 2))
        .chain(rotate::moments(facts))
        .chain(facts.sightings.values().filter_map(move |sighting| match sighting {
            Sighting::Absent { first, .. } => Some(first + timings.vanish_after),
            Sighting::Alive => None,
        }))
        .chain(ledger.unresolved.iter().map(move |left| left.expiry + timings.list_lag))
}

//! The next look although no event asks for one: at the earliest moment a decision could change by
//! time alone.
use std::time::Duration;

use super::facts::{Facts, Sighting};
use super::ledger::{Entry, Millis};
use super::secret::Holds;
use super::upkeep::{self, life};
use super::{overlap, rotate, travel};

/// ISC tells its time in whole seconds.
const SECOND: Millis = 1_000;

/// The rest of a pass that found nothing to do.
pub fn rest(facts: &Facts<'_>) -> Duration {
    let timings = facts.timings;
    let Some(now) = facts.ms() else { return duration(timings.recheck) };
    let mut due = match facts.listing {
        Some(listing) => listing.at + timings.drift_interval,
        None => now,
    };
    for moment in moments(facts) {
        // What is past was decided on in this pass, or waits for something else.
        if moment > now {
            due = due.min(moment);
        }
    }
    let longest = if waits(facts) { timings.recheck } else { timings.drift_interval };
    // One second past the moment.
    duration((due - now + SECOND).clamp(SECOND, longest.max(SECOND)))
}

fn duration(wait: Millis) -> Duration {
    Duration::from_millis(u64::try_from(wait).unwrap_or(0))
}

/// Something may change at ISC or in the cluster without an event.
fn waits(facts: &Facts<'_>) -> bool {
    !facts.set_aside.is_empty()
        || facts.unresolved().is_some()
        || !facts.ledger.entries.iter().all(Entry::is_live)
        || facts.ledger.resources.keys().any(|uid| waits_for_publication(facts, uid))
        || facts.secrets.values().any(|seen| seen.holds == Holds::Refused)
        || overlap::waits_for_clock(facts)
        || travel::suspects_loss(facts)
}

/// The new token was not seen in the Secret, which decides when or that the replaced one is
/// condemned.
fn waits_for_publication(facts: &Facts<'_>, uid: &str) -> bool {
    overlap::is_unpublished(facts.ledger, uid) || overlap::is_over(facts, uid)
}

fn moments(facts: &Facts<'_>) -> Vec<Millis> {
    let (ledger, timings) = (facts.ledger, facts.timings);
    let mut moments = rotate::moments(facts);
    for resource in ledger.resources.values() {
        moments.push(resource.not_before);
    }
    for entry in ledger.all_current() {
        moments.push(entry.expires_at - life(facts, entry) / 2);
        moments.extend(upkeep::next_look(entry, timings));
        if let Some(url) = &ledger.endpoint.nerm_url {
            moments.extend(upkeep::next_trial(entry, url, timings));
        }
    }
    for sighting in facts.sightings.values() {
        match sighting {
            Sighting::Absent { first, .. } => moments.push(first + timings.vanish_after),
            Sighting::Alive => {}
        }
    }
    if let Some(left) = &ledger.unresolved {
        moments.push(left.expiry + timings.list_lag);
    }
    moments
}

//! The memory that an owner's pass hands to its next one.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::at_hand::AtHand;
use super::circuit::Circuit;
use super::neighbours::Neighbours;
use super::observe;
use super::spared::Spared;
use crate::controllers::keyed::Keyed;
use crate::isc::Client;
use crate::lifecycle::facts::Sighting;
use crate::lifecycle::ledger::{Millis, TokenId, Uid};
use crate::lifecycle::listing::Listing;
use crate::lifecycle::{Ledger, Timings};

/// The memory of one owner. It holds nothing that could not be read again.
#[derive(Default)]
pub struct Memory {
    pub(super) at_hand: Option<AtHand>,
    pub(super) listing: Option<Listing>,
    pub(super) cache: observe::Cache,
    pub(super) sightings: BTreeMap<Uid, Sighting>,
    pub(super) circuit: Circuit,
    pub(super) spared: Spared,
    pub(super) neighbours: Neighbours,
    /// The client of the last pass.
    pub(super) asked: Option<Client>,
    gathering: Option<Instant>,
    gathered: Option<Instant>,
    trials: BTreeMap<TokenId, Instant>,
}

/// The memories of all owners, by ledger.
#[derive(Default)]
pub struct Memories(Keyed<Memory>);

impl Memories {
    /// Takes an owner's memory out for its pass; an owner has one pass at a time.
    pub fn take(&self, ledger: &str) -> Memory {
        self.0.lock().remove(ledger).unwrap_or_default()
    }

    /// Keeps an owner's memory for its next pass.
    pub fn put(&self, ledger: &str, memory: Memory) {
        self.0.lock().insert(ledger.into(), memory);
    }
}

/// Between two such waits of an owner.
const BETWEEN_GATHERINGS: Duration = Duration::from_secs(60);
/// The longest time that a pass waits for resources that are about to get their finalizer.
const GATHER: Duration = Duration::from_secs(5);

impl Memory {
    /// A pass that ended early leaves nothing that the next one would decide on (R15). What was not
    /// there stays so.
    pub fn come_in_from_the_top(&mut self) {
        self.at_hand = None;
        self.listing = None;
        self.forget_the_living();
    }

    /// A resource that was there a pass ago may be gone: otherwise one that the watch never shows
    /// would be kept for ever.
    pub fn forget_the_living(&mut self) {
        self.sightings.retain(|_, sighting| *sighting != Sighting::Alive);
    }

    /// The current tokens that the last LIST lacked, as far as this ledger says that it should have
    /// shown them.
    pub fn missed(&self, ledger: &Ledger, timings: &Timings) -> BTreeSet<TokenId> {
        let Some(listing) = &self.listing else { return BTreeSet::new() };
        listing.misses(ledger, timings).map(|entry| entry.id.clone()).collect()
    }

    /// A live read of a resource that the watch does not show, at this time of ISC (R12).
    pub fn sighted(&mut self, uid: &Uid, alive: bool, now: Millis) {
        let sighting = match self.sightings.get(uid) {
            _ if alive => Sighting::Alive,
            Some(Sighting::Absent { first, .. }) => Sighting::Absent { first: *first, last: now },
            Some(Sighting::Alive) | None => Sighting::Absent { first: now, last: now },
        };
        self.sightings.insert(uid.clone(), sighting);
    }

    /// The last trial of a published credential is so long ago.
    pub fn may_try(&self, pause: Duration) -> bool {
        // The youngest counts: one trial a minute for the whole owner, not for each token.
        self.trials.values().max().is_none_or(|last| last.elapsed() >= pause)
    }

    /// A published credential is tried now.
    pub fn tried(&mut self, token: &TokenId) {
        self.trials.insert(token.clone(), Instant::now());
    }

    /// The moment of its last trial.
    pub fn last_trial(&self, token: &TokenId) -> Option<Instant> {
        self.trials.get(token).copied()
    }

    /// ISC did its part.
    pub fn succeeded(&mut self) {
        self.circuit = Circuit::default();
        self.trials.clear();
    }

    /// The pass is to wait a little for others that are on their way, so that one pass mints for
    /// all of them.
    pub fn gathers(&mut self, others_come: bool) -> bool {
        if !others_come {
            self.gathering = None;
            return false;
        }
        // Otherwise whoever creates resources without an end makes each pass wait.
        if self.gathered.is_some_and(|last| last.elapsed() < BETWEEN_GATHERINGS) {
            return false;
        }
        // Counted from the first call: resources that arrive later do not put the pass off.
        let since = self.gathering.unwrap_or_else(Instant::now);
        let gathers = since.elapsed() < GATHER;
        self.gathering = if gathers { Some(since) } else { None };
        if !gathers {
            self.gathered = Some(Instant::now());
        }
        gathers
    }

    /// The ledger as this process left it, if the watch has brought nothing newer. To act on it is
    /// to be a slow pass, which the protocol allows at any time: its writes are compare-and-swap,
    /// and it destroys on irrevocable facts only.
    pub fn take_ledger(&mut self, revision: Option<&str>, longest: Duration) -> Option<AtHand> {
        self.at_hand
            .take()
            .filter(|ledger| ledger.is_younger_than(longest) && ledger.is_at_least(revision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_ended_early_leaves_only_what_was_not_there() {
        let mut memory = Memory::default();
        let absent = Sighting::Absent { first: 1, last: 2 };
        memory.sightings.extend([("a".into(), Sighting::Alive), ("b".into(), absent)]);
        memory.come_in_from_the_top();
        assert_eq!(memory.sightings.into_iter().collect::<Vec<_>>(), [("b".into(), absent)]);
    }
}

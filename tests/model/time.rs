//! Time: it moves to the next moment at which a decision or an effect may differ.
use pat_operator::lifecycle::facts::Sighting;
use pat_operator::lifecycle::ledger::{Entry, Millis, State};
use pat_operator::lifecycle::listing::Listed;
use pat_operator::lifecycle::rotate;

use crate::configuration::Configuration;
use crate::pass::Owner;
use crate::replica::{EVERY, Replica};
use crate::world::{Late, OVERLAP, TIMINGS, Token, UIDS, Worker, World};

/// No request but a POST is under way for so long.
const DAY: Millis = 24 * OVERLAP;

impl World {
    /// Moves time, and lets tokens die.
    pub fn advance(&mut self, to: Millis) {
        self.drop_stalled(to);
        // Assumed: only a POST takes effect so late, which its expiry bounds.
        let far = to - self.clock > DAY;
        self.late.retain(|late| !far || matches!(late, Late::Post(_)));
        self.clock = to;
        self.remove(|token| token.expires.is_some_and(|expires| expires < to));
        // A LIST shows at least what was there as long ago as it may lag.
        if to - self.before.0 > TIMINGS.list_lag {
            self.before = (to, self.tokens.clone());
        }
        self.failures = [0; 2];
        self.settle_late();
    }

    /// Assumed by P2: a stalled write of a Secret lands or dies within the overlap.
    fn drop_stalled(&mut self, to: Millis) {
        for (uid, workers) in UIDS.iter().zip(&mut self.workers) {
            let Some(current) = self.ledger.current(uid) else { continue };
            let ends = current
                .published_at
                .map(|at| at + OVERLAP)
                .is_some_and(|end| self.clock < end && end <= to);
            let stalled = |worker: &&mut Worker| match worker {
                Worker::Publish { id, .. } => *id != current.id,
                Worker::Looking { ledger, .. } => {
                    ledger.current(uid).map(|known| &known.id) != Some(&current.id)
                }
                Worker::Idle
                | Worker::Glanced { .. }
                | Worker::RemoveSecret
                | Worker::RemoveFinalizer => false,
            };
            workers
                .iter_mut()
                .filter(stalled)
                .filter(|_| ends)
                .for_each(|worker| *worker = Worker::Idle);
        }
    }

    /// Forgets requests that can no longer have an effect.
    pub fn settle_late(&mut self) {
        let late = std::mem::take(&mut self.late);
        self.late = late
            .into_iter()
            .filter(|late| match late {
                Late::Post(attempt) => self.clock <= attempt.expiry,
                Late::Extend(extension) => self.token(&extension.id).is_some(),
                Late::Rename { id, .. } | Late::Delete(id) => self.token(id).is_some(),
                Late::Write { base, .. } => *base == self.ledger,
            })
            .collect();
    }

    /// The attempts whose POST may still take effect.
    pub fn posts(&self) -> impl Iterator<Item = &pat_operator::lifecycle::ledger::Attempt> {
        let late = self.late.iter().filter_map(|late| match late {
            Late::Post(attempt) => Some(attempt),
            _ => None,
        });
        self.replicas.iter().filter_map(Replica::posting).chain(late)
    }
}

impl Configuration {
    /// Whether a published token would die only because no replica gets its turn, in weeks (R16).
    pub fn starves(&self, world: &World, moment: Millis) -> bool {
        let dies =
            |token: &Token| token.accepted && token.expires.is_some_and(|expires| expires < moment);
        self.renew && world.tokens.iter().any(dies) && self.is_busy(world)
    }

    /// Whether a replica has something to do.
    fn is_busy(&self, world: &World) -> bool {
        let begins = |i| Owner { world: &mut world.clone(), i, config: self }.begin(0).is_some();
        (0..world.replicas.len()).any(|i| world.replicas[i].pass.is_some() || begins(i))
    }

    /// The next moment at which a decision or an effect may differ.
    pub fn next_moment(&self, world: &World) -> Option<Millis> {
        let lag = TIMINGS.list_lag;
        let ends = |expiry: Millis| [expiry + 1, expiry + lag + 1];
        let shown = |told: Millis| told + lag + 1;
        let ledger = &world.ledger;
        let attempts = world.posts().map(|attempt| attempt.expiry);
        let provisional =
            world.tokens.iter().filter(|token| token.resource.is_some() && !token.accepted);
        let leaving = ledger.entries.iter().filter(|entry| entry.state == State::Tomb);
        let released = ledger.entries.iter().filter(|entry| entry.state == State::Released);
        let pending = ledger
            .pending
            .iter()
            .flat_map(|pending| [Some(pending.expiry), pending.give_up_after])
            .flatten();
        attempts
            .chain(pending)
            .chain(ledger.unresolved.iter().map(|left| left.expiry))
            .chain(provisional.filter_map(|token| token.expires))
            .flat_map(ends)
            .chain(ledger.resources.values().map(|resource| resource.not_before))
            .chain(
                leaving
                    .chain(released.clone())
                    .flat_map(|entry| [entry.created_at, entry.changed_at])
                    .map(shown),
            )
            .chain(released.map(|entry| entry.created_at + TIMINGS.attempt_expiry).map(shown))
            .chain(self.schedule(world))
            .chain(looks(world))
            .chain(self.lists(world))
            .filter(|moment| *moment > world.clock)
            .min()
    }

    /// When a replica reads LIST again and will see what went without a word: a current token, or
    /// one that held the last slot.
    fn lists(&self, world: &World) -> Vec<Millis> {
        let mut current = world.ledger.entries.iter().filter(|entry| entry.state == State::Current);
        let lost = current.any(|entry| world.token(&entry.id).is_none());
        let gone = |token: &Listed| {
            self.slots > 0 && token.ours.is_some() && world.token(&token.id).is_none()
        };
        let listings = world.replicas.iter().filter_map(|replica| replica.listing.as_ref());
        // What is lost stays so until a replica acts: time must not go on without it.
        let looks = lost && !self.is_busy(world);
        let outdated = listings.filter(|listing| looks || listing.tokens.iter().any(gone));
        let again = [TIMINGS.recheck / 2, TIMINGS.drift_interval];
        outdated.flat_map(|listing| again.map(|most| listing.at + most + 1)).collect()
    }

    /// As far as renewals are followed.
    fn is_near(&self, at: Millis) -> bool {
        self.renew && at < 2 * TIMINGS.long_expiry
    }

    /// Ends of overlaps, rotations and renewals that become due.
    fn schedule(&self, world: &World) -> Vec<Millis> {
        let ledger = &world.ledger;
        let mut moments = Vec::new();
        for entry in ledger
            .entries
            .iter()
            .filter(|entry| matches!(entry.state, State::Current | State::Retired))
        {
            let rotating = ledger.retired(&entry.uid).next().is_some();
            let ends = entry.published_at.filter(|_| rotating).map(|at| at + OVERLAP);
            moments.extend(ends);
            moments.extend(ends.filter(|_| self.max_overlap).map(|end| end + OVERLAP));
            let turn = ledger.next < self.limit && entry.state == State::Current;
            moments.extend(rotate::due(entry, Some(EVERY).filter(|_| self.every && turn)));
            let renewal = |entry: &Entry| entry.expires_at - TIMINGS.long_expiry / 2 + 1;
            moments.extend(Some(renewal(entry)).filter(|at| self.is_near(*at)));
        }
        let dying = world
            .tokens
            .iter()
            .filter(|token| token.accepted)
            .filter_map(|token| Some(token.expires? + 1));
        moments.extend(dying.filter(|at| self.is_near(*at)));
        moments
    }
}

/// When replicas look again for what is gone without a word.
fn looks(world: &World) -> impl Iterator<Item = Millis> {
    let current = world.ledger.entries.iter().filter(|entry| entry.state == State::Current);
    let lost = current.filter(|entry| world.token(&entry.id).is_none());
    let shown = lost.map(|entry| entry.created_at + TIMINGS.list_lag + 1);
    let sightings = world.replicas.iter().flat_map(|replica| &replica.sightings);
    let absent = sightings.filter_map(|(_, sighting)| match sighting {
        Sighting::Absent { first, .. } => Some(first + TIMINGS.vanish_after),
        Sighting::Alive => None,
    });
    shown.chain(absent)
}

//! P7: from any state, once faults stop and one replica runs, everything wanted is published and no
//! orphan is left.
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};

use pat_operator::lifecycle::facts::Trigger;
use pat_operator::lifecycle::ledger::State;
use stateright::Model;

use crate::configuration::Configuration;
use crate::replica::{Replica, request};
use crate::shared::hash_of;
use crate::transitions::Action;
use crate::world::{Custom, Phase, Published, Token, UIDS, Worker, World};

/// The states from which convergence is known, and the first that came to rest without it.
#[derive(Clone, Default)]
pub struct Settled {
    known: Arc<Mutex<HashSet<u64>>>,
    stuck: Arc<OnceLock<String>>,
}

impl Settled {
    /// Where a run came to rest that did not converge.
    pub fn stuck(&self) -> Option<&String> {
        self.stuck.get()
    }

    fn knows(&self, hash: u64) -> bool {
        self.known.lock().expect("no other thread failed").contains(&hash)
    }

    fn learn(&self, hashes: HashSet<u64>) {
        self.known.lock().expect("no other thread failed").extend(hashes);
    }
}

impl Configuration {
    /// Whether the state converges: with lost requests that never take effect, and with those that
    /// do.
    pub fn settles(&self, world: &World) -> bool {
        // Nobody stalls any more.
        let config = Self { stalls_between_reads: false, ..self.clone() };
        config.settles_calmly(world)
    }

    fn settles_calmly(&self, world: &World) -> bool {
        let mut calm = world.clone();
        calm.replicas = vec![Replica::new(calm.customs)];
        calm.workers = [vec![Worker::Idle], vec![Worker::Idle]];
        calm.backup = None;
        let landing = calm.clone();
        calm.late.clear();
        let only = calm == landing;
        self.runs_to_rest(calm) && (only || self.runs_to_rest(landing))
    }

    fn runs_to_rest(&self, mut world: World) -> bool {
        let mut path = HashSet::new();
        loop {
            world = calm(world);
            let hash = hash_of(&world);
            if self.settled.knows(hash) {
                break;
            }
            path.insert(hash);
            if let Some(next) = self.progress(&world, &path) {
                world = next;
            } else if self.is_converged(&world) {
                break;
            } else {
                self.settled.stuck.get_or_init(|| world.summary());
                return false;
            }
        }
        self.settled.learn(path);
        true
    }

    /// What happens next when nobody is in a hurry: a pass that changed nothing is not repeated
    /// before time moves.
    fn progress(&self, world: &World, been: &HashSet<u64>) -> Option<World> {
        let mut actions = Vec::new();
        self.actions(world, &mut actions);
        actions.sort_by_key(|action| match action {
            Action::Land(_) => 0,
            Action::Begin(_) => 2,
            Action::Wait => 3,
            _ => 1,
        });
        let next = actions.into_iter().filter(|action| action.is_progress());
        next.filter_map(|action| self.next_state(world, action).map(calm))
            .find(|next| !been.contains(&hash_of(next)))
    }

    fn is_converged(&self, world: &World) -> bool {
        // A long-lived token that a restored ledger does not know is reported, and never deleted by
        // itself (R6).
        let mut orphans = world.unrecorded().filter(|token| !(world.restored && token.accepted));
        (0..2).all(|r| self.is_served(world, r))
            && orphans.next().is_none()
            && world.ledger.pending.is_none()
            && world.ledger.entries.iter().all(|entry| entry.state == State::Current)
    }

    fn is_served(&self, world: &World, r: usize) -> bool {
        let uid = &UIDS[r];
        let ours = |token: &Token| {
            token.resource == Some(r) && !token.released && !(world.restored && token.accepted)
        };
        match world.customs[r].phase {
            Phase::Future => true,
            Phase::Gone => {
                !world.ledger.resources.contains_key(uid) && !world.tokens.iter().any(ours)
            }
            Phase::New | Phase::Deleting => false,
            Phase::Alive => self.is_published(world, r),
        }
    }

    /// Its Secret holds a live pair that answers all requests, unless numbers, slots or the
    /// Secret's name are used up.
    fn is_published(&self, world: &World, r: usize) -> bool {
        let ledger = &world.ledger;
        let secret = world.secrets[self.place(r)].as_ref();
        let taken = secret.is_some_and(|secret| secret.marks != Some(r));
        let spent = ledger.next >= self.limit || taken;
        let Some(current) = ledger.current(&UIDS[r]) else {
            return spent || world.tokens.len() + 1 >= self.slots();
        };
        let holds = |secret: &Published| secret.held().is(current) && secret.claims == current.n;
        let resource = ledger.resources.get(&UIDS[r]);
        let value = |request: Option<Trigger>| request.map(|request| request.value);
        let Custom { rotate, revoke, .. } = world.customs[r];
        let rotated = resource
            .is_some_and(|resource| rotate == 0 || resource.rotated == value(request(rotate)));
        let revoked = resource
            .is_some_and(|resource| revoke == 0 || resource.revoked == value(request(revoke)));
        (taken || secret.is_some_and(holds))
            && world.token(&current.id).is_some_and(|token| token.accepted)
            && revoked
            && (rotated || spent || world.tokens.len() >= self.slots())
    }
}

/// What does not matter any more.
fn calm(world: World) -> World {
    World { faults: 0, edits: 0, violations: 0, ..world }
}

//! P7: from any state, once faults stop and one replica runs, everything wanted is published and no orphan is left.
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};

use pat_operator::lifecycle::ledger::State;
use stateright::Model;

use crate::configuration::Configuration;
use crate::replica::Replica;
use crate::shared::hash_of;
use crate::transitions::Action;
use crate::world::{Phase, UIDS, Worker, World};

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
    /// Whether the state converges: with lost requests that never take effect, and with those that do.
    pub fn settles(&self, world: &World) -> bool {
        let mut calm = world.clone();
        calm.replicas = vec![Replica::new(calm.customs)];
        calm.workers = [Worker::Idle, Worker::Idle];
        let landing = calm.clone();
        calm.late.clear();
        let only = calm == landing;
        self.runs_to_rest(calm) && (only || self.runs_to_rest(landing))
    }

    fn runs_to_rest(&self, mut world: World) -> bool {
        let mut path = HashSet::new();
        loop {
            (world.faults, world.edits, world.violations) = (0, 0, 0);
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

    /// What happens next when nobody is in a hurry: a pass that changed nothing is not repeated before time moves.
    fn progress(&self, world: &World, been: &HashSet<u64>) -> Option<World> {
        let mut actions = Vec::new();
        self.actions(world, &mut actions);
        actions.sort_by_key(|action| match action {
            Action::Land(_) => 0,
            Action::Begin(_) => 2,
            Action::Wait => 3,
            _ => 1,
        });
        let calm = |world: World| World { faults: 0, edits: 0, violations: 0, ..world };
        let next = actions.into_iter().filter(|action| action.is_progress());
        next.filter_map(|action| self.next_state(world, action).map(calm)).find(|next| !been.contains(&hash_of(next)))
    }

    fn is_converged(&self, world: &World) -> bool {
        (0..2).all(|r| self.is_served(world, r))
            && world.unrecorded().next().is_none()
            && world.ledger.pending.is_none()
            && world.ledger.entries.iter().all(|entry| entry.state == State::Current)
    }

    fn is_served(&self, world: &World, r: usize) -> bool {
        let uid = &UIDS[r];
        match world.customs[r] {
            Phase::Gone => {
                !world.ledger.resources.contains_key(uid) && world.tokens.iter().all(|token| token.resource != Some(r))
            }
            Phase::New | Phase::Deleting => false,
            Phase::Alive => {
                let current = world.ledger.current(uid);
                let foreign = world.secrets[r].as_ref().is_some_and(|secret| secret.foreign);
                let published = |id| foreign || world.secrets[r].as_ref().is_some_and(|secret| secret.id == id);
                match current {
                    Some(entry) => {
                        published(entry.id.clone()) && world.token(&entry.id).is_some_and(|token| token.accepted)
                    }
                    // Without numbers, or without a place for the Secret, nothing more can be done.
                    None => foreign || world.ledger.next >= self.limit,
                }
            }
        }
    }
}

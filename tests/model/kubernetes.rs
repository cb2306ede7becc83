//! Who else acts: the token controller, users, and requests that land late.
use crate::broken::Broken;
use crate::configuration::Configuration;
use crate::transitions::Action;
use crate::world::{FOREIGN, Late, Phase, Published, TRESPASS, UIDS, Worker, World};

impl Configuration {
    /// One pass of the token controller up to its write.
    pub fn token_controller(&self, world: &mut World, r: usize) -> Option<()> {
        let recorded = world.ledger.resources.get(&UIDS[r]);
        let deleting = recorded.is_some_and(|resource| resource.deleting);
        let unknown =
            recorded.is_none() || self.broken == Broken::FinalizerEarly && world.ledger.of(&UIDS[r]).next().is_none();
        let ours = world.secrets[r].as_ref().filter(|secret| !secret.foreign);
        match world.customs[r] {
            Phase::New => world.customs[r] = Phase::Alive,
            Phase::Gone => return None,
            Phase::Deleting if unknown => world.workers[r] = Worker::RemoveFinalizer,
            _ if deleting && ours.is_some() => world.publish(r, None),
            _ if deleting && self.broken != Broken::PublishWhileDeleting => return None,
            _ => return self.describe(world, r),
        }
        Some(())
    }

    /// R8: a current credential, unless the Secret holds it or is somebody else's.
    fn describe(&self, world: &mut World, r: usize) -> Option<()> {
        let entry = world.ledger.of(&UIDS[r]).find(|entry| self.broken.publishes(entry.state))?;
        let due = world.secrets[r].as_ref().is_none_or(|secret| !secret.foreign && secret.id != entry.id);
        let write = Worker::Publish { id: entry.id.clone(), create: world.secrets[r].is_none() };
        due.then(|| world.workers[r] = write)
    }

    /// The write that the token controller decided on, perhaps long ago.
    pub fn write(&self, world: &mut World, r: usize) -> Option<()> {
        match std::mem::replace(&mut world.workers[r], Worker::Idle) {
            Worker::Idle => return None,
            Worker::RemoveFinalizer => world.customs[r] = Phase::Gone,
            Worker::Publish { id, create } if create == world.secrets[r].is_none() => {
                let stalled = world.ledger.resources.get(&UIDS[r]).is_none_or(|resource| resource.deleting)
                    && self.broken != Broken::PublishWhileDeleting;
                if world.secrets[r].as_ref().is_some_and(|secret| secret.foreign) {
                    world.violations |= TRESPASS;
                }
                world.publish(r, Some(Published { id, foreign: false, stalled }));
            }
            Worker::Publish { .. } => {}
        }
        Some(())
    }
}

/// The effect of a request that nobody waits for.
pub fn land(world: &mut World, k: usize) {
    match world.late.remove(k) {
        Late::Post(attempt) => {
            world.post(&attempt);
        }
        Late::Extend(extension) => {
            world.extend(&extension);
        }
        Late::Delete(id) => world.delete(&id),
        Late::Write { new, .. } => world.ledger = new,
    }
    world.settle_late();
}

/// What users do.
pub fn user(world: &mut World, action: Action) -> Option<()> {
    match action {
        Action::Delete(r) if world.customs[r] == Phase::New => world.customs[r] = Phase::Gone,
        Action::Delete(r) => world.customs[r] = Phase::Deleting,
        Action::Force(r) => {
            world.customs[r] = Phase::Gone;
            world.forced[r] = true;
        }
        Action::RemoveSecret(r) => {
            world.edits += 1;
            world.publish(r, None);
        }
        Action::TakeSecretName(r) => {
            world.edits += 1;
            world.publish(r, Some(Published { id: FOREIGN.into(), foreign: true, stalled: false }));
        }
        _ => return None,
    }
    Some(())
}

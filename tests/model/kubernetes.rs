//! The token controller: its passes up to the write, and the write, perhaps long after.
use pat_operator::lifecycle::Ledger;
use pat_operator::lifecycle::ledger::Uid;
use pat_operator::lifecycle::publish::{Clearing, clear};
use pat_operator::lifecycle::secret::Held;
use pat_operator::redacted::Redacted;

use crate::broken::Broken;
use crate::configuration::Configuration;
use crate::isc::secret_of;
use crate::violations::{ABANDONED, OLDER, TRESPASS};
use crate::world::{Phase, Published, UIDS, Worker, World};

impl Published {
    /// What a live read finds in it.
    pub fn held(&self) -> Held {
        let client_secret = if self.spoiled { "spoiled".into() } else { secret_of(&self.id) };
        let client_secret = Redacted::new(client_secret);
        Held { id: self.id.clone(), client_secret, claims: Some(self.claims), owned: self.owned }
    }
}

impl Configuration {
    /// One pass of a token controller up to its write.
    pub fn token_controller(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        match world.customs[r].phase {
            Phase::New => world.customs[r].phase = Phase::Alive,
            Phase::Gone | Phase::Future => return None,
            Phase::Deleting if !self.mentions(&world.ledger, &UIDS[r]) => {
                world.workers[r][k] = Worker::RemoveFinalizer;
            }
            Phase::Deleting => return self.clear(world, r, k),
            Phase::Alive => return self.publish_pass(world, r, k),
        }
        Some(())
    }

    fn mentions(&self, ledger: &Ledger, uid: &Uid) -> bool {
        match self.broken {
            Broken::FinalizerEarly => {
                ledger.has_token(uid) || ledger.pending.as_ref().is_some_and(|own| own.uid == *uid)
            }
            _ => ledger.mentions(uid),
        }
    }

    /// R12: the Secret goes, or what is left to the user is kept current.
    fn clear(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        let has_secret = world.own_secret(self.place(r), r).is_some();
        match clear(&world.ledger, &UIDS[r]) {
            Clearing::Wait | Clearing::Leave => None,
            Clearing::Publish => self.publish_pass(world, r, k),
            Clearing::Remove if has_secret => {
                world.workers[r][k] = Worker::RemoveSecret;
                Some(())
            }
            Clearing::Remove if self.broken == Broken::PublishWhileDeleting => {
                self.publish_pass(world, r, k)
            }
            Clearing::Remove => None,
        }
    }

    /// The write that a token controller decided on, perhaps long ago.
    pub fn write(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        let place = self.place(r);
        match std::mem::replace(&mut world.workers[r][k], Worker::Idle) {
            Worker::Idle => return None,
            Worker::Glanced { glance, is_same } => {
                return self.read_ledger(world, r, k, glance, is_same);
            }
            Worker::Looking { ledger, is_same } => {
                return self.look_inside(world, r, k, &ledger, is_same);
            }
            Worker::RemoveFinalizer => world.customs[r].phase = Phase::Gone,
            Worker::RemoveSecret if world.own_secret(place, r).is_some() => {
                self.publish(world, place, None);
            }
            Worker::Publish { id, n, create } if create == world.secrets[place].is_none() => {
                self.note_overwritten(world, r, n);
                let resource = world.ledger.resources.get(&UIDS[r]);
                let recorded =
                    resource.is_some_and(|resource| !resource.deleting || resource.retain);
                let creates = matches!(
                    self.broken,
                    Broken::PublishWhileDeleting | Broken::CreateWhileDeleting
                );
                let stalled = !creates
                    && !(recorded
                        && !(create && resource.is_some_and(|resource| resource.deleting))
                        && world.ledger.current(&UIDS[r]).is_some_and(|current| current.n >= n));
                let owned = !self.retain[r];
                let (spoiled, edited, left) = (false, false, false);
                world.note_published(&id);
                let secret = Published {
                    id,
                    spoiled,
                    claims: n,
                    marks: Some(r),
                    owned,
                    edited,
                    stalled,
                    left,
                };
                self.publish(world, place, Some(secret));
            }
            Worker::RemoveSecret | Worker::Publish { .. } => {}
        }
        Some(())
    }

    fn note_overwritten(&self, world: &mut World, r: usize, n: u64) {
        let Some(old) = world.secrets[self.place(r)].clone() else { return };
        if old.marks != Some(r) {
            world.violations |= TRESPASS;
        }
        let Some(token) =
            world.token(&old.id).filter(|token| token.accepted && !old.edited && !old.spoiled)
        else {
            return;
        };
        if token.n > n && token.resource == Some(r) {
            world.violations |= OLDER;
        }
        if world.restored && world.ledger.entry(&old.id).is_none() {
            world.violations |= ABANDONED;
        }
    }

    /// A write of a Secret; whoever still wants to write over the old one will be refused, and what
    /// was read is outdated.
    pub fn publish(&self, world: &mut World, place: usize, secret: Option<Published>) {
        let replaced = secret.is_some() && world.secrets[place].is_some();
        world.secrets[place] = secret;
        for r in (0..2).filter(|r| self.place(*r) == place) {
            for worker in &mut world.workers[r] {
                match worker {
                    Worker::Publish { create: false, .. } => *worker = Worker::Idle,
                    Worker::RemoveSecret if !replaced => *worker = Worker::Idle,
                    Worker::Glanced { is_same, .. } | Worker::Looking { is_same, .. } => {
                        *is_same = false;
                    }
                    Worker::Idle
                    | Worker::RemoveFinalizer
                    | Worker::RemoveSecret
                    | Worker::Publish { create: true, .. } => {}
                }
            }
        }
    }
}

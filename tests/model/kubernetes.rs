//! The token controller, as `src/controllers/token` is built: it reads the Secret, then the ledger, and writes later.
use pat_operator::lifecycle::Ledger;
use pat_operator::lifecycle::ledger::{Entry, State, Uid};
use pat_operator::lifecycle::secret::Held;
use pat_operator::redacted::Redacted;

use crate::broken::Broken;
use crate::configuration::Configuration;
use crate::isc::secret_of;
use crate::violations::{ABANDONED, OLDER, REVIVED, TRESPASS};
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
            Phase::Deleting if !self.mentions(&world.ledger, &UIDS[r]) => world.workers[r][k] = Worker::RemoveFinalizer,
            Phase::Deleting => return self.clear(world, r, k),
            Phase::Alive => return self.describe(world, r, k),
        }
        Some(())
    }

    fn mentions(&self, ledger: &Ledger, uid: &Uid) -> bool {
        let served = ledger.of(uid).next().is_some() || ledger.pending.as_ref().is_some_and(|own| own.uid == *uid);
        served || self.broken != Broken::FinalizerEarly && ledger.resources.contains_key(uid)
    }

    /// R12: the Secret goes, or what is left to the user is kept current.
    fn clear(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        let resource = world.ledger.resources.get(&UIDS[r]).filter(|resource| resource.deleting)?;
        let released = world.ledger.of(&UIDS[r]).any(|entry| entry.state == State::Released);
        let kept = resource.retain && world.ledger.current(&UIDS[r]).is_some();
        let due = !released && world.own_secret(self.place(r), r).is_some();
        if kept || !due && self.broken == Broken::PublishWhileDeleting {
            return self.describe(world, r, k);
        }
        due.then(|| world.workers[r][k] = Worker::RemoveSecret)
    }

    /// R8: a current credential, unless the Secret holds it, is somebody else's, or is ahead of the ledger.
    fn describe(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        let ledger = world.ledger.clone();
        let resource = ledger.resources.get(&UIDS[r]);
        let deleting = resource.is_some_and(|resource| resource.deleting);
        let published = resource.is_some_and(|resource| !resource.deleting || resource.retain);
        let published = published || self.broken == Broken::PublishWhileDeleting;
        let entry = ledger.of(&UIDS[r]).find(|entry| published && self.publishes(world, entry));
        let found = world.secrets[self.place(r)].clone();
        let Some(entry) = entry.filter(|_| found.is_some() || !deleting || self.broken.creates_while_deleting()) else {
            let secret = found.filter(|secret| secret.marks == Some(r) && !deleting)?;
            return self.is_ahead(world, r, &secret).filter(|changed| *changed).map(|_| ());
        };
        let write = Worker::Publish { id: entry.id.clone(), n: entry.n, create: found.is_none() };
        if let Some(secret) = found {
            let right =
                secret.id == entry.id && !secret.spoiled && secret.claims == entry.n && secret.owned != self.retain[r];
            if secret.marks != Some(r) || self.broken == Broken::NumberFromAnnotation && secret.claims > entry.n {
                return None;
            }
            if let Some(changed) = self.is_ahead(world, r, &secret) {
                return changed.then_some(());
            }
            if right {
                return None;
            }
        }
        if world.revoked.contains(&entry.id) {
            world.violations |= REVIVED;
        }
        world.workers[r][k] = write;
        Some(())
    }

    /// Whether the Secret is left alone: a recorded pair that is newer, or an unknown one that claims to be, until there is
    /// a verdict (R13). `Some(true)`: the owner controller was asked just now.
    fn is_ahead(&self, world: &mut World, r: usize, secret: &Published) -> Option<bool> {
        let ledger = &world.ledger;
        let (uid, held) = (&UIDS[r], secret.held());
        let current = ledger.current(uid).map_or(0, |entry| entry.n);
        if let Some(known) = ledger.entry(&held.id) {
            return (known.n > current && known.uid == *uid && known.state == State::Prepared).then_some(false);
        }
        let refused = ledger.resources.get(uid).and_then(|resource| resource.refused.as_ref());
        let asks = ledger.may_have_lost(uid, held.claims) && refused != Some(&held.digest());
        let asks = asks && self.broken != Broken::RewriteWithoutVerdict;
        asks.then(|| !std::mem::replace(&mut world.questions[r], true))
    }

    fn publishes(&self, world: &World, entry: &Entry) -> bool {
        match self.broken {
            Broken::PublishPrepared if entry.state == State::Prepared => true,
            Broken::RepublishRevoked if world.revoked.contains(&entry.id) => true,
            _ => entry.state == State::Current,
        }
    }

    /// The write that a token controller decided on, perhaps long ago.
    pub fn write(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        let place = self.place(r);
        match std::mem::replace(&mut world.workers[r][k], Worker::Idle) {
            Worker::Idle => return None,
            Worker::RemoveFinalizer => world.customs[r].phase = Phase::Gone,
            Worker::RemoveSecret if world.own_secret(place, r).is_some() => self.publish(world, place, None),
            Worker::Publish { id, n, create } if create == world.secrets[place].is_none() => {
                self.note_overwritten(world, r, n);
                let resource = world.ledger.resources.get(&UIDS[r]);
                let recorded = resource.is_some_and(|resource| !resource.deleting || resource.retain);
                let stalled = !self.broken.creates_while_deleting()
                    && !(recorded
                        && !(create && resource.is_some_and(|resource| resource.deleting))
                        && world.ledger.current(&UIDS[r]).is_some_and(|current| current.n >= n));
                let owned = !self.retain[r];
                let (spoiled, edited, left) = (false, false, false);
                world.note_published(&id);
                let secret = Published { id, spoiled, claims: n, marks: Some(r), owned, edited, stalled, left };
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
        let Some(token) = world.token(&old.id).filter(|token| token.accepted && !old.edited && !old.spoiled) else {
            return;
        };
        if token.n > n && token.resource == Some(r) {
            world.violations |= OLDER;
        }
        if world.restored && world.ledger.entry(&old.id).is_none() {
            world.violations |= ABANDONED;
        }
    }

    /// A write of a Secret; whoever still wants to write over the old one will be refused.
    pub fn publish(&self, world: &mut World, place: usize, secret: Option<Published>) {
        let replaced = secret.is_some() && world.secrets[place].is_some();
        world.secrets[place] = secret;
        let outdated = |worker: &Worker| match worker {
            Worker::Publish { create, .. } => !create,
            Worker::RemoveSecret => !replaced,
            Worker::Idle | Worker::RemoveFinalizer => false,
        };
        for r in (0..2).filter(|r| self.place(*r) == place) {
            world.workers[r].iter_mut().filter(|worker| outdated(worker)).for_each(|worker| *worker = Worker::Idle);
        }
    }
}

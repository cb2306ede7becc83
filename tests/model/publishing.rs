//! A pass that publishes: it glances at the Secret, reads the ledger, then the whole Secret, and
//! the shipped functions decide.
use pat_operator::lifecycle::Ledger;
use pat_operator::lifecycle::ledger::Entry;
use pat_operator::lifecycle::publish::{Act, Glance, Whole, by_content, by_glance, wanted};

use crate::broken::Broken;
use crate::broken_publishing;
use crate::configuration::Configuration;
use crate::shared::Shared;
use crate::violations::REVIVED;
use crate::world::{Published, UIDS, Worker, World};

impl Configuration {
    /// All reads at one moment, or one after the other where a configuration is about what happens
    /// in between.
    pub fn publish_pass(&self, world: &mut World, r: usize, k: usize) -> Option<()> {
        let glance = self.glance(world, r);
        if self.stalls_between_reads {
            world.workers[r][k] = Worker::Glanced { glance, is_same: true };
            return Some(());
        }
        let ledger = world.ledger.clone();
        if !self.is_decided_by_glance(world, r, k, &ledger, glance) {
            return self.look_inside(world, r, k, &ledger, true);
        }
        (world.workers[r][k] != Worker::Idle).then_some(())
    }

    /// The ledger is read after the Secret's metadata.
    pub fn read_ledger(
        &self,
        world: &mut World,
        r: usize,
        k: usize,
        glance: Glance,
        is_same: bool,
    ) -> Option<()> {
        let ledger = world.ledger.clone();
        if !self.is_decided_by_glance(world, r, k, &ledger, glance) {
            world.workers[r][k] = Worker::Looking { ledger, is_same };
        }
        Some(())
    }

    /// The whole Secret is read last.
    pub fn look_inside(
        &self,
        world: &mut World,
        r: usize,
        k: usize,
        ledger: &Shared<Ledger>,
        is_same: bool,
    ) -> Option<()> {
        let secret = world.secrets[self.place(r)].clone()?;
        let known = broken_publishing::ledger(self.broken, world, ledger, r);
        let is_right =
            wanted(&known, &UIDS[r]).is_some_and(|entry| self.is_right(&secret, entry, r));
        let is_same = is_same || self.broken == Broken::WriteOnLaterRead;
        let whole = Whole { held: secret.held(), is_same, is_right, is_locked: false };
        let act = by_content(&known, &UIDS[r], &whole);
        let act = broken_publishing::by_content(self.broken, act, &known, r, &whole);
        Self::carry_out(world, r, k, act)
    }

    /// `false`: the whole Secret must be read.
    fn is_decided_by_glance(
        &self,
        world: &mut World,
        r: usize,
        k: usize,
        ledger: &Ledger,
        glance: Glance,
    ) -> bool {
        let known = broken_publishing::ledger(self.broken, world, ledger, r);
        let act = by_glance(&known, &UIDS[r], glance);
        let Some(act) = broken_publishing::by_glance(self.broken, act, &known, r, glance) else {
            return false;
        };
        Self::carry_out(world, r, k, act);
        true
    }

    fn glance(&self, world: &World, r: usize) -> Glance {
        match &world.secrets[self.place(r)] {
            None => Glance::Absent,
            Some(secret) if secret.marks != Some(r) => Glance::Foreign,
            Some(secret) => Glance::Ours { claims: Some(secret.claims), is_known_right: false },
        }
    }

    fn is_right(&self, secret: &Published, entry: &Entry, r: usize) -> bool {
        secret.held().is(entry) && secret.claims == entry.n && secret.owned != self.retain[r]
    }

    /// `None`: nothing changes.
    fn carry_out(world: &mut World, r: usize, k: usize, act: Act<'_>) -> Option<()> {
        let (entry, create) = match act {
            Act::Leave(_) => return None,
            Act::Ask(_) => {
                return (!std::mem::replace(&mut world.questions[r], true)).then_some(());
            }
            Act::Create(entry) => (entry, true),
            Act::Correct(entry) => (entry, false),
        };
        if world.revoked.contains(&entry.id) {
            world.violations |= REVIVED;
        }
        world.workers[r][k] = Worker::Publish { id: entry.id.clone(), n: entry.n, create };
        Some(())
    }
}

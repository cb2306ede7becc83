//! The pass of one replica over the shipped `step` and `settle`: decide, write, go on or leave.
use std::collections::{BTreeMap, BTreeSet};

use pat_operator::lifecycle::facts::{Executing, Facts, Now, Sighting, Stage};
use pat_operator::lifecycle::ledger::{Attempt, Ledger};
use pat_operator::lifecycle::overlap;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::{Call, Look, Record, Step};

use crate::broken::{self, Broken};
use crate::configuration::Configuration;
use crate::replica::{Pass, Progress, Replica, SENT};
use crate::shared::Shared;
use crate::violations::{LOOP, WASTED};
use crate::world::{INSTALLATION, Late, TIMINGS, UIDS, World, index};

/// The pass of one replica, in the world.
pub struct Owner<'w> {
    pub world: &'w mut World,
    pub i: usize,
    pub config: &'w Configuration,
}

impl Owner<'_> {
    pub fn replica(&mut self) -> &mut Replica {
        &mut self.world.replicas[self.i]
    }

    pub fn pass(&mut self) -> &mut Pass {
        self.replica().pass.as_mut().expect("a pass is under way")
    }

    /// ISC's time as the pass knows it.
    pub fn now(&self) -> Now {
        let lie = self.world.replicas[self.i].pass.as_ref().map_or(0, |pass| pass.lie);
        Now { ms: self.world.clock + lie, consistent: lie == 0 }
    }

    /// Starts a pass if there is something to do; `lie`: how wrong the last `Date` was.
    pub fn begin(&mut self, lie: i64) -> Option<()> {
        let asked = (0..2).filter(|r| self.world.questions[*r]).map(|r| UIDS[r].clone());
        let pass = Pass {
            known: self.world.ledger.clone(),
            executing: None,
            destroyed: BTreeSet::new(),
            secrets: BTreeMap::new(),
            questions: asked.collect(),
            alive: BTreeSet::new(),
            lie,
            step: Step::Look(Look::List),
            overlap_over: false,
            progress: SENT,
        };
        let decided = self.decide(pass)?;
        self.replica().pass = Some(decided);
        Some(())
    }

    /// Time or the watch moved between the reads and the decision.
    pub fn reconsider(&mut self) -> Option<()> {
        let pass = self.replica().pass.clone().filter(|pass| pass.progress == SENT)?;
        let decided = self.decide(pass.clone());
        if decided.as_ref() == Some(&pass) {
            return None;
        }
        self.replica().pass = decided;
        Some(())
    }

    /// The pass with its next step; `None`: nothing is to be done.
    fn decide(&mut self, mut pass: Pass) -> Option<Pass> {
        let declared = self.config.declared(self.world.replicas[self.i].seen);
        self.replica().sightings.retain(|uid, _| !declared.contains_key(uid));
        let replica = &self.world.replicas[self.i];
        let facts = Facts {
            now: Some(Now { ms: self.world.clock + pass.lie, consistent: pass.lie == 0 }),
            ledger: &pass.known,
            declared: &declared,
            sightings: &replica.sightings,
            listing: replica.listing.as_deref(),
            destroyed: &pass.destroyed,
            secrets: &pass.secrets,
            questions: &pass.questions,
            alive: &pass.alive,
            set_aside: &Default::default(),
            unsteady: &Default::default(),
            executing: pass.executing,
            may_mint: pass.known.next < self.config.limit,
            installation: &INSTALLATION,
            timings: &TIMINGS,
            nonce: self.fresh_nonce(pass.known.next),
        };
        let step = broken::step(self.config.broken, &facts)?;
        let over =
            matches!(&step, Step::Look(Look::ReadSecret(uid)) if overlap::is_over(&facts, uid));
        (pass.step, pass.overlap_over, pass.progress) = (step, over, SENT);
        Some(pass)
    }

    /// Random in reality: here a number that no other replica is about to use.
    fn fresh_nonce(&self, next: u64) -> u64 {
        let first = 10 * next + if self.world.restored { 1_000 } else { 0 };
        let others = self
            .world
            .replicas
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != self.i)
            .map(|(_, replica)| replica);
        let taken =
            others.filter_map(|replica| replica.pass.as_ref()).any(|pass| match &pass.step {
                Step::Record(Record::Intent(attempt, _)) => attempt.nonce == first,
                _ => false,
            });
        let late = self.world.late.iter().any(|late| match late {
            Late::Write { new, .. } => {
                new.pending.as_ref().is_some_and(|pending| pending.nonce == first)
            }
            _ => false,
        });
        if taken || late { first + 2 } else { first }
    }

    /// On to the next step, or to the end of the pass.
    pub fn go_on(&mut self) {
        let pass = self.pass();
        let pending = pass.known.pending.as_ref().map(|pending| pending.nonce);
        pass.executing = pass.executing.filter(|executing| pending == Some(executing.nonce));
        let decided = pass.clone();
        let decided = self.decide(decided);
        self.replica().pass = decided;
    }

    /// Something unexpected: everything in memory is dropped.
    pub fn leave(&mut self) {
        let replica = self.replica();
        (replica.pass, replica.listing) = (None, None);
        replica.sightings.retain(|_, sighting| *sighting != Sighting::Alive);
    }

    /// The write of what was answered.
    pub fn commit(&mut self) -> Option<()> {
        let pass = self.pass().clone();
        let Progress::Answered(outcome, now) = pass.progress else { return None };
        self.record(&pass.step, &outcome, now);
        Some(())
    }

    /// The ledger that the pass wants to write, and the one it writes over; `None`: it is refused.
    pub fn write_of(
        &self,
        pass: &Pass,
        step: &Step,
        outcome: &Outcome,
        now: Now,
    ) -> Option<Shared<Ledger>> {
        let latest = &self.world.ledger;
        let own = |attempt: &Attempt| match self.config.broken {
            Broken::CommitBlindly => true,
            Broken::CommitExactRevision => *latest == pass.known,
            _ => latest.is_pending(attempt),
        };
        let allowed = match (step, outcome) {
            (Step::Call(Call::Post { attempt, .. }), Outcome::Posted { .. }) => own(attempt),
            _ => *latest == pass.known,
        };
        allowed.then(|| Shared::new(broken::settle(self.config.broken, latest, step, outcome, now)))
    }

    pub fn record(&mut self, step: &Step, outcome: &Outcome, now: Now) {
        let pass = self.pass().clone();
        let Some(new) = self.write_of(&pass, step, outcome, now) else {
            self.note_refusal(step, outcome);
            return self.leave();
        };
        self.note_end(step, outcome, &new);
        self.note_failure(step, outcome, now);
        if new != self.world.ledger {
            self.world.write(new.clone());
        }
        self.pass().known = new;
        let then = step.intent().map(|attempt| attempt.nonce);
        if matches!(step, Step::Record(Record::Intent(..)) | Step::Call(Call::Post { .. })) {
            self.pass().executing = then.map(|nonce| Executing { nonce, stage: Stage::Intended });
        }
        self.go_on();
    }

    /// R4: a token that ISC minted and whose attempt is still valid must be recorded.
    fn note_refusal(&mut self, step: &Step, outcome: &Outcome) {
        let (
            Step::Call(Call::Post { attempt, .. }),
            Outcome::Posted { post: Posted::Yes { .. }, .. },
        ) = (step, outcome)
        else {
            return;
        };
        if self.world.ledger.is_pending(attempt) {
            self.world.violations |= WASTED;
        }
    }

    /// R7: after a failure the resource waits; after a 400 it may try a longer life at once (R21).
    fn note_failure(&mut self, step: &Step, outcome: &Outcome, now: Now) {
        let failed = |uid| (index(uid), 2);
        let counted = match (step, outcome) {
            (
                Step::Call(Call::Post { attempt, .. }),
                Outcome::Posted { post: Posted::No { .. }, .. },
            ) => Some(failed(&attempt.uid)),
            (Step::Record(Record::Refused(attempt)), _) => Some((index(&attempt.uid), 1)),
            (Step::Call(Call::Extend(extension)), Outcome::Extended(Extended::No)) => {
                self.world.ledger.entry(&extension.id).map(|entry| failed(&entry.uid))
            }
            (Step::Record(Record::Intent(attempt, _)), _)
                if self.world.failures[index(&attempt.uid)] >= 2 =>
            {
                self.world.violations |= LOOP;
                None
            }
            _ => None,
        };
        // An answer that is recorded late is followed late.
        if let Some((r, count)) = counted.filter(|_| now.ms == self.world.clock) {
            self.world.failures[r] += count;
        }
    }

    /// An attempt ends by its own outcome, by a fence, unsent, or with its own resource (R4, R5, R12,
    /// R23).
    fn note_end(&mut self, step: &Step, outcome: &Outcome, new: &Ledger) {
        let Some(pending) = &self.world.ledger.pending else { return };
        let recorded = match outcome {
            Outcome::Posted { post: Posted::Yes { credential, .. }, .. } => {
                new.entry(&credential.client_id).is_some()
            }
            _ => true,
        };
        let by_right = match step {
            Step::Record(Record::Fence) => true,
            Step::Record(Record::Withdraw { attempt, .. }) => attempt.n == pending.n,
            Step::Record(Record::MarkDeleting { uid, .. }) => *uid == pending.uid,
            Step::Call(Call::Post { attempt, .. }) | Step::Record(Record::Refused(attempt)) => {
                attempt.n == pending.n && recorded
            }
            _ => false,
        };
        if new.pending.as_ref() != Some(pending) && !by_right {
            self.world.violations |= WASTED;
        }
    }
}

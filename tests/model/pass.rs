//! The pass of one replica over the shipped `step` and `settle`: decide, write, go on or leave.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use pat_operator::lifecycle::facts::{Executing, Facts, Now, Sighting, Stage, millis};
use pat_operator::lifecycle::ledger::{Attempt, Ledger};
use pat_operator::lifecycle::settle::{Outcome, Posted, may_commit};
use pat_operator::lifecycle::step::Step;

use crate::broken::{self, Broken};
use crate::replica::{Bounds, Pass, Progress, Replica, SENT, declared};
use crate::shared::Shared;
use crate::world::{INSTALLATION, Late, Phase, TIMINGS, UIDS, WASTED, World};

/// Two live reads, far enough apart, did not find the resource.
static GONE: LazyLock<Sighting> = LazyLock::new(|| Sighting::Absent { first: 0, last: millis(TIMINGS.vanish_after) });

/// The pass of one replica, in the world.
pub struct Owner<'w> {
    pub world: &'w mut World,
    pub i: usize,
    pub bounds: Bounds,
}

impl Owner<'_> {
    pub fn replica(&mut self) -> &mut Replica {
        &mut self.world.replicas[self.i]
    }

    pub fn pass(&mut self) -> &mut Pass {
        self.replica().pass.as_mut().expect("a pass is under way")
    }

    pub fn now(&self) -> Now {
        Now { ms: self.world.clock, consistent: true }
    }

    /// Starts a pass if there is something to do.
    pub fn begin(&mut self) -> Option<()> {
        let pass = Pass {
            known: self.world.ledger.clone(),
            executing: None,
            destroyed: BTreeSet::new(),
            secrets: BTreeMap::new(),
            step: Step::List,
            progress: SENT,
        };
        let step = self.decide(&pass)?;
        self.replica().pass = Some(Pass { step, ..pass });
        Some(())
    }

    /// Time or the watch moved between the reads and the decision.
    pub fn reconsider(&mut self) -> Option<()> {
        let pass = self.replica().pass.clone().filter(|pass| pass.progress == SENT)?;
        match self.decide(&pass) {
            Some(step) if step == pass.step => None,
            Some(step) => {
                self.pass().step = step;
                Some(())
            }
            None => {
                self.replica().pass = None;
                Some(())
            }
        }
    }

    fn decide(&self, pass: &Pass) -> Option<Step> {
        let replica = &self.world.replicas[self.i];
        // A resource that is gone was never there, or went with the operator's consent, or is finished later.
        let sightings = (0..2).filter(|r| replica.seen[*r] == Phase::Gone).map(|r| (UIDS[r].clone(), *GONE)).collect();
        let facts = Facts {
            now: Some(self.now()),
            ledger: &pass.known,
            declared: &declared(replica.seen),
            sightings: &sightings,
            listing: replica.listing.as_deref(),
            destroyed: &pass.destroyed,
            secrets: &pass.secrets,
            questions: &BTreeSet::new(),
            alive: &BTreeSet::new(),
            executing: pass.executing,
            may_mint: pass.known.next < self.bounds.limit,
            installation: &INSTALLATION,
            timings: &TIMINGS,
            nonce: self.fresh_nonce(pass.known.next),
        };
        broken::step(self.bounds.broken, &facts)
    }

    /// Random in reality: here a number that no other replica is about to use.
    fn fresh_nonce(&self, next: u64) -> u64 {
        let first = 10 * next;
        let others = self.world.replicas.iter().enumerate().filter(|(i, _)| *i != self.i).map(|(_, replica)| replica);
        let taken = others.filter_map(|replica| replica.pass.as_ref()).any(|pass| match &pass.step {
            Step::Intent(attempt, _) => attempt.nonce == first,
            _ => false,
        });
        let late = self.world.late.iter().any(|late| match late {
            Late::Write { new, .. } => new.pending.as_ref().is_some_and(|pending| pending.nonce == first),
            _ => false,
        });
        if taken || late { first + 2 } else { first }
    }

    /// On to the next step, or to the end of the pass.
    pub fn go_on(&mut self) {
        let pass = self.pass();
        let pending = pass.known.pending.as_ref().map(|pending| pending.nonce);
        pass.executing = pass.executing.filter(|executing| pending == Some(executing.nonce));
        let pass = pass.clone();
        match self.decide(&pass) {
            Some(step) => self.replica().pass = Some(Pass { step, progress: SENT, ..pass }),
            None => self.replica().pass = None,
        }
    }

    /// Something unexpected: everything in memory is dropped.
    pub fn leave(&mut self) {
        let replica = self.replica();
        (replica.pass, replica.listing) = (None, None);
    }

    /// The write of what was answered.
    pub fn commit(&mut self) -> Option<()> {
        let pass = self.pass().clone();
        let Progress::Answered(outcome, now) = pass.progress else { return None };
        self.record(&pass.step, &outcome, now);
        Some(())
    }

    /// The ledger that the pass wants to write, and the one it writes over; `None`: it is refused.
    pub fn write_of(&self, pass: &Pass, step: &Step, outcome: &Outcome, now: Now) -> Option<Shared<Ledger>> {
        let latest = &self.world.ledger;
        let own = |attempt: &Attempt| match self.bounds.broken {
            Broken::CommitBlindly => true,
            Broken::CommitExactRevision => *latest == pass.known,
            _ => may_commit(latest, attempt),
        };
        let allowed = match (step, outcome) {
            (Step::Post { attempt, .. }, Outcome::Posted { .. }) => own(attempt),
            _ => *latest == pass.known,
        };
        allowed.then(|| Shared::new(broken::settle(self.bounds.broken, latest, step, outcome, now)))
    }

    pub fn record(&mut self, step: &Step, outcome: &Outcome, now: Now) {
        let pass = self.pass().clone();
        let Some(new) = self.write_of(&pass, step, outcome, now) else {
            self.note_refusal(step, outcome);
            return self.leave();
        };
        self.note_end(step, outcome, &new);
        if new != self.world.ledger {
            self.world.write(new.clone());
        }
        self.pass().known = new;
        let then = match step {
            Step::Intent(attempt, _) => Some(attempt.nonce),
            Step::Post { then: Some((next, _)), .. } => Some(next.nonce),
            _ => None,
        };
        if matches!(step, Step::Intent(..) | Step::Post { .. }) {
            self.pass().executing = then.map(|nonce| Executing { nonce, stage: Stage::Intended });
        }
        self.go_on();
    }

    /// R4: a token that ISC minted and whose attempt is still valid must be recorded.
    fn note_refusal(&mut self, step: &Step, outcome: &Outcome) {
        let (Step::Post { attempt, .. }, Outcome::Posted { post: Posted::Yes { .. }, .. }) = (step, outcome) else {
            return;
        };
        if may_commit(&self.world.ledger, attempt) {
            self.world.violations |= WASTED;
        }
    }

    /// An attempt ends by its own outcome, by a fence, or with its own resource (R4, R5, R12).
    fn note_end(&mut self, step: &Step, outcome: &Outcome, new: &Ledger) {
        let Some(pending) = &self.world.ledger.pending else { return };
        let recorded = match outcome {
            Outcome::Posted { post: Posted::Yes { id, .. }, .. } => new.entry(id).is_some(),
            _ => true,
        };
        let by_right = match step {
            Step::Fence => true,
            Step::MarkDeleting { uid, .. } => *uid == pending.uid,
            Step::Post { attempt, .. } | Step::Refused(attempt) => attempt.n == pending.n && recorded,
            _ => false,
        };
        if new.pending.as_ref() != Some(pending) && !by_right {
            self.world.violations |= WASTED;
        }
    }
}

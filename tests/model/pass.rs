//! A replica of the owner controller: one pass at a time over the shipped `step` and `settle`, every effect a transition.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use pat_operator::lifecycle::facts::{Admission, Declared, Executing, Facts, Holds, Listing, Now, SecretSeen, Stage};
use pat_operator::lifecycle::ledger::{Applied, Attempt, Ledger, TokenId, Uid, scopes};
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted, may_commit};
use pat_operator::lifecycle::step::Step;
use pat_operator::redacted::Redacted;

use crate::broken::{self, Broken};
use crate::world::{INSTALLATION, Late, Phase, Shared, TIMINGS, UIDS, WASTED, World, index};

/// One process that believes itself to be the leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    /// The resources as its watch last showed them.
    pub seen: [Phase; 2],
    /// The LIST kept from an earlier pass.
    pub listing: Option<Shared<Listing>>,
    pub pass: Option<Pass>,
}

/// A pass under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pass {
    pub known: Shared<Ledger>,
    pub executing: Option<Executing>,
    pub destroyed: BTreeSet<TokenId>,
    pub secrets: BTreeMap<Uid, SecretSeen>,
    pub step: Step,
    pub progress: Progress,
}

/// How far the pass is with its step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Decided; the request may be under way. A POST and the extension beside it are answered one by one.
    Sent { post: Option<Reply>, extended: Option<Extended> },
    /// Answered, not recorded yet.
    Answered(Outcome, Now),
}

/// ISC's answer to a POST.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    Certain(Posted),
    /// 400.
    Doubtful,
}

const SENT: Progress = Progress::Sent { post: None, extended: None };

impl Replica {
    pub fn new(seen: [Phase; 2]) -> Self {
        Self { seen, listing: None, pass: None }
    }

    /// The attempt whose POST may take effect now.
    pub fn posting(&self) -> Option<&Attempt> {
        match self.pass.as_ref()? {
            Pass { step: Step::Post { attempt, .. }, progress: Progress::Sent { post: None, .. }, .. } => Some(attempt),
            _ => None,
        }
    }
}

static DECLARED: LazyLock<[Declared; 2]> = LazyLock::new(|| {
    UIDS.clone().map(|name| Declared {
        namespace: "n".into(),
        name: name.clone(),
        deleting: false,
        finalizer: true,
        admission: Admission::Admitted,
        suspended: false,
        wanted: Applied { name: name.clone(), scopes: scopes(["idn:a:read"]), validity_seconds: 3600 },
        secret: name,
    })
});

fn declared(seen: [Phase; 2]) -> BTreeMap<Uid, Declared> {
    let present = (0..2).filter(|r| seen[*r] != Phase::Gone);
    let show = |r: usize| Declared {
        deleting: seen[r] == Phase::Deleting,
        finalizer: seen[r] != Phase::New,
        ..DECLARED[r].clone()
    };
    present.map(|r| (UIDS[r].clone(), show(r))).collect()
}

/// The settings of a configuration that a pass needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// No attempt gets this number or a higher one.
    pub limit: u64,
    pub broken: Broken,
}

/// The pass of one replica, in the world.
pub struct Owner<'w> {
    pub world: &'w mut World,
    pub i: usize,
    pub bounds: Bounds,
}

impl Owner<'_> {
    fn replica(&mut self) -> &mut Replica {
        &mut self.world.replicas[self.i]
    }

    fn pass(&mut self) -> &mut Pass {
        self.replica().pass.as_mut().expect("a pass is under way")
    }

    fn now(&self) -> Now {
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
        let vanished = (0..2).filter(|r| replica.seen[*r] == Phase::Gone).map(|r| UIDS[r].clone()).collect();
        let facts = Facts {
            now: Some(self.now()),
            ledger: &pass.known,
            declared: &declared(replica.seen),
            vanished: &vanished,
            listing: replica.listing.as_deref(),
            destroyed: &pass.destroyed,
            secrets: &pass.secrets,
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
    fn go_on(&mut self) {
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
    fn leave(&mut self) {
        let replica = self.replica();
        (replica.pass, replica.listing) = (None, None);
    }

    /// The effect of the step happens and is answered.
    pub fn perform(&mut self, lagging: bool) -> Option<()> {
        let Pass { step, known, progress, .. } = self.pass().clone();
        let Progress::Sent { post, .. } = progress else { return None };
        match step {
            Step::List => self.list(&known, lagging),
            _ if lagging => return None,
            Step::ReadSecret(uid) => self.read_secret(uid, &known),
            Step::Confirm(uid) => self.confirm(&uid),
            Step::Delete(id) | Step::Sweep { id, .. } => {
                self.world.delete(&id);
                self.world.settle_late();
                self.destroyed(id);
            }
            Step::Extend(extension) => {
                let extended = self.extend(&extension);
                self.answered(Outcome::Extended(extended));
            }
            Step::Post { .. } if post.is_some() => return None,
            Step::Post { attempt, .. } => {
                let reply = self.post(&attempt);
                self.replied(reply);
            }
            step => {
                let outcome = Outcome::Decided;
                self.record(&step, &outcome, self.now());
            }
        }
        Some(())
    }

    fn list(&mut self, known: &Shared<Ledger>, lagging: bool) {
        let pass = self.pass();
        let after = pass.destroyed.clone();
        let doubted = pass.executing.filter(|own| own.stage == Stage::Doubted).map(|own| own.nonce);
        let (tokens, at) = (self.world.list(known, lagging), self.world.clock);
        let listing = Listing { tokens, at, read_with: known.arc(), after, doubted };
        self.replica().listing = Some(Shared::new(listing));
        self.go_on();
    }

    fn read_secret(&mut self, uid: Uid, known: &Ledger) {
        let holds = match &self.world.secrets[index(&uid)] {
            None => Holds::Absent,
            Some(secret) if secret.foreign => Holds::Foreign,
            Some(_) => Holds::Ours,
        };
        let deleting = known.resources.get(&uid).is_some_and(|resource| resource.deleting);
        let secrets = &mut self.pass().secrets;
        secrets.insert(uid, SecretSeen { holds, deleting });
        self.go_on();
    }

    fn confirm(&mut self, uid: &Uid) {
        let alive = self.world.customs[index(uid)] == Phase::Alive;
        if let Some(own) = &mut self.pass().executing {
            own.stage = if alive { Stage::Confirmed } else { Stage::Withdrawn };
        }
        self.go_on();
    }

    fn post(&mut self, attempt: &Attempt) -> Reply {
        let expires_at = attempt.expiry;
        match self.world.post(attempt) {
            Some(id) => Reply::Certain(Posted::Yes { id, client_secret: Redacted::new("s".into()), expires_at }),
            None => Reply::Doubtful,
        }
    }

    fn extend(&mut self, extension: &pat_operator::lifecycle::step::Extension) -> Extended {
        match self.world.extend(extension) {
            true => Extended::Yes { missing_scopes: scopes(Vec::<String>::new()) },
            false => Extended::No,
        }
    }

    /// The extension beside a POST.
    pub fn perform_beside(&mut self) -> Option<()> {
        let Step::Post { extend: Some(extension), .. } = self.pass().step.clone() else { return None };
        let Progress::Sent { extended: None, .. } = self.pass().progress else { return None };
        let answer = self.extend(&extension);
        if let Progress::Sent { extended, .. } = &mut self.pass().progress {
            *extended = Some(answer);
        }
        self.joined();
        Some(())
    }

    fn replied(&mut self, reply: Reply) {
        if let Progress::Sent { post, .. } = &mut self.pass().progress {
            *post = Some(reply);
        }
        self.joined();
    }

    fn joined(&mut self) {
        let Pass { step, progress, .. } = self.pass().clone();
        let (Step::Post { extend, attempt, .. }, Progress::Sent { post: Some(post), extended }) = (step, progress)
        else {
            return;
        };
        if extend.is_some() != extended.is_some() {
            return;
        }
        match post {
            Reply::Certain(post) => self.answered(Outcome::Posted { post, extended }),
            Reply::Doubtful if self.bounds.broken == Broken::BelieveDoubt => {
                self.answered(Outcome::Posted { post: Posted::No { wait: 0 }, extended });
            }
            Reply::Doubtful => {
                self.pass().executing = Some(Executing { nonce: attempt.nonce, stage: Stage::Doubted });
                self.go_on();
            }
        }
    }

    fn answered(&mut self, outcome: Outcome) {
        let now = self.now();
        self.pass().progress = Progress::Answered(outcome, now);
    }

    fn destroyed(&mut self, id: TokenId) {
        self.pass().destroyed.insert(id);
        self.answered(Outcome::Gone);
        let Pass { known, step, .. } = self.pass().clone();
        if broken::settle(self.bounds.broken, &known, &step, &Outcome::Gone, self.now()) == *known {
            self.go_on();
        }
    }

    /// The write of what was answered.
    pub fn commit(&mut self) -> Option<()> {
        let pass = self.pass().clone();
        let Progress::Answered(outcome, now) = pass.progress else { return None };
        self.record(&pass.step, &outcome, now);
        Some(())
    }

    /// The ledger that the pass wants to write, and the one it writes over; `None`: it is refused.
    fn write_of(&self, pass: &Pass, step: &Step, outcome: &Outcome, now: Now) -> Option<Shared<Ledger>> {
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

    fn record(&mut self, step: &Step, outcome: &Outcome, now: Now) {
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
            Step::MarkDeleting(uid) => *uid == pending.uid,
            Step::Post { attempt, .. } | Step::Refused(attempt) => attempt.n == pending.n && recorded,
            _ => false,
        };
        if new.pending.as_ref() != Some(pending) && !by_right {
            self.world.violations |= WASTED;
        }
    }

    /// A crash, a time-out or a lost reply: the pass ends, what it sent may still take effect.
    pub fn crash(&mut self) {
        let pass = self.pass().clone();
        let late = &mut Vec::new();
        match (&pass.step, &pass.progress) {
            (step, Progress::Answered(outcome, now)) => late.extend(self.late_write(&pass, step, outcome, *now)),
            (Step::Delete(id) | Step::Sweep { id, .. }, _) => late.push(Late::Delete(id.clone())),
            (Step::Extend(extension), _) => late.push(Late::Extend(extension.clone())),
            (Step::Post { attempt, extend, .. }, Progress::Sent { post, extended }) => {
                late.extend(post.is_none().then(|| Late::Post(attempt.clone())));
                late.extend(extend.clone().filter(|_| extended.is_none()).map(Late::Extend));
            }
            (Step::List | Step::ReadSecret(_) | Step::Confirm(_), _) => {}
            (step, _) => late.extend(self.late_write(&pass, step, &Outcome::Decided, self.now())),
        }
        let world = &mut *self.world;
        late.retain(|late| !world.late.contains(late));
        world.late.append(late);
        world.settle_late();
        world.late.sort_by_cached_key(|late| format!("{late:?}"));
        self.leave();
    }

    fn late_write(&self, pass: &Pass, step: &Step, outcome: &Outcome, now: Now) -> Option<Late> {
        let new = self.write_of(pass, step, outcome, now)?;
        let base = self.world.ledger.clone();
        (new != base).then_some(Late::Write { base, new })
    }

    /// ISC says definitely no, without an effect.
    pub fn refuse(&mut self) -> Option<()> {
        match (self.pass().step.clone(), self.pass().progress.clone()) {
            (Step::Post { .. }, Progress::Sent { post: None, .. }) => {
                self.replied(Reply::Certain(Posted::No { wait: 0 }))
            }
            (Step::Extend(_), Progress::Sent { .. }) => self.answered(Outcome::Extended(Extended::No)),
            _ => return None,
        }
        Some(())
    }

    /// ISC answers 400 without an effect, or although the POST took effect: a proxy sent it twice, and the name exists.
    /// Assumed: what ISC refuses a name for, its LIST shows.
    pub fn doubt(&mut self, effect: bool) -> Option<()> {
        let (Step::Post { attempt, .. }, Progress::Sent { post: None, .. }) =
            (self.pass().step.clone(), self.pass().progress.clone())
        else {
            return None;
        };
        if effect {
            self.world.post(&attempt)?;
            self.world.before = self.world.tokens.clone();
        }
        self.replied(Reply::Doubtful);
        Some(())
    }

    /// ISC answers 404 to a DELETE although the token is there. Assumed: the next LIST does not lie about it as well.
    pub fn wrong_404(&mut self) -> Option<()> {
        match (self.pass().step.clone(), self.pass().progress.clone()) {
            (Step::Delete(id), Progress::Sent { .. }) => {
                self.world.before = self.world.tokens.clone();
                self.destroyed(id);
            }
            _ => return None,
        }
        Some(())
    }
}

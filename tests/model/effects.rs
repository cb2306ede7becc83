//! The effects of a pass, as ISC and Kubernetes perform and answer them.
use std::collections::BTreeSet;

use pat_operator::lifecycle::facts::{Executing, Holds, SecretSeen, Stage};
use pat_operator::lifecycle::ledger::{Attempt, Ledger, TokenId, Uid, scopes};
use pat_operator::lifecycle::listing::Listing;
use pat_operator::lifecycle::settle::{Extended, Outcome, Patched, Posted};
use pat_operator::lifecycle::step::{Extension, Step};
use pat_operator::redacted::Redacted;

use crate::broken::{self, Broken};
use crate::pass::Owner;
use crate::replica::{Pass, Progress, Reply};
use crate::shared::Shared;
use crate::world::{Phase, index};

impl Owner<'_> {
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
            Step::Renew { id, until } => {
                let done = self.world.extend(&Extension { id, until });
                self.answered(Outcome::Patched(if done { Patched::Yes } else { Patched::No }));
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
        let listing = Listing { tokens, at, read_with: known.arc(), after, doubted, missed_before: BTreeSet::new() };
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
        secrets.insert(uid, SecretSeen { holds, deleting, overlap_over: false, held: None });
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

    fn extend(&mut self, extension: &Extension) -> Extended {
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

    pub fn replied(&mut self, reply: Reply) {
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
                self.answered(Outcome::Posted { post: Posted::No { wait: 0, is_bad: false }, extended });
            }
            Reply::Doubtful => {
                self.pass().executing = Some(Executing { nonce: attempt.nonce, stage: Stage::Doubted });
                self.go_on();
            }
        }
    }

    pub fn answered(&mut self, outcome: Outcome) {
        let now = self.now();
        self.pass().progress = Progress::Answered(outcome, now);
    }

    pub fn destroyed(&mut self, id: TokenId) {
        self.pass().destroyed.insert(id);
        self.answered(Outcome::Gone);
        let Pass { known, step, .. } = self.pass().clone();
        if broken::settle(self.bounds.broken, &known, &step, &Outcome::Gone, self.now()) == *known {
            self.go_on();
        }
    }
}

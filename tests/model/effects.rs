//! The effects of a pass, as ISC and Kubernetes perform and answer them.
use pat_operator::credential::Credential;
use pat_operator::lifecycle::facts::{Executing, Sighting, Stage};
use pat_operator::lifecycle::ledger::{Attempt, Ledger, TokenId, Uid, scopes};
use pat_operator::lifecycle::listing::Listing;
use pat_operator::lifecycle::secret::{Holds, SecretSeen};
use pat_operator::lifecycle::settle::{Extended, Outcome, Patched, Posted};
use pat_operator::lifecycle::step::{Call, Extension, Look, Step};
use pat_operator::redacted::Redacted;

use crate::broken::{self, Broken};
use crate::isc::secret_of;
use crate::pass::Owner;
use crate::replica::{Pass, Progress, Reply};
use crate::shared::Shared;
use crate::world::{Phase, Published, TIMINGS, index};

impl Owner<'_> {
    /// The effect of the step happens and is answered.
    pub fn perform(&mut self, lagging: bool) -> Option<()> {
        let Pass { step, known, progress, .. } = self.pass().clone();
        let Progress::Sent { post, .. } = progress else { return None };
        match step.clone() {
            Step::Look(Look::List) => self.list(&known, lagging),
            _ if lagging => return None,
            Step::Look(Look::ReadSecret(uid)) => self.read_secret(uid, &known),
            Step::Look(Look::Confirm(uid)) => self.confirm(&uid),
            Step::Look(Look::Find(uid)) => self.look_for(uid),
            Step::Call(Call::Strip(uid)) => self.strip(&uid),
            Step::Call(Call::Delete(id) | Call::Sweep { id, .. }) => {
                self.world.delete(&id);
                self.world.settle_late();
                self.destroyed(id);
            }
            Step::Call(Call::Extend(extension)) => {
                let extended = self.extend(&extension);
                self.answered(Outcome::Extended(extended));
            }
            Step::Call(Call::Post { .. }) if post.is_some() => return None,
            Step::Call(Call::Post { attempt, .. }) => {
                let reply = self.post(&attempt);
                self.replied(reply);
            }
            Step::Call(Call::Renew { id, until }) => {
                let done = self.world.extend(&Extension { id, until });
                self.patched(done);
            }
            Step::Call(Call::Rename { id, name }) => {
                let done = self.world.rename(&id, &name);
                self.patched(done);
            }
            Step::Call(Call::Apply { id, name, .. }) => {
                let done = self.world.rename(&id, &name.unwrap_or_default());
                self.patched(done);
            }
            Step::Call(Call::Verify(id)) => self.verify(&id),
            Step::Call(Call::Adopt(adoption)) => {
                let accepted =
                    self.world.accepts(&adoption.held.id, adoption.held.client_secret.expose());
                self.answered(Outcome::Verified(accepted));
            }
            Step::Call(Call::CheckScopes { .. }) => {
                self.answered(Outcome::Checked(Some(scopes(Vec::<String>::new()))));
            }
            Step::Call(Call::TryNerm { .. }) => unreachable!("the model has no NERM"),
            Step::Record(_) => self.record(&step, &Outcome::Decided, self.now()),
        }
        Some(())
    }

    fn list(&mut self, known: &Shared<Ledger>, lagging: bool) {
        let at = self.now().ms;
        let pass = self.pass();
        pass.lie = 0;
        let after = pass.destroyed.clone();
        let doubted = pass.executing.filter(|own| own.stage == Stage::Doubted).map(|own| own.nonce);
        let missed = |old: &Shared<Listing>| {
            old.misses(known, &TIMINGS).map(|entry| entry.id.clone()).collect()
        };
        let missed_before = self.replica().listing.as_ref().map(missed).unwrap_or_default();
        let tokens = self.world.list(known, lagging);
        let listing = Listing { tokens, at, read_with: known.arc(), after, doubted, missed_before };
        self.replica().listing = Some(Shared::new(listing));
        self.pass().secrets.values_mut().for_each(|seen| seen.listed = true);
        self.go_on();
    }

    fn read_secret(&mut self, uid: Uid, known: &Ledger) {
        let r = index(&uid);
        let found = self.world.secrets[self.config.place(r)].as_ref();
        let holds = match found {
            None => Holds::Absent,
            Some(secret) if secret.marks == Some(r) => Holds::Ours,
            Some(_) => Holds::Foreign,
        };
        let recorded = known.resources.get(&uid);
        let goes = recorded.is_some_and(|resource| resource.deleting && !resource.retain);
        let held = found.filter(|_| holds == Holds::Ours && !goes).map(Published::held);
        self.world.questions[r] = false;
        let pass = self.pass();
        let deleting = recorded.is_some_and(|resource| resource.deleting);
        // There is one clock, which everybody reads right: only a pair that may be lost asks for a
        // LIST that is younger (R13).
        let listed = !held.as_ref().is_some_and(|held| known.is_unknown(&uid, held));
        let overlap_over = pass.overlap_over;
        let seen = SecretSeen { holds, deleting, overlap_over, listed, held };
        pass.secrets.insert(uid, seen);
        self.go_on();
    }

    fn confirm(&mut self, uid: &Uid) {
        let alive = self.world.customs[index(uid)].phase == Phase::Alive;
        if let Some(own) = &mut self.pass().executing {
            own.stage = if alive { Stage::Confirmed } else { Stage::Withdrawn };
        }
        self.go_on();
    }

    fn look_for(&mut self, uid: Uid) {
        let is_there =
            !matches!(self.world.customs[index(&uid)].phase, Phase::Gone | Phase::Future);
        let last = self.now().ms;
        let sightings = &mut self.replica().sightings;
        let sighting = match sightings.get(&uid) {
            _ if is_there => Sighting::Alive,
            Some(Sighting::Absent { first, .. }) => Sighting::Absent { first: *first, last },
            _ => Sighting::Absent { first: last, last },
        };
        sightings.insert(uid, sighting);
        self.go_on();
    }

    /// The write carries the revision that was read.
    fn strip(&mut self, uid: &Uid) {
        let place = self.config.place(index(uid));
        let held = self.world.own_secret(place, index(uid)).map(Published::held);
        let seen = self.pass().secrets.remove(uid).and_then(|seen| seen.held);
        match self.world.secrets[place].clone() {
            Some(secret) if held.is_some() && held == seen => {
                let left = Published { marks: None, owned: false, left: true, ..secret };
                self.config.publish(self.world, place, Some(left));
                self.go_on();
            }
            _ => self.leave(),
        }
    }

    fn post(&mut self, attempt: &Attempt) -> Reply {
        let expires_at = attempt.expiry;
        match self.world.post(self.config, attempt) {
            Some(id) => {
                let client_secret = Redacted::new(secret_of(&id));
                let credential = Credential::new(id, client_secret);
                Reply::Certain(Posted::Yes { credential, expires_at, made_at: None })
            }
            None => Reply::Doubtful,
        }
    }

    fn extend(&mut self, extension: &Extension) -> Extended {
        match self.world.extend(extension) {
            true => Extended::Yes { missing_scopes: Some(scopes(Vec::<String>::new())) },
            false => Extended::No,
        }
    }

    fn patched(&mut self, done: bool) {
        self.answered(Outcome::Patched(if done { Patched::Yes } else { Patched::No }));
    }

    fn verify(&mut self, id: &TokenId) {
        let accepted = self.world.token(id).is_some();
        if accepted {
            self.pass().alive.insert(id.clone());
        }
        self.answered(Outcome::Verified(accepted));
    }

    /// The extension beside a POST.
    pub fn perform_beside(&mut self) -> Option<()> {
        let Step::Call(Call::Post { extend: Some(extension), .. }) = self.pass().step.clone()
        else {
            return None;
        };
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
        let (
            Step::Call(Call::Post { extend, attempt, .. }),
            Progress::Sent { post: Some(post), extended },
        ) = (step, progress)
        else {
            return;
        };
        if extend.is_some() != extended.is_some() {
            return;
        }
        match post {
            Reply::Certain(post) => self.answered(Outcome::Posted { post, extended }),
            Reply::Doubtful if self.config.broken == Broken::BelieveDoubt => {
                self.answered(Outcome::Posted {
                    post: Posted::No { wait: 0, is_bad: false },
                    extended,
                });
            }
            Reply::Doubtful => {
                self.pass().executing =
                    Some(Executing { nonce: attempt.nonce, stage: Stage::Doubted });
                self.go_on();
            }
        }
    }

    /// A reply of ISC tells the time again.
    pub fn answered(&mut self, outcome: Outcome) {
        self.pass().lie = 0;
        let now = self.now();
        self.pass().progress = Progress::Answered(outcome, now);
    }

    pub fn destroyed(&mut self, id: TokenId) {
        self.pass().destroyed.insert(id);
        self.answered(Outcome::Gone);
        let Pass { known, step, .. } = self.pass().clone();
        if broken::settle(self.config.broken, &known, &step, &Outcome::Gone, self.now()) == *known {
            self.go_on();
        }
    }
}

//! What goes wrong in a pass: crashes, lost replies, refusals, and answers that are not true.
use pat_operator::lifecycle::facts::Now;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::{Call, Extension, Step};

use crate::pass::Owner;
use crate::replica::{Pass, Progress, Reply};
use crate::shared::hash_of;
use crate::world::Late;

impl Owner<'_> {
    /// A crash, a time-out or a lost reply: the pass ends, what it sent may still take effect.
    pub fn crash(&mut self) {
        let pass = self.pass().clone();
        let late = &mut Vec::new();
        match (&pass.step, &pass.progress) {
            (step, Progress::Answered(outcome, now)) => {
                late.extend(self.late_write(&pass, step, outcome, *now));
            }
            (Step::Call(Call::Delete(id) | Call::Sweep { id, .. }), _) => {
                late.push(Late::Delete(id.clone()));
            }
            (Step::Call(Call::Extend(extension)), _) => late.push(Late::Extend(extension.clone())),
            (Step::Call(Call::Post { attempt, extend, .. }), Progress::Sent { post, extended }) => {
                late.extend(post.is_none().then(|| Late::Post(attempt.clone())));
                late.extend(extend.clone().filter(|_| extended.is_none()).map(Late::Extend));
            }
            (Step::Call(Call::Renew { id, until }), _) => {
                late.push(Late::Extend(Extension { id: id.clone(), until: *until }));
            }
            (Step::Call(Call::Rename { id, name }), _) => {
                late.push(Late::Rename { id: id.clone(), name: name.clone() });
            }
            (Step::Call(Call::Apply { id, name: Some(name), .. }), _) => {
                late.push(Late::Rename { id: id.clone(), name: name.clone() });
            }
            (Step::Look(_) | Step::Call(Call::Strip(_) | Call::Apply { name: None, .. }), _) => {}
            (
                Step::Call(
                    Call::Verify(_)
                    | Call::Adopt(_)
                    | Call::CheckScopes { .. }
                    | Call::TryNerm { .. },
                ),
                _,
            ) => {}
            (step @ Step::Record(_), _) => {
                late.extend(self.late_write(&pass, step, &Outcome::Decided, self.now()));
            }
        }
        let world = &mut *self.world;
        late.retain(|late| !world.late.contains(late));
        world.late.append(late);
        world.settle_late();
        world.late.sort_by_cached_key(hash_of);
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
            (Step::Call(Call::Post { .. }), Progress::Sent { post: None, .. }) => {
                self.replied(Reply::Certain(Posted::No { wait: 0, is_bad: false }));
            }
            (Step::Call(Call::Extend(_)), Progress::Sent { .. }) => {
                self.answered(Outcome::Extended(Extended::No));
            }
            _ => return None,
        }
        Some(())
    }

    /// ISC answers 400 without an effect, or although the POST took effect: a proxy sent it twice,
    /// and the name exists. Assumed: what ISC refuses a name for, its LIST shows.
    pub fn doubt(&mut self, effect: bool) -> Option<()> {
        let (Step::Call(Call::Post { attempt, .. }), Progress::Sent { post: None, .. }) =
            (self.pass().step.clone(), self.pass().progress.clone())
        else {
            return None;
        };
        if effect {
            self.world.post(self.config, &attempt)?;
            self.world.before.1 = self.world.tokens.clone();
        }
        self.replied(Reply::Doubtful);
        Some(())
    }

    /// ISC answers 404 to a DELETE although the token is there, or to a PATCH that takes effect.
    /// Assumed: the next LIST does not lie about it as well.
    pub fn wrong_404(&mut self) -> Option<()> {
        match (self.pass().step.clone(), self.pass().progress.clone()) {
            (Step::Call(Call::Delete(id)), Progress::Sent { .. }) => {
                self.world.before.1 = self.world.tokens.clone();
                self.destroyed(id);
            }
            (Step::Call(Call::Extend(extension)), Progress::Sent { .. }) => {
                self.world.extend(&extension);
                self.answered(Outcome::Extended(Extended::No));
            }
            _ => return None,
        }
        Some(())
    }
}

//! The protocol with one rule broken at a time: each must be caught, or the model proves nothing. The only such place.
use std::sync::Arc;

use pat_operator::lifecycle::facts::{Executing, Facts, Holds, Now, Stage};
use pat_operator::lifecycle::ledger::{Ledger, State};
use pat_operator::lifecycle::listing::Listing;
use pat_operator::lifecycle::settle::Outcome;
use pat_operator::lifecycle::step::Step;
use pat_operator::lifecycle::{self};

use crate::world::TIMINGS;

/// What is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Broken {
    /// Nothing: the shipped protocol.
    #[default]
    Nothing,
    /// R2, R5: a fence forgets that the POST may still take effect.
    ForgetUnresolved,
    /// R4: the outcome is recorded although the attempt was fenced.
    CommitBlindly,
    /// R4: the outcome is recorded only over the revision read.
    CommitExactRevision,
    /// R3: a 400 is believed at once.
    BelieveDoubt,
    /// R5: tokens of a pending attempt are swept without a fence.
    SweepUnfenced,
    /// R9: a LIST is believed although it may still miss the token.
    IgnoreLag,
    /// R9: a 404 drops the entry without a LIST.
    DropOn404,
    /// R12: a resource is forgotten before its numbers are resolved.
    FinishEarly,
    /// R12: a read of the Secret from before the deletion counts.
    OldSecretRead,
    /// R12: the tokens are condemned while the Secret is still there.
    TombBeforeSecret,
    /// R12: deleting one resource fences the attempt of another.
    FenceOther,
    /// R14: the POST is not preceded by a live read of the resource.
    PostWithoutConfirm,
    /// R8: a prepared credential is published.
    PublishPrepared,
    /// R8: a credential is published while its resource is being deleted.
    PublishWhileDeleting,
    /// R12: the finalizer goes as soon as no token is recorded.
    FinalizerEarly,
}

/// [`lifecycle::step`], or a broken one.
pub fn step(broken: Broken, facts: &Facts<'_>) -> Option<Step> {
    let mut facts = facts.clone();
    let mut listing = facts.listing.cloned();
    let mut secrets = facts.secrets.clone();
    let resources = facts.ledger.resources.clone();
    match broken {
        Broken::Nothing => return lifecycle::step(&facts),
        Broken::SweepUnfenced => change(&mut listing, |known| known.pending = None),
        Broken::PostWithoutConfirm => {
            facts.executing = facts.executing.map(|own| match own.stage {
                Stage::Intended => Executing { stage: Stage::Confirmed, ..own },
                _ => own,
            });
        }
        Broken::IgnoreLag => {
            if let Some(listing) = &mut listing {
                listing.after.extend(listing.read_with.entries.iter().map(|entry| entry.id.clone()));
            }
        }
        Broken::OldSecretRead => secrets.values_mut().for_each(|seen| seen.deleting = true),
        Broken::TombBeforeSecret => secrets.values_mut().for_each(|seen| seen.holds = Holds::Absent),
        _ => {}
    }
    (facts.listing, facts.secrets) = (listing.as_ref(), &secrets);
    let step = lifecycle::step(&facts);
    let unfenced = broken == Broken::SweepUnfenced && step == Some(Step::Fence);
    let orphan = listing.as_ref().filter(|_| unfenced).and_then(|_| facts.orphans().next());
    if let Some((token, part)) = orphan {
        return Some(Step::Sweep { id: token.id.clone(), n: part.n });
    }
    let early = |uid: &lifecycle::ledger::Uid| resources[uid].deleting && facts.ledger.of(uid).next().is_none();
    if broken == Broken::FinishEarly && matches!(step, None | Some(Step::List)) && facts.ledger.pending.is_none() {
        return resources.keys().find(|uid| early(uid)).map(|uid| Step::Finish(uid.clone())).or(step);
    }
    step
}

fn change(listing: &mut Option<Listing>, f: impl FnOnce(&mut Ledger)) {
    if let Some(listing) = listing {
        f(Arc::make_mut(&mut listing.read_with));
    }
}

/// [`lifecycle::settle`], or a broken one.
pub fn settle(broken: Broken, ledger: &Ledger, step: &Step, outcome: &Outcome, now: Now) -> Ledger {
    let mut after = lifecycle::settle(ledger, step, outcome, now, &TIMINGS);
    match (broken, step) {
        (Broken::ForgetUnresolved, _) => after.unresolved = None,
        (Broken::FenceOther, Step::MarkDeleting { .. }) if after.pending.is_some() => {
            after = lifecycle::settle(&after, &Step::Fence, outcome, now, &TIMINGS);
        }
        (Broken::DropOn404, Step::Delete(id)) => after.entries.retain(|entry| entry.id != *id),
        _ => {}
    }
    after
}

impl Broken {
    /// The states of a token that the token controller publishes.
    pub fn publishes(self, state: State) -> bool {
        state == State::Current || self == Broken::PublishPrepared && state == State::Prepared
    }
}

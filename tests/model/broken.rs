//! The protocol with one rule broken at a time: each must be caught, or the model proves nothing.
//! The only such place.
use std::sync::Arc;

use pat_operator::lifecycle::facts::{Executing, Facts, Now, Stage};
use pat_operator::lifecycle::ledger::{Ledger, State};
use pat_operator::lifecycle::listing::Listing;
use pat_operator::lifecycle::secret::Holds;
use pat_operator::lifecycle::settle::{Extended, Outcome};
use pat_operator::lifecycle::step::{Call, Look, Record, Step};
use pat_operator::lifecycle::{self};

use crate::broken_travel;
use crate::world::TIMINGS;

/// What is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Broken {
    /// Nothing: the shipped protocol.
    #[default]
    Nothing,
    /// R2, R5: a fence forgets that the POST may still take effect.
    ForgetUnresolved,
    /// R1, R4: the next intent replaces an attempt that is not committed yet.
    EarlyIntent,
    /// R4: the outcome is recorded although the attempt was fenced.
    CommitBlindly,
    /// R4: the outcome is recorded only over the revision read.
    CommitExactRevision,
    /// R3: a 400 is believed at once.
    BelieveDoubt,
    /// R23: an attempt that may have been sent is withdrawn.
    WithdrawSent,
    /// R5: tokens of a pending attempt are swept without a fence.
    SweepUnfenced,
    /// R6: long-lived tokens are swept too.
    SweepLongLived,
    /// R6: orphans of an old LIST are judged by the ledger of now.
    SweepOldList,
    /// R7: a token that ISC does not know is dropped without a DELETE.
    Drop404,
    /// R7: a failed attempt is repeated at once.
    NoBackOff,
    /// R8: a prepared credential is published.
    PublishPrepared,
    /// R8: a credential is published while its resource is being deleted.
    PublishWhileDeleting,
    /// R8: a Secret is as new as its annotation says.
    NumberFromAnnotation,
    /// R8: an unknown pair that claims to be newer is written over.
    OverwriteUnknown,
    /// R8: a recorded pair that is newer than the one at hand is written over.
    OverwriteNewer,
    /// R8: a Secret that belongs to something else is written over.
    OverwriteForeign,
    /// R8: a write rests on a read of the Secret from after the ledger.
    WriteOnLaterRead,
    /// R9: a LIST is believed although it may still miss the token.
    IgnoreLag,
    /// R9: a 404 drops the entry without a LIST.
    DropOn404,
    /// R9: a LIST from before the condemnation drops the entry.
    DropOldList,
    /// R9: the Secret was read before the overlap was over.
    OverlapAfterRead,
    /// R9: the old credential is condemned although the new one is not published.
    RetireUnpublished,
    /// R9: the overlap is counted from the promotion, not from the publication.
    OverlapUnpublished,
    /// R10: what is condemned is deleted whatever its name is by now.
    DeleteById,
    /// R10: a condemned token under a foreign name is forgotten, whatever its resource.
    ForgetRenamed,
    /// R12: a Secret is created whose resource is being deleted with Retain.
    CreateWhileDeleting,
    /// R12: a resource is forgotten before its numbers are resolved.
    FinishEarly,
    /// R12: a read of the Secret from before the deletion counts.
    OldSecretRead,
    /// R12: the tokens are condemned while the Secret is still there.
    TombBeforeSecret,
    /// R12: deleting one resource fences the attempt of another.
    FenceOther,
    /// R12: the finalizer goes as soon as no token is recorded.
    FinalizerEarly,
    /// R12: a Secret loses its marks before its token loses its name.
    StripFirst,
    /// R12: the current token is released whatever the Secret holds.
    RetainUnpublished,
    /// R12: a Secret loses its marks although its token is not recorded as released.
    RetainUnrecorded,
    /// R13: a pair is adopted that LIST shows as another resource's or as nobody's.
    AdoptByAnnotation,
    /// R13: a pair is adopted that LIST does not show.
    AdoptUnlisted,
    /// R13: a pair is adopted only under the number in the annotation.
    AdoptNeedsNumber,
    /// R13: a first token is minted before an unknown pair is judged.
    MintBeforeAdopt,
    /// R14: the POST is not preceded by a live read of the resource.
    PostWithoutConfirm,
    /// R16: nothing is renewed.
    NoRenewal,
    /// R17: slots are not counted.
    SlotsIgnored,
    /// R18: what was revoked is published again.
    RepublishRevoked,
    /// R20: a single reply tells that an overlap is over.
    SingleClock,
}

/// [`lifecycle::step`], or a broken one.
pub fn step(broken: Broken, facts: &Facts<'_>) -> Option<Step> {
    if broken == Broken::Nothing {
        return lifecycle::step(facts);
    }
    let mut facts = facts.clone();
    let (mut listing, mut secrets, mut ledger) =
        (facts.listing.cloned(), facts.secrets.clone(), facts.ledger.clone());
    match broken {
        Broken::SweepUnfenced => change(&mut listing, |known| known.pending = None),
        Broken::SweepOldList => change(&mut listing, |known| *known = ledger.clone()),
        Broken::SweepLongLived => {
            listing
                .iter_mut()
                .flat_map(|listing| &mut listing.tokens)
                .for_each(|token| token.provisional = true);
        }
        Broken::PostWithoutConfirm => {
            facts.executing = facts.executing.map(|own| match own.stage {
                Stage::Intended => Executing { stage: Stage::Confirmed, ..own },
                _ => own,
            });
        }
        Broken::IgnoreLag | Broken::DropOldList => {
            if broken == Broken::DropOldList {
                change(&mut listing, |known| *known = ledger.clone());
            }
            if let Some(listing) = &mut listing {
                listing
                    .after
                    .extend(listing.read_with.entries.iter().map(|entry| entry.id.clone()));
            }
        }
        Broken::OldSecretRead => secrets.values_mut().for_each(|seen| seen.deleting = true),
        Broken::OverlapAfterRead => secrets.values_mut().for_each(|seen| seen.overlap_over = true),
        Broken::TombBeforeSecret => {
            secrets.values_mut().for_each(|seen| seen.holds = Holds::Absent);
        }
        Broken::MintBeforeAdopt => secrets.values_mut().for_each(|seen| seen.held = None),
        Broken::SlotsIgnored => ledger.endpoint.tokens_per_user = 99,
        Broken::SingleClock => {
            facts.now = facts.now.map(|now| Now { consistent: true, ..now });
            listing
                .iter_mut()
                .for_each(|listing| listing.at = listing.at.min(facts.ms().unwrap_or_default()));
        }
        _ => {}
    }
    (facts.listing, facts.secrets, facts.ledger) = (listing.as_ref(), &secrets, &ledger);
    let step = lifecycle::step(&facts);
    broken_travel::instead(broken, &facts, step.as_ref())
        .or_else(|| instead(broken, &facts, step.as_ref()))
        .unwrap_or(step)
}

/// What a broken protocol does in this situation; the outer `None`: the same.
fn instead(broken: Broken, facts: &Facts<'_>, step: Option<&Step>) -> Option<Option<Step>> {
    let ledger = facts.ledger;
    match (broken, step) {
        (Broken::SweepUnfenced, Some(Step::Record(Record::Fence))) => {
            let (token, part) = facts.orphans().next()?;
            Some(Some(Step::Call(Call::Sweep { id: token.id.clone(), n: part.n })))
        }
        (Broken::WithdrawSent, Some(Step::Record(Record::Fence))) => {
            let attempt = ledger.pending.clone()?;
            Some(Some(Step::Record(Record::Withdraw { attempt, waits: true })))
        }
        (Broken::FinishEarly, None | Some(Step::Look(Look::List))) if ledger.pending.is_none() => {
            let early = |uid: &&lifecycle::ledger::Uid| {
                ledger.resources[*uid].deleting && ledger.of(uid).next().is_none()
            };
            ledger
                .resources
                .keys()
                .find(early)
                .map(|uid| Some(Step::Record(Record::Finish(uid.clone()))))
        }
        (Broken::EarlyIntent, Some(Step::Call(Call::Post { then: Some((next, place)), .. }))) => {
            Some(Some(Step::Record(Record::Intent(next.clone(), place.clone()))))
        }
        (Broken::NoRenewal, Some(Step::Call(Call::Renew { .. }))) => Some(None),
        (Broken::RetireUnpublished, _) if ledger.pending.is_none() => {
            let replaced = |uid: &&lifecycle::ledger::Uid| ledger.retired(uid).next().is_some();
            ledger
                .resources
                .keys()
                .find(replaced)
                .map(|uid| Some(Step::Record(Record::Retire(uid.clone()))))
        }
        _ => None,
    }
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
        (Broken::FenceOther, Step::Record(Record::MarkDeleting { .. }))
            if after.pending.is_some() =>
        {
            after = lifecycle::settle(&after, &Step::Record(Record::Fence), outcome, now, &TIMINGS);
        }
        (Broken::DropOn404, Step::Call(Call::Delete(id))) => {
            after.entries.retain(|entry| entry.id != *id);
        }
        (Broken::Drop404, Step::Call(Call::Extend(extension)))
            if *outcome == Outcome::Extended(Extended::No) =>
        {
            after.entries.retain(|entry| entry.id != extension.id);
        }
        (Broken::NoBackOff, _) => {
            after.resources.values_mut().for_each(|resource| resource.not_before = 0);
        }
        (Broken::OverlapUnpublished, _) => {
            let current = after.entries.iter_mut().filter(|entry| entry.state == State::Current);
            current
                .filter(|entry| entry.published_at.is_none())
                .for_each(|entry| entry.published_at = Some(now.ms));
        }
        _ => {}
    }
    after
}

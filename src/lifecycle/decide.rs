//! `step`: from what is known to the one thing to do next, the most urgent first.
use super::facts::{Facts, Stage};
use super::ledger::{Attempt, Millis};
use super::step::{Call, Look, Record, Step};
use super::{destroy, mint, overlap, release, rotate, travel, upkeep};

/// A kind of step: `None` if there is nothing of it to do now.
type Decider = fn(&Facts<'_>) -> Option<Step>;

/// Order: the pass's own attempt > destroy > finish > time travel > first mint > rotate > upkeep.
/// Each decider may rely on those above it having nothing to do.
const PRIORITIES: [Decider; 26] = [
    // The attempt of this pass waits for nothing: its token is short-lived, and another replica may
    // fence it.
    own_attempt,
    // What needs no LIST and must stand in the ledger before a token is destroyed (R5, R12, R18).
    destroy::record,
    fence,
    // From here on there is a LIST that is young enough.
    look,
    // Destruction is finished first: it frees slots, and a finalizer may wait for it.
    destroy::tomb_all,
    destroy::delete,
    destroy::look_again,
    destroy::forget,
    destroy::finish,
    release::let_go,
    release::decide,
    sweep,
    raise,
    // A prepared token dies in minutes (R7).
    extend,
    destroy::read,
    // The tokens that there are must be known before one more is made (R11, R13).
    travel::answer,
    travel::verify,
    // A token that is about to expire goes before new ones, and a free spare slot before the wish
    // for it.
    upkeep::rescue,
    overlap::retire,
    // A resource without a token has nothing: it goes before one whose token is to be replaced.
    mint::intend,
    rotate::intend,
    // The rest can wait.
    upkeep::renew,
    upkeep::apply,
    upkeep::check_scopes,
    upkeep::try_nerm,
    // Last, since it rests on what the watch does not show.
    destroy::vanished,
];

/// The next step, or `None` when nothing is to be done now.
pub fn step(facts: &Facts<'_>) -> Option<Step> {
    PRIORITIES.iter().find_map(|decide| decide(facts))
}

fn own_attempt(facts: &Facts<'_>) -> Option<Step> {
    let executing = facts.executing?;
    let attempt = facts.ledger.pending.as_ref()?;
    if attempt.nonce != executing.nonce {
        return None;
    }
    Some(match executing.stage {
        // The last look before the POST: without its finalizer it could vanish unnoticed (R14).
        Stage::Intended => Step::Look(Look::Confirm(attempt.uid.clone())),
        Stage::Withdrawn => withdraw(attempt, true),
        Stage::Unread => withdraw(attempt, false),
        // The next intent rides on this POST's commit (decision 6): its read comes first.
        Stage::Confirmed => match mint::read_next(facts) {
            Some(read) => read,
            None => mint::post(facts, attempt),
        },
        Stage::Doubted => doubt(facts, attempt),
    })
}

/// R23: this pass has not sent its attempt, so that nothing of it can take effect later.
fn withdraw(attempt: &Attempt, waits: bool) -> Step {
    Step::Record(Record::Withdraw { attempt: attempt.clone(), waits })
}

/// A 400 or 422 is a refusal only when a LIST that began after it shows no such token (R3).
fn doubt(facts: &Facts<'_>, attempt: &Attempt) -> Step {
    match facts.listing {
        Some(listing) if listing.doubted == Some(attempt.nonce) => {
            if listing.numbers().any(|n| n == attempt.n) {
                return Step::Record(Record::Fence);
            }
            Step::Record(Record::Refused(attempt.clone()))
        }
        Some(_) | None => Step::Look(Look::List),
    }
}

/// An attempt that this pass did not make, or lost sight of, is given up (R5).
fn fence(facts: &Facts<'_>) -> Option<Step> {
    let pending = facts.ledger.pending.as_ref()?;
    match facts.executing {
        Some(own) if own.nonce == pending.nonce => None,
        Some(_) | None => Some(Step::Record(Record::Fence)),
    }
}

/// Nothing is decided on without a LIST that is young enough (R6), nor without ISC's time.
fn look(facts: &Facts<'_>) -> Option<Step> {
    if is_listing_young(facts) && !overlap::wants_list(facts) {
        return None;
    }
    Some(Step::Look(Look::List))
}

fn is_listing_young(facts: &Facts<'_>) -> bool {
    let (Some(listing), Some(now)) = (facts.listing, facts.ms()) else { return false };
    let unresolved = &facts.ledger.unresolved;
    // A LIST from before the fence was judged without knowing that attempt (R2).
    if unresolved.is_some() && listing.read_with.unresolved != *unresolved {
        return false;
    }
    listing.is_younger(longest_age(facts), now)
}

/// LIST, and with it ISC's time, is asked for more often while an attempt waits to become final
/// (R20).
fn longest_age(facts: &Facts<'_>) -> Millis {
    let timings = facts.timings;
    let waits = facts.unresolved().is_some()
        || overlap::waits_for_clock(facts)
        || travel::suspects_loss(facts);
    if !waits {
        return timings.drift_interval;
    }
    // Half, so that each of the passes, which come every `recheck`, does ask.
    timings.drift_interval.min(timings.recheck / 2)
}

/// A token that was never recorded and never can be is deleted (R6).
fn sweep(facts: &Facts<'_>) -> Option<Step> {
    for (token, part) in facts.orphans() {
        // LIST may still show what this pass has deleted.
        if !facts.destroyed.contains(&token.id) && !facts.is_set_aside(&token.id) {
            return Some(Step::Call(Call::Sweep { id: token.id.clone(), n: part.n }));
        }
    }
    None
}

/// LIST shows a number that the ledger has not given: it is older than what it says of itself
/// (R13).
fn raise(facts: &Facts<'_>) -> Option<Step> {
    let highest = facts.listing?.numbers().max()?;
    if highest < facts.ledger.next {
        return None;
    }
    Some(Step::Record(Record::Raise(highest.saturating_add(1))))
}

fn extend(facts: &Facts<'_>) -> Option<Step> {
    let extension = mint::extend(facts)?;
    Some(Step::Call(Call::Extend(extension)))
}

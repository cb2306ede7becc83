//! `step`: from what is known to the one thing to do next. Order: one's own attempt > destroy > finish >
//! time travel > first mint > rotate > upkeep.
use super::facts::{Executing, Facts, Stage};
use super::ledger::{Attempt, TokenId};
use super::step::{Call, Look, Record, Step};
use super::{destroy, mint, release, rotate, travel, upkeep};

/// The next step, or `None` when nothing is to be done now.
pub fn step(facts: &Facts<'_>) -> Option<Step> {
    own_attempt(facts)
        .or_else(|| destroy::record(facts))
        .or_else(|| fence(facts))
        .or_else(|| look(facts))
        .or_else(|| destroy::carry_out(facts))
        .or_else(|| release::carry_out(facts))
        .or_else(|| sweep(facts))
        .or_else(|| raise(facts))
        .or_else(|| mint::extend(facts).map(|extension| Step::Call(Call::Extend(extension))))
        .or_else(|| destroy::read(facts))
        .or_else(|| travel::resolve(facts))
        .or_else(|| upkeep::rescue(facts))
        .or_else(|| rotate::retire(facts))
        .or_else(|| mint::intend(facts))
        .or_else(|| rotate::intend(facts))
        .or_else(|| upkeep::keep(facts))
        .or_else(|| destroy::vanished(facts))
}

fn own_attempt(facts: &Facts<'_>) -> Option<Step> {
    let executing = facts.executing?;
    let attempt = facts.ledger.pending.clone().filter(|pending| pending.nonce == executing.nonce)?;
    match executing.stage {
        Stage::Intended => Some(Step::Look(Look::Confirm(attempt.uid))),
        Stage::Withdrawn => Some(Step::Record(Record::Fence)),
        Stage::Confirmed => Some(mint::read_next(facts).unwrap_or_else(|| mint::post(facts, attempt))),
        Stage::Doubted => Some(doubt(facts, attempt)),
    }
}

/// A 400 or 422 is a refusal only when a LIST that began after it shows no such token (R3).
fn doubt(facts: &Facts<'_>, attempt: Attempt) -> Step {
    match facts.listing.filter(|listing| listing.doubted == Some(attempt.nonce)) {
        None => Step::Look(Look::List),
        Some(listing) if listing.tokens.iter().any(|token| token.ours.as_ref().is_some_and(|p| p.n == attempt.n)) => {
            Step::Record(Record::Fence)
        }
        Some(_) => Step::Record(Record::Refused(attempt)),
    }
}

fn fence(facts: &Facts<'_>) -> Option<Step> {
    let pending = facts.ledger.pending.as_ref()?;
    let own = |executing: &Executing| executing.nonce == pending.nonce;
    (!facts.executing.as_ref().is_some_and(own)).then_some(Step::Record(Record::Fence))
}

/// Nothing is decided on without a LIST that is young enough (R6), nor without ISC's time, which is asked for more
/// often while an attempt waits to become final (R20).
fn look(facts: &Facts<'_>) -> Option<Step> {
    let timings = facts.timings;
    let waits = facts.ledger.unresolved.as_ref().is_some_and(|left| !facts.is_final(left.expiry))
        || rotate::waits_for_clock(facts)
        || travel::suspects_loss(facts);
    // Half, so that each of the passes, which come every `recheck`, does ask.
    let most = if waits { timings.drift_interval.min(timings.recheck / 2) } else { timings.drift_interval };
    let young = facts.listing.is_some_and(|listing| {
        facts.ms().is_some_and(|now| listing.is_younger(most, now))
            && facts.ledger.unresolved.as_ref().is_none_or(|left| listing.read_with.unresolved.as_ref() == Some(left))
    });
    (!young || rotate::wants_list(facts)).then_some(Step::Look(Look::List))
}

fn sweep(facts: &Facts<'_>) -> Option<Step> {
    let due = |id: &TokenId| !facts.destroyed.contains(id) && !facts.set_aside.contains(id);
    let (token, part) = facts.orphans().find(|(token, _)| due(&token.id))?;
    Some(Step::Call(Call::Sweep { id: token.id.clone(), n: part.n }))
}

fn raise(facts: &Facts<'_>) -> Option<Step> {
    let seen = facts.listing?.tokens.iter().filter_map(|token| token.ours.as_ref()).map(|part| part.n).max()?;
    (seen >= facts.ledger.next).then_some(Step::Record(Record::Raise(seen.saturating_add(1))))
}

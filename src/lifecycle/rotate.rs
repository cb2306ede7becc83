//! Rotation (R9, R17): a new token is minted into the owner's spare slot, and the old one dies when its overlap is over.
use super::capacity;
use super::facts::{Admission, Declared, Facts};
use super::ledger::{Entry, Ledger, Millis, State, Uid};
use super::mint;
use super::secret::Holds;
use super::step::{Look, Record, Step};
use super::{token_name, upkeep};

/// Why a token is to be replaced, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Requested,
    Unrenewable,
    Changed,
    Scheduled,
}

/// What keeps a token that is due from being replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The owner's spare slot is used by the rotation of this resource.
    Spare(Uid),
    /// No slot is free.
    Full(capacity::Capacity),
}

/// The intent of the next rotation, or what must be read before it.
pub(super) fn intend(facts: &Facts<'_>) -> Option<Step> {
    if !mint::is_free(facts) || holder(facts.ledger).is_some() || capacity::of(facts.ledger, facts.listing?).room() == 0
    {
        return None;
    }
    let due = facts.declared.iter().filter(|(uid, _)| facts.has_waited(uid) && !mint::is_closed(facts, uid));
    let (_, uid) = due.filter_map(|(uid, declared)| Some((urgency(facts, uid, declared)?, uid))).min()?;
    mint::prepare(facts, uid)
}

/// R8, R9: records that the new credential is published, and condemns the old one once its overlap is over.
pub(super) fn retire(facts: &Facts<'_>) -> Option<Step> {
    let mut replaced = facts.ledger.resources.keys().filter(|uid| facts.ledger.retired(uid).next().is_some());
    replaced.find_map(|uid| {
        let current = facts.ledger.current(uid).filter(|_| !facts.ledger.resources[uid].deleting)?;
        let seen = facts.secrets.get(uid);
        let holds = seen
            .is_some_and(|seen| seen.holds == Holds::Ours && seen.held.as_ref().is_some_and(|held| held.is(current)));
        match current.published_at {
            // The overlap counts from this moment: a time from before, or by one reply only, would end it early (R20).
            None if holds && seen.is_some_and(|seen| !seen.listed) => Some(Step::Look(Look::List)),
            None if holds => facts.now?.consistent.then(|| Step::Record(Record::Published(current.id.clone()))),
            None => seen.is_none().then(|| Step::Look(Look::ReadSecret(uid.clone()))),
            Some(_) if !is_overlap_over(facts, uid) => None,
            Some(published) if is_still_used(facts, uid, published)? => None,
            Some(_) => match seen.filter(|seen| seen.overlap_over) {
                None => Some(Step::Look(Look::ReadSecret(uid.clone()))),
                Some(_) => holds.then(|| Step::Record(Record::Retire(uid.clone()))),
            },
        }
    })
}

/// Whether the overlap of the resource's replaced tokens is over for certain, use not considered.
pub fn is_overlap_over(facts: &Facts<'_>, uid: &str) -> bool {
    overlap_end(facts, uid).is_some_and(|end| facts.is_past(end))
}

/// When the replaced tokens of a resource die at the earliest; `None` if there are none or the new one is not published.
pub fn overlap_end(facts: &Facts<'_>, uid: &str) -> Option<Millis> {
    let declared = facts.declared.get(uid)?;
    let published = facts.ledger.current(uid)?.published_at?;
    facts.ledger.retired(uid).next().map(|_| published + declared.rotation.overlap)
}

/// When the replaced tokens die at the latest.
pub fn last_end(facts: &Facts<'_>, uid: &str) -> Option<Millis> {
    let rotation = facts.declared.get(uid)?.rotation;
    let longest = rotation.max_overlap.unwrap_or(rotation.overlap).max(rotation.overlap);
    overlap_end(facts, uid).map(|end| end - rotation.overlap + longest)
}

/// When the schedule has a token replaced; `None`: never by itself.
pub fn due(entry: &Entry, every: Option<Millis>) -> Option<Millis> {
    let every = every?;
    Some(entry.created_at + every - early(entry, every))
}

/// Whether something is decided by a moment that only one reply of ISC has shown to be past (R20).
pub(super) fn waits_for_clock(facts: &Facts<'_>) -> bool {
    let Some(now) = facts.now.filter(|now| !now.consistent) else { return false };
    let ledger = facts.ledger;
    let unpublished = |uid: &Uid| {
        ledger.retired(uid).next().is_some()
            && ledger.current(uid).is_some_and(|current| current.published_at.is_none())
    };
    let waits = |uid: &Uid| unpublished(uid) || overlap_end(facts, uid).is_some_and(|end| now.ms >= end);
    ledger.resources.keys().any(waits)
}

/// The share of time for which the spare slot is wanted by the schedules of all resources, in thousandths.
pub fn load(facts: &Facts<'_>) -> i64 {
    let scheduled = facts.declared.values().filter(|declared| !declared.deleting && is_allowed(declared));
    scheduled.filter_map(|d| Some(1_000 * d.rotation.overlap / d.rotation.every?.max(1))).sum()
}

/// What keeps the resource's token, which is due, from being replaced.
pub fn blocked(facts: &Facts<'_>, uid: &Uid) -> Option<Blocked> {
    let declared = facts.declared.get(uid)?;
    urgency(facts, uid, declared)?;
    if let Some(holder) = holder(facts.ledger) {
        return (holder != uid).then(|| Blocked::Spare(holder.clone()));
    }
    let capacity = capacity::of(facts.ledger, facts.listing?);
    (capacity.room() == 0).then_some(Blocked::Full(capacity))
}

/// The moments at which a rotation becomes due or ends.
pub(super) fn moments<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Millis> + 'a {
    facts.declared.iter().flat_map(|(uid, declared)| {
        let requests = [&declared.rotate, &declared.revoke].into_iter().flatten().map(|trigger| trigger.at);
        let next = facts.ledger.current(uid).and_then(|entry| due(entry, declared.rotation.every));
        let ends = [overlap_end(facts, uid), last_end(facts, uid)].into_iter().flatten();
        requests.chain(next).chain(ends).collect::<Vec<_>>()
    })
}

fn is_allowed(declared: &Declared) -> bool {
    declared.finalizer && !declared.suspended && declared.admission == Admission::Admitted
}

/// Whether and why a token is due to be replaced.
fn urgency(facts: &Facts<'_>, uid: &Uid, declared: &Declared) -> Option<(Urgency, Millis)> {
    let resource = facts.ledger.resources.get(uid).filter(|resource| !resource.deleting)?;
    let current = facts.ledger.current(uid)?;
    let alone = facts.ledger.of(uid).all(|entry| entry.id == current.id || entry.state == State::Tomb);
    if !facts.may_mint || declared.deleting || !alone || !is_allowed(declared) {
        return None;
    }
    let request = mint::due_request(facts, declared.rotate.as_ref());
    if request.is_some() && request != resource.rotated {
        return declared.rotate.as_ref().map(|trigger| (Urgency::Requested, trigger.at));
    }
    // ISC refuses to prolong it: a new one is made before a last attempt at that goes first.
    let left = current.expires_at - facts.ms()?;
    if resource.failures > 0 && left < upkeep::life(facts, current) / 4 {
        return Some((Urgency::Unrenewable, current.expires_at));
    }
    if current.applied.validity_seconds != declared.wanted.validity_seconds {
        return Some((Urgency::Changed, current.created_at));
    }
    let due = due(current, declared.rotation.every)?;
    (facts.ms()? >= due).then_some((Urgency::Scheduled, due))
}

/// The resource whose rotation uses the spare slot: one at a time, so that there is always one to come back to.
fn holder(ledger: &Ledger) -> Option<&Uid> {
    let pending = ledger.pending.as_ref().map(|pending| &pending.uid).filter(|uid| ledger.current(uid).is_some());
    let extra = ledger.entries.iter().find(|entry| capacity::uses_spare(ledger, entry));
    extra.map(|entry| &entry.uid).or(pending)
}

/// R9: ISC saw a replaced token used after the new one was published. `None`: LIST is too old to tell.
fn is_still_used(facts: &Facts<'_>, uid: &Uid, published: Millis) -> Option<bool> {
    let (end, last) = (overlap_end(facts, uid)?, last_end(facts, uid)?);
    if facts.is_past(last) {
        return Some(false);
    }
    let listing = facts.listing.filter(|listing| listing.at >= end)?;
    let mut retired = facts.ledger.retired(uid).filter_map(|entry| listing.token(&entry.id)?.last_used);
    Some(retired.any(|used| used > published))
}

/// Up to a quarter of the period: what was made together is not replaced together.
fn early(entry: &Entry, every: Millis) -> Millis {
    const STEPS: u64 = 1 << 20;
    let tag = token_name::tag(&format!("{}/{}", entry.uid, entry.n));
    let fraction = u64::from_str_radix(&tag, 36).unwrap_or(0) % STEPS;
    every / 4 / 1_000 * i64::try_from(fraction * 1_000 / STEPS).unwrap_or(0)
}

/// Whether ISC still saw the replaced tokens used when their overlap was over, which puts their end off.
pub fn is_put_off(facts: &Facts<'_>, uid: &Uid) -> bool {
    let published = facts.ledger.current(uid).and_then(|current| current.published_at);
    let used = published.and_then(|published| is_still_used(facts, uid, published));
    is_overlap_over(facts, uid) && used == Some(true)
}

/// A LIST that tells whether a replaced token is still used, where that matters.
pub(super) fn wants_list(facts: &Facts<'_>) -> bool {
    let waits = |uid: &Uid| {
        let end = overlap_end(facts, uid).filter(|end| facts.is_past(*end));
        let asks = facts.declared.get(uid).is_some_and(|declared| declared.rotation.max_overlap.is_some());
        let undecided = last_end(facts, uid).is_some_and(|last| !facts.is_past(last));
        end.is_some_and(|end| facts.listing.is_some_and(|listing| listing.at < end)) && asks && undecided
    };
    facts.ledger.resources.keys().any(waits)
}

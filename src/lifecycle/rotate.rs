//! Rotation (R17): which token is replaced next, by one that is minted into a free slot.
use super::capacity;
use super::facts::{Declared, Facts};
use super::ledger::{Entry, Ledger, Millis, Uid};
use super::mint;
use super::secret::Holds;
use super::step::Step;
use super::{overlap, token_name, upkeep};

/// The reasons for which a token is replaced, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Unrenewable,
    Requested,
    Changed,
    Scheduled,
}

/// The obstacle that keeps a token that is due from being replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The owner's spare slot is used by the rotation of this resource.
    Spare(Uid),
    /// Its Secret is immutable: the new credential could not be published.
    Locked,
    /// No slot is free.
    Full(capacity::Capacity),
}

/// The intent of the next rotation, or what must be read before it.
pub(super) fn intend(facts: &Facts<'_>) -> Option<Step> {
    let room = capacity::of(facts.ledger, facts.listing?).room();
    if !mint::is_free(facts) || room == 0 {
        return None;
    }
    let mut due = Vec::new();
    for (uid, declared) in facts.declared {
        if !facts.has_waited(uid) || mint::is_closed(facts, uid) {
            continue;
        }
        if let Some((urgency, at)) = urgency(facts, uid, declared) {
            due.push((urgency, at, uid));
        }
    }
    due.sort();
    let rotating = rotating(facts.ledger);
    let (_, _, uid) = due
        .into_iter()
        .find(|(urgency, _, uid)| room >= needed(facts, &rotating, uid, *urgency))?;
    mint::prepare(facts, uid)
}

/// The free slots that a rotation needs: one, and one to come back to while others are under way. An
/// urgent one may take the last slot, unless its own namespace holds one for a rotation already.
fn needed(facts: &Facts<'_>, rotating: &[&Uid], uid: &str, urgency: Urgency) -> usize {
    if rotating.is_empty() {
        return 1;
    }
    let namespace = |uid: &str| facts.ledger.resource(uid).map(|resource| &resource.namespace);
    let has_one = rotating.iter().any(|other| namespace(other) == namespace(uid));
    match urgency {
        Urgency::Unrenewable => 1,
        Urgency::Requested => 1 + usize::from(has_one),
        Urgency::Changed | Urgency::Scheduled => 2,
    }
}

/// The moment at which the schedule has a token replaced; `None`: never by itself.
pub fn due(entry: &Entry, every: Option<Millis>) -> Option<Millis> {
    let every = every?;
    Some(entry.created_at + every - early(entry, every))
}

/// The share of time for which the spare slot is wanted by the schedules of all resources, in
/// thousandths.
pub fn load(facts: &Facts<'_>) -> i64 {
    let mut load = 0;
    for declared in facts.declared.values() {
        if let Some(every) = declared.rotation.every
            && declared.is_allowed()
            && !declared.deleting
        {
            load += 1_000 * declared.rotation.overlap / every.max(1);
        }
    }
    load
}

/// The obstacle that keeps the resource's token from being replaced; `None`: there is none, or it
/// is not due.
pub fn blocked(facts: &Facts<'_>, uid: &Uid) -> Option<Blocked> {
    let declared = facts.declared.get(uid)?;
    let (urgency, _) = urgency(facts, uid, declared)?;
    if facts.secret(uid).is_some_and(|seen| seen.holds == Holds::Locked) {
        return Some(Blocked::Locked);
    }
    let rotating = rotating(facts.ledger);
    let capacity = capacity::of(facts.ledger, facts.listing?);
    if rotating.contains(&uid) || capacity.room() >= needed(facts, &rotating, uid, urgency) {
        return None;
    }
    Some(match rotating.first() {
        Some(other) => Blocked::Spare((*other).clone()),
        None => Blocked::Full(capacity),
    })
}

/// The moments at which a rotation becomes due or ends.
pub(super) fn moments(facts: &Facts<'_>) -> Vec<Millis> {
    let mut moments = Vec::new();
    for (uid, declared) in facts.declared {
        for request in [&declared.rotate, &declared.revoke].into_iter().flatten() {
            moments.push(request.at);
        }
        if let Some(current) = facts.ledger.current(uid) {
            moments.extend(due(current, declared.rotation.every));
        }
        moments.extend(overlap::earliest_end(facts, uid));
        moments.extend(overlap::last_end(facts, uid));
    }
    moments
}

/// The reason for which a token is due to be replaced, and since when it is.
fn urgency(facts: &Facts<'_>, uid: &str, declared: &Declared) -> Option<(Urgency, Millis)> {
    let resource = facts.ledger.resource(uid)?;
    let current = facts.ledger.current(uid)?;
    let is_rotating =
        facts.ledger.of(uid).any(|entry| entry.id != current.id && !entry.is_condemned());
    let is_wanted = declared.is_allowed() && !declared.deleting && !resource.deleting;
    if !facts.may_mint || !is_wanted || is_rotating {
        return None;
    }
    // ISC refuses to prolong it: a new one is made before a last attempt at that goes first.
    let left = current.expires_at - facts.ms()?;
    if resource.failures > 0 && left < upkeep::life(facts, current) / 4 {
        return Some((Urgency::Unrenewable, current.expires_at));
    }
    if let Some(request) = facts.due(declared.rotate.as_ref())
        && resource.rotated.as_ref() != Some(&request.value)
    {
        // Not by the time of the request, which its user writes: whoever was served longest ago goes
        // first.
        return Some((Urgency::Requested, resource.rotated_at.unwrap_or(current.created_at)));
    }
    if current.applied.validity_seconds != declared.wanted.validity_seconds {
        return Some((Urgency::Changed, current.created_at));
    }
    let due = due(current, declared.rotation.every)?;
    if facts.ms()? < due {
        return None;
    }
    Some((Urgency::Scheduled, due))
}

/// The resources whose rotations use a second slot.
pub fn rotating(ledger: &Ledger) -> Vec<&Uid> {
    let mut all = Vec::new();
    for entry in &ledger.entries {
        if capacity::uses_spare(ledger, entry) && !all.contains(&&entry.uid) {
            all.push(&entry.uid);
        }
    }
    // An attempt counts already: its token will be the second one of the resource.
    if let Some(pending) = &ledger.pending
        && ledger.current(&pending.uid).is_some()
        && !all.contains(&&pending.uid)
    {
        all.push(&pending.uid);
    }
    all
}

/// Up to a quarter of the period: what was made together is not replaced together.
fn early(entry: &Entry, every: Millis) -> Millis {
    const STEPS: u64 = 1 << 20;
    // The tag of a token is as good as random, and stays the same.
    let tag = token_name::tag(&format!("{}/{}", entry.uid, entry.n));
    let number = u64::from_str_radix(&tag, 36).unwrap_or(0);
    let thousandths = (number % STEPS) * 1_000 / STEPS;
    every / 4 / 1_000 * i64::try_from(thousandths).unwrap_or(0)
}

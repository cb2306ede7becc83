//! Minting (R1 to R4, R14): which resource gets the next attempt, and what its POST asks for.
use std::sync::Arc;

use super::capacity;
use super::facts::{Declared, Facts};
use super::ledger::{Attempt, Ledger, Millis, Provisional, Uid};
use super::listing::Listing;
use super::secret::{Holds, SecretSeen};
use super::step::{Call, Extension, Look, Place, Record, Step};
use super::upkeep;

/// The next intent, or the live read that must precede it.
pub(super) fn intend(facts: &Facts<'_>) -> Option<Step> {
    if !is_free(facts) {
        return None;
    }
    let uid = candidate(facts, None)?;
    prepare(facts, uid)
}

/// An attempt may be recorded: none is under way, and what became of the ones before is certain
/// (R2).
pub(super) fn is_free(facts: &Facts<'_>) -> bool {
    facts.ledger.pending.is_none() && facts.unresolved().is_none()
}

/// The intent for a resource, or what must be read before it.
pub(super) fn prepare(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    if !is_good(facts, facts.listing?) {
        return Some(Step::Look(Look::List));
    }
    // The sweep goes first, and after its DELETE a LIST has to show that the orphan is gone (R2).
    if facts.has_orphans() {
        return facts.destroyed_since_list().then_some(Step::Look(Look::List));
    }
    if facts.secret(uid).is_none() {
        return Some(Step::Look(Look::ReadSecret(uid.clone())));
    }
    let (attempt, place) = attempt(facts, uid, 0)?;
    Some(Step::Record(Record::Intent(attempt, place)))
}

/// The read that lets the next intent ride on the commit of this attempt.
pub(super) fn read_next(facts: &Facts<'_>) -> Option<Step> {
    let uid = next_candidate(facts)?;
    if facts.secret(uid).is_some() {
        return None;
    }
    Some(Step::Look(Look::ReadSecret(uid.clone())))
}

/// The POST of the pass's own confirmed attempt, with all that may happen beside it.
pub(super) fn post(facts: &Facts<'_>, own: &Attempt) -> Step {
    let then = next_candidate(facts).and_then(|uid| attempt(facts, uid, 1));
    Step::Call(Call::Post { attempt: own.clone(), extend: extend(facts), then })
}

/// The prepared token whose life is extended next (R7).
pub(super) fn extend(facts: &Facts<'_>) -> Option<Extension> {
    let now = facts.ms()?;
    for entry in &facts.ledger.entries {
        let is_wanted =
            facts.ledger.resource(&entry.uid).is_some_and(|resource| !resource.deleting);
        if entry.is_prepared() && is_wanted && !facts.is_set_aside(&entry.id) {
            let until = now + upkeep::long_life(facts, &entry.uid);
            return Some(Extension { id: entry.id.clone(), until });
        }
    }
    None
}

/// The obstacle to minting for a resource that wants a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The resource's own back-off, until this time of ISC.
    BackOff(Millis),
    /// No slot of the owner is free.
    Full(capacity::Capacity),
    /// An earlier attempt is not final before this time of ISC (R2).
    Unresolved(Millis),
    /// Its Secret's name belongs to something else.
    SecretTaken,
}

/// The obstacle that keeps an admitted resource without token waiting; `None`: there is none, or it
/// wants no token.
pub fn obstacle(facts: &Facts<'_>, uid: &Uid) -> Option<Obstacle> {
    if !wants_token(facts, uid, facts.declared.get(uid)?) {
        return None;
    }
    // First: this one does not pass by itself.
    if facts.secret(uid).is_some_and(|seen| seen.holds == Holds::Foreign) {
        return Some(Obstacle::SecretTaken);
    }
    // Of two that both must end, the later one is shown.
    match (back_off_end(facts, uid), final_at(facts)) {
        (Some(back_off), Some(end)) if back_off < end => return Some(Obstacle::Unresolved(end)),
        (Some(back_off), _) => return Some(Obstacle::BackOff(back_off)),
        (None, Some(end)) => return Some(Obstacle::Unresolved(end)),
        (None, None) => {}
    }
    let capacity = capacity::of(facts.ledger, facts.listing?);
    if capacity.free > 0 {
        return None;
    }
    Some(Obstacle::Full(capacity))
}

fn back_off_end(facts: &Facts<'_>, uid: &str) -> Option<Millis> {
    if facts.has_waited(uid) {
        return None;
    }
    Some(facts.ledger.resource(uid)?.not_before)
}

fn final_at(facts: &Facts<'_>) -> Option<Millis> {
    Some(facts.unresolved()?.expiry + facts.timings.list_lag)
}

/// R2: a LIST is good for an intent if it is young, and younger than what became final.
pub(super) fn is_good(facts: &Facts<'_>, listing: &Listing) -> bool {
    let Some(now) = facts.ms() else { return false };
    if let Some(left) = &facts.ledger.unresolved
        && !listing.had_to_show(left.expiry, facts.timings)
    {
        return false;
    }
    listing.is_younger(facts.timings.list_max_age, now)
}

fn wants_token(facts: &Facts<'_>, uid: &str, declared: &Declared) -> bool {
    let ledger = facts.ledger;
    let is_wanted = declared.is_allowed() && !declared.deleting && !ledger.is_deleting(uid);
    facts.may_mint && is_wanted && !is_served(ledger, uid)
}

/// A replaced token does not count: without a current one the resource is to get a new one all the
/// same.
fn is_served(ledger: &Ledger, uid: &str) -> bool {
    ledger.is_minting(uid)
        || ledger.of(uid).any(|entry| !entry.is_condemned() && !entry.is_retired())
}

/// Nothing can be published for the resource.
pub(super) fn is_closed(facts: &Facts<'_>, uid: &str) -> bool {
    facts.secret(uid).is_some_and(SecretSeen::is_closed)
}

/// The resource to mint for: of the namespace that has the fewest tokens, the one that failed
/// least.
fn candidate<'a>(facts: &Facts<'a>, after: Option<&Uid>) -> Option<&'a Uid> {
    // The slot of the POST at hand, which neither LIST nor the entries show yet.
    let reserved = usize::from(after.is_some());
    if capacity::of(facts.ledger, facts.listing?).free <= reserved {
        return None;
    }
    let mut candidates = Vec::new();
    for (uid, declared) in facts.declared {
        let is_next = Some(uid) != after && facts.has_waited(uid) && !is_closed(facts, uid);
        // Otherwise whoever takes finalizers away could have each attempt spent on himself.
        if facts.unsteady.contains(&declared.namespace) || !facts.ledger.has_room_for(uid) {
            continue;
        }
        if is_next && wants_token(facts, uid, declared) {
            let failures = facts.ledger.resource(uid).map_or(0, |resource| resource.failures);
            candidates.push((served_in(facts.ledger, &declared.namespace), failures, uid));
        }
    }
    let (_, _, uid) = candidates.into_iter().min()?;
    Some(uid)
}

/// The number of resources of a namespace that have a token.
fn served_in(ledger: &Ledger, namespace: &str) -> usize {
    let mut served = 0;
    for (uid, resource) in &ledger.resources {
        if *resource.namespace == *namespace && ledger.has_token(uid) {
            served += 1;
        }
    }
    served
}

/// The resource that is next when the attempt at hand succeeds; only with a clean slate, so that
/// one CAS can do both.
fn next_candidate<'a>(facts: &Facts<'a>) -> Option<&'a Uid> {
    let own = facts.ledger.pending.as_ref()?;
    let is_clean = facts.ledger.unresolved.is_none() && !facts.has_orphans();
    if !is_clean || !is_good(facts, facts.listing?) {
        return None;
    }
    candidate(facts, Some(&own.uid))
}

fn attempt(facts: &Facts<'_>, uid: &Uid, ahead: u64) -> Option<(Attempt, Place)> {
    let declared = facts.declared.get(uid)?;
    let now = facts.ms()?;
    let (expiry, give_up_after) = match facts.ledger.provisional {
        Provisional::Short | Provisional::Either => (now + facts.timings.attempt_expiry, None),
        Provisional::TryLong | Provisional::Long => {
            // ISC refuses no late POST of such an attempt. So it waits longer than a POST stays
            // under way, also if ISC's clock jumps ahead meanwhile (R21).
            (now + facts.timings.long_attempt_expiry, Some(now + 3 * facts.timings.attempt_expiry))
        }
    };
    let rotate = facts.due(declared.rotate.as_ref());
    let revoke = facts.due(declared.revoke.as_ref());
    let attempt = Attempt {
        n: facts.ledger.next,
        // One step may carry two attempts, and a nonce stands for only one.
        nonce: facts.nonce.wrapping_add(ahead),
        uid: uid.clone(),
        expiry,
        give_up_after,
        wanted: declared.wanted.clone(),
        answers: rotate.map(|request| request.value.clone()),
    };
    Some((attempt, place(declared, revoke.map(|request| request.value.clone()))))
}

/// The place of a resource.
pub(super) fn place(declared: &Declared, revoked: Option<Arc<str>>) -> Place {
    let Declared { namespace, name, secret, .. } = declared.clone();
    Place { namespace, name, secret, revoked }
}

//! Minting (R1 to R4, R14): which resource gets the next attempt, and what its POST asks for.
use std::sync::Arc;

use super::capacity;
use super::facts::{Admission, Declared, Facts, Trigger};
use super::ledger::{Attempt, Entry, Provisional, State, Uid};
use super::listing::Listing;
use super::secret::Holds;
use super::step::{Call, Extension, Look, Place, Record, Step};
use super::upkeep;

/// The next intent, or the live read that must precede it.
pub(super) fn intend(facts: &Facts<'_>) -> Option<Step> {
    if !is_free(facts) {
        return None;
    }
    prepare(facts, candidate(facts, None)?)
}

/// Whether an attempt may be recorded at all: none is under way, and what became of the ones before is certain (R2).
pub(super) fn is_free(facts: &Facts<'_>) -> bool {
    facts.ledger.pending.is_none() && is_resolved(facts)
}

/// The intent for a resource, or what must be read before it.
pub(super) fn prepare(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    if !is_good(facts, facts.listing?) {
        return Some(Step::Look(Look::List));
    }
    if facts.orphans().next().is_some() {
        return facts.destroyed_since_list().then_some(Step::Look(Look::List));
    }
    if !facts.secrets.contains_key(uid) {
        return Some(Step::Look(Look::ReadSecret(uid.clone())));
    }
    let (attempt, resource) = attempt(facts, uid, 0)?;
    Some(Step::Record(Record::Intent(attempt, resource)))
}

/// The read that lets the next intent ride on the commit of this attempt.
pub(super) fn read_next(facts: &Facts<'_>) -> Option<Step> {
    let uid = next_candidate(facts)?;
    (!facts.secrets.contains_key(uid)).then(|| Step::Look(Look::ReadSecret(uid.clone())))
}

/// The POST of one's own confirmed attempt, with all that may happen in the same breath.
pub(super) fn post(facts: &Facts<'_>, own: Attempt) -> Step {
    let then = next_candidate(facts).and_then(|uid| attempt(facts, uid, 1));
    Step::Call(Call::Post { attempt: own, extend: extend(facts), then })
}

/// The prepared token whose life is extended next (R7).
pub(super) fn extend(facts: &Facts<'_>) -> Option<Extension> {
    let now = facts.ms()?;
    let wanted = |uid: &Uid| facts.ledger.resources.get(uid).is_some_and(|resource| !resource.deleting);
    let due = |entry: &&Entry| entry.state == State::Prepared && !facts.set_aside.contains(&entry.id);
    let entry = facts.ledger.entries.iter().filter(due).find(|entry| wanted(&entry.uid))?;
    Some(Extension { id: entry.id.clone(), until: now + upkeep::long_life(facts, &entry.uid) })
}

/// Why the owner cannot mint for a resource that wants a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The resource's own back-off, until this time of ISC.
    BackOff(i64),
    /// No slot of the owner is free.
    Full(capacity::Capacity),
    /// An earlier attempt is not final before this time of ISC (R2).
    Unresolved(i64),
    /// Its Secret's name belongs to something else.
    SecretTaken,
}

/// What keeps an admitted resource without token waiting; `None` if nothing does or it wants none.
pub fn obstacle(facts: &Facts<'_>, uid: &Uid) -> Option<Obstacle> {
    let declared = facts.declared.get(uid).filter(|declared| wants_token(facts, uid, declared))?;
    if facts.secrets.get(uid).is_some_and(|seen| seen.holds == Holds::Foreign) {
        return Some(Obstacle::SecretTaken);
    }
    let waits = facts.ledger.resources.get(uid).filter(|_| !facts.has_waited(uid)).map(|resource| resource.not_before);
    let left = facts.ledger.unresolved.as_ref().filter(|left| !facts.is_final(left.expiry));
    let unresolved = left.map(|left| left.expiry + facts.timings.list_lag);
    if waits.is_some() || unresolved.is_some() {
        let longer =
            if waits >= unresolved { waits.map(Obstacle::BackOff) } else { unresolved.map(Obstacle::Unresolved) };
        return longer;
    }
    let capacity = capacity::of(facts.ledger, facts.listing?);
    (!declared.deleting && capacity.free == 0).then_some(Obstacle::Full(capacity))
}

fn is_resolved(facts: &Facts<'_>) -> bool {
    facts.ledger.unresolved.as_ref().is_none_or(|left| facts.is_final(left.expiry))
}

/// R2: a LIST is good for an intent if it is young, and younger than what became final.
pub(super) fn is_good(facts: &Facts<'_>, listing: &Listing) -> bool {
    let Some(now) = facts.ms() else { return false };
    let after_final =
        facts.ledger.unresolved.as_ref().is_none_or(|left| listing.had_to_show(left.expiry, facts.timings));
    listing.is_younger(facts.timings.list_max_age, now) && after_final
}

fn wants_token(facts: &Facts<'_>, uid: &Uid, declared: &Declared) -> bool {
    let ledger = facts.ledger;
    // A replaced token serves nobody: without a current one the resource is to get a new one all the same.
    let served = ledger.of(uid).any(|entry| !matches!(entry.state, State::Tomb | State::Retired))
        || ledger.pending.as_ref().is_some_and(|pending| pending.uid == *uid);
    let dying = ledger.resources.get(uid).is_some_and(|resource| resource.deleting);
    facts.may_mint
        && declared.finalizer
        && !declared.deleting
        && declared.admission == Admission::Admitted
        && !declared.suspended
        && !served
        && !dying
}

/// Whether nothing can be published for the resource.
pub(super) fn is_closed(facts: &Facts<'_>, uid: &Uid) -> bool {
    facts.secrets.get(uid).is_some_and(|seen| matches!(seen.holds, Holds::Foreign | Holds::Refused))
}

/// The resource to mint for: of the namespace that has the fewest tokens, the one that failed least.
fn candidate<'a>(facts: &'a Facts<'_>, after: Option<&Uid>) -> Option<&'a Uid> {
    let reserved = usize::from(after.is_some());
    let free = capacity::of(facts.ledger, facts.listing?).free;
    if free <= reserved {
        return None;
    }
    let in_namespace = |declared: &Declared| {
        let resources = facts.ledger.resources.iter();
        resources.filter(|(uid, r)| r.namespace == declared.namespace && facts.ledger.of(uid).next().is_some()).count()
    };
    let failures = |uid: &Uid| facts.ledger.resources.get(uid).map_or(0, |resource| resource.failures);
    facts
        .declared
        .iter()
        .filter(|(uid, declared)| Some(*uid) != after && wants_token(facts, uid, declared))
        .filter(|(uid, _)| facts.has_waited(uid) && !is_closed(facts, uid))
        .min_by_key(|(uid, declared)| (in_namespace(declared), failures(uid)))
        .map(|(uid, _)| uid)
}

/// Who is next when the attempt at hand succeeds; only with a clean slate, so that one CAS can do both.
fn next_candidate<'a>(facts: &'a Facts<'_>) -> Option<&'a Uid> {
    let own = facts.ledger.pending.as_ref()?;
    let listing = facts.listing?;
    let clean = facts.ledger.unresolved.is_none() && is_good(facts, listing) && facts.orphans().next().is_none();
    candidate(facts, Some(&own.uid)).filter(|_| clean)
}

fn attempt(facts: &Facts<'_>, uid: &Uid, ahead: u64) -> Option<(Attempt, Place)> {
    let declared = facts.declared.get(uid)?;
    let now = facts.ms()?;
    let timings = facts.timings;
    let give_up_after = now + timings.attempt_expiry;
    let is_long = matches!(facts.ledger.provisional, Provisional::TryLong | Provisional::Long);
    let attempt = Attempt {
        n: facts.ledger.next,
        nonce: facts.nonce.wrapping_add(ahead),
        uid: uid.clone(),
        expiry: if is_long { now + timings.long_attempt_expiry } else { give_up_after },
        give_up_after: is_long.then_some(give_up_after),
        wanted: declared.wanted.clone(),
        answers: due_request(facts, declared.rotate.as_ref()),
    };
    Some((attempt, place(declared, due_request(facts, declared.revoke.as_ref()))))
}

/// Where a resource is.
pub(super) fn place(declared: &Declared, revoked: Option<Arc<str>>) -> Place {
    let Declared { namespace, name, secret, .. } = declared.clone();
    Place { namespace, name, secret, revoked }
}

/// A request whose time has come.
pub(super) fn due_request(facts: &Facts<'_>, trigger: Option<&Trigger>) -> Option<Arc<str>> {
    let trigger = trigger.filter(|trigger| facts.ms().is_some_and(|now| now >= trigger.at))?;
    Some(trigger.value.clone())
}

//! Destruction (R9, R10, R12): only on irrevocable facts, and only what LIST shows as ours.
use super::facts::{Declared, Facts, Sighting};
use super::ledger::{Entry, Ledger, Millis, Resource, State, Uid};
use super::listing::{Listed, Listing};
use super::secret::Holds;
use super::step::{Call, Look, Record, Step};
use super::{mint, release, token_name};

/// Ledger writes that start a destruction; they need nothing but the ledger and the resources.
pub(super) fn record(facts: &Facts<'_>) -> Option<Step> {
    open(facts).find_map(|(uid, resource)| match facts.declared.get(uid)? {
        declared if declared.deleting => {
            Some(Step::Record(Record::MarkDeleting { uid: uid.clone(), retain: declared.retain }))
        }
        declared => revoke(facts, uid, resource, declared),
    })
}

/// R12: a recorded resource that is gone without the operator's consent.
pub(super) fn vanished(facts: &Facts<'_>) -> Option<Step> {
    open(facts).find_map(|(uid, _)| vanish(facts, uid))
}

fn open<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (&'a Uid, &'a Resource)> {
    facts.ledger.resources.iter().filter(|(_, resource)| !resource.deleting)
}

/// R18: a request that was not handled yet.
fn revoke(facts: &Facts<'_>, uid: &Uid, resource: &Resource, declared: &Declared) -> Option<Step> {
    let request = mint::due_request(facts, declared.revoke.as_ref())?;
    (resource.revoked.as_ref() != Some(&request)).then(|| Step::Record(Record::Revoke { uid: uid.clone(), request }))
}

/// By two live reads that are far enough apart. What its
/// policy was is not known any more: a Secret that outlives it was to stay.
fn vanish(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    if facts.declared.contains_key(uid) {
        return None;
    }
    let apart = facts.timings.vanish_after;
    match (facts.sightings.get(uid), facts.ms()) {
        (Some(Sighting::Absent { first, last }), _) if last - first >= apart => {
            Some(Step::Record(Record::MarkDeleting { uid: uid.clone(), retain: true }))
        }
        (Some(Sighting::Absent { first, .. }), Some(now)) if now - first >= apart => {
            Some(Step::Look(Look::Find(uid.clone())))
        }
        (None, Some(_)) => Some(Step::Look(Look::Find(uid.clone()))),
        _ => None,
    }
}

/// Destroys what is condemned and forgets what is gone.
pub(super) fn carry_out(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    tomb_all(facts)
        .or_else(|| delete(facts, listing))
        .or_else(|| look_again(facts))
        .or_else(|| forget(facts, listing))
        .or_else(|| finish(facts, listing))
}

/// The live read that must precede the destruction of a resource's tokens (R12).
pub(super) fn read(facts: &Facts<'_>) -> Option<Step> {
    let unread = |uid: &Uid| facts.secrets.get(uid).is_none_or(|seen| !seen.deleting);
    living_tokens_of_deleted(facts).find(|uid| unread(uid)).map(|uid| Step::Look(Look::ReadSecret(uid.clone())))
}

fn living_tokens_of_deleted<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Uid> {
    let ledger = facts.ledger;
    let living = |uid: &Uid| ledger.of(uid).any(|entry| !matches!(entry.state, State::Tomb | State::Released));
    let dying = move |(uid, resource): &(&Uid, &Resource)| {
        resource.deleting && living(uid) && !release::is_retained(facts, uid)
    };
    ledger.resources.iter().filter(dying).map(|(uid, _)| uid)
}

fn tomb_all(facts: &Facts<'_>) -> Option<Step> {
    let gone = |uid: &Uid| {
        let seen = facts.secrets.get(uid).filter(|seen| seen.deleting);
        seen.is_some_and(|seen| {
            matches!(seen.holds, Holds::Absent | Holds::Foreign) || release::is_abandoned(facts, seen, uid)
        })
    };
    living_tokens_of_deleted(facts).find(|uid| gone(uid)).map(|uid| Step::Record(Record::TombAll(uid.clone())))
}

fn condemned(ledger: &Ledger) -> impl Iterator<Item = &Entry> {
    ledger.entries.iter().filter(|entry| entry.state == State::Tomb)
}

fn delete(facts: &Facts<'_>, listing: &Listing) -> Option<Step> {
    let licensed = |entry: &&Entry| {
        listing.token(&entry.id).is_some_and(Listed::is_ours)
            && !facts.destroyed.contains(&entry.id)
            && !facts.set_aside.contains(&entry.id)
    };
    condemned(facts.ledger).find(licensed).map(|entry| Step::Call(Call::Delete(entry.id.clone())))
}

fn look_again(facts: &Facts<'_>) -> Option<Step> {
    let waits = |entry: &Entry| facts.destroyed.contains(&entry.id);
    (condemned(facts.ledger).any(waits) && facts.destroyed_since_list()).then_some(Step::Look(Look::List))
}

/// Condemned tokens that are gone (R9), or were handed to somebody else under another name (R10).
fn forget(facts: &Facts<'_>, listing: &Listing) -> Option<Step> {
    let now = facts.ms()?;
    let lag = facts.timings.list_lag;
    let shown_by = |entry: &Entry, at: Millis| listing.after.contains(&entry.id) || at > entry.created_at + lag;
    let condemned_before = |entry: &Entry| listing.read_with.entry(&entry.id).is_some_and(|e| e.state == State::Tomb);
    // A name from before it was put right is not that of somebody else.
    let named_by = |entry: &Entry, at: Millis| at > entry.changed_at + lag;
    let is_others = |entry: &Entry| listing.token(&entry.id).is_some_and(|token| !token.is_ours());
    let gone = |entry: &&Entry| match listing.token(&entry.id) {
        Some(token) => condemned_before(entry) && !token.is_ours() && named_by(entry, listing.at),
        // What LIST missed when it was answered, not now, it may have missed by its lag.
        None => condemned_before(entry) && shown_by(entry, listing.at),
    };
    let ids: Vec<_> = condemned(facts.ledger).filter(gone).map(|entry| entry.id.clone()).collect();
    if !ids.is_empty() {
        return Some(Step::Record(Record::Drop(ids)));
    }
    // A LIST from before the condemnation may be older than the token itself.
    let outdated = |entry: &Entry| {
        !shown_by(entry, listing.at) && shown_by(entry, now)
            || is_others(entry) && !named_by(entry, listing.at) && named_by(entry, now)
    };
    let unjudged = condemned(facts.ledger).any(|entry| !condemned_before(entry) || outdated(entry));
    unjudged.then_some(Step::Look(Look::List))
}

fn finish(facts: &Facts<'_>, listing: &Listing) -> Option<Step> {
    let ledger = facts.ledger;
    let open = |uid: &Uid| {
        ledger.of(uid).next().is_some()
            || ledger.pending.as_ref().is_some_and(|pending| pending.uid == *uid)
            || ledger.unresolved.as_ref().is_some_and(|left| left.uid == *uid && !facts.is_final(left.expiry))
    };
    let orphan = |uid: &Uid| {
        let tag = token_name::tag(uid);
        facts.orphans().any(|(_, part)| part.resource == tag)
    };
    let uid = ledger.resources.iter().find(|(uid, resource)| resource.deleting && !open(uid)).map(|(uid, _)| uid)?;
    let judged = |uid: &Uid| {
        let before = &listing.read_with;
        before.resources.get(uid).is_some_and(|resource| resource.deleting)
            && before.pending.as_ref().is_none_or(|pending| pending.uid != *uid)
            && !facts.destroyed_since_list()
            && fresh_if_unresolved(facts, listing, uid)
    };
    match (judged(uid), orphan(uid)) {
        (false, _) => Some(Step::Look(Look::List)),
        (true, true) => None,
        (true, false) => Some(Step::Record(Record::Finish(uid.clone()))),
    }
}

/// A fenced attempt is out of the way only if LIST was read after its end.
fn fresh_if_unresolved(facts: &Facts<'_>, listing: &Listing, uid: &Uid) -> bool {
    match &facts.ledger.unresolved {
        Some(left) if left.uid == *uid => listing.at > left.expiry + facts.timings.list_lag,
        _ => true,
    }
}

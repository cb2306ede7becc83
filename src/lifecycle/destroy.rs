//! Destruction (R9, R10, R12): only on irrevocable facts, and only what LIST shows as ours.
use super::facts::{Declared, Facts, Sighting};
use super::ledger::{Entry, Ledger, Millis, Resource, Uid};
use super::listing::{Listed, Listing};
use super::secret::Holds;
use super::step::{Call, Look, Record, Step};
use super::{release, token_name};

/// Ledger writes that start a destruction; they need nothing but the ledger and the resources.
pub(super) fn record(facts: &Facts<'_>) -> Option<Step> {
    for (uid, resource) in &facts.ledger.resources {
        // One that the watch does not show is left to `vanished`.
        let Some(declared) = facts.declared.get(uid) else { continue };
        if resource.deleting {
            continue;
        }
        if declared.deleting {
            return Some(Step::Record(Record::MarkDeleting {
                uid: uid.clone(),
                retain: declared.retain,
            }));
        }
        // After the deletion, which condemns the same tokens in its own order (R12).
        if let Some(revoke) = revoke(facts, uid, resource, declared) {
            return Some(revoke);
        }
    }
    None
}

/// R18: a request that was not handled yet.
fn revoke(facts: &Facts<'_>, uid: &Uid, resource: &Resource, declared: &Declared) -> Option<Step> {
    let request = &facts.due(declared.revoke.as_ref())?.value;
    if resource.revoked.as_ref() == Some(request) {
        return None;
    }
    Some(Step::Record(Record::Revoke { uid: uid.clone(), request: request.clone() }))
}

/// R12: a recorded resource that is gone without the operator's consent.
pub(super) fn vanished(facts: &Facts<'_>) -> Option<Step> {
    facts.ledger.resources.keys().find_map(|uid| vanish(facts, uid))
}

/// By two live reads that are far enough apart. Its policy is not known any more: a Secret that
/// outlives it was to stay.
fn vanish(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    if facts.declared.contains_key(uid) || facts.ledger.is_deleting(uid) {
        return None;
    }
    let apart = facts.timings.vanish_after;
    let find = Step::Look(Look::Find(uid.clone()));
    match (facts.sightings.get(uid), facts.ms()) {
        (Some(Sighting::Alive), _) => None,
        (Some(Sighting::Absent { first, last }), _) if last - first >= apart => {
            Some(Step::Record(Record::MarkDeleting { uid: uid.clone(), retain: true }))
        }
        (Some(Sighting::Absent { first, .. }), Some(now)) => (now - first >= apart).then_some(find),
        (None, Some(_)) => Some(find),
        (Some(Sighting::Absent { .. }) | None, None) => None,
    }
}

/// The live read that must precede the destruction of a resource's tokens (R12).
pub(super) fn read(facts: &Facts<'_>) -> Option<Step> {
    for uid in facts.ledger.resources.keys() {
        if is_dying(facts, uid) && facts.secret_since_deletion(uid).is_none() {
            return Some(Step::Look(Look::ReadSecret(uid.clone())));
        }
    }
    None
}

/// The resource is deleted, and has tokens that are neither condemned nor to be left to its user.
fn is_dying(facts: &Facts<'_>, uid: &str) -> bool {
    let has_live_token = facts.ledger.of(uid).any(Entry::is_live);
    facts.ledger.is_deleting(uid) && has_live_token && !release::is_retained(facts, uid)
}

/// The Secret of a deleted resource is gone: nothing uses its tokens any more (R12).
pub(super) fn tomb_all(facts: &Facts<'_>) -> Option<Step> {
    for uid in facts.ledger.resources.keys() {
        if is_dying(facts, uid) && is_unpublished(facts, uid) {
            return Some(Step::Record(Record::TombAll(uid.clone())));
        }
    }
    None
}

fn is_unpublished(facts: &Facts<'_>, uid: &str) -> bool {
    let Some(seen) = facts.secret_since_deletion(uid) else { return false };
    match seen.holds {
        Holds::Absent | Holds::Foreign => true,
        Holds::Ours | Holds::Locked | Holds::Refused => release::is_abandoned(facts, seen, uid),
    }
}

/// DELETE of what is condemned, if LIST shows that it may still be deleted (R10).
pub(super) fn delete(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    for entry in facts.ledger.condemned() {
        let Some(token) = listing.token(&entry.id) else { continue };
        let is_ours = !is_anothers(facts.ledger, entry, token);
        if is_ours && !facts.destroyed.contains(&entry.id) && !facts.is_set_aside(&entry.id) {
            return Some(Step::Call(Call::Delete(entry.id.clone())));
        }
    }
    None
}

/// After a DELETE only a new LIST tells that the token is gone (R9).
pub(super) fn look_again(facts: &Facts<'_>) -> Option<Step> {
    let was_destroyed = facts.ledger.condemned().any(|entry| facts.destroyed.contains(&entry.id));
    if !was_destroyed || !facts.destroyed_since_list() {
        return None;
    }
    Some(Step::Look(Look::List))
}

/// A condemned token is another's now (R10): the platform's, another installation's by its name, or
/// under a foreign name although it may have been let go. The operator made any other token itself
/// and recorded its id, so that a new name takes nothing from a revocation.
fn is_anothers(ledger: &Ledger, entry: &Entry, token: &Listed) -> bool {
    // The ledger of a clone records the tokens of the cluster that it was made from.
    let is_another_installations = token.others.is_some();
    let is_let_go = token.ours.is_none() && ledger.lets_go(&entry.uid);
    token.managed || is_another_installations || is_let_go
}

/// The fate of a condemned token, as LIST shows it.
enum Fate {
    /// LIST had to show it and does not (R9).
    Gone,
    /// It is another's now, and lives on (R10).
    HandedOver,
    /// This LIST is too old to tell; one that is read now is not.
    AskAgain,
    /// It is still there, or LIST may still lag.
    Wait,
}

/// Condemned tokens that are gone, or were handed over.
pub(super) fn forget(facts: &Facts<'_>) -> Option<Step> {
    let (listing, now) = (facts.listing?, facts.ms()?);
    let (mut gone, mut handed_over, mut asks_again) = (Vec::new(), Vec::new(), false);
    for entry in facts.ledger.condemned() {
        match fate(facts, entry, listing, now) {
            Fate::Gone => gone.push(entry.id.clone()),
            Fate::HandedOver => handed_over.push(entry.id.clone()),
            Fate::AskAgain => asks_again = true,
            Fate::Wait => {}
        }
    }
    if !gone.is_empty() {
        return Some(Step::Record(Record::Drop(gone)));
    }
    if !handed_over.is_empty() {
        return Some(Step::Record(Record::HandOver(handed_over)));
    }
    asks_again.then_some(Step::Look(Look::List))
}

fn fate(facts: &Facts<'_>, entry: &Entry, listing: &Listing, now: Millis) -> Fate {
    let lag = facts.timings.list_lag;
    // A LIST from before the condemnation may be older than the token itself.
    if !listing.read_with.entry(&entry.id).is_some_and(Entry::is_condemned) {
        return Fate::AskAgain;
    }
    // A LIST begun after the confirmed DELETE is enough; any other needs the lag (decision 7).
    let had_to_be_shown =
        |at: Millis| listing.after.contains(&entry.id) || at > entry.created_at + lag;
    let is_outdated = !had_to_be_shown(listing.at) && had_to_be_shown(now);
    match listing.token(&entry.id) {
        Some(token) if is_anothers(facts.ledger, entry, token) => {
            // A name from before it was put right does not show that it was handed over.
            let named = entry.changed_at + lag;
            if listing.at > named {
                Fate::HandedOver
            } else if is_outdated || now > named {
                Fate::AskAgain
            } else {
                Fate::Wait
            }
        }
        // What LIST missed when it was answered, not now, it may have missed by its lag.
        None if had_to_be_shown(listing.at) => Fate::Gone,
        Some(_) | None if is_outdated => Fate::AskAgain,
        Some(_) | None => Fate::Wait,
    }
}

/// A deleted resource of which nothing is left in ISC (R12).
pub(super) fn finish(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    let mut resources = facts.ledger.resources.iter();
    let (uid, _) = resources.find(|(uid, resource)| resource.deleting && !is_open(facts, uid))?;
    if !is_judged(facts, listing, uid) {
        return Some(Step::Look(Look::List));
    }
    // `sweep` deletes the orphan first: no token may outlive its resource (P4).
    if has_orphan(facts, uid) {
        return None;
    }
    Some(Step::Record(Record::Finish(uid.clone())))
}

/// A token is recorded for it, or an attempt may still take effect.
fn is_open(facts: &Facts<'_>, uid: &str) -> bool {
    let is_unresolved = facts.unresolved().is_some_and(|left| *left.uid == *uid);
    facts.ledger.has_token(uid) || facts.ledger.is_minting(uid) || is_unresolved
}

/// LIST was read after all that could have made or removed a token of the resource.
fn is_judged(facts: &Facts<'_>, listing: &Listing, uid: &str) -> bool {
    let before = &listing.read_with;
    if !before.is_deleting(uid) || before.is_minting(uid) || facts.destroyed_since_list() {
        return false;
    }
    match &facts.ledger.unresolved {
        // A fenced attempt is out of the way only if LIST was read after its end.
        Some(left) if *left.uid == *uid => listing.had_to_show(left.expiry, facts.timings),
        Some(_) | None => true,
    }
}

fn has_orphan(facts: &Facts<'_>, uid: &str) -> bool {
    let tag = token_name::tag(uid);
    facts.orphans().any(|(_, part)| part.resource == tag)
}

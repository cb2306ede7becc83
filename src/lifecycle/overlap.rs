//! The overlap (R8, R9): from when the new credential was seen published until the replaced one is
//! condemned.
use super::facts::Facts;
use super::ledger::{Entry, Ledger, Millis, Uid};
use super::step::{Look, Record, Step};

/// The overlap of a replaced token with the newer one.
enum Overlap {
    /// It has not begun: the newer one was not seen published.
    NotPublished,
    /// It is not over for certain.
    Running,
    /// It is over, and LIST is too old to tell whether the replaced token is still used.
    Untold,
    /// It is over, and put off: ISC saw the replaced token used since.
    InUse,
    /// It is over.
    Over,
}

/// R8, R9: records that the new credential is published, and condemns the old one once its overlap
/// is over.
pub(super) fn retire(facts: &Facts<'_>) -> Option<Step> {
    facts.ledger.resources.keys().find_map(|uid| retire_of(facts, uid))
}

fn retire_of(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    if !facts.ledger.has_retired(uid) || facts.ledger.is_deleting(uid) {
        return None;
    }
    let current = facts.ledger.current(uid)?;
    match stage(facts, current) {
        Overlap::NotPublished => note_published(facts, current),
        Overlap::Running | Overlap::Untold | Overlap::InUse => None,
        Overlap::Over => match facts.secret(uid) {
            // A read from before the end says nothing of what the Secret holds now (R9).
            Some(seen) if seen.overlap_over => {
                if !seen.holds_pair_of(current) {
                    return None;
                }
                Some(Step::Record(Record::Retire(uid.clone())))
            }
            Some(_) | None => Some(Step::Look(Look::ReadSecret(uid.clone()))),
        },
    }
}

/// R8: the Secret holds the new credential. The overlap counts from this moment.
fn note_published(facts: &Facts<'_>, current: &Entry) -> Option<Step> {
    let Some(seen) = facts.secret(&current.uid) else {
        return Some(Step::Look(Look::ReadSecret(current.uid.clone())));
    };
    if !seen.holds_pair_of(current) {
        return None;
    }
    // A time from before the read, or by one reply only, would end the overlap early (R20).
    if !seen.listed {
        return Some(Step::Look(Look::List));
    }
    if !facts.now?.consistent {
        return None;
    }
    Some(Step::Record(Record::Published(current.id.clone())))
}

/// The overlap of the replaced tokens with this one, which is current.
fn stage(facts: &Facts<'_>, current: &Entry) -> Overlap {
    let uid = &current.uid;
    let Some(published) = current.published_at else { return Overlap::NotPublished };
    let (Some(end), Some(last)) = (earliest_end(facts, uid), last_end(facts, uid)) else {
        return Overlap::Running;
    };
    if !facts.is_past(end) {
        return Overlap::Running;
    }
    if facts.is_past(last) {
        return Overlap::Over;
    }
    match facts.listing {
        Some(listing) if listing.at >= end => {
            for entry in facts.ledger.retired(uid) {
                let last_used = listing.token(&entry.id).and_then(|token| token.last_used);
                if last_used.is_some_and(|used| used > published) {
                    return Overlap::InUse;
                }
            }
            Overlap::Over
        }
        Some(_) | None => Overlap::Untold,
    }
}

/// The overlap of the resource's replaced tokens is over for certain, use not considered.
pub fn is_over(facts: &Facts<'_>, uid: &str) -> bool {
    match earliest_end(facts, uid) {
        Some(end) => facts.is_past(end),
        None => false,
    }
}

/// The earliest end of a resource's replaced tokens; `None`: there are none, or the new one is not
/// published.
pub fn earliest_end(facts: &Facts<'_>, uid: &str) -> Option<Millis> {
    let declared = facts.declared.get(uid)?;
    let published = facts.ledger.current(uid)?.published_at?;
    if !facts.ledger.has_retired(uid) {
        return None;
    }
    Some(published + declared.rotation.overlap)
}

/// The latest end of the replaced tokens.
pub fn last_end(facts: &Facts<'_>, uid: &str) -> Option<Millis> {
    let rotation = facts.declared.get(uid)?.rotation;
    let longest = rotation.max_overlap.unwrap_or(rotation.overlap).max(rotation.overlap);
    Some(earliest_end(facts, uid)? - rotation.overlap + longest)
}

/// A decision waits for a moment that only one reply of ISC has shown to be past (R20).
pub(super) fn waits_for_clock(facts: &Facts<'_>) -> bool {
    let Some(now) = facts.now else { return false };
    if now.consistent {
        return false;
    }
    facts.ledger.resources.keys().any(|uid| {
        let is_over = earliest_end(facts, uid).is_some_and(|end| now.ms >= end);
        is_over || is_unpublished(facts.ledger, uid)
    })
}

/// The resource's new token, which replaces another, was not seen published yet.
pub(super) fn is_unpublished(ledger: &Ledger, uid: &str) -> bool {
    match ledger.current(uid) {
        Some(current) => current.published_at.is_none() && ledger.has_retired(uid),
        None => false,
    }
}

/// ISC saw the replaced tokens used although their overlap is over, which puts their end off.
pub fn is_put_off(facts: &Facts<'_>, uid: &Uid) -> bool {
    match facts.ledger.current(uid) {
        Some(current) => matches!(stage(facts, current), Overlap::InUse),
        None => false,
    }
}

/// Only a new LIST shows if a replaced token is still used.
pub(super) fn wants_list(facts: &Facts<'_>) -> bool {
    facts.ledger.all_current().any(|current| matches!(stage(facts, current), Overlap::Untold))
}

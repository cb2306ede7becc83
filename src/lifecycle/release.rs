//! Deletion with `reclaimPolicy: Retain` (R12): token and Secret stay, and the operator lets go of
//! both.
use super::facts::Facts;
use super::ledger::{Entry, Uid};
use super::listing::Listing;
use super::secret::{Held, Holds, SecretSeen};
use super::step::{Call, Look, Record, Step};
use super::timings::Timings;
use super::token_name;

/// Lets go of the tokens that were left to their users, one step at a time.
pub(super) fn let_go(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    for entry in &facts.ledger.entries {
        if !entry.is_released() {
            continue;
        }
        if let Some(step) = let_go_of(facts, listing, entry) {
            return Some(step);
        }
    }
    None
}

/// Decides what becomes of the tokens of a deleted resource that is to keep them.
pub(super) fn decide(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    for uid in facts.ledger.resources.keys() {
        if !is_retained(facts, uid) {
            continue;
        }
        if let Some(step) = decide_for(facts, listing, uid) {
            return Some(step);
        }
    }
    None
}

/// The resource is deleted with a token that may still be left to its user.
pub(super) fn is_retained(facts: &Facts<'_>, uid: &str) -> bool {
    match facts.ledger.resource(uid) {
        Some(resource) => {
            resource.deleting && resource.retain && facts.ledger.current(uid).is_some()
        }
        None => false,
    }
}

/// The name that a released token is left with: unique, and none that this operator could have
/// made, whatever its user calls it.
pub fn released_name(entry: &Entry) -> String {
    const FIRST_WORD: &str = "released";
    // Names are unique for each owner: a part of the id tells released tokens apart.
    let mark: String = entry.id.chars().take(8).collect();
    // Four: the two blanks and the two brackets of the form below.
    let room = token_name::MAX_LENGTH - FIRST_WORD.len() - mark.len() - 4;
    let shown: String = entry.applied.name.chars().take(room).collect();
    format!("{FIRST_WORD} {} [{mark}]", shown.trim_end())
}

/// By a live read of the Secret since the deletion was recorded.
fn decide_for(facts: &Facts<'_>, listing: &Listing, uid: &Uid) -> Option<Step> {
    let Some(seen) = facts.secret_since_deletion(uid) else {
        return Some(Step::Look(Look::ReadSecret(uid.clone())));
    };
    let tomb_all = Step::Record(Record::TombAll(uid.clone()));
    let held = match seen.holds {
        // No pair of the resource is published: there is nothing to leave to the user.
        Holds::Absent | Holds::Foreign => return Some(tomb_all),
        Holds::Refused => return None,
        // The marks are metadata: they come off an immutable Secret too.
        Holds::Ours | Holds::Locked => seen.held.as_ref()?,
    };
    let Some(entry) = releasable(facts, held, uid) else {
        return is_abandoned(facts, seen, uid).then_some(tomb_all);
    };
    if listing.token(&entry.id).is_some() {
        return Some(Step::Record(Record::Release { uid: uid.clone(), id: entry.id.clone() }));
    }
    // Gone in ISC: of a current one that is for R11 to say.
    let is_gone = entry.is_retired() && listing.had_to_show(entry.created_at, facts.timings);
    is_gone.then_some(tomb_all)
}

/// The recorded token that the Secret holds. While the resource is there, only the current one
/// counts: it is published first. Without it nothing is published, and a Secret that it owns goes
/// with it.
fn releasable<'a>(facts: &Facts<'a>, held: &Held, uid: &str) -> Option<&'a Entry> {
    let is_declared = facts.declared.contains_key(uid);
    // The cluster removes that Secret together with its resource: the user keeps nothing.
    if !is_declared && held.owned {
        return None;
    }
    let entry = facts.ledger.of(uid).find(|entry| held.is(entry))?;
    let counts = entry.is_current() || (!is_declared && entry.is_retired());
    counts.then_some(entry)
}

/// The resource is gone, and its Secret stays as it is: the token controller corrects and removes
/// it no more.
pub(super) fn is_abandoned(facts: &Facts<'_>, seen: &SecretSeen, uid: &str) -> bool {
    match &seen.held {
        Some(held) => !held.owned && !facts.declared.contains_key(uid),
        None => false,
    }
}

/// A released token in LIST.
enum Shown {
    /// Under one of our names.
    Ours,
    /// Under the name that it is left with.
    Renamed,
    /// It is gone.
    Missing,
    /// LIST did not have to show yet what was told to ISC.
    TooOldToTell,
}

fn shown(listing: &Listing, entry: &Entry, timings: &Timings) -> Shown {
    // A name from before it was put right, or a LIST from before the token, tells nothing.
    let tells_name = listing.had_to_show(entry.changed_at, timings);
    let tells_token = listing.had_to_show(entry.created_at, timings);
    match listing.token(&entry.id) {
        Some(token) if token.ours.is_some() && (tells_name || !entry.renamed) => Shown::Ours,
        Some(token) if token.ours.is_none() && (tells_name || entry.renamed) => Shown::Renamed,
        None if tells_token => Shown::Missing,
        Some(_) | None => Shown::TooOldToTell,
    }
}

/// Rename first: a Secret without our marks never holds a token that still looks like ours.
fn let_go_of(facts: &Facts<'_>, listing: &Listing, entry: &Entry) -> Option<Step> {
    match shown(listing, entry, facts.timings) {
        Shown::TooOldToTell => return look_again(facts, listing, entry),
        Shown::Ours => return rename(facts, entry),
        Shown::Renamed | Shown::Missing => {}
    }
    let Some(seen) = facts.secret_since_deletion(&entry.uid) else {
        return Some(Step::Look(Look::ReadSecret(entry.uid.clone())));
    };
    if seen.holds == Holds::Refused {
        return None;
    }
    if seen.holds_pair_of(entry) {
        return Some(Step::Call(Call::Strip(entry.uid.clone())));
    }
    // A young token that is unknown would be swept by a LIST that still shows it as it was made.
    let shows_change = listing.had_to_show(entry.changed_at, facts.timings);
    let is_old =
        listing.had_to_show(entry.created_at + facts.timings.attempt_expiry, facts.timings);
    if !shows_change && !is_old {
        return look_again(facts, listing, entry);
    }
    // This LIST was begun before the release was recorded: it may be older than the new name.
    if !listing.read_with.entry(&entry.id).is_some_and(Entry::is_released) {
        return Some(Step::Look(Look::List));
    }
    Some(Step::Record(Record::Drop(vec![entry.id.clone()])))
}

fn rename(facts: &Facts<'_>, entry: &Entry) -> Option<Step> {
    if !facts.has_waited(&entry.uid) || facts.is_set_aside(&entry.id) {
        return None;
    }
    Some(Step::Call(Call::Rename { id: entry.id.clone(), name: released_name(entry) }))
}

/// A LIST that was not begun before the last change, or had to show it.
fn look_again(facts: &Facts<'_>, listing: &Listing, entry: &Entry) -> Option<Step> {
    let is_late = facts.ms()? > entry.changed_at + facts.timings.list_lag;
    (is_late || listing.at < entry.changed_at).then_some(Step::Look(Look::List))
}

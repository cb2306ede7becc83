//! Deletion with `reclaimPolicy: Retain` (R12): token and Secret stay, and the operator lets go of both.
use super::facts::Facts;
use super::ledger::{Entry, State, Uid};
use super::listing::Listing;
use super::secret::{Held, Holds, SecretSeen};
use super::step::{Call, Look, Record, Step};
use super::token_name;

/// Lets go of what the Secret of a deleted resource holds.
pub(super) fn carry_out(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    let released = facts.ledger.entries.iter().filter(|entry| entry.state == State::Released);
    let mut steps = released.filter_map(|entry| let_go(facts, listing, entry));
    steps.next().or_else(|| retained(facts).find_map(|uid| decide(facts, listing, uid)))
}

/// Whether the resource is deleted with a token that may still be left to its user.
pub(super) fn is_retained(facts: &Facts<'_>, uid: &str) -> bool {
    let resource = facts.ledger.resources.get(uid);
    resource.is_some_and(|resource| resource.deleting && resource.retain) && facts.ledger.current(uid).is_some()
}

/// The name that a released token is left with: unique, and none that this operator could have made, whatever a user calls
/// its token.
pub fn released_name(entry: &Entry) -> String {
    const FIRST_WORD: &str = "released";
    let mark: String = entry.id.chars().take(8).collect();
    let room = token_name::MAX_LENGTH - FIRST_WORD.len() - mark.len() - 4;
    let shown: String = entry.applied.name.chars().take(room).collect();
    format!("{FIRST_WORD} {} [{mark}]", shown.trim_end())
}

fn retained<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Uid> {
    facts.ledger.resources.keys().filter(|uid| is_retained(facts, uid))
}

/// What becomes of the tokens, by a live read of the Secret since the deletion was recorded.
fn decide(facts: &Facts<'_>, listing: &Listing, uid: &Uid) -> Option<Step> {
    let Some(seen) = facts.secrets.get(uid).filter(|seen| seen.deleting) else {
        return Some(Step::Look(Look::ReadSecret(uid.clone())));
    };
    match (seen.holds, &seen.held) {
        // Nothing of ours is published: there is nothing to leave to anybody.
        (Holds::Absent | Holds::Foreign, _) => Some(Step::Record(Record::TombAll(uid.clone()))),
        (Holds::Ours, Some(held)) => match releasable(facts, seen, held, uid) {
            Some(entry) if listing.token(&entry.id).is_some() => {
                Some(Step::Record(Record::Release { uid: uid.clone(), id: entry.id.clone() }))
            }
            // Gone in ISC: of a current one that is for R11 to say.
            Some(entry) => {
                let gone = entry.state == State::Retired && listing.had_to_show(entry.created_at, facts.timings);
                gone.then(|| Step::Record(Record::TombAll(uid.clone())))
            }
            None => is_abandoned(facts, seen, uid).then(|| Step::Record(Record::TombAll(uid.clone()))),
        },
        (Holds::Ours, None) | (Holds::Refused, _) => None,
    }
}

/// The recorded token that the Secret holds. While the resource is there, only the current one counts: it is published
/// first. Without it nobody publishes, and a Secret that it owns goes with it.
fn releasable<'a>(facts: &'a Facts<'_>, seen: &SecretSeen, held: &Held, uid: &Uid) -> Option<&'a Entry> {
    let is_declared = facts.declared.contains_key(uid);
    let counts = |state| state == State::Current || !is_declared && state == State::Retired;
    let goes = !is_declared && seen.held.as_ref().is_some_and(|held| held.owned);
    facts.ledger.of(uid).find(|entry| held.is(entry) && counts(entry.state)).filter(|_| !goes)
}

/// Whether the resource is gone, and its Secret stays as it is: nobody corrects or removes it any more.
pub(super) fn is_abandoned(facts: &Facts<'_>, seen: &SecretSeen, uid: &Uid) -> bool {
    !facts.declared.contains_key(uid) && seen.held.as_ref().is_some_and(|held| !held.owned)
}

/// Rename first: a Secret without our marks never holds a token that still looks like ours.
fn let_go(facts: &Facts<'_>, listing: &Listing, entry: &Entry) -> Option<Step> {
    let shown = listing.token(&entry.id);
    let had_to_show = |told| listing.had_to_show(told, facts.timings);
    match shown.map(|token| token.ours.is_some()) {
        Some(true) if entry.renamed && !had_to_show(entry.changed_at) => return look_again(facts, listing, entry),
        Some(true) => {
            let rename = || Step::Call(Call::Rename { id: entry.id.clone(), name: released_name(entry) });
            return (facts.has_waited(&entry.uid) && !facts.set_aside.contains(&entry.id)).then(rename);
        }
        // A name from before it was put right, or a LIST from before the token, tells nothing.
        Some(false) if !entry.renamed && !had_to_show(entry.changed_at) => return look_again(facts, listing, entry),
        None if !had_to_show(entry.created_at) => return look_again(facts, listing, entry),
        Some(false) | None => {}
    }
    let Some(seen) = facts.secrets.get(&entry.uid).filter(|seen| seen.deleting) else {
        return Some(Step::Look(Look::ReadSecret(entry.uid.clone())));
    };
    if seen.holds == Holds::Refused {
        return None;
    }
    if seen.holds == Holds::Ours && seen.held.as_ref().is_some_and(|held| held.is(entry)) {
        return Some(Step::Call(Call::Strip(entry.uid.clone())));
    }
    // A young token that is unknown would be swept by a LIST that still shows it as it was made.
    let made = entry.created_at + facts.timings.attempt_expiry;
    if !had_to_show(entry.changed_at) && !had_to_show(made) {
        return look_again(facts, listing, entry);
    }
    let decided_before = listing.read_with.entry(&entry.id).is_some_and(|known| known.state == State::Released);
    Some(if decided_before { Step::Record(Record::Drop(vec![entry.id.clone()])) } else { Step::Look(Look::List) })
}

/// A LIST that was not begun before the last change, or had to show it.
fn look_again(facts: &Facts<'_>, listing: &Listing, entry: &Entry) -> Option<Step> {
    let late = facts.ms()? > entry.changed_at + facts.timings.list_lag;
    (late || listing.at < entry.changed_at).then_some(Step::Look(Look::List))
}

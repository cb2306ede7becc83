//! Recording the stages of an attempt (R1, R4, R5, R7).
use std::sync::Arc;

use super::back_off::{back_off, forgive};
use super::changes;
use super::outcome::{Extended, Posted};
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{
    Attempt, Entry, Ledger, Provisional, Resource, State, Uid, Unresolved,
};
use crate::lifecycle::step::{Extension, Place};
use crate::lifecycle::timings::Timings;

/// R5: `pending` 4 → `unresolved` 4. The number is spent, and its expiry stays known until it is
/// final.
pub(super) fn fence(l: &mut Ledger) {
    if let Some(Attempt { n, uid, expiry, give_up_after, .. }) = l.pending.take() {
        // A long-lived attempt must not block the owner for a day (R21).
        l.unresolved = Some(Unresolved { n, uid, expiry: give_up_after.unwrap_or(expiry) });
    }
}

/// An attempt that came to nothing certain has failed: otherwise one that never gets an answer goes
/// first for ever, and a restart mints in a loop (R7).
pub(super) fn give_up(l: &mut Ledger, now: Now, timings: &Timings) {
    let Some(pending) = &l.pending else { return };
    let uid = pending.uid.clone();
    fence(l);
    back_off(l, &uid, now.ms, 0, timings);
}

/// R23: `pending` 4 → none. The number is spent, and nothing is unresolved.
pub(super) fn withdraw(
    l: &mut Ledger,
    attempt: &Attempt,
    waits: bool,
    now: Now,
    timings: &Timings,
) {
    // Another pass may have fenced it, and may have intended the next one since.
    if !l.is_pending(attempt) {
        return;
    }
    l.pending = None;
    if waits {
        back_off(l, &attempt.uid, now.ms, 0, timings);
    }
}

/// R1: `next` 4 → `pending` 4, `next` 5. What a fence left behind before is resolved by now.
pub(super) fn intend(l: &mut Ledger, attempt: &Attempt, place: &Place) {
    mention(l, &attempt.uid, place).secret = place.secret.clone();
    l.pending = Some(attempt.clone());
    l.unresolved = None;
    l.next = attempt.n.saturating_add(1);
}

/// The resource's record, made if need be. What was requested before it was first seen counts as
/// handled.
pub(super) fn mention<'a>(l: &'a mut Ledger, uid: &Uid, place: &Place) -> &'a mut Resource {
    l.resources.entry(uid.clone()).or_insert_with(|| {
        let Place { namespace, name, secret, revoked } = place.clone();
        Resource { revoked, ..Resource::new(namespace, name, secret) }
    })
}

/// The next intent in the same CAS as the commit, if the latest ledger still has room for it.
pub(super) fn ride(l: &mut Ledger, next: &Attempt, place: &Place) {
    // Another replica may have written since the intent was made: all of it is checked again.
    let is_free = l.pending.is_none() && l.unresolved.is_none() && l.next == next.n;
    let is_served = l.of(&next.uid).any(|entry| !entry.is_condemned());
    if is_free && !is_served && !l.is_deleting(&next.uid) {
        intend(l, next, place);
    }
}

/// R4: the attempt is over. `pending` 4 → a prepared entry 4, or a back-off.
pub(super) fn commit(
    l: &mut Ledger,
    attempt: &Attempt,
    post: &Posted,
    now: Now,
    timings: &Timings,
) {
    l.pending = None;
    match post {
        Posted::Yes { credential, expires_at, made_at } => {
            l.provisional = after_yes(l.provisional);
            let (uid, spec) = (attempt.uid.clone(), attempt.wanted.clone());
            let mut entry =
                Entry::new(attempt.n, credential.clone(), uid, *expires_at, spec, now.ms);
            // A clock that has not followed a jump yet would make it older than it is: LIST had to
            // show it too soon.
            if let Some(made) = made_at {
                entry.created_at = now.ms.max(*made);
            }
            entry.answers = attempt.answers.clone();
            l.entries.push(entry);
            if let Some(resource) = l.resources.get_mut(&attempt.uid) {
                resource.last = attempt.n;
            }
        }
        // ISC may refuse so short a life: a longer one is tried at once.
        Posted::No { is_bad: true, .. } if l.provisional == Provisional::Short => {
            l.provisional = Provisional::TryLong;
        }
        Posted::No { wait, is_bad } => {
            if *is_bad {
                l.provisional = after_bad(l.provisional);
            }
            back_off(l, &attempt.uid, now.ms, *wait, timings);
        }
    }
}

/// The refusal of a short life may have had another reason: a short one is tried again after two
/// that were long (R21).
fn after_yes(known: Provisional) -> Provisional {
    match known {
        Provisional::TryLong => Provisional::Long,
        Provisional::Long | Provisional::Short | Provisional::Either => Provisional::Short,
    }
}

/// The reason was another, as far as is known: the two lives take turns, each with its back-off
/// (R21).
fn after_bad(known: Provisional) -> Provisional {
    match known {
        Provisional::TryLong => Provisional::Either,
        Provisional::Either => Provisional::TryLong,
        Provisional::Short | Provisional::Long => known,
    }
}

/// R7: `Prepared` → `Current`, or `Tomb` if ISC has no such token or refuses it for good.
pub(super) fn promote(
    l: &mut Ledger,
    extension: &Extension,
    extended: &Extended,
    now: Now,
    timings: &Timings,
) {
    let Some(entry) = l.entry_mut(&extension.id) else { return };
    // A deletion or a revocation condemned it meanwhile, and a tomb stays one.
    if !entry.is_prepared() {
        return;
    }
    let uid = entry.uid.clone();
    match extended {
        Extended::Yes { missing_scopes } => {
            entry.expires_at = extension.until;
            entry.changed_at = now.ms;
            changes::looked(entry, missing_scopes.as_ref(), now);
            let answers = entry.answers.clone();
            // Before the new token is current: otherwise it would retire itself.
            let is_rotation = replace_current(l, &uid);
            if let Some(entry) = l.entry_mut(&extension.id) {
                entry.state = State::Current;
            }
            forgive(l, &uid);
            note_rotation(l, &uid, answers, is_rotation, now);
        }
        Extended::No => {
            entry.state = State::Tomb;
            back_off(l, &uid, now.ms, 0, timings);
        }
        // What is refused while fresh may be a delay of ISC.
        Extended::Unclear => {}
    }
}

/// The request that the new token answers is handled, and the time counts if it replaces another.
fn note_rotation(
    l: &mut Ledger,
    uid: &str,
    answers: Option<Arc<str>>,
    is_rotation: bool,
    now: Now,
) {
    let Some(resource) = l.resources.get_mut(uid) else { return };
    if answers.is_some() {
        resource.rotated = answers;
    }
    if is_rotation {
        resource.rotated_at = Some(now.ms);
    }
}

/// R9: `Current` → `Retired` for the token that a newer one replaces, to live out its overlap.
/// `false`: there is none.
pub(super) fn replace_current(l: &mut Ledger, uid: &str) -> bool {
    for entry in &mut l.entries {
        if *entry.uid == *uid && entry.is_current() {
            entry.state = State::Retired;
            return true;
        }
    }
    false
}

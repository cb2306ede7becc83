//! Recording the stages of an attempt (R1, R4, R5, R7).
use std::collections::BTreeMap;

use super::back_off::{back_off, forgive};
use super::changes;
use super::outcome::{Extended, Posted};
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{
    Applied, Attempt, Entry, Ledger, Millis, Provisional, Resource, State, TokenId, Uid, Unresolved,
};
use crate::lifecycle::step::{Extension, Resourceful};
use crate::lifecycle::timings::Timings;
use crate::redacted::Redacted;

/// R5: the number is retired, its expiry stays known until it is final.
pub(super) fn fence(l: &mut Ledger) {
    if let Some(Attempt { n, uid, expiry, give_up_after, .. }) = l.pending.take() {
        l.unresolved = Some(Unresolved { n, uid, expiry: give_up_after.unwrap_or(expiry) });
    }
}

/// An attempt that came to nothing certain has failed: else one that never gets an answer goes first for ever, and a
/// restart mints in a loop (R7).
pub(super) fn give_up(l: &mut Ledger, now: Now, timings: &Timings) {
    let Some(uid) = l.pending.as_ref().map(|pending| pending.uid.clone()) else { return };
    fence(l);
    back_off(l, &uid, now.ms, 0, timings);
}

pub(super) fn intend(l: &mut Ledger, attempt: &Attempt, resource: &Resourceful) {
    mention(l, &attempt.uid, resource).secret = resource.secret.clone();
    l.pending = Some(attempt.clone());
    l.unresolved = None;
    l.next = attempt.n.saturating_add(1);
}

/// The resource's record, made if need be. What was requested before it was first seen counts as handled.
pub(super) fn mention<'a>(l: &'a mut Ledger, uid: &Uid, place: &Resourceful) -> &'a mut Resource {
    let Resourceful { namespace, name, secret, revoked } = place.clone();
    let new = || Resource { revoked, ..Resource::new(namespace, name, secret) };
    l.resources.entry(uid.clone()).or_insert_with(new)
}

/// The next intent in the same CAS as the commit, if the latest ledger still has room for it.
pub(super) fn ride(l: &mut Ledger, next: &Attempt, resource: &Resourceful) {
    let free = l.pending.is_none() && l.unresolved.is_none();
    let wanted = l.resources.get(&next.uid).is_none_or(|known| !known.deleting);
    if free && wanted && l.next == next.n && l.of(&next.uid).all(|entry| entry.state == State::Tomb) {
        intend(l, next, resource);
    }
}

pub(super) fn commit(l: &mut Ledger, attempt: &Attempt, post: &Posted, now: Now, timings: &Timings) {
    l.pending = None;
    match post {
        Posted::Yes { id, client_secret, expires_at, made_at } => {
            // The refusal of a short one may have had another reason: it is tried again after two that were long.
            l.provisional = match l.provisional {
                Provisional::TryLong => Provisional::Long,
                Provisional::Long | Provisional::Short | Provisional::Either => Provisional::Short,
            };
            // A clock that has not followed a jump yet would make it older than it is, and LIST had to show it too soon.
            let created_at = made_at.map_or(now.ms, |made| made.max(now.ms));
            l.entries.push(Entry {
                state: State::Prepared,
                created_at,
                answers: attempt.answers.clone(),
                ..entry(attempt.n, id, &attempt.uid, client_secret, *expires_at, attempt.wanted.clone(), now)
            });
            l.resources.entry(attempt.uid.clone()).and_modify(|resource| resource.last = attempt.n);
        }
        Posted::No { is_bad: true, .. } if l.provisional == Provisional::Short => l.provisional = Provisional::TryLong,
        Posted::No { wait, is_bad } => {
            // The reason was another, as far as is known: the two lives take turns, each with its back-off.
            l.provisional = match l.provisional {
                Provisional::TryLong if *is_bad => Provisional::Either,
                Provisional::Either if *is_bad => Provisional::TryLong,
                known => known,
            };
            back_off(l, &attempt.uid, now.ms, *wait, timings);
        }
    }
}

/// A token that is recorded now.
pub(super) fn entry(
    n: u64,
    id: &TokenId,
    uid: &Uid,
    client_secret: &Redacted,
    expires_at: Millis,
    applied: Applied,
    now: Now,
) -> Entry {
    Entry {
        n,
        id: id.clone(),
        uid: uid.clone(),
        state: State::Prepared,
        client_secret: client_secret.clone(),
        created_at: now.ms,
        expires_at,
        applied,
        applied_at: now.ms,
        changed_at: now.ms,
        missing_scopes: None,
        looked_at: None,
        looks: 0,
        nerm: None,
        published_at: None,
        answers: None,
        renamed: false,
        longest: None,
        unknown: BTreeMap::new(),
    }
}

/// R7: what is refused while fresh may be a delay of ISC; later, or once gone, it is condemned.
pub(super) fn promote(l: &mut Ledger, extension: &Extension, extended: &Extended, now: Now, timings: &Timings) {
    let Some(at) = l.entries.iter().position(|e| e.id == extension.id && e.state == State::Prepared) else { return };
    let uid = l.entries[at].uid.clone();
    match extended {
        Extended::Yes { missing_scopes } => {
            let replaces = replace_current(l, &uid);
            let entry = &mut l.entries[at];
            entry.state = State::Current;
            entry.expires_at = extension.until;
            entry.changed_at = now.ms;
            changes::looked(entry, missing_scopes.as_ref(), now);
            let answers = entry.answers.clone();
            forgive(l, &uid);
            if let Some(resource) = l.resources.get_mut(&uid) {
                resource.rotated = answers.or(resource.rotated.take());
                resource.rotated_at = replaces.then_some(now.ms).or(resource.rotated_at);
            }
        }
        Extended::No => {
            l.entries[at].state = State::Tomb;
            back_off(l, &uid, now.ms, 0, timings);
        }
        Extended::Unclear => {}
    }
}

/// R9: whom a newer token replaces lives out its overlap. Says whether there was one.
pub(super) fn replace_current(l: &mut Ledger, uid: &str) -> bool {
    let mut old = l.entries.iter_mut().filter(|entry| *entry.uid == *uid && entry.state == State::Current);
    old.next().map(|entry| entry.state = State::Retired).is_some()
}

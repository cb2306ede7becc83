//! Recording the stages of an attempt (R1, R4, R5, R7).
use super::{Extended, Posted};
use crate::lifecycle::facts::{Now, millis};
use crate::lifecycle::ledger::{Attempt, Entry, Ledger, Millis, Resource, State, Unresolved};
use crate::lifecycle::step::{Extension, Resourceful};
use crate::lifecycle::timings::Timings;

/// R5: the number is retired, its expiry stays known until it is final.
pub(super) fn fence(l: &mut Ledger) {
    if let Some(Attempt { n, uid, expiry, .. }) = l.pending.take() {
        l.unresolved = Some(Unresolved { n, uid, expiry });
    }
}

pub(super) fn intend(l: &mut Ledger, attempt: &Attempt, resource: &Resourceful) {
    let Resourceful { namespace, name, secret } = resource.clone();
    let known = l.resources.entry(attempt.uid.clone()).or_insert_with(|| Resource {
        namespace,
        name,
        secret: secret.clone(),
        deleting: false,
        failures: 0,
        not_before: 0,
    });
    known.secret = secret;
    l.pending = Some(attempt.clone());
    l.unresolved = None;
    l.next = attempt.n + 1;
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
        Posted::Yes { id, client_secret, expires_at } => l.entries.push(Entry {
            n: attempt.n,
            id: id.clone(),
            uid: attempt.uid.clone(),
            state: State::Prepared,
            client_secret: client_secret.clone(),
            created_at: now.ms,
            expires_at: *expires_at,
            applied: attempt.wanted.clone(),
            applied_at: now.ms,
            missing_scopes: None,
        }),
        Posted::No { wait } => back_off(l, &attempt.uid, now.ms, *wait, timings),
    }
}

/// R7: what is refused while fresh may be a delay of ISC; later, or once gone, it is condemned.
pub(super) fn promote(l: &mut Ledger, extension: &Extension, extended: &Extended, now: Now, timings: &Timings) {
    let Some(at) = l.entries.iter().position(|e| e.id == extension.id && e.state == State::Prepared) else { return };
    let uid = l.entries[at].uid.clone();
    match extended {
        Extended::Yes { missing_scopes } => {
            let entry = &mut l.entries[at];
            entry.state = State::Current;
            entry.expires_at = extension.until;
            entry.missing_scopes = Some(missing_scopes.clone());
            if let Some(resource) = l.resources.get_mut(&uid) {
                resource.failures = 0;
                resource.not_before = 0;
            }
        }
        Extended::No => {
            l.entries[at].state = State::Tomb;
            back_off(l, &uid, now.ms, 0, timings);
        }
        Extended::Unclear => {}
    }
}

/// R7: the wait lives in the ledger, so that a restart does not mint in a loop.
pub(super) fn back_off(l: &mut Ledger, uid: &str, now: Millis, at_least: Millis, timings: &Timings) {
    let Some(resource) = l.resources.get_mut(uid) else { return };
    let doublings = resource.failures.min(20);
    let wait = millis(timings.backoff_first).saturating_mul(1 << doublings).min(millis(timings.backoff_max));
    resource.failures = resource.failures.saturating_add(1);
    resource.not_before = now + wait.max(at_least);
}

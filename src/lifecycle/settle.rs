//! `settle`: from a step and its outcome to the next ledger. Pure; on anything unclear the ledger stays as it is.
use super::facts::{Now, millis};
use super::ledger::{Attempt, Entry, Ledger, Millis, Resource, Scopes, State, TokenId, Unresolved};
use super::step::{Extension, Resourceful, Step};
use super::timings::Timings;
use crate::redacted::Redacted;

/// What came of a step; its kind follows from the step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The step is the ledger write itself.
    Decided,
    /// A POST, and the extension beside it.
    Posted {
        /// Reply to the POST.
        post: Posted,
        /// Result of the extension, if there was one.
        extended: Option<Extended>,
    },
    /// An extension.
    Extended(Extended),
    /// A PATCH of a live token.
    Patched(Patched),
    /// The scopes that an access token lacks.
    Checked(Scopes),
    /// A token is gone.
    Gone,
}

/// Reply to a POST (R3); an unknown one never gets here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Posted {
    /// The token exists.
    Yes {
        /// Client ID.
        id: TokenId,
        /// Client secret.
        client_secret: Redacted,
        /// The expiry that ISC gave it.
        expires_at: Millis,
    },
    /// It does not, and this POST can no longer take effect. `wait`: at least so long until the next.
    No {
        /// What ISC asked for with `Retry-After`, in milliseconds.
        wait: Millis,
    },
}

/// Result of an extension with verification (R7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Extended {
    /// Long-lived and accepted.
    Yes {
        /// Scopes that its access token lacks.
        missing_scopes: Scopes,
    },
    /// The token is gone, or ISC will not have it.
    No,
    /// Nothing certain: try again.
    Unclear,
}

/// Result of a PATCH of a live token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Patched {
    /// It took effect.
    Yes,
    /// Refused; the token stays as it was.
    No,
}

/// The ledger after `step` came out as `outcome`.
pub fn settle(ledger: &Ledger, step: &Step, outcome: &Outcome, now: Now, timings: &Timings) -> Ledger {
    let mut after = ledger.clone();
    let l = &mut after;
    match (step, outcome) {
        (Step::MarkDeleting(uid), _) => mark_deleting(l, uid),
        (Step::TombAll(uid), _) => l.entries.iter_mut().filter(|e| e.uid == *uid).for_each(|e| e.state = State::Tomb),
        (Step::Drop(ids), _) => l.entries.retain(|entry| entry.state != State::Tomb || !ids.contains(&entry.id)),
        (Step::Finish(uid), _) => finish(l, uid),
        (Step::Fence, _) => fence(l),
        (Step::Sweep { n, .. }, Outcome::Gone) => l.unresolved = l.unresolved.take().filter(|left| left.n != *n),
        (Step::Raise(n), _) => l.next = l.next.max(*n),
        (Step::Intent(attempt, resource), _) => intend(l, attempt, resource),
        (Step::Post { attempt, extend, then }, Outcome::Posted { post, extended }) => {
            if let (Some(extension), Some(extended)) = (extend, extended) {
                promote(l, extension, extended, now, timings);
            }
            commit(l, attempt, post, now, timings);
            if let Some((next, resource)) = then {
                ride(l, next, resource);
            }
        }
        (Step::Refused(attempt), _) => commit(l, attempt, &Posted::No { wait: 0 }, now, timings),
        (Step::Extend(extension), Outcome::Extended(extended)) => promote(l, extension, extended, now, timings),
        (Step::Apply { id, wanted, .. }, Outcome::Patched(patched)) => match patched {
            Patched::Yes => change(l, id, |entry| {
                let scopes_changed = entry.applied.scopes != wanted.scopes;
                entry.applied = wanted.clone();
                if scopes_changed {
                    entry.applied_at = now.ms;
                    entry.missing_scopes = None;
                }
            }),
            Patched::No => fail(l, id, now, timings),
        },
        (Step::Renew { id, until }, Outcome::Patched(patched)) => match patched {
            Patched::Yes => change(l, id, |entry| entry.expires_at = *until),
            Patched::No => fail(l, id, now, timings),
        },
        (Step::CheckScopes { id, .. }, Outcome::Checked(missing)) => {
            change(l, id, |entry| entry.missing_scopes = Some(missing.clone()));
        }
        _ => {}
    }
    after
}

/// Whether the attempt's outcome may still be recorded: `pending` carries its number and nonce (R4).
pub fn may_commit(ledger: &Ledger, attempt: &Attempt) -> bool {
    ledger.pending.as_ref().is_some_and(|pending| pending.n == attempt.n && pending.nonce == attempt.nonce)
}

fn mark_deleting(l: &mut Ledger, uid: &str) {
    if let Some(resource) = l.resources.get_mut(uid) {
        resource.deleting = true;
    }
    if l.pending.as_ref().is_some_and(|pending| &*pending.uid == uid) {
        fence(l);
    }
}

fn finish(l: &mut Ledger, uid: &str) {
    l.resources.remove(uid);
    l.unresolved = l.unresolved.take().filter(|left| &*left.uid != uid);
}

/// R5: the number is retired, its expiry stays known until it is final.
fn fence(l: &mut Ledger) {
    if let Some(Attempt { n, uid, expiry, .. }) = l.pending.take() {
        l.unresolved = Some(Unresolved { n, uid, expiry });
    }
}

fn intend(l: &mut Ledger, attempt: &Attempt, resource: &Resourceful) {
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
fn ride(l: &mut Ledger, next: &Attempt, resource: &Resourceful) {
    let free = l.pending.is_none() && l.unresolved.is_none();
    let wanted = l.resources.get(&next.uid).is_none_or(|known| !known.deleting);
    if free && wanted && l.next == next.n && l.of(&next.uid).all(|entry| entry.state == State::Tomb) {
        intend(l, next, resource);
    }
}

fn commit(l: &mut Ledger, attempt: &Attempt, post: &Posted, now: Now, timings: &Timings) {
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
fn promote(l: &mut Ledger, extension: &Extension, extended: &Extended, now: Now, timings: &Timings) {
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

fn change(l: &mut Ledger, id: &str, f: impl FnOnce(&mut Entry)) {
    let Some(entry) = l.entries.iter_mut().find(|entry| &*entry.id == id) else { return };
    f(entry);
    let uid = entry.uid.clone();
    if let Some(resource) = l.resources.get_mut(&uid) {
        resource.failures = 0;
        resource.not_before = 0;
    }
}

fn fail(l: &mut Ledger, id: &str, now: Now, timings: &Timings) {
    if let Some(uid) = l.entry(id).map(|entry| entry.uid.clone()) {
        back_off(l, &uid, now.ms, 0, timings);
    }
}

/// R7: the wait lives in the ledger, so that a restart does not mint in a loop.
fn back_off(l: &mut Ledger, uid: &str, now: Millis, at_least: Millis, timings: &Timings) {
    let Some(resource) = l.resources.get_mut(uid) else { return };
    let doublings = resource.failures.min(20);
    let wait = millis(timings.backoff_first).saturating_mul(1 << doublings).min(millis(timings.backoff_max));
    resource.failures = resource.failures.saturating_add(1);
    resource.not_before = now + wait.max(at_least);
}

//! `settle`: from a step and its outcome to the next ledger. Pure; on anything unclear the ledger stays as it is.
mod attempt;
mod outcome;

use self::attempt::{back_off, commit, fence, intend, promote, ride};
pub use self::outcome::{Extended, Outcome, Patched, Posted};
use super::facts::Now;
use super::ledger::{Attempt, Entry, Ledger, State};
use super::step::Step;
use super::timings::Timings;

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

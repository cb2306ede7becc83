//! `settle`: from a step and its outcome to the next ledger. Pure; on anything unclear the ledger
//! stays as it is.
#![deny(clippy::wildcard_enum_match_arm)]

mod attempt;
mod back_off;
mod changes;
mod outcome;
mod travel;

use self::attempt::{commit, fence, give_up, intend, promote, ride, withdraw};
pub use self::outcome::{Extended, Outcome, Patched, Posted};
use super::facts::Now;
use super::ledger::{Attempt, Entry, Ledger, State, Unresolved};
use super::step::{Call, Place, Record, Step};
use super::timings::Timings;

/// The ledger after `step` came out as `outcome`.
pub fn settle(
    ledger: &Ledger,
    step: &Step,
    outcome: &Outcome,
    now: Now,
    timings: &Timings,
) -> Ledger {
    let mut after = ledger.clone();
    match step {
        Step::Look(_) => {}
        Step::Call(call) => called(&mut after, call, outcome, now, timings),
        Step::Record(record) => recorded(&mut after, record, now, timings),
    }
    after
}

/// A call was answered. An outcome that is none of this call changes nothing (R15).
fn called(l: &mut Ledger, call: &Call, outcome: &Outcome, now: Now, timings: &Timings) {
    match call {
        Call::Post { attempt, extend, then } => {
            let Outcome::Posted { post, extended } = outcome else { return };
            if let (Some(extension), Some(extended)) = (extend, extended) {
                promote(l, extension, extended, now, timings);
            }
            commit(l, attempt, post, now, timings);
            // ISC may never let what is made be extended: no more is made before one was.
            if extend.is_none() || extended.is_some() {
                ride_along(l, then.as_ref());
            }
        }
        Call::Extend(extension) => {
            let Outcome::Extended(extended) = outcome else { return };
            promote(l, extension, extended, now, timings);
        }
        Call::Apply { id, scopes, wanted, .. } => {
            let Outcome::Patched(patched) = outcome else { return };
            changes::patched(l, id, *patched, now, timings, |entry| {
                changes::applied(entry, wanted, scopes.is_some(), now);
            });
        }
        Call::Renew { id, until } => {
            let Outcome::Patched(patched) = outcome else { return };
            changes::patched(l, id, *patched, now, timings, |entry| {
                (entry.expires_at, entry.longest) = (*until, None);
            });
        }
        Call::Rename { id, .. } => {
            let Outcome::Patched(patched) = outcome else { return };
            changes::patched(l, id, *patched, now, timings, |entry| entry.renamed = true);
        }
        Call::CheckScopes { id, .. } => {
            // A look forgives nothing: it waits for no back-off, and an attempt may just have
            // failed (R7).
            if let (Outcome::Checked(missing), Some(entry)) = (outcome, l.entry_mut(id)) {
                changes::looked(entry, missing.as_ref(), now);
            }
        }
        Call::TryNerm { id, url } => {
            if let (Outcome::TriedNerm(verdict), Some(entry)) = (outcome, l.entry_mut(id)) {
                changes::tried_nerm(entry, url, verdict, now);
            }
        }
        Call::Adopt(adoption) => {
            let Outcome::Verified(is_accepted) = outcome else { return };
            travel::adopt(l, adoption, *is_accepted, now);
        }
        Call::Verify(id) => {
            if *outcome == Outcome::Verified(false) {
                tomb(l, |entry| entry.id == *id);
            }
        }
        Call::Sweep { n, .. } => {
            // The token of that attempt is gone, and a POST makes no second one (R2).
            if *outcome == Outcome::Gone {
                resolve(l, |left| left.n == *n);
            }
        }
        // Only LIST tells that a condemned token is gone (R9); of the marks on a Secret the ledger
        // knows nothing.
        Call::Delete(_) | Call::Strip(_) => {}
    }
}

/// Records the next intent together with the outcome of the last one, if there is a next.
fn ride_along(l: &mut Ledger, next: Option<&(Attempt, Place)>) {
    if let Some((attempt, place)) = next {
        ride(l, attempt, place);
    }
}

/// Steps that are the ledger write itself.
fn recorded(l: &mut Ledger, record: &Record, now: Now, timings: &Timings) {
    match record {
        Record::MarkDeleting { uid, retain } => mark_deleting(l, uid, *retain),
        Record::Revoke { uid, request } => {
            if let Some(resource) = l.resources.get_mut(uid) {
                resource.revoked = Some(request.clone());
            }
            tomb(l, |entry| entry.uid == *uid);
        }
        Record::TombAll(uid) => tomb(l, |entry| entry.uid == *uid),
        Record::Release { uid, id } => release(l, uid, id),
        // Never a live one: an entry that is dropped is a token that no rule covers any more.
        Record::Drop(ids) | Record::HandOver(ids) => {
            l.entries.retain(|entry| entry.is_live() || !ids.contains(&entry.id));
        }
        Record::Finish(uid) => {
            l.resources.remove(uid);
            resolve(l, |left| left.uid == *uid);
        }
        Record::Fence => give_up(l, now, timings),
        Record::Withdraw { attempt, waits } => withdraw(l, attempt, *waits, now, timings),
        // The counter never goes back: each number is given once.
        Record::Raise(n) => l.next = l.next.max(*n),
        Record::Refuse { uid, place, digest } => travel::refuse(l, uid, place, digest),
        Record::Intent(attempt, place) => intend(l, attempt, place),
        Record::Refused(attempt) => {
            commit(l, attempt, &Posted::No { wait: 0, is_bad: true }, now, timings);
        }
        Record::Published(id) => {
            if let Some(entry) = l.entry_mut(id)
                && entry.is_current()
            {
                entry.published_at = Some(now.ms);
            }
        }
        Record::Retire(uid) => tomb(l, |entry| entry.uid == *uid && entry.is_retired()),
    }
}

/// Condemns tokens (any state but `Released` → `Tomb`): a released one is its user's by now.
fn tomb(l: &mut Ledger, which: impl Fn(&Entry) -> bool) {
    for entry in &mut l.entries {
        if which(entry) && !entry.is_released() {
            entry.state = State::Tomb;
        }
    }
}

/// One token is left to its user (→ `Released`, unless it is condemned already), the others are
/// condemned.
fn release(l: &mut Ledger, uid: &str, id: &str) {
    tomb(l, |entry| *entry.uid == *uid && *entry.id != *id);
    if let Some(entry) = l.entry_mut(id)
        && !entry.is_condemned()
    {
        entry.state = State::Released;
    }
}

/// Forgets what a fence left behind, if it is this.
fn resolve(l: &mut Ledger, is_this: impl Fn(&Unresolved) -> bool) {
    if l.unresolved.as_ref().is_some_and(is_this) {
        l.unresolved = None;
    }
}

fn mark_deleting(l: &mut Ledger, uid: &str, retain: bool) {
    if let Some(resource) = l.resources.get_mut(uid) {
        resource.deleting = true;
        resource.retain = retain;
    }
    if l.is_minting(uid) {
        fence(l);
    }
}

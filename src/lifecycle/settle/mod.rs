//! `settle`: from a step and its outcome to the next ledger. Pure; on anything unclear the ledger stays as it is.
mod attempt;
mod back_off;
mod changes;
mod outcome;
mod travel;

use self::attempt::{commit, fence, give_up, intend, promote, ride};
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
        (Step::Post { attempt, extend, then }, Outcome::Posted { post, extended }) => {
            if let (Some(extension), Some(extended)) = (extend, extended) {
                promote(l, extension, extended, now, timings);
            }
            commit(l, attempt, post, now, timings);
            // ISC may never let what is made be extended: no more is made before one was.
            let may_ride = extend.is_none() || extended.is_some();
            if let Some((next, resource)) = then.as_ref().filter(|_| may_ride) {
                ride(l, next, resource);
            }
        }
        (Step::Refused(attempt), _) => commit(l, attempt, &Posted::No { wait: 0, is_bad: true }, now, timings),
        (Step::Extend(extension), Outcome::Extended(extended)) => promote(l, extension, extended, now, timings),
        (Step::Apply { .. } | Step::Renew { .. } | Step::Rename { .. }, Outcome::Patched(patched)) => {
            changes::patched(l, step, *patched, now, timings);
        }
        (Step::CheckScopes { id, .. }, Outcome::Checked(missing)) => {
            // A look forgives nothing: it waits for no back-off, and an attempt may just have failed (R7).
            if let Some(entry) = l.entries.iter_mut().find(|entry| entry.id == *id) {
                changes::looked(entry, missing.as_ref(), now);
            }
        }
        (Step::TryNerm { id, url }, Outcome::TriedNerm(verdict)) => {
            if let Some(entry) = l.entries.iter_mut().find(|entry| entry.id == *id) {
                changes::tried_nerm(entry, url, verdict, now);
            }
        }
        (Step::Adopt(adoption), Outcome::Verified(is_accepted)) => travel::adopt(l, adoption, *is_accepted, now),
        (Step::Refuse { uid, place, digest }, _) => travel::refuse(l, uid, place, digest),
        (Step::Verify(id), Outcome::Verified(false)) => tomb(l, |entry| entry.id == *id),
        (Step::Sweep { n, .. }, Outcome::Gone) => l.unresolved = l.unresolved.take().filter(|left| left.n != *n),
        (Step::Fence, Outcome::Decided) => give_up(l, now, timings),
        (_, Outcome::Decided) => decide(l, step, now),
        _ => {}
    }
    after
}

/// Steps that are the ledger write itself.
fn decide(l: &mut Ledger, step: &Step, now: Now) {
    match step {
        Step::MarkDeleting { uid, retain } => mark_deleting(l, uid, *retain),
        Step::Revoke { uid, request } => {
            if let Some(resource) = l.resources.get_mut(uid) {
                resource.revoked = Some(request.clone());
            }
            tomb(l, |entry| entry.uid == *uid);
        }
        Step::TombAll(uid) => tomb(l, |entry| entry.uid == *uid),
        Step::Release { uid, id } => {
            tomb(l, |entry| entry.uid == *uid && entry.id != *id);
            let released = |entry: &&mut Entry| entry.id == *id && entry.state != State::Tomb;
            l.entries.iter_mut().filter(released).for_each(|entry| entry.state = State::Released);
        }
        Step::Drop(ids) => {
            l.entries.retain(|entry| !matches!(entry.state, State::Tomb | State::Released) || !ids.contains(&entry.id));
        }
        Step::Finish(uid) => finish(l, uid),
        Step::Raise(n) => l.next = l.next.max(*n),
        Step::Intent(attempt, resource) => intend(l, attempt, resource),
        Step::RecordPublished(id) => {
            let current = |entry: &&mut Entry| entry.id == *id && entry.state == State::Current;
            l.entries.iter_mut().filter(current).for_each(|entry| entry.published_at = Some(now.ms));
        }
        Step::Retire(uid) => tomb(l, |entry| entry.uid == *uid && entry.state == State::Retired),
        _ => {}
    }
}

/// Condemns tokens; a released one is somebody else's by now.
fn tomb(l: &mut Ledger, which: impl Fn(&Entry) -> bool) {
    let condemned = |entry: &&mut Entry| which(entry) && entry.state != State::Released;
    l.entries.iter_mut().filter(condemned).for_each(|entry| entry.state = State::Tomb);
}

/// Whether the attempt's outcome may still be recorded: `pending` carries its number and nonce (R4).
pub fn may_commit(ledger: &Ledger, attempt: &Attempt) -> bool {
    ledger.pending.as_ref().is_some_and(|pending| pending.n == attempt.n && pending.nonce == attempt.nonce)
}

fn mark_deleting(l: &mut Ledger, uid: &str, retain: bool) {
    if let Some(resource) = l.resources.get_mut(uid) {
        resource.deleting = true;
        resource.retain = retain;
    }
    if l.pending.as_ref().is_some_and(|pending| &*pending.uid == uid) {
        fence(l);
    }
}

fn finish(l: &mut Ledger, uid: &str) {
    l.resources.remove(uid);
    l.unresolved = l.unresolved.take().filter(|left| &*left.uid != uid);
}

//! What a pass tells the others: notes for resources that wait, and whom to wake.
use kube::ResourceExt;

use super::Notes;
use crate::controllers::Context;
use crate::controllers::board::Report;
use crate::lifecycle::capacity::{self, Capacity};
use crate::lifecycle::describe::{Note, stamp};
use crate::lifecycle::grants::SECRET_CONFLICT;
use crate::lifecycle::mint::{Obstacle, obstacle};
use crate::lifecycle::{Facts, Ledger};

/// The report of a pass that found nothing more to do.
pub fn of(facts: &Facts<'_>) -> Report {
    let note = |uid| obstacle(facts, uid).map(|obstacle| explain(facts, uid, obstacle));
    let obstacles: Notes = facts.declared.keys().filter_map(|uid| Some((uid.clone(), note(uid)?))).collect();
    let capacity = facts.listing.map(|listing| capacity::of(facts.ledger, listing));
    Report { trouble: None, obstacles, capacity }
}

/// Puts a report up and wakes whom it concerns.
pub fn put(context: &Context, ledger: &str, tenant: &str, report: Report) {
    let new = report.clone();
    let old = context.board.put_report(ledger, report);
    let first = old.is_none();
    let old = old.map(|old| (*old).clone()).unwrap_or_default();
    let changed = old.trouble != new.trouble;
    for token in context.tokens_of(tenant) {
        let uid = token.uid().unwrap_or_default();
        // A first report without trouble is no news for who has not been minted for yet.
        let concerns = changed || first && !context.board.is_fresh(&uid);
        if concerns || old.obstacles.get(&*uid) != new.obstacles.get(&*uid) {
            wake(context, &uid, &token.namespace().unwrap_or_default(), &token.name_any());
        }
    }
    if old.capacity != new.capacity {
        context.wake.tenant(tenant);
    }
}

/// Wakes the resources that look different after a write of the ledger.
pub fn wake_changed(context: &Context, before: &Ledger, after: &Ledger) {
    for (uid, resource) in before.resources.iter().chain(&after.resources) {
        let (old, new) = (before.resources.get(uid), after.resources.get(uid));
        let moved = before.current(uid) != after.current(uid)
            || old.is_some() != new.is_some() && old.is_some()
            || old.zip(new).is_some_and(|(old, new)| old != new);
        if moved {
            wake(context, uid, &resource.namespace, &resource.name);
        }
    }
}

fn wake(context: &Context, uid: &str, namespace: &str, name: &str) {
    context.board.mark_fresh(uid, false);
    context.wake.token(namespace, name);
}

fn explain(facts: &Facts<'_>, uid: &str, obstacle: Obstacle) -> Note {
    let waiting = |reason, message, retry_at| Note { reason, message, stalled: false, retry_at };
    match obstacle {
        Obstacle::BackOff(at) => {
            let failures = facts.ledger.resources.get(uid).map_or(0, |resource| resource.failures);
            let message =
                format!("ISC refused {failures} attempts in a row to mint a token; the next is made at {}", stamp(at));
            waiting("BackOff", message, Some(at))
        }
        Obstacle::Full(Capacity { limit, ours, others, .. }) => waiting(
            "CapacityExhausted",
            format!(
                "the ISC user has {} of {limit} tokens, {others} of them not made by this operator, and one slot is kept for rotation; delete tokens that nobody needs, or use another Tenant",
                ours + others
            ),
            None,
        ),
        Obstacle::Unresolved(at) => waiting(
            "Unresolved",
            format!(
                "the outcome of an earlier attempt is unknown; it is certain by {}, and the next attempt follows then",
                stamp(at)
            ),
            Some(at),
        ),
        Obstacle::SecretTaken => {
            let secret = facts.declared.get(uid).map(|declared| declared.secret.clone()).unwrap_or_default();
            let message = format!(
                "Secret {secret:?} exists and is not of this resource; delete it, or create this one anew with another spec.secret.name"
            );
            Note { reason: SECRET_CONFLICT, message, stalled: true, retry_at: None }
        }
    }
}

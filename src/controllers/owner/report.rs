//! What a pass tells the others: notes for resources that wait, and whom to wake.
use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;

use super::Notes;
use super::explain::{self, note};
use crate::controllers::board::Report;
use crate::controllers::context::Context;
use crate::controllers::trouble::UNREADABLE;
use crate::lifecycle::capacity;
use crate::lifecycle::ledger::{Resource, Uid};
use crate::lifecycle::{Facts, Ledger};

/// The report of a pass that found nothing more to do.
pub fn of(facts: &Facts<'_>, growing: &BTreeSet<String>, refusals: &BTreeMap<Uid, String>) -> Report {
    let mut obstacles = Notes::new();
    for uid in facts.declared.keys() {
        if let Some(note) = note(facts, uid, refusals.get(uid)) {
            obstacles.insert(uid.clone(), note);
        }
    }
    let capacity = facts.listing.map(|listing| capacity::of(facts.ledger, listing));
    let used = |uid: &Uid| {
        let listing = facts.listing?;
        facts.ledger.retired(uid).filter_map(|entry| listing.token(&entry.id)?.last_used).max()
    };
    let last_used = facts.ledger.resources.keys().filter_map(|uid| Some((uid.clone(), used(uid)?))).collect();
    let strangers = explain::strangers(facts, growing);
    Report { obstacles, last_used, capacity, strangers, ..Report::default() }
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
        let moved = old.obstacles.get(&*uid) != new.obstacles.get(&*uid)
            || old.trials.get(&*uid) != new.trials.get(&*uid)
            || old.last_used.get(&*uid) != new.last_used.get(&*uid);
        if concerns || moved {
            wake(context, &uid, &token.namespace().unwrap_or_default(), &token.name_any());
        }
    }
    let frozen = |report: &Report| report.trouble.as_ref().is_some_and(|note| note.reason == UNREADABLE);
    if old.capacity != new.capacity || old.strangers != new.strangers || frozen(&old) != frozen(&new) {
        context.wake.tenant(tenant);
    }
}

/// Wakes the resources that look different after a write of the ledger. That a token was recorded is seen when it is
/// current.
pub fn wake_changed(context: &Context, before: &Ledger, after: &Ledger) {
    for (uid, resource) in before.resources.iter().chain(&after.resources) {
        let (old, new) = (before.resources.get(uid), after.resources.get(uid));
        let moved = before.current(uid) != after.current(uid)
            || before.retired(uid).count() != after.retired(uid).count()
            || old.is_some() != new.is_some() && old.is_some()
            || old.zip(new).is_some_and(|(old, new)| *old != Resource { last: old.last, ..new.clone() });
        if moved {
            wake(context, uid, &resource.namespace, &resource.name);
        }
    }
}

/// Wakes all resources of a Tenant: where ISC is has changed, and so has what is published.
pub fn wake_all(context: &Context, tenant: &str) {
    for token in context.tokens_of(tenant) {
        wake(context, &token.uid().unwrap_or_default(), &token.namespace().unwrap_or_default(), &token.name_any());
    }
}

fn wake(context: &Context, uid: &str, namespace: &str, name: &str) {
    context.board.mark_fresh(uid, false);
    context.wake.token(namespace, name);
}

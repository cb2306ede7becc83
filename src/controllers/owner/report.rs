//! The report of a pass to the other loops: notes for resources that wait, and which of them to
//! wake.
use std::collections::{BTreeMap, BTreeSet};

use super::explain::note;
use super::strangers::strangers;
use crate::api::conditions::Reason;
use crate::controllers::board::Report;
use crate::controllers::context::Context;
use crate::controllers::subject::Subject;
use crate::lifecycle::capacity;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Millis, Resource, Uid};
use crate::lifecycle::{Facts, Ledger};

/// The report of a pass that found nothing more to do.
pub fn of(facts: &Facts<'_>, growing: &BTreeSet<String>, context: &Context) -> Report {
    let mut obstacles = BTreeMap::new();
    for uid in facts.declared.keys() {
        if let Some(note) = note(facts, uid, context.board.resources.refusal(uid).as_ref()) {
            obstacles.insert(uid.clone(), note);
        }
    }
    let capacity = facts.listing.map(|listing| capacity::of(facts.ledger, listing));
    let strangers = strangers(facts, growing);
    let earliest_expiry = facts.ledger.all_current().map(|entry| entry.expires_at).min();
    let last_used = last_used(facts);
    Report { obstacles, last_used, capacity, strangers, earliest_expiry, ..Report::default() }
}

/// The last use of a replaced token of each resource that ISC saw.
fn last_used(facts: &Facts<'_>) -> BTreeMap<Uid, Millis> {
    let mut all = BTreeMap::new();
    let Some(listing) = facts.listing else { return all };
    for uid in facts.ledger.resources.keys() {
        let uses =
            facts.ledger.retired(uid).filter_map(|entry| listing.token(&entry.id)?.last_used);
        if let Some(last) = uses.max() {
            all.insert(uid.clone(), last);
        }
    }
    all
}

/// Puts up what the passes of one owner meet.
pub struct Reporter<'a> {
    pub context: &'a Context,
    /// Name of the ledger.
    pub ledger: &'a str,
    /// Name of its Tenant.
    pub tenant: &'a str,
}

impl Reporter<'_> {
    /// The last report; an empty one before the first.
    pub fn last(&self) -> Report {
        self.context
            .board
            .owners
            .report(self.ledger)
            .map(|report| (*report).clone())
            .unwrap_or_default()
    }

    /// Puts up what keeps the whole owner from working; all else stays as it was last known.
    pub fn put_trouble(&self, trouble: Note) {
        self.put(Report { trouble: Some(trouble), ..self.last() });
    }

    /// Puts a report up and wakes the resources and the Tenant that it concerns.
    pub fn put(&self, report: Report) {
        let context = self.context;
        let new = report.clone();
        let old = context.board.owners.put_report(self.ledger, report);
        let first = old.is_none();
        let old = old.map(|old| (*old).clone()).unwrap_or_default();
        let changed = old.trouble != new.trouble;
        for token in context.tokens_of(self.tenant) {
            let Some(Subject { uid, namespace, name, .. }) = Subject::of(&token) else { continue };
            // A first report without trouble is no news for a resource that no token was minted for
            // yet.
            let concerns = changed || (first && !context.board.resources.is_fresh(uid));
            let moved = old.obstacles.get(uid) != new.obstacles.get(uid)
                || old.trials.get(uid) != new.trials.get(uid)
                || old.last_used.get(uid) != new.last_used.get(uid);
            if concerns || moved {
                context.wake_token(uid, namespace, name);
            }
        }
        // Of an owner's trouble the Tenant shows this alone.
        let freezes = is_frozen(&old) != is_frozen(&new);
        if old.capacity != new.capacity || old.strangers != new.strangers || freezes {
            context.wake.tenant(self.tenant);
        }
    }
}

fn is_frozen(report: &Report) -> bool {
    report.trouble.as_ref().is_some_and(|note| note.reason == Reason::LedgerUnreadable)
}

/// Wakes the resources that look different after a write of the ledger. That a token was recorded
/// is seen when it is current.
pub fn wake_changed(context: &Context, before: &Ledger, after: &Ledger) {
    // Both: a resource may be new in the ledger, or gone from it.
    for (uid, resource) in before.resources.iter().chain(&after.resources) {
        if looks_different(uid, before, after) {
            context.wake_token(uid, &resource.namespace, &resource.name);
        }
    }
}

fn looks_different(uid: &Uid, before: &Ledger, after: &Ledger) -> bool {
    if before.current(uid) != after.current(uid)
        || before.retired(uid).count() != after.retired(uid).count()
    {
        return true;
    }
    match (before.resources.get(uid), after.resources.get(uid)) {
        (Some(_), None) => true,
        // The number of its last token is shown once that token is current.
        (Some(old), Some(new)) => *old != Resource { last: old.last, ..new.clone() },
        (None, _) => false,
    }
}

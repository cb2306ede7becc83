//! Recording changes of live tokens (R12, R16, R22).
use std::sync::Arc;

use super::back_off::{back_off, forgive};
use super::outcome::Patched;
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{Entry, Ledger, NermTrial, NermVerdict, Scopes};
use crate::lifecycle::step::Step;
use crate::lifecycle::timings::Timings;

/// A PATCH that ISC answered: recorded if it took effect, else the resource backs off.
pub(super) fn patched(l: &mut Ledger, step: &Step, patched: Patched, now: Now, timings: &Timings) {
    let (Step::Apply { id, .. } | Step::Renew { id, .. } | Step::Rename { id, .. }) = step else { return };
    match patched {
        Patched::Yes | Patched::Shorter(_) => succeed(l, id, |entry| {
            entry.changed_at = now.ms;
            change(entry, step, now);
            if let Patched::Shorter(until) = patched {
                (entry.expires_at, entry.longest) = (until, Some(until - now.ms));
            }
        }),
        Patched::No => {
            if let Some(uid) = l.entry(id).map(|entry| entry.uid.clone()) {
                back_off(l, &uid, now.ms, 0, timings);
            }
        }
    }
}

/// An access token was asked for its scopes. No answer leaves what was known: a proxy that refuses says nothing of scopes.
pub(super) fn looked(entry: &mut Entry, missing: Option<&Scopes>, now: Now) {
    if let Some(missing) = missing {
        entry.missing_scopes = Some(missing.clone());
    }
    let found_all = entry.missing_scopes.as_ref().is_some_and(|missing| missing.is_empty());
    (entry.looks, entry.looked_at) = if found_all { (0, None) } else { (entry.looks.saturating_add(1), Some(now.ms)) };
}

/// A credential was tried against NERM. A trial without answer leaves what the same NERM said before.
pub(super) fn tried_nerm(entry: &mut Entry, url: &Arc<str>, verdict: &NermVerdict, now: Now) {
    let before = entry.nerm.take().filter(|trial| trial.url == *url);
    let tries = before.as_ref().map_or(0, |trial| trial.tries);
    let verdict = match (verdict, before) {
        (NermVerdict::Unknown(_), Some(NermTrial { verdict: refused @ NermVerdict::Refused(_), .. })) => refused,
        (verdict, _) => verdict.clone(),
    };
    let tries = if verdict == NermVerdict::Accepted { 0 } else { tries.saturating_add(1) };
    entry.nerm = Some(NermTrial { url: url.clone(), at: now.ms, tries, verdict });
}

/// Changes an entry and forgives its resource what failed before.
fn succeed(l: &mut Ledger, id: &str, change: impl FnOnce(&mut Entry)) {
    let Some(entry) = l.entries.iter_mut().find(|entry| &*entry.id == id) else { return };
    change(entry);
    let uid = entry.uid.clone();
    forgive(l, &uid);
}

fn change(entry: &mut Entry, step: &Step, now: Now) {
    match step {
        Step::Apply { scopes, wanted, .. } => {
            entry.applied = wanted.clone();
            if scopes.is_some() {
                entry.applied_at = now.ms;
                (entry.missing_scopes, entry.looked_at, entry.looks) = (None, None, 0);
            }
        }
        Step::Renew { until, .. } => (entry.expires_at, entry.longest) = (*until, None),
        Step::Rename { .. } => entry.renamed = true,
        _ => {}
    }
}

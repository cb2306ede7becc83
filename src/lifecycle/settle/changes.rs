//! Recording changes of live tokens (R12, R16, R22).
use std::sync::Arc;

use super::back_off::{back_off, forgive};
use super::outcome::Patched;
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{Entry, Ledger, NermTrial, NermVerdict, Scopes, TokenSpec};
use crate::lifecycle::timings::Timings;

/// ISC answered a PATCH. A change that took effect is recorded, and forgives earlier failures; a
/// refusal makes the resource wait.
pub(super) fn patched(
    l: &mut Ledger,
    id: &str,
    patched: Patched,
    now: Now,
    timings: &Timings,
    change: impl FnOnce(&mut Entry),
) {
    let Some(entry) = l.entry_mut(id) else { return };
    let uid = entry.uid.clone();
    if patched == Patched::No {
        return back_off(l, &uid, now.ms, 0, timings);
    }
    entry.changed_at = now.ms;
    change(entry);
    if let Patched::Shorter(until) = patched {
        // As ISC returned it: otherwise the operator would soon ask again (decision 15).
        (entry.expires_at, entry.longest) = (until, Some(until - now.ms));
    }
    forgive(l, &uid);
}

/// Name or scopes were changed. What is known of access tokens is about the old scopes then.
pub(super) fn applied(entry: &mut Entry, spec: &TokenSpec, are_scopes_new: bool, now: Now) {
    entry.applied = spec.clone();
    if are_scopes_new {
        entry.applied_at = now.ms;
        (entry.missing_scopes, entry.looked_at, entry.looks) = (None, None, 0);
    }
}

/// An access token was asked for its scopes. No answer leaves what was known: a refusing proxy says
/// nothing of scopes.
pub(super) fn looked(entry: &mut Entry, missing: Option<&Scopes>, now: Now) {
    if let Some(missing) = missing {
        entry.missing_scopes = Some(missing.clone());
    }
    if entry.carries_all_scopes() {
        (entry.looks, entry.looked_at) = (0, None);
    } else {
        (entry.looks, entry.looked_at) = (entry.looks.saturating_add(1), Some(now.ms));
    }
}

/// A credential was tried against NERM. A trial without answer leaves what the same NERM said
/// before.
pub(super) fn tried_nerm(entry: &mut Entry, url: &Arc<str>, verdict: &NermVerdict, now: Now) {
    let before = entry.trial_at(url);
    let tries = before.map_or(0, |trial| trial.tries);
    let refusal = before.map(|trial| &trial.verdict);
    let verdict = match (verdict, refusal) {
        (NermVerdict::Unknown(_), Some(NermVerdict::Refused(why))) => {
            NermVerdict::Refused(why.clone())
        }
        (NermVerdict::Unknown(_) | NermVerdict::Accepted | NermVerdict::Refused(_), _) => {
            verdict.clone()
        }
    };
    let tries = match verdict {
        NermVerdict::Accepted => 0,
        NermVerdict::Refused(_) | NermVerdict::Unknown(_) => tries.saturating_add(1),
    };
    entry.nerm = Some(NermTrial { url: url.clone(), at: now.ms, tries, verdict });
}

//! Upkeep of live tokens: in-place change (R22), expiry kept ahead (R16), and what their scopes are really worth.
use super::facts::{Admission, Declared, Facts, millis};
use super::ledger::{Entry, Ledger, State};
use super::step::Step;
use super::token_name::{self, MachinePart};

/// The most urgent change of a live token.
pub(super) fn keep(facts: &Facts<'_>) -> Option<Step> {
    let live = || facts.ledger.entries.iter().filter(|entry| entry.state == State::Current);
    let declared = |entry: &Entry| facts.declared.get(&entry.uid).filter(|declared| !declared.deleting);
    let kept = |entry: &&Entry| declared(entry).is_some_and(|d| d.admission != Admission::NotGranted);
    live()
        .filter(kept)
        .find_map(|entry| renew(facts, entry))
        .or_else(|| live().find_map(|entry| apply(facts, entry, declared(entry)?)))
        .or_else(|| live().filter(kept).find_map(|entry| check_scopes(facts, entry)))
}

/// The name of a token in ISC.
pub fn full_name(ledger: &Ledger, installation: &str, uid: &str, n: u64, display: &str) -> String {
    let part = MachinePart {
        installation: installation.into(),
        incarnation: token_name::tag(&ledger.incarnation),
        resource: token_name::tag(uid),
        n,
    };
    token_name::encode(&part, display)
}

fn renew(facts: &Facts<'_>, entry: &Entry) -> Option<Step> {
    let now = facts.ms()?;
    let long = millis(facts.timings.long_expiry);
    (entry.expires_at - now < long / 2 && has_waited(facts, entry))
        .then(|| Step::Renew { id: entry.id.clone(), until: now + long })
}

fn apply(facts: &Facts<'_>, entry: &Entry, declared: &Declared) -> Option<Step> {
    let wanted = &declared.wanted;
    let allowed = declared.admission == Admission::Admitted && !declared.suspended;
    let same = entry.applied.name == wanted.name && entry.applied.scopes == wanted.scopes;
    (!same && allowed && has_waited(facts, entry)).then(|| Step::Apply {
        id: entry.id.clone(),
        name: full_name(facts.ledger, facts.installation, &entry.uid, entry.n, &wanted.name),
        wanted: super::ledger::Applied { validity_seconds: entry.applied.validity_seconds, ..wanted.clone() },
    })
}

fn check_scopes(facts: &Facts<'_>, entry: &Entry) -> Option<Step> {
    let due = entry.applied_at + millis(facts.timings.scope_lag);
    (entry.missing_scopes.is_none() && facts.ms()? >= due)
        .then(|| Step::CheckScopes { id: entry.id.clone(), wanted: entry.applied.scopes.clone() })
}

fn has_waited(facts: &Facts<'_>, entry: &Entry) -> bool {
    let not_before = facts.ledger.resources.get(&entry.uid).map_or(0, |resource| resource.not_before);
    facts.ms().is_some_and(|now| now >= not_before)
}

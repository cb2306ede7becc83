//! Upkeep of live tokens: in-place change (R22), expiry kept ahead (R16), and what their scopes are
//! really worth.
use super::facts::{Admission, Facts};
use super::ledger::{Entry, Ledger, Millis, NermVerdict, Scopes, TokenSpec};
use super::listing::Listed;
use super::step::{Call, Step};
use super::timings::Timings;
use super::token_name::{self, MachinePart};

/// ISC tells its time in whole seconds: what it was told may be so much younger than recorded.
const SECOND: Millis = 1_000;
/// Longest pause between two looks at what a person has to mend.
const LONGEST_PAUSE: Millis = 24 * 3_600 * SECOND;
/// ISC may round an expiry; what differs by more was changed by a person.
pub const DRIFT: Millis = 60_000;

/// A renewal that cannot wait: less than a tenth is left of the token's life (R16).
pub(super) fn rescue(facts: &Facts<'_>) -> Option<Step> {
    renewal(facts, 10)
}

/// The renewal of a token of whose life less than half is left (R16).
pub(super) fn renew(facts: &Facts<'_>) -> Option<Step> {
    renewal(facts, 2)
}

/// The life that a recorded token is given (R16): three rotations, but at least the usual and at
/// most twice that.
pub fn long_life(facts: &Facts<'_>, uid: &str) -> Millis {
    let usual = facts.timings.long_expiry;
    let every = facts.declared.get(uid).and_then(|declared| declared.rotation.every);
    match every {
        Some(every) => every.saturating_mul(3).clamp(usual, 2 * usual),
        None => usual,
    }
}

/// The life that ISC gives the token: what it was asked for, or what it made of that.
pub(super) fn life(facts: &Facts<'_>, entry: &Entry) -> Millis {
    let long = long_life(facts, &entry.uid);
    entry.longest.map_or(long, |longest| longest.min(long))
}

/// The first token of whose life less than one part in so many is left, or whose expiry was changed
/// in ISC.
fn renewal(facts: &Facts<'_>, parts: i64) -> Option<Step> {
    let now = facts.ms()?;
    for entry in &facts.ledger.entries {
        // A retired token too: it must not end before its overlap does.
        let is_long_lived = entry.is_current() || entry.is_retired();
        if !is_long_lived || !may_change(facts, entry) || !facts.has_waited(&entry.uid) {
            continue;
        }
        let left = entry.expires_at - now;
        if left < life(facts, entry) / parts || has_drifted(facts, entry) {
            let until = now + long_life(facts, &entry.uid);
            return Some(Step::Call(Call::Renew { id: entry.id.clone(), until }));
        }
    }
    None
}

/// LIST shows another expiry than the one that was given.
fn has_drifted(facts: &Facts<'_>, entry: &Entry) -> bool {
    let Some(token) = shown(facts, entry) else { return false };
    match token.expires {
        Some(shown) => (shown - entry.expires_at).abs() > DRIFT,
        // Without an expiry the token would not end by itself (R16).
        None => true,
    }
}

/// Its resource is there and granted, and ISC did its part with it of late.
fn may_change(facts: &Facts<'_>, entry: &Entry) -> bool {
    let Some(declared) = facts.undeleted(&entry.uid) else { return false };
    // Without a grant the operator leaves a live token to its end.
    declared.admission != Admission::NotGranted && !facts.is_set_aside(&entry.id)
}

/// The token in LIST, if LIST had to show what ISC was last told.
fn shown<'a>(facts: &Facts<'a>, entry: &Entry) -> Option<&'a Listed> {
    let listing = facts.listing?;
    let told = entry.changed_at.max(entry.created_at);
    if !listing.had_to_show(told, facts.timings) {
        return None;
    }
    listing.token(&entry.id)
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

/// Corrects a token that differs from the spec, in the ledger or in ISC, where a person may have
/// changed it (R22).
pub(super) fn apply(facts: &Facts<'_>) -> Option<Step> {
    for entry in facts.ledger.all_current() {
        let Some(declared) = facts.undeleted(&entry.uid) else { continue };
        let is_allowed = declared.admission == Admission::Admitted && !declared.suspended;
        if !is_allowed || facts.is_set_aside(&entry.id) || !facts.has_waited(&entry.uid) {
            continue;
        }
        let name = new_name(facts, entry, &declared.wanted);
        let scopes = new_scopes(facts, entry, &declared.wanted);
        if name.is_some() || scopes.is_some() {
            // A PATCH does not carry the validity: another one takes a rotation (R17).
            let validity_seconds = entry.applied.validity_seconds;
            let wanted = TokenSpec { validity_seconds, ..declared.wanted.clone() };
            return Some(Step::Call(Call::Apply { id: entry.id.clone(), name, scopes, wanted }));
        }
    }
    None
}

/// The full name in ISC, if the token has another one.
fn new_name(facts: &Facts<'_>, entry: &Entry, wanted: &TokenSpec) -> Option<String> {
    let name = full_name(facts.ledger, facts.installation, &entry.uid, entry.n, &wanted.name);
    let was_renamed = shown(facts, entry).is_some_and(|token| *token.name != *name);
    if entry.applied.name == wanted.name && !was_renamed {
        return None;
    }
    Some(name)
}

/// The scopes, if the token has others.
fn new_scopes(facts: &Facts<'_>, entry: &Entry, wanted: &TokenSpec) -> Option<Scopes> {
    let shown = shown(facts, entry).and_then(|token| token.scopes.as_ref());
    let were_changed = shown.is_some_and(|scopes| *scopes != wanted.scopes);
    if entry.applied.scopes == wanted.scopes && !were_changed {
        return None;
    }
    Some(wanted.scopes.clone())
}

/// The wanted scopes that an access token does not carry; `None`: ISC does not say what it carries.
pub fn missing_scopes(wanted: &Scopes, effective: Option<&[String]>) -> Option<Scopes> {
    let effective = effective?;
    Some(wanted.iter().filter(|scope| !effective.contains(scope)).cloned().collect())
}

/// Asks what an access token carries, where that is not known (R22).
pub(super) fn check_scopes(facts: &Facts<'_>) -> Option<Step> {
    let now = facts.ms()?;
    for entry in facts.ledger.all_current() {
        let Some(due) = next_look(entry, facts.timings) else { continue };
        if now >= due + SECOND && may_change(facts, entry) {
            let wanted = entry.applied.scopes.clone();
            return Some(Step::Call(Call::CheckScopes { id: entry.id.clone(), wanted }));
        }
    }
    None
}

/// The next look at the scopes of an access token (R22): once changed ones had time to reach it;
/// and again, ever more slowly, while some are missing or ISC does not say. `None`: it carries all.
pub(super) fn next_look(entry: &Entry, timings: &Timings) -> Option<Millis> {
    if entry.carries_all_scopes() {
        return None;
    }
    Some(entry.looked_at.unwrap_or(entry.applied_at) + doubling(timings, entry.looks))
}

/// Tries a credential against NERM.
pub(super) fn try_nerm(facts: &Facts<'_>) -> Option<Step> {
    let (url, now) = (facts.ledger.endpoint.nerm_url.as_ref()?, facts.ms()?);
    for entry in facts.ledger.all_current() {
        let Some(due) = next_trial(entry, url, facts.timings) else { continue };
        if now >= due && may_change(facts, entry) {
            return Some(Step::Call(Call::TryNerm { id: entry.id.clone(), url: url.clone() }));
        }
    }
    None
}

/// The next trial of a credential against this NERM: at once, and again ever more slowly until it
/// is accepted, which is `None`.
pub(super) fn next_trial(entry: &Entry, url: &str, timings: &Timings) -> Option<Millis> {
    let Some(last) = entry.trial_at(url) else { return Some(0) };
    match last.verdict {
        NermVerdict::Accepted => None,
        NermVerdict::Refused(_) | NermVerdict::Unknown(_) => {
            Some(last.at + doubling(timings, last.tries))
        }
    }
}

/// The wait after so many looks in a row that were in vain: it doubles up to a day.
fn doubling(timings: &Timings, looks: u32) -> Millis {
    let first = timings.scope_lag;
    // After 20 doublings the longest pause is passed long since, and more would overflow.
    let doublings = looks.saturating_sub(1).min(20);
    first.saturating_mul(1 << doublings).min(LONGEST_PAUSE.max(first))
}

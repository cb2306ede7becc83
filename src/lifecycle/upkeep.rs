//! Upkeep of live tokens: in-place change (R22), expiry kept ahead (R16), and what their scopes are really worth.
use super::facts::{Admission, Declared, Facts};
use super::ledger::{Entry, Ledger, Millis, NermVerdict, Scopes, State, TokenSpec};
use super::listing::Listed;
use super::step::{Call, Step};
use super::timings::Timings;
use super::token_name::{self, MachinePart};

/// ISC tells its time in whole seconds: what it was told may be so much younger than recorded.
const SECOND: Millis = 1_000;
/// Longest pause between two looks at what somebody has to mend.
const LONGEST_PAUSE: Millis = 24 * 3_600 * SECOND;
/// ISC may round an expiry; what differs by more was changed by somebody.
pub const DRIFT: Millis = 60_000;

/// The most urgent change of a live token.
pub(super) fn keep(facts: &Facts<'_>) -> Option<Step> {
    let due = |entry: &&Entry| entry.state == State::Current && is_due(facts, entry);
    let live = || facts.ledger.entries.iter().filter(due);
    renewals(facts, 2)
        .or_else(|| live().find_map(|entry| apply(facts, entry, declared(facts, entry)?)))
        .or_else(|| live().filter(|entry| is_kept(facts, entry)).find_map(|entry| check_scopes(facts, entry)))
        .or_else(|| live().filter(|entry| is_kept(facts, entry)).find_map(|entry| try_nerm(facts, entry)))
}

/// A renewal that cannot wait: little is left of the token's life.
pub(super) fn rescue(facts: &Facts<'_>) -> Option<Step> {
    renewals(facts, 10)
}

/// The life that a recorded token is given (R16): three rotations, but at least the usual and at most twice that.
pub fn long_life(facts: &Facts<'_>, uid: &str) -> Millis {
    let usual = facts.timings.long_expiry;
    let every = facts.declared.get(uid).and_then(|declared| declared.rotation.every);
    every.map_or(usual, |every| every.saturating_mul(3).clamp(usual, 2 * usual))
}

/// The life that ISC gives the token: what it was asked for, or what it made of that.
pub(super) fn life(facts: &Facts<'_>, entry: &Entry) -> Millis {
    let long = long_life(facts, &entry.uid);
    entry.longest.map_or(long, |longest| longest.min(long))
}

/// The first token of whose life less than one part in so many is left, or whose expiry somebody changed.
fn renewals(facts: &Facts<'_>, parts: i64) -> Option<Step> {
    let lives = |entry: &&Entry| matches!(entry.state, State::Current | State::Retired) && is_due(facts, entry);
    let tokens = facts.ledger.entries.iter().filter(lives);
    tokens.filter(|entry| is_kept(facts, entry)).find_map(|entry| renew(facts, entry, parts))
}

fn declared<'a>(facts: &'a Facts<'_>, entry: &Entry) -> Option<&'a Declared> {
    facts.declared.get(&entry.uid).filter(|declared| !declared.deleting)
}

fn is_due(facts: &Facts<'_>, entry: &Entry) -> bool {
    !facts.set_aside.contains(&entry.id)
}

fn is_kept(facts: &Facts<'_>, entry: &Entry) -> bool {
    declared(facts, entry).is_some_and(|declared| declared.admission != Admission::NotGranted)
}

/// What LIST says of a token, if it had to show what ISC was last told.
fn shown<'a>(facts: &'a Facts<'_>, entry: &Entry) -> Option<&'a Listed> {
    let told = entry.changed_at.max(entry.created_at);
    let listing = facts.listing.filter(|listing| listing.had_to_show(told, facts.timings))?;
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

fn renew(facts: &Facts<'_>, entry: &Entry, parts: i64) -> Option<Step> {
    let now = facts.ms()?;
    let long = long_life(facts, &entry.uid);
    let moved = |shown: i64| (shown - entry.expires_at).abs() > DRIFT;
    let expires = |token: &Listed| token.expires.is_none_or(moved);
    let drifted = shown(facts, entry).is_some_and(expires);
    let due = entry.expires_at - now < life(facts, entry) / parts || drifted;
    (due && facts.has_waited(&entry.uid)).then(|| Step::Call(Call::Renew { id: entry.id.clone(), until: now + long }))
}

/// What differs from the spec, in the ledger or in ISC itself, where somebody may have changed it.
fn apply(facts: &Facts<'_>, entry: &Entry, declared: &Declared) -> Option<Step> {
    let wanted = &declared.wanted;
    if declared.admission != Admission::Admitted || declared.suspended || !facts.has_waited(&entry.uid) {
        return None;
    }
    let name = full_name(facts.ledger, facts.installation, &entry.uid, entry.n, &wanted.name);
    let shown = shown(facts, entry);
    let renamed = shown.is_some_and(|token| *token.name != *name);
    let rescoped = shown.and_then(|token| token.scopes.as_ref()).is_some_and(|scopes| *scopes != wanted.scopes);
    let name = (entry.applied.name != wanted.name || renamed).then_some(name);
    let scopes = (entry.applied.scopes != wanted.scopes || rescoped).then(|| wanted.scopes.clone());
    (name.is_some() || scopes.is_some()).then(|| {
        Step::Call(Call::Apply {
            id: entry.id.clone(),
            name,
            scopes,
            wanted: TokenSpec { validity_seconds: entry.applied.validity_seconds, ..wanted.clone() },
        })
    })
}

/// The wanted scopes that an access token does not carry; `None`: nobody says what it carries.
pub fn missing_scopes(wanted: &Scopes, effective: Option<&[String]>) -> Option<Scopes> {
    let effective = effective?;
    Some(wanted.iter().filter(|scope| !effective.contains(scope)).cloned().collect())
}

fn check_scopes(facts: &Facts<'_>, entry: &Entry) -> Option<Step> {
    let due = next_look(entry, facts.timings)?;
    (facts.ms()? >= due + SECOND)
        .then(|| Step::Call(Call::CheckScopes { id: entry.id.clone(), wanted: entry.applied.scopes.clone() }))
}

/// When an access token is next asked for its scopes (R22): once changed ones had time to reach it; and again, ever more
/// slowly, while some are missing or ISC does not say. `None`: it carries all.
pub(super) fn next_look(entry: &Entry, timings: &Timings) -> Option<Millis> {
    if entry.missing_scopes.as_ref().is_some_and(|missing| missing.is_empty()) {
        return None;
    }
    Some(entry.looked_at.unwrap_or(entry.applied_at) + doubling(timings, entry.looks))
}

fn try_nerm(facts: &Facts<'_>, entry: &Entry) -> Option<Step> {
    let url = facts.ledger.endpoint.nerm_url.as_ref()?;
    let due = next_trial(entry, url, facts.timings)?;
    (facts.ms()? >= due).then(|| Step::Call(Call::TryNerm { id: entry.id.clone(), url: url.clone() }))
}

/// When a credential is next tried against this NERM: at once, and again ever more slowly until it is accepted, which is
/// `None`.
pub(super) fn next_trial(entry: &Entry, url: &str, timings: &Timings) -> Option<Millis> {
    let Some(last) = entry.nerm.as_ref().filter(|trial| *trial.url == *url) else { return Some(0) };
    (last.verdict != NermVerdict::Accepted).then(|| last.at + doubling(timings, last.tries))
}

/// The wait after so many looks in a row that were in vain: it doubles up to a day.
fn doubling(timings: &Timings, looks: u32) -> Millis {
    let first = timings.scope_lag;
    first.saturating_mul(1 << looks.saturating_sub(1).min(20)).min(LONGEST_PAUSE.max(first))
}

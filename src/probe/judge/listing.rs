//! Judges what LIST shows of tokens.
use jiff::Timestamp;

use super::finding::{Finding, fails, holds, not_asked, unknown};
use crate::probe::facts::{Facts, Lag, Listed, Shown};

/// A seed that ends sooner is a reason to act, in milliseconds.
const SOON: i64 = 14 * 24 * 60 * 60 * 1_000;

pub(super) fn owner(facts: &Facts) -> Finding {
    let Some(list) = &facts.list else { return not_asked(facts) };
    let then = "such a LIST counts for nothing: the operator neither mints nor revokes";
    match (list.nobodys, list.owners.len()) {
        (0, 0) => unknown("it shows no token", then),
        (0, 1) => holds("yes, one owner for all"),
        (0, owners) => fails(format!("yes, but it shows tokens of {owners} users"), then),
        (nobodys, _) => fails(format!("no, not of {nobodys} of {}", list.count), then),
    }
}

pub(super) fn own_token(facts: &Facts) -> Finding {
    let Some(list) = &facts.list else { return not_asked(facts) };
    match &list.own {
        Some(_) => holds("yes"),
        None => fails(
            "no",
            "a LIST without it counts for nothing: the operator neither mints nor revokes",
        ),
    }
}

pub(super) fn own_expiry(facts: &Facts) -> Finding {
    let Some(list) = &facts.list else { return not_asked(facts) };
    let Some(own) = &list.own else { return not_asked(facts) };
    match own.expires {
        Shown::Null => holds("never"),
        Shown::Is(at) if list.now.is_some_and(|now| at - now < SOON) => {
            fails(day(at), "create a new one before that, and put it into the seed Secret")
        }
        Shown::Is(at) => holds(day(at)),
        Shown::Absent => {
            unknown("LIST does not say", "note for yourself when you made it, and for how long")
        }
        Shown::Other => unknown(
            "LIST shows something that is not a date",
            "note for yourself when you made it, and for how long",
        ),
    }
}

fn day(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or_default();
    at.strftime("on %Y-%m-%d at %H:%M:%S UTC").to_string()
}

/// The probe's own token as LIST shows it.
fn probes(facts: &Facts) -> Result<&Listed, Finding> {
    match (&facts.token.listed, &facts.token.shown) {
        (Some(listed), _) => Ok(listed),
        (None, Some(Lag::Untold(why))) => Err(unknown("not known", why)),
        (None, Some(_)) => Err(unknown("not known", "LIST did not show the probe's token in time")),
        (None, None) => Err(not_asked(facts)),
    }
}

pub(super) fn life(facts: &Facts) -> Finding {
    let listed = match probes(facts) {
        Ok(listed) => listed,
        Err(finding) => return finding,
    };
    let then = "the operator does not know an orphan by its short life; such a token ends by itself after ten minutes";
    match (listed.created, &listed.expires) {
        (Some(_), Shown::Is(_)) => holds("yes"),
        (None, Shown::Is(_)) => fails("no, not when it was made", then),
        (_, Shown::Null) => fails("no, it says that a token for ten minutes never expires", then),
        (_, Shown::Absent) => fails("no, not when it expires", then),
        (_, Shown::Other) => fails("no, it shows something that is not a date", then),
    }
}

pub(super) fn scope(facts: &Facts) -> Finding {
    let listed = match probes(facts) {
        Ok(listed) => listed,
        Err(finding) => return finding,
    };
    let then = "the operator does not notice when a user changes a token's scopes in ISC";
    match &listed.scope {
        Some(scope) if *scope == facts.token.asked_scope => holds("yes, as they were asked for"),
        Some(_) => fails(
            "yes, but not as they were asked for",
            "the operator corrects them again and again",
        ),
        None => fails("no", then),
    }
}

pub(super) fn last_used(facts: &Facts) -> Finding {
    let own = facts.list.as_ref().and_then(|list| list.own.as_ref());
    let tokens = [own, facts.token.listed.as_ref()];
    let all: Vec<&Shown<i64>> = tokens.iter().flatten().map(|token| &token.last_used).collect();
    let then = "with rotation.maxOverlap the operator cannot see that an old token is still used, and does not wait longer";
    if all.is_empty() {
        return not_asked(facts);
    }
    // One is enough: the other token may not have been used yet.
    if all.iter().any(|used| matches!(used, Shown::Is(_))) {
        return holds("yes");
    }
    if all.iter().any(|used| matches!(used, Shown::Null)) {
        return unknown(
            "it shows no use of a token that was just used",
            "it may follow; ask again tomorrow",
        );
    }
    fails("no", then)
}

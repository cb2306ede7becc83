//! Judges how tokens are made: which are, which are not, and when they are there.
use super::finding::{
    Finding, ROOMY, TOO_SHORT, Verdict, count, fails, holds, is_too_short, made, not_asked,
    not_made, unknown, words,
};
use crate::probe::facts::{Facts, Lag, Said, Shown};

/// The time that the operator grants LIST, in seconds.
const LIST_LAG: u64 = 120;
/// The time that the operator grants a new credential, in seconds.
const ACCEPTANCE: u64 = 60;
/// Largest difference of a date from the one that was asked for, in milliseconds.
const ROUNDING: i64 = 1_000;

/// The POST that counts: the one that made the token, otherwise the last one.
fn posted(facts: &Facts) -> Option<&Said> {
    made(facts).or(facts.token.posted_plainly.as_ref()).or(facts.token.posted.as_ref())
}

pub(super) fn reply(facts: &Facts) -> Finding {
    let Some(said) = posted(facts) else { return not_asked(facts) };
    if !said.is_yes() {
        if is_too_short(facts) {
            return unknown("not known", TOO_SHORT);
        }
        return unknown(format!("no token was made ({said})"), "there is no such reply");
    }
    match facts.token.flaws.as_slice() {
        [] => holds(format!("yes ({said})")),
        flaws => fails(
            format!("no ({said}): {}", flaws.join("; ")),
            "the operator does not use such a token: it waits until it has ended, and tries again",
        ),
    }
}

pub(super) fn short_expiry(facts: &Facts) -> Finding {
    let Some(said) = posted(facts) else { return not_asked(facts) };
    if said.is_yes() {
        return match facts.token.expiry {
            Shown::Is(at) if (at - facts.token.asked_expiry).abs() <= ROUNDING => holds("yes"),
            Shown::Is(_) | Shown::Null => fails(
                "no, ISC gave it another expiry",
                "lost tokens live longer than ten minutes, until a sweep finds them",
            ),
            Shown::Absent | Shown::Other => {
                unknown("a token was made", "the reply does not say when it expires")
            }
        };
    }
    let count = count(facts);
    match said {
        _ if !said.is_refusal() => not_made(said),
        // Near the limit, ISC may refuse for want of room and not for the expiry.
        _ if count > ROOMY => unknown(
            format!("no token was made ({said})"),
            format!(
                "the user has {count} tokens: there may be no room for more; delete some, and probe again"
            ),
        ),
        _ if facts.token.posted_plainly.is_none() => unknown(
            format!("no token was made ({said})"),
            "it may be for a scope that does not exist; probe again",
        ),
        _ => fails(
            format!("no ({said})"),
            "the tenant allows no token as short as ten minutes, so the probe has none to try the rest on; the operator asks for 25 h instead: then what got lost may live so long",
        ),
    }
}

pub(super) fn unknown_scope(facts: &Facts) -> Finding {
    let Some(said) = &facts.token.posted else { return not_asked(facts) };
    match &facts.token.posted_plainly {
        _ if said.is_yes() => holds(format!("yes ({said})")),
        Some(plainly) if plainly.is_yes() => fails(
            format!("no ({said})"),
            "a resource with a misspelt scope gets no token, and its status says that ISC refuses it",
        ),
        Some(_) if is_too_short(facts) => unknown("not known", TOO_SHORT),
        Some(_) => unknown(
            format!("no token was made ({said})"),
            "none was made without such a scope either",
        ),
        None => not_made(said),
    }
}

pub(super) fn past_expiry(facts: &Facts) -> Finding {
    let then = "a request that takes effect late may leave a token that nothing ends: the next sweep deletes it";
    refusal(facts, facts.token.past.as_ref(), then)
}

pub(super) fn duplicate_name(facts: &Facts) -> Finding {
    let then = "the operator uses no name twice; but a proxy that repeats requests could make two tokens of one";
    refusal(facts, facts.token.duplicate.as_ref(), then)
}

/// The finding on a POST that should be refused: a refusal counts if a POST without fault was not
/// refused after it.
fn refusal(facts: &Facts, said: Option<&Said>, then: &str) -> Finding {
    let Some(said) = said else { return not_asked(facts) };
    if said.is_yes() {
        return fails(format!("no, a token was made ({said})"), then);
    }
    let answer = format!("it was refused ({said})");
    match &facts.token.control {
        _ if !said.is_refusal() => {
            unknown(not_made(said).answer, "that says nothing about the rule; probe again later")
        }
        None if made(facts).is_none() && is_too_short(facts) => holds(format!("yes ({said})")),
        None if made(facts).is_none() => {
            unknown(answer, "ISC refused one without fault too, perhaps since there is no room")
        }
        Some(control) if control.is_yes() => holds(format!("yes ({said})")),
        None if facts.stopped => {
            unknown(answer, "the probe was stopped before it was compared with one without fault")
        }
        Some(control) => unknown(
            answer,
            format!(
                "ISC refused one without fault too ({control}), perhaps since there is no room"
            ),
        ),
        None => unknown(
            answer,
            "three tokens were made before it could be compared with one without fault",
        ),
    }
}

pub(super) fn new_credential(facts: &Facts) -> Finding {
    let Some(lag) = &facts.token.accepted else { return not_asked(facts) };
    match lag {
        Lag::Within(_) => holds(words(lag)),
        Lag::NotWithin(time) if time.as_secs() >= ACCEPTANCE => fails(
            format!("no, {}", words(lag)),
            "the operator gives such a token up after a minute, and tries with another one",
        ),
        Lag::NotWithin(_) => unknown(words(lag), "the probe does not wait longer"),
        Lag::Untold(why) => unknown("not known", why),
    }
}

pub(super) fn lag(facts: &Facts) -> Finding {
    match &facts.token.shown {
        Some(lag) => list_lag(lag),
        None => not_asked(facts),
    }
}

/// The finding on the time that LIST takes to show something.
pub(super) fn list_lag(lag: &Lag) -> Finding {
    let verdict = match lag {
        Lag::Within(_) => Verdict::Holds,
        Lag::NotWithin(time) if time.as_secs() >= LIST_LAG => Verdict::DoesNotHold(
            "the operator counts on two minutes: what takes effect late may be overlooked for as long as LIST lags"
                .into(),
        ),
        Lag::NotWithin(_) => Verdict::Unknown("the probe does not wait longer".into()),
        Lag::Untold(why) => Verdict::Unknown(why.clone()),
    };
    Finding { answer: words(lag), verdict }
}

//! Judges what all replies have in common, and what stands beside the tokens.
use super::finding::{Finding, fails, holds, not_asked, unknown};
use crate::probe::facts::{Facts, Nerm};

/// ISC's limit of tokens per user, as documented.
const LIMIT: usize = 10;
/// A difference that is worth a word, in milliseconds.
const WORTH_A_WORD: i64 = 60_000;
/// A difference beyond which the probe makes no token, in milliseconds.
const TOO_FAR: i64 = 60 * 60 * 1_000;

pub(super) fn date(facts: &Facts) -> Finding {
    let headers = &facts.headers;
    let then = "the operator takes nothing for final until two replies agree, and mints no further token meanwhile";
    if headers.contradicted {
        return fails("yes, but they contradict each other", then);
    }
    match (headers.dated, headers.replies) {
        (0, 0) => not_asked(facts),
        (0, _) => fails("no", "without ISC's time the operator mints nothing"),
        (dated, replies) if dated < replies => fails(format!("only {dated} of {replies}"), then),
        _ => holds("yes"),
    }
}

pub(super) fn offset(facts: &Facts) -> Finding {
    let Some(offset) = facts.headers.offset else {
        return unknown("not known", "no reply says what time it is at ISC");
    };
    let seconds = (offset.abs() + 500) / 1_000;
    let side = if offset > 0 { "ahead" } else { "behind" };
    let answer = format!("ISC's is {seconds} s {side}");
    match offset.abs() {
        TOO_FAR.. => fails(answer, "no token was made; set this machine's clock, and probe again"),
        WORTH_A_WORD..TOO_FAR => holds(format!("{answer}; the operator goes by ISC's")),
        // `Date` has whole seconds: a smaller difference may be rounding.
        1_500..WORTH_A_WORD => holds(answer),
        _ => holds("less than 2 s"),
    }
}

pub(super) fn limits(facts: &Facts) -> Finding {
    let headers = &facts.headers;
    let names: Vec<&str> = headers.limits.iter().map(String::as_str).collect();
    let answer = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    if headers.throttled == 0 {
        return holds(answer);
    }
    fails(
        format!("{answer}; {} of {} asked to wait", headers.throttled, headers.replies),
        "others use up this user's budget, or it is smaller than documented: run the operator with a lower --isc-requests",
    )
}

pub(super) fn deprecated(facts: &Facts) -> Finding {
    let is_asked = facts.list.is_some();
    match (is_asked, facts.headers.deprecated) {
        (_, true) => fails(
            "no, replies say X-Deprecated",
            "ISC will switch it off some day: look for a newer pat-operator",
        ),
        (true, false) => holds("yes"),
        (false, false) => not_asked(facts),
    }
}

pub(super) fn tokens(facts: &Facts) -> Finding {
    let Some(list) = &facts.list else { return not_asked(facts) };
    let answer = format!("{} of {LIMIT}, by what is documented", list.count);
    match list.count {
        count if count > LIMIT => fails(
            format!("{count}, more than the {LIMIT} that are documented"),
            "find out this tenant's limit, and set spec.limits.tokensPerUser",
        ),
        count if count + 2 > LIMIT => fails(
            answer,
            "the operator needs one for each resource, and a spare one to rotate: delete some, or use another user",
        ),
        _ => holds(answer),
    }
}

pub(super) fn nerm(facts: &Facts) -> Option<Finding> {
    let said = facts.nerm.as_ref()?;
    Some(match said {
        Nerm::Accepted => holds("yes (200)"),
        Nerm::AcceptedEmpty => holds("yes (400, of an empty collection)"),
        Nerm::Refused(status) => fails(
            format!("no ({status})"),
            "make the user a NERM Admin, and check that the URL is that of your NERM tenant",
        ),
        Nerm::NoAnswer(why) => unknown(
            format!("not known ({why})"),
            "that is neither yes nor no; check the URL, as in https://<tenant>.nonemployee.com/api",
        ),
    })
}

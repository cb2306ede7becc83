//! The form of a finding, and the parts that several judges share.
use crate::probe::facts::{Facts, Lag, Said};

/// The verdict on something that the operator relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not: what the operator does instead, or what you should do.
    DoesNotHold(String),
    /// It is not known, and why.
    Unknown(String),
}

/// The answer to a question, with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In words.
    pub answer: String,
    /// Its meaning for the operator.
    pub verdict: Verdict,
}

pub(super) fn holds(answer: impl Into<String>) -> Finding {
    Finding { answer: answer.into(), verdict: Verdict::Holds }
}

pub(super) fn fails(answer: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding { answer: answer.into(), verdict: Verdict::DoesNotHold(then.into()) }
}

pub(super) fn unknown(answer: impl Into<String>, why: impl Into<String>) -> Finding {
    Finding { answer: answer.into(), verdict: Verdict::Unknown(why.into()) }
}

/// ISC's limit of tokens per user, less the operator's own and a spare one.
pub(super) const ROOMY: usize = 8;
/// The reason why there is no token, where [`is_too_short`].
pub(super) const TOO_SHORT: &str =
    "the tenant allows no token as short as ten minutes, so there is none to try it on";

/// Number of tokens that the user had at first.
pub(super) fn count(facts: &Facts) -> usize {
    match &facts.list {
        Some(list) => list.count,
        None => 0,
    }
}

/// True if ISC refused a token for ten minutes, with scopes that exist and room enough.
pub(super) fn is_too_short(facts: &Facts) -> bool {
    // The plain POST: ISC may have refused the first one for its unknown scope.
    let is_refused = facts.token.posted_plainly.as_ref().is_some_and(Said::is_refusal);
    is_refused && count(facts) <= ROOMY
}

/// The finding of something that was not asked, with the reason.
pub(super) fn not_asked(facts: &Facts) -> Finding {
    let why = match (facts.not_tried, made(facts)) {
        (Some(why), _) => why,
        (None, _) if facts.stopped => "the probe was stopped before",
        (None, Some(_)) if !facts.token.flaws.is_empty() => {
            "the reply to the POST does not allow the next step"
        }
        (None, Some(_)) => "what it needs was not there",
        (None, None) if is_too_short(facts) => TOO_SHORT,
        (None, None) => "the probe has no token of its own to try it on",
    };
    unknown("not asked", why)
}

/// The reply to the POST that made the probe's token.
pub(super) fn made(facts: &Facts) -> Option<&Said> {
    [&facts.token.posted, &facts.token.posted_plainly]
        .into_iter()
        .flatten()
        .find(|said| said.is_yes())
}

/// A lag in words, rounded up.
pub(super) fn words(lag: &Lag) -> String {
    match lag {
        Lag::Within(time) if time.as_millis() < 1_000 => "at once".to_owned(),
        Lag::Within(time) => format!("within {} s", time.as_millis().div_ceil(1_000)),
        Lag::NotWithin(time) => format!("not within {} s", time.as_secs()),
        Lag::Untold(_) => "not known".to_owned(),
    }
}

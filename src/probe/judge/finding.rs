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

/// The finding of a POST that made no token: the credential, the path or the moment was wrong.
pub(super) fn not_made(said: &Said) -> Finding {
    let why = match said {
        Said::Status(401 | 403) => {
            "ISC does not allow the credential to create tokens: give it the scope sp:my-personal-access-tokens:manage"
        }
        Said::Status(404 | 405 | 415) => {
            "the token API is not where it should be, or is another version"
        }
        Said::Status(429) => "ISC asks to wait for longer than a probe does; probe again later",
        Said::Status(_) => "ISC failed; probe again later",
        Said::Elsewhere(_) => NOT_ISC,
        Said::Unreadable(_) | Said::Nothing(_) => {
            "what became of it is not known; probe again later"
        }
    };
    unknown(format!("no token was made ({said})"), why)
}

/// ISC's limit of tokens per user, less the operator's own and a spare one.
pub(super) const ROOMY: usize = 8;
/// The reason why there is no token, where [`is_too_short`]: said in full at that question.
pub(super) const TOO_SHORT: &str =
    "no token was made; see \"May a token be made for ten minutes?\"";
/// The reason of something that ISC did not say.
const NOT_ISC: &str = "that does not come from ISC: check the proxies and gateways on the way";

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

/// The finding of an end that is neither yes nor no.
pub(super) fn no_answer(said: &Said) -> Finding {
    let why = match said {
        Said::Elsewhere(_) => NOT_ISC,
        Said::Status(_) | Said::Unreadable(_) | Said::Nothing(_) => "ISC failed; probe again later",
    };
    unknown(format!("not known ({said})"), why)
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

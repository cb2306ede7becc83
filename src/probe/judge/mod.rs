//! What the answers mean: pure, one verdict for each question.
mod access;
mod changes;
mod create;
mod general;
mod listing;
#[cfg(test)]
mod tests;

use super::facts::{Facts, Lag, Said};
use super::question::Question;

/// Whether what the operator relies on holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not: what the operator does instead, or what you should do.
    DoesNotHold(String),
    /// It is not known, and why.
    Unknown(String),
}

/// The answer to a question, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In words.
    pub answer: String,
    /// What it means.
    pub verdict: Verdict,
}

/// Judges one question; `None` if it was not put.
pub fn judge(question: Question, facts: &Facts) -> Option<Finding> {
    let finding = match question {
        Question::ScopeClaim => access::scope_claim(facts),
        Question::ScopeText => access::scope_text(facts),
        Question::CheckToken => access::check_token(facts),
        Question::ExpiresIn => access::expires_in(facts),
        Question::Identity => access::identity(facts),
        Question::TenantId => access::tenant_id(facts),
        Question::TenantName => access::tenant_name(facts),
        Question::ListOwner => listing::owner(facts),
        Question::ListOwn => listing::own_token(facts),
        Question::OwnExpiry => listing::own_expiry(facts),
        Question::ListLife => listing::life(facts),
        Question::ListScope => listing::scope(facts),
        Question::ListLastUsed => listing::last_used(facts),
        Question::CreateReply => create::reply(facts),
        Question::ShortExpiry => create::short_expiry(facts),
        Question::UnknownScope => create::unknown_scope(facts),
        Question::PastExpiry => create::past_expiry(facts),
        Question::DuplicateName => create::duplicate_name(facts),
        Question::NewCredential => create::new_credential(facts),
        Question::LagCreate => create::lag(facts),
        Question::PatchName => changes::name(facts),
        Question::PatchScope => changes::scope(facts),
        Question::PatchExpiry => changes::expiry(facts),
        Question::LagChange => changes::lag(facts),
        Question::Delete => changes::delete(facts),
        Question::SecondDelete => changes::second_delete(facts),
        Question::CredentialAfterDelete => changes::credential(facts),
        Question::AccessTokenAfterDelete => changes::access_token(facts),
        Question::LagDelete => changes::lag_of_delete(facts),
        Question::Date => general::date(facts),
        Question::ClockOffset => general::offset(facts),
        Question::RateLimit => general::limits(facts),
        Question::Deprecated => general::deprecated(facts),
        Question::Tokens => general::tokens(facts),
        Question::Nerm => return general::nerm(facts),
    };
    Some(finding)
}

fn holds(answer: impl Into<String>) -> Finding {
    Finding { answer: answer.into(), verdict: Verdict::Holds }
}

fn fails(answer: impl Into<String>, then: impl Into<String>) -> Finding {
    Finding { answer: answer.into(), verdict: Verdict::DoesNotHold(then.into()) }
}

fn unknown(answer: impl Into<String>, why: impl Into<String>) -> Finding {
    Finding { answer: answer.into(), verdict: Verdict::Unknown(why.into()) }
}

/// ISC's limit of tokens per user, less the operator's own and a spare one.
const ROOMY: usize = 8;
/// Why there is no token, where that is so.
const TOO_SHORT: &str = "the tenant allows no token as short as ten minutes, so that there is none to try it on";

/// How many tokens the user had at first.
fn count(facts: &Facts) -> usize {
    facts.list.as_ref().map_or(0, |list| list.count)
}

/// Whether ISC refused a token for ten minutes, with scopes that exist and room enough.
fn is_too_short(facts: &Facts) -> bool {
    facts.token.posted_plainly.as_ref().is_some_and(Said::is_refusal) && count(facts) <= ROOMY
}

/// Of something that was not asked.
fn not_asked(facts: &Facts) -> Finding {
    let why = match (facts.not_tried, made(facts)) {
        (Some(why), _) => why,
        (None, _) if facts.stopped => "the probe was stopped before",
        (None, Some(_)) if !facts.token.flaws.is_empty() => "the reply to the POST was none to go on with",
        (None, Some(_)) => "what it needs was not there",
        (None, None) if is_too_short(facts) => TOO_SHORT,
        (None, None) => "the probe has no token of its own to try it on",
    };
    unknown("not asked", why)
}

/// The reply to the POST that made the probe's token.
fn made(facts: &Facts) -> Option<&Said> {
    [&facts.token.posted, &facts.token.posted_plainly].into_iter().flatten().find(|said| said.is_yes())
}

/// How long something took, in words that are never too short.
fn words(lag: &Lag) -> String {
    match lag {
        Lag::Within(time) if time.as_millis() < 1_000 => "at once".to_owned(),
        Lag::Within(time) => format!("within {} s", time.as_millis().div_ceil(1_000)),
        Lag::NotWithin(time) => format!("not within {} s", time.as_secs()),
        Lag::Untold(_) => "not known".to_owned(),
    }
}

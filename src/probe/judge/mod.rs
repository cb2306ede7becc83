//! The meaning of the answers: pure, one verdict for each question.
mod access;
mod changes;
mod create;
mod finding;
mod general;
mod listing;
#[cfg(test)]
mod tests;

pub use finding::{Finding, Verdict};

use super::facts::Facts;
use super::question::Question;

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

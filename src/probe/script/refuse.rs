//! Asks for what ISC should refuse, and then for what it should not, so that the refusals are not
//! for want of room.
use super::Script;
use crate::probe::facts::{Facts, Said};
use crate::probe::made::Token;
use crate::probe::names;
use crate::probe::session::said;

/// Age of the expiry in the past, in milliseconds: by then the operator takes an attempt for final.
const AGO: i64 = 120 * 1_000;

impl Script<'_> {
    /// A name in use, an expiry in the past, and what is right.
    pub(super) async fn refusals(&self, token: &Token, facts: &mut Facts) {
        self.session.tell("asking for tokens that ISC should refuse");
        let scopes: Vec<String> = facts.token.asked_scope.iter().cloned().collect();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        facts.token.duplicate = self.try_one(&token.name, &scopes, 0).await;
        facts.token.past = self.try_past(&scopes).await;
        let refused =
            [&facts.token.duplicate, &facts.token.past].into_iter().flatten().any(Said::is_refusal);
        // Only a refusal needs the comparison: what was accepted speaks for itself.
        if refused {
            facts.token.control = self.try_one(&names::fresh(), &scopes, 0).await;
        }
    }

    /// An expiry in the past, where ISC refuses a token as it should be: that needs none.
    pub(super) async fn refusal_without_token(&self, facts: &mut Facts) {
        if facts.token.posted_plainly.as_ref().is_some_and(Said::is_refusal) {
            self.session.tell("asking for a token that has ended already");
            facts.token.past = self.try_past(&names::SCOPES[..1]).await;
        }
    }

    async fn try_past(&self, scopes: &[&str]) -> Option<Said> {
        let earlier = self.expiry()? - self.session.now()? + AGO;
        self.try_one(&names::fresh(), scopes, earlier).await
    }

    /// A POST whose token, if there is one, is only there to be removed; its expiry is so much
    /// earlier than usual.
    async fn try_one(&self, name: &str, scopes: &[&str], earlier: i64) -> Option<Said> {
        let expires = self.expiry()? - earlier;
        let (_, answer) = self.send(name, scopes, expires).await?;
        Some(said(&answer))
    }
}

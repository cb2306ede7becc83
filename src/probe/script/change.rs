//! Changes the token in each way that the operator does, and sees when LIST shows it.
use serde_json::{Value, json};

use super::Script;
use crate::probe::facts::{Facts, Listed, Said, Shown};
use crate::probe::made::Token;
use crate::probe::names::{self, SCOPES};
use crate::probe::session::said;
use crate::probe::{calls, read};

/// By how much the token's life is shortened, in milliseconds. It is never prolonged.
const SHORTER: i64 = 60 * 1_000;
/// How far a time that ISC shows may be from the one it was told: some styles of dates have whole seconds.
const ROUNDING: i64 = 1_000;

/// What LIST should show.
#[derive(Default)]
struct Expected {
    name: Option<String>,
    scope: Option<Vec<&'static str>>,
    expires: Option<i64>,
}

impl Script<'_> {
    /// Name, scopes and expiry, each in a request of its own.
    pub(super) async fn change(&self, token: &Token, facts: &mut Facts) {
        self.session.tell("changing the token's name, scopes and expiry");
        let mut expected = Expected::default();
        let name = names::renamed(&token.name);
        self.made.rename(token.index, &name);
        let (said, _) = self.patch(token, "/name", json!(name)).await;
        expected.name = said.is_yes().then_some(name);
        facts.token.patched_name = Some(said);
        let scope = vec![SCOPES[0]];
        let (said, _) = self.patch(token, "/scope", json!(scope)).await;
        expected.scope = (said.is_yes() && facts.token.asked_scope.len() > 1).then_some(scope);
        facts.token.patched_scope = Some(said);
        let expires = token.expires - SHORTER;
        let Ok(stamp) = calls::stamp(expires) else { return };
        let (said, shown) = self.patch(token, "/expirationDate", json!(stamp)).await;
        // A reply without the token leaves it to LIST to show that it moved.
        let mut moved = shown.as_ref().map(|shown| is_about(&shown.expires, expires));
        expected.expires = (said.is_yes() && moved != Some(false)).then_some(expires);
        if expected.is_something() {
            let mut last = None;
            let changed = self.listed("LIST to show the changes", |tokens| {
                last = tokens.iter().find(|one| one.id == token.id).cloned();
                last.as_ref().is_some_and(|one| expected.is_met_by(one))
            });
            facts.token.changed = Some(changed.await);
            if moved.is_none() {
                moved = last.as_ref().and_then(|last| expected.has_moved(last));
            }
            // By now LIST had more time to show that the token was used.
            if let (Some(known), Some(last)) = (&mut facts.token.listed, last) {
                known.last_used = last.last_used;
            }
        }
        facts.token.patched_expiry = Some((said, moved));
    }

    async fn patch(&self, token: &Token, path: &str, value: Value) -> (Said, Option<Listed>) {
        let answer = self.session.change(&token.id, path, value).await;
        let shown = answer.as_ref().ok().and_then(read::object).and_then(|body| read::listed(&body));
        (said(&answer), shown)
    }
}

impl Expected {
    /// Whether the expiry is the new one; `None`: it may be that LIST is not up to date.
    fn has_moved(&self, shown: &Listed) -> Option<bool> {
        if self.expires.is_some_and(|expires| is_about(&shown.expires, expires)) {
            return Some(true);
        }
        let is_new = self.name.as_ref().is_some_and(|name| shown.name == *name);
        is_new.then_some(false)
    }

    fn is_something(&self) -> bool {
        self.name.is_some() || self.scope.is_some() || self.expires.is_some()
    }

    /// Scopes that LIST does not show cannot be waited for.
    fn is_met_by(&self, shown: &Listed) -> bool {
        let scope = self.scope.as_ref().zip(shown.scope.as_ref());
        self.name.as_ref().is_none_or(|name| shown.name == *name)
            && scope.is_none_or(|(expected, shown)| shown.iter().eq(expected))
            && self.expires.is_none_or(|expires| is_about(&shown.expires, expires))
    }
}

/// Whether a time is the one that ISC was told.
pub(super) fn is_about(shown: &Shown<i64>, told: i64) -> bool {
    matches!(shown, Shown::Is(at) if (at - told).abs() <= ROUNDING)
}

//! Changes the token in each way that the operator does, and sees when LIST shows it.
use serde_json::{Value, json};

use super::Script;
use crate::isc::headers::is_json;
use crate::isc::http::Reply;
use crate::probe::facts::{Facts, Listed, Said, Shown};
use crate::probe::made::Token;
use crate::probe::names::{self, SCOPES};
use crate::probe::session::said;
use crate::probe::{calls, read};

/// By how much the token's life is shortened, in milliseconds. It is never prolonged.
const SHORTER: i64 = 60 * 1_000;
/// Largest difference between a time that ISC shows and the one it was given: some styles of dates
/// have whole seconds.
const ROUNDING: i64 = 1_000;

/// The token as LIST should show it.
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
        // Noted first, so that the cleanup finds it under either name.
        self.made.rename(token.index, &name);
        let (said, _) = self.patch(token, "/name", json!(name)).await;
        if said.is_yes() {
            expected.name = Some(name);
        }
        facts.token.patched_name = Some(said);
        let scope = vec![SCOPES[0]];
        let (said, _) = self.patch(token, "/scope", json!(scope)).await;
        // With one scope from the start there is no change to wait for.
        if said.is_yes() && facts.token.asked_scope.len() > 1 {
            expected.scope = Some(scope);
        }
        facts.token.patched_scope = Some(said);
        let expires = token.expires - SHORTER;
        let Ok(stamp) = calls::stamp(expires) else { return };
        let (said, shown) = self.patch(token, "/expirationDate", json!(stamp)).await;
        // A reply without the token leaves it to LIST to show that it moved.
        let mut moved = match &shown {
            Some(shown) if is_told(&shown.expires) => Some(is_about(&shown.expires, expires)),
            Some(_) | None => None,
        };
        if said.is_yes() && moved != Some(false) {
            expected.expires = Some(expires);
        }
        if expected.is_something() {
            let last = self.see_changes(token, &expected, facts).await;
            if let (None, Some(last)) = (moved, &last) {
                moved = expected.has_moved(last);
            }
        }
        facts.token.patched_expiry = Some((said, moved));
    }

    /// Waits until LIST shows all changes; returns the token as LIST showed it last.
    async fn see_changes(
        &self,
        token: &Token,
        expected: &Expected,
        facts: &mut Facts,
    ) -> Option<Listed> {
        let mut last = None;
        let changed = self.listed("LIST to show the changes", |tokens| {
            let Some(listed) = tokens.iter().find(|one| one.id == token.id()) else {
                last = None;
                return false;
            };
            last = Some(listed.clone());
            expected.is_met_by(listed)
        });
        facts.token.changed = Some(changed.await);
        // By now LIST had more time to show that the token was used.
        if let (Some(known), Some(last)) = (&mut facts.token.listed, &last) {
            known.last_used = last.last_used.clone();
        }
        last
    }

    async fn patch(&self, token: &Token, path: &str, value: Value) -> (Said, Option<Listed>) {
        let answer = self.session.change(token.id(), path, value).await;
        let shown = match &answer {
            Ok(reply) => shown(reply),
            Err(_) => None,
        };
        let is_shown = shown.as_ref().is_some_and(|shown| shown.id == token.id());
        match &answer {
            Ok(reply) if reply.status().is_success() => (done(reply, is_shown), shown),
            Ok(_) | Err(_) => (said(&answer), shown),
        }
    }
}

/// The token in the reply to a PATCH.
fn shown(reply: &Reply) -> Option<Listed> {
    if !is_json(reply) {
        return None;
    }
    read::listed(&read::object(reply)?)
}

/// The end of a PATCH that has a status of success, as the operator takes it. `is_shown`: the reply
/// shows the token.
fn done(reply: &Reply, is_shown: bool) -> Said {
    match reply.status().as_u16() {
        status @ 204 => Said::Status(status),
        status @ 200 if is_shown || reply.body().is_empty() => Said::Status(status),
        200 => Said::Unreadable("200, but the reply does not show the token in JSON".into()),
        status => Said::Unreadable(format!("{status}, which is neither 200 nor 204")),
    }
}

impl Expected {
    /// True if the expiry is the new one; `None`: it may be that LIST is not up to date.
    fn has_moved(&self, shown: &Listed) -> Option<bool> {
        if self.expires.is_some_and(|expires| is_about(&shown.expires, expires)) {
            return Some(true);
        }
        if !is_told(&shown.expires) {
            return None;
        }
        // The name was changed first: a LIST that shows it is recent enough to show the expiry.
        if self.name.as_ref() == Some(&shown.name) { Some(false) } else { None }
    }

    fn is_something(&self) -> bool {
        self.name.is_some() || self.scope.is_some() || self.expires.is_some()
    }

    /// Scopes and dates that LIST does not show cannot be waited for.
    fn is_met_by(&self, shown: &Listed) -> bool {
        if let Some(name) = &self.name
            && shown.name != *name
        {
            return false;
        }
        if let (Some(expected), Some(shown)) = (&self.scope, &shown.scope)
            && !shown.iter().eq(expected)
        {
            return false;
        }
        !is_told(&shown.expires)
            || self.expires.is_none_or(|expires| is_about(&shown.expires, expires))
    }
}

/// True if there is a time that can be read.
fn is_told(shown: &Shown<i64>) -> bool {
    matches!(shown, Shown::Is(_))
}

/// True if a time is the one that ISC was given.
pub(super) fn is_about(shown: &Shown<i64>, told: i64) -> bool {
    matches!(shown, Shown::Is(at) if (at - told).abs() <= ROUNDING)
}

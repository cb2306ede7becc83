//! Which transition of a resource is told as an event.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::api::PersonalAccessTokenStatus;
use crate::api::conditions::READY;
use crate::kubernetes::events::News;

/// Reasons that are no news: the resource is on its way, or on its way out, or waits for its turn.
const QUIET: [&str; 5] = ["Minting", "Revoking", "Published", "RotationWaits", "RequestInFuture"];

/// A transition that a person may want to know of.
pub(super) fn news<'a>(
    old: Option<&PersonalAccessTokenStatus>,
    new: &'a PersonalAccessTokenStatus,
) -> Option<News<'a>> {
    let now = ready(new)?;
    revoked(old, new).or_else(|| published(old, new, now)).or_else(|| ended(old, new)).or_else(|| worse(old, now))
}

/// All tokens were revoked on request. What was requested before the first token is no news.
fn revoked<'a>(old: Option<&PersonalAccessTokenStatus>, new: &'a PersonalAccessTokenStatus) -> Option<News<'a>> {
    let request = |status: &PersonalAccessTokenStatus| status.last_handled.as_ref().and_then(|all| all.revoke.clone());
    let is_new = request(new).is_some() && old.is_some_and(|old| old.current.is_some() && request(old) != request(new));
    let note = "all tokens of this resource are revoked on request, and a new one is minted";
    is_new.then_some(News { warning: true, reason: "Revoked", action: "Revoke", note })
}

fn published<'a>(
    old: Option<&PersonalAccessTokenStatus>,
    new: &'a PersonalAccessTokenStatus,
    now: &'a Condition,
) -> Option<News<'a>> {
    let client_id = |status: &PersonalAccessTokenStatus| {
        status.current.as_ref().filter(|_| status.secret.is_some()).map(|current| current.client_id.clone())
    };
    let before = old.and_then(client_id);
    let (reason, action) = if before.is_some() { ("Rotated", "Rotate") } else { ("Published", "Publish") };
    let is_new = client_id(new).is_some() && before != client_id(new);
    is_new.then_some(News { warning: false, reason, action, note: &now.message })
}

/// The overlap of the old credential is over.
fn ended<'a>(old: Option<&PersonalAccessTokenStatus>, new: &PersonalAccessTokenStatus) -> Option<News<'a>> {
    let is_over = old.is_some_and(|old| old.previous.is_some()) && new.previous.is_none() && new.current.is_some();
    let note = "the credential from before the last rotation is revoked";
    is_over.then_some(News { warning: false, reason: "PreviousRevoked", action: "Revoke", note })
}

fn worse<'a>(old: Option<&PersonalAccessTokenStatus>, now: &'a Condition) -> Option<News<'a>> {
    let same = old.and_then(ready).is_some_and(|before| before.reason == now.reason);
    let bad = !QUIET.contains(&now.reason.as_str());
    (bad && !same).then_some(News { warning: true, reason: &now.reason, action: "Reconcile", note: &now.message })
}

fn ready(status: &PersonalAccessTokenStatus) -> Option<&Condition> {
    status.conditions.iter().find(|condition| condition.type_ == READY)
}

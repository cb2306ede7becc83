//! The transitions of a resource that become events.
use crate::api::PersonalAccessTokenStatus;
use crate::api::conditions::{READY, Reason, find};
use crate::kubernetes::events::News;

/// A transition that a person may want to know of.
pub(super) fn news<'a>(
    old: Option<&PersonalAccessTokenStatus>,
    new: &'a PersonalAccessTokenStatus,
) -> Option<News<'a>> {
    let now = find(&new.conditions, READY)?;
    if was_revoked(old, new) {
        let note =
            "on request, the operator revoked all tokens of this resource; it mints a new one";
        return Some(News {
            warning: true,
            reason: Reason::Revoked.as_str(),
            action: "Revoke",
            note,
        });
    }
    let (before, published) = (old.and_then(published), published(new));
    if published.is_some() && before != published {
        return Some(if before.is_some() {
            News {
                warning: false,
                reason: Reason::Rotated.as_str(),
                action: "Rotate",
                note: "the Secret holds a new credential that ISC accepted; the old one works until the overlap is over: let workloads read the Secret again before that",
            }
        } else {
            News {
                warning: false,
                reason: Reason::Published.as_str(),
                action: "Publish",
                note: &now.message,
            }
        });
    }
    if is_overlap_over(old, new) {
        let note = "the overlap is over; the operator revokes the credential from before the last rotation";
        return Some(News {
            warning: false,
            reason: Reason::PreviousRevoked.as_str(),
            action: "Revoke",
            note,
        });
    }
    let shown = old.and_then(|old| find(&old.conditions, READY));
    let is_same = shown.is_some_and(|shown| shown.reason == now.reason);
    if is_same || Reason::is_quiet_word(&now.reason) {
        return None;
    }
    Some(News { warning: true, reason: &now.reason, action: "Reconcile", note: &now.message })
}

/// All tokens were revoked on request. A request from before the first token is no news.
fn was_revoked(old: Option<&PersonalAccessTokenStatus>, new: &PersonalAccessTokenStatus) -> bool {
    let Some(old) = old else { return false };
    old.current.is_some()
        && revoke_request(new).is_some()
        && revoke_request(old) != revoke_request(new)
}

fn revoke_request(status: &PersonalAccessTokenStatus) -> Option<&String> {
    status.last_handled.as_ref()?.revoke.as_ref()
}

/// Client ID of the published credential.
fn published(status: &PersonalAccessTokenStatus) -> Option<&String> {
    status.secret.as_ref()?;
    Some(&status.current.as_ref()?.client_id)
}

/// The overlap of the old credential is over.
fn is_overlap_over(
    old: Option<&PersonalAccessTokenStatus>,
    new: &PersonalAccessTokenStatus,
) -> bool {
    let Some(old) = old else { return false };
    old.previous.is_some() && new.previous.is_none() && new.current.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(ready: (&str, &str), more: serde_json::Value) -> PersonalAccessTokenStatus {
        let condition = json!({"type": "Ready", "status": ready.0, "reason": ready.1, "message": "why", "lastTransitionTime": "2026-11-25T00:00:00Z"});
        let mut all = json!({"conditions": [condition]});
        json_patch::merge(&mut all, &more);
        serde_json::from_value(all).unwrap()
    }

    fn holding(client_id: &str, more: serde_json::Value) -> PersonalAccessTokenStatus {
        let current = json!({"clientId": client_id, "name": "", "issuedAt": "", "expiresAt": "", "scopes": []});
        let mut all = json!({"current": current, "secret": "a"});
        json_patch::merge(&mut all, &more);
        status(("True", "Published"), all)
    }

    fn told(
        old: Option<&PersonalAccessTokenStatus>,
        new: &PersonalAccessTokenStatus,
    ) -> Option<(bool, String)> {
        news(old, new).map(|news| (news.warning, news.reason.to_owned()))
    }

    #[test]
    fn every_transition_that_a_person_may_want_to_know_of_is_told_once() {
        let minting = status(("False", "Minting"), json!({}));
        let (one, two) = (holding("id1", json!({})), holding("id2", json!({})));
        let overlap = holding("id2", json!({"previous": {"clientId": "id1"}}));
        let revoked = status(("False", "Minting"), json!({"lastHandled": {"revoke": "x"}}));
        let again = holding("id3", json!({"lastHandled": {"revoke": "x"}}));
        let normal = |reason: &str| Some((false, reason.to_owned()));
        let warning = |reason: &str| Some((true, reason.to_owned()));
        for (sentence, old, new, expected) in [
            ("a first status", None, &minting, None),
            ("a first credential", Some(&minting), &one, normal("Published")),
            ("the same credential", Some(&one), &one, None),
            ("a new one in its place", Some(&one), &two, normal("Rotated")),
            ("with the old one in its overlap", Some(&one), &overlap, normal("Rotated")),
            ("the overlap is over", Some(&overlap), &two, normal("PreviousRevoked")),
            ("revoked on request", Some(&one), &revoked, warning("Revoked")),
            ("revoked before", Some(&revoked), &revoked, None),
            ("a new one after that", Some(&revoked), &again, normal("Published")),
            ("a request from before the first token", Some(&minting), &again, normal("Published")),
        ] {
            assert_eq!(told(old, new), expected, "{sentence}");
        }
    }

    #[test]
    fn trouble_is_told_when_it_begins_and_waiting_is_not() {
        let one = holding("id1", json!({}));
        let reason = |reason: &str| {
            let mut new = one.clone();
            new.conditions[0].reason = reason.into();
            new
        };
        for quiet in ["Revoking", "RotationWaits", "RequestInFuture", "Minting"] {
            assert_eq!(told(Some(&one), &reason(quiet)), None, "{quiet}");
        }
        for bad in [
            "RotationBlocked",
            "OverlapExtended",
            "RotationInfeasible",
            "CapacityExhausted",
            "InvalidRequest",
        ] {
            assert_eq!(told(Some(&one), &reason(bad)), Some((true, bad.to_owned())));
            assert_eq!(told(Some(&reason(bad)), &reason(bad)), None, "{bad} again");
        }
    }
}

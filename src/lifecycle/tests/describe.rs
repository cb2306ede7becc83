//! What a resource shows of its tokens, its rotations and the requests that were handled.
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::api::PersonalAccessTokenStatus;
use crate::api::conditions::Reason;
use crate::api::personal_access_token::{LastHandled, PersonalAccessToken};
use crate::lifecycle::describe::{Note, Trial, View, stamp, status};
use crate::lifecycle::publish::Publication;
use crate::lifecycle::sample::DAY;

pub(super) fn resource(
    spec: serde_json::Value,
    annotations: serde_json::Value,
) -> PersonalAccessToken {
    let mut all = json!({"tenantRef": {"name": "acme"}, "scopes": ["idn:a:read"]});
    json_patch::merge(&mut all, &spec);
    let metadata =
        json!({"namespace": "integrations", "name": "a", "uid": "a", "annotations": annotations});
    let object = json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": "PersonalAccessToken", "metadata": metadata, "spec": all});
    serde_json::from_value(object).unwrap()
}

pub(super) fn view<'a>(token: &'a PersonalAccessToken, ledger: &'a Ledger) -> View<'a> {
    let publication = Publication::Published;
    let (denial, trouble, obstacle, last_used) = (None, None, None, None);
    let trial = Trial::None;
    View {
        token,
        ledger: Some(ledger),
        installation: "inst",
        denial,
        trouble,
        obstacle,
        longest_overlap: u64::MAX,
        last_used,
        trial,
        publication,
    }
}

pub(super) fn shows(view: &View<'_>) -> PersonalAccessTokenStatus {
    status(view, Timestamp::from_millisecond(NOW).unwrap())
}

/// Type, status and reason of every condition.
pub(super) fn conditions(view: &View<'_>) -> Vec<String> {
    let all = shows(view).conditions;
    all.into_iter()
        .map(|condition| format!("{}={} {}", condition.type_, condition.status, condition.reason))
        .collect()
}

#[test]
fn a_replaced_token_is_shown_until_it_is_condemned() {
    let plain = resource(json!({"rotation": {"every": "30d", "overlap": "12h"}}), json!({}));
    let (waiting, published) = (rotating(None), rotating(Some(NOW)));
    let waits = shows(&view(&plain, &waiting)).previous.unwrap();
    assert_eq!(
        (&*waits.client_id, waits.revoke_after, waits.last_used),
        ("id1", None, None),
        "its end is not known"
    );
    let used = View { last_used: Some(NOW - DAY), ..view(&plain, &published) };
    let lives = shows(&used).previous.unwrap();
    assert_eq!(
        lives.revoke_after,
        Some(stamp(NOW + DAY / 2)),
        "the overlap begins with the publication"
    );
    assert_eq!(lives.last_used, Some(stamp(NOW - DAY)));
    let over = settled(&published, &Step::Record(Record::Retire("a".into())), &Outcome::Decided);
    assert_eq!(shows(&view(&plain, &over)).previous, None);
    assert_eq!(shows(&view(&plain, &published)).current.unwrap().client_id, "id2");
}

#[test]
fn a_schedule_shows_when_it_replaces_the_token() {
    let ledger = with(sample::ledger(), |ledger| {
        ledger.resources.get_mut("a").unwrap().rotated_at = Some(NOW - DAY);
    });
    let plain = resource(json!({}), json!({}));
    let scheduled = resource(json!({"rotation": {"every": "30d"}}), json!({}));
    assert_eq!(shows(&view(&plain, &ledger)).next_rotation, None, "without a schedule");
    let due = crate::lifecycle::rotate::due(&ledger.entries[0], Some(30 * DAY)).unwrap();
    assert_eq!(
        shows(&view(&scheduled, &ledger)).next_rotation,
        Some(stamp(due)),
        "as it is acted on"
    );
    assert_eq!(
        shows(&view(&scheduled, &mentioning(&["a"]))).next_rotation,
        None,
        "without a token"
    );
    assert_eq!(shows(&view(&scheduled, &ledger)).last_rotation, Some(stamp(NOW - DAY)));
    assert_eq!(
        shows(&view(&plain, &sample::ledger())).last_rotation,
        None,
        "a first token is no rotation"
    );
}

#[test]
fn requests_that_were_handled_are_shown_as_they_were_written() {
    let plain = resource(json!({}), json!({}));
    let ledger = |rotated: Option<&str>, revoked: Option<&str>| {
        with(sample::ledger(), |ledger| {
            let known = ledger.resources.get_mut("a").unwrap();
            (known.rotated, known.revoked) = (rotated.map(Into::into), revoked.map(Into::into));
        })
    };
    let handled = |rotate: Option<&str>, revoke: Option<&str>| {
        Some(LastHandled { rotate: rotate.map(Into::into), revoke: revoke.map(Into::into) })
    };
    for (ledger, expected) in [
        (ledger(None, None), None),
        (ledger(Some("x"), None), handled(Some("x"), None)),
        (ledger(None, Some("y")), handled(None, Some("y"))),
        (ledger(Some("x"), Some("y")), handled(Some("x"), Some("y"))),
    ] {
        assert_eq!(shows(&view(&plain, &ledger)).last_handled, expected);
    }
}

#[test]
fn what_keeps_a_rotation_waiting_does_not_make_a_live_credential_unready() {
    let plain = resource(json!({}), json!({}));
    let ledger = sample::ledger();
    let note = Note {
        reason: Reason::RotationBlocked,
        message: "full".into(),
        stalled: false,
        retry_at: None,
    };
    let blocked = View { obstacle: Some(&note), ..view(&plain, &ledger) };
    let effective = "ScopesEffective=True Verified";
    assert_eq!(conditions(&view(&plain, &ledger)), ["Ready=True Published", effective]);
    assert_eq!(conditions(&blocked), ["Ready=True RotationBlocked", effective]);
    let unminted = mentioning(&["a"]);
    let waiting = View {
        obstacle: Some(&note),
        publication: Publication::Nothing,
        ..view(&plain, &unminted)
    };
    assert_eq!(
        conditions(&waiting),
        ["Ready=False RotationBlocked", "Reconciling=True RotationBlocked"]
    );
    let stuck = Note { stalled: true, ..note.clone() };
    let stalled = View { obstacle: Some(&stuck), ..view(&plain, &ledger) };
    assert_eq!(
        conditions(&stalled),
        ["Ready=True RotationBlocked", "Stalled=True RotationBlocked", effective]
    );
}

#[test]
fn r18_after_a_revocation_the_resource_is_not_ready_although_its_secret_is_there() {
    let plain = resource(json!({}), json!({}));
    let revoked = holding(&[("a", State::Tomb)]);
    let gone = View { publication: Publication::Nothing, ..view(&plain, &revoked) };
    assert_eq!(conditions(&gone), ["Ready=False Minting", "Reconciling=True Minting"]);
    assert_eq!((shows(&gone).current, shows(&gone).secret), (None, None));
}

#[test]
fn a_request_that_is_no_time_is_told() {
    let ledger = sample::ledger();
    for annotation in ["rotate", "revoke"] {
        let key = format!("pat-operator.dev/{annotation}-requested-at");
        let wrong = resource(json!({}), json!({key.clone(): "now"}));
        let said = shows(&view(&wrong, &ledger)).conditions;
        let ready = said.iter().find(|condition| condition.type_ == "Ready").unwrap();
        assert_eq!((&*ready.status, &*ready.reason), ("True", "InvalidRequest"));
        assert!(
            ready.message.contains(&key) && ready.message.contains("RFC 3339"),
            "{}",
            ready.message
        );
    }
}

#[test]
fn values_in_force_are_shown() {
    let chosen = resource(
        json!({"rotation": {"every": "30d", "overlap": "90m"}, "reclaimPolicy": "Retain"}),
        json!({}),
    );
    let effective = shows(&view(&chosen, &sample::ledger())).effective.unwrap();
    assert_eq!(
        (&*effective.access_token_validity, effective.overlap.as_deref()),
        ("1h", Some("90m"))
    );
    assert_eq!(effective.reclaim_policy, crate::api::personal_access_token::ReclaimPolicy::Retain);
    let plain = shows(&view(&resource(json!({}), json!({})), &sample::ledger())).effective.unwrap();
    assert_eq!(plain.overlap.as_deref(), Some("24h"));
}

//! What is in Secrets, and for how long: P2, P3, and what workloads notice.
use judge::{Actor, Change, Property, What};
use serde_json::json;

use crate::story::{DAY, MINUTE, OWN, Story, client_secret};

#[test]
fn a_dead_pair_is_published() {
    let mut story = Story::created();
    story
        .ledger(Some(2), &[(1, "Current")])
        .provisional(2)
        .ledger(None, &[(1, "Current"), (2, "Tomb")]);
    story.destroyed(2, Actor::Operator).published(2);
    story.breaks(Property::P2, "dead");
}

#[test]
fn a_stalled_write_that_lands_while_its_resource_goes_is_taken_along() {
    let mut story = Story::created();
    story.resource(true, Change::Changed, Actor::Person).unpublished(1);
    story.ledger(None, &[(1, "Tomb")]).destroyed(1, Actor::Operator).published(1);
    story.is_good();
}

#[test]
fn an_older_pair_is_published_over_a_newer() {
    let mut story = Story::rotated();
    story.wait(MINUTE).published(1);
    story.breaks(Property::P2, "over a newer");
}

#[test]
fn a_provisional_pair_is_published() {
    let mut story = Story::new();
    story.resource(false, Change::Created, Actor::Person).ledger(Some(1), &[]).provisional(1);
    story.ledger(None, &[(1, "Prepared")]).published(1);
    story.breaks(Property::P2, "provisional");
}

#[test]
fn a_pair_is_published_with_a_wrong_client_secret() {
    let mut story = Story::created();
    let content = Story::secret_of(Some("uid-a"), 1, "not its client secret");
    story.object("Secret", "team", "name", content, Change::Changed, Actor::Operator);
    story.breaks(Property::P2, "client secret that belongs to it");
}

#[test]
fn a_published_token_expires() {
    let mut story = Story::created();
    story.wait(90 * DAY).destroyed(1, Actor::Clock);
    story.breaks(Property::P2, "expired");
}

#[test]
fn a_workload_is_refused() {
    let mut story = Story::created();
    story.consumes(1, false);
    story.breaks(Property::P2, "refused");
    assert_eq!(story.judge.counts().outages, 1);
}

#[test]
fn a_workload_is_refused_after_a_revocation_or_an_edit_which_is_as_it_should_be() {
    let mut story = Story::created();
    story
        .wait(MINUTE)
        .revoke()
        .ledger(None, &[(1, "Tomb")])
        .destroyed(1, Actor::Operator)
        .consumes(1, false);
    story.is_good();
    let mut story = Story::created();
    story.destroyed(1, Actor::Person).consumes(1, false);
    story.is_good();
    assert_eq!(story.judge.counts().outages, 0);
}

#[test]
fn a_predecessor_goes_before_the_overlap_is_over() {
    let mut story = Story::rotated();
    story
        .wait(DAY - MINUTE)
        .ledger(None, &[(1, "Tomb"), (2, "Current")])
        .destroyed(1, Actor::Operator);
    story.breaks(Property::P3, "before its successor");
    assert_eq!(story.judge.counts().wrongly_destroyed, 1);
}

#[test]
fn a_revoked_pair_is_published_again() {
    let mut story = Story::created();
    story
        .wait(MINUTE)
        .revoke()
        .unpublished(1)
        .published(1)
        .ledger(None, &[(1, "Tomb")])
        .published(1);
    story.is_good();
    story
        .destroyed(1, Actor::Operator)
        .ledger(Some(2), &[])
        .provisional(2)
        .ledger(None, &[(2, "Prepared")]);
    story.extended(2).ledger(None, &[(2, "Current")]).published(2).is_good();
    // Dead, and over a newer one.
    assert_eq!(story.published(1).broken(), [Property::P2, Property::P2]);
}

#[test]
fn a_token_minted_after_a_revocation_goes_like_one() {
    let mut story = Story::created();
    story
        .revoke()
        .ledger(None, &[(1, "Tomb")])
        .destroyed(1, Actor::Operator)
        .ledger(Some(2), &[])
        .provisional(2);
    story.ledger(None, &[(2, "Prepared")]).extended(2).ledger(None, &[(2, "Current")]).published(2);
    story.ledger(None, &[(2, "Tomb")]).destroyed(2, Actor::Operator);
    story.breaks(Property::P3, "before its successor");
}

#[test]
fn a_secret_that_outlives_its_resource_belongs_to_it_by_its_mark() {
    let mut story = Story::created();
    let mut content = Story::secret_of(None, 1, &client_secret(1));
    content["metadata"]["annotations"] = json!({"pat-operator.dev/resource-uid": "uid-a"});
    story.object("Secret", "team", "name", content.clone(), Change::Changed, Actor::Operator);
    story.is_good();
    content["metadata"]["annotations"] = json!({"pat-operator.dev/resource-uid": "uid-b"});
    story.object("Secret", "team", "name", content, Change::Changed, Actor::Operator);
    story.breaks(Property::P6, "foreign Secret");
}

#[test]
fn a_secret_goes_although_its_resource_stays() {
    let mut story = Story::created();
    story.unpublished(1);
    story.breaks(Property::P3, "although its resource stays");
}

#[test]
fn a_client_secret_is_in_a_status_an_annotation_a_ledger_s_metadata_and_a_log() {
    let leaks = [
        (
            "PersonalAccessToken",
            "team",
            json!({"metadata": {"uid": "uid-a"}, "status": client_secret(1)}),
        ),
        ("Event", "team", json!({"note": format!("got {}", client_secret(1))})),
        ("Secret", OWN, json!({"metadata": {"annotations": {"last": client_secret(1)}}})),
    ];
    for (kind, namespace, content) in leaks {
        let mut story = Story::created();
        story.object(kind, namespace, "name", content, Change::Changed, Actor::Person);
        story.breaks(Property::Secrecy, "client secret");
    }
    let mut story = Story::created();
    story.tell(What::Text(format!("POST said {}", client_secret(1))));
    story.breaks(Property::Secrecy, "text");
}

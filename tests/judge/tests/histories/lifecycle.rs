//! Rotation, `Retain`, and tokens that people laid hands on.
use judge::{Actor, Change, Property};
use serde_json::{Value, json};

use crate::story::{DAY, MINUTE, Story, client_secret};

fn marked(n: u64) -> Value {
    let mut secret = Story::secret_of(None, n, &client_secret(n));
    secret["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "pat-operator"});
    secret["metadata"]["annotations"] = json!({"pat-operator.dev/resource-uid": "uid-a"});
    secret
}

fn overlap(story: &mut Story, overlap: &str) {
    let metadata = json!({"uid": "uid-a", "finalizers": ["pat-operator.dev/revoke"]});
    let content = json!({"metadata": metadata, "spec": {"rotation": {"overlap": overlap}}});
    story.object("PersonalAccessToken", "team", "name", content, Change::Changed, Actor::Person);
}

#[test]
fn a_secret_without_controller_belongs_to_the_resource_that_its_marks_name() {
    let mut story = Story::created();
    story.object("Secret", "team", "name", marked(1), Change::Changed, Actor::Operator);
    story.object(
        "Secret",
        "team",
        "name",
        Story::secret_of(None, 1, &client_secret(1)),
        Change::Changed,
        Actor::Operator,
    );
    story.is_good();
    story.object("Secret", "team", "name", marked(1), Change::Changed, Actor::Operator);
    story.breaks(Property::P6, "foreign");
}

#[test]
fn an_overlap_that_grew_since_may_end_as_it_was_before() {
    let mut story = Story::created();
    overlap(&mut story, "2m");
    story
        .ledger(Some(2), &[(1, "Current")])
        .provisional(2)
        .ledger(None, &[(1, "Current"), (2, "Prepared")])
        .extended(2);
    story.ledger(None, &[(1, "Retired"), (2, "Current")]).published(2).wait(2 * MINUTE);
    overlap(&mut story, "24h");
    story.ledger(None, &[(1, "Tomb"), (2, "Current")]).destroyed(1, Actor::Operator);
    story.is_good();
}

#[test]
fn a_replaced_token_lives_on_after_its_overlap() {
    let mut story = Story::rotated();
    assert!(story.judge.open_ends(&[]).is_empty());
    story.judge.finish(story.at + DAY + 11 * MINUTE, &[]);
    story.breaks(Property::P7, "published long ago");
}

#[test]
fn a_token_of_a_resource_that_is_gone_lives_on() {
    let mut story = Story::created();
    story.resource(true, Change::Deleted, Actor::Person);
    story.judge.finish(story.at, &[]);
    story.breaks(Property::P7, "its resource is gone");
}

#[test]
fn a_token_that_a_person_renamed_is_still_to_be_revoked() {
    let mut story = Story::created();
    story.named(1, "mine", None, Change::Changed, Actor::Person).ledger(None, &[(1, "Tomb")]);
    story.resource(true, Change::Changed, Actor::Person).unpublished(1).ledger(None, &[]).resource(
        true,
        Change::Deleted,
        Actor::Operator,
    );
    story.judge.finish(story.at, &[]);
    story.breaks(Property::P4, "lives on under another name");
}

#[test]
fn a_request_to_revoke_is_about_all_that_is_there_when_it_is_handled() {
    let mut story = Story::new();
    story.resource(false, Change::Created, Actor::Person).revoke().wait(MINUTE);
    story.ledger(Some(1), &[]).provisional(1).ledger(None, &[(1, "Prepared")]).extended(1);
    story.ledger(None, &[(1, "Current")]).published(1).wait(MINUTE).handled("now", &[(1, "Tomb")]);
    story.destroyed(1, Actor::Operator).is_good();
}

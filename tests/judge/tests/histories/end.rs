//! How it ends: P7.
use judge::{Actor, Change, Property};

use crate::story::{DAY, Story};

#[test]
fn an_orphan_is_left() {
    let mut story = Story::new();
    story.ledger(Some(1), &[]).provisional(1);
    story.judge.finish(DAY, &[]);
    story.breaks(Property::P7, "in no ledger");
}

#[test]
fn a_resource_without_a_pair_is_left_unless_it_is_blocked() {
    let mut story = Story::new();
    story.resource(false, Change::Created, Actor::Person);
    story.judge.finish(DAY, &[("team", "name")]);
    story.is_good();
    story.judge.finish(DAY, &[]);
    story.breaks(Property::P7, "no published pair");
}

#[test]
fn a_dead_pair_is_left() {
    let mut story = Story::created();
    story.destroyed(1, Actor::Person);
    story.judge.finish(DAY, &[]);
    story.breaks(Property::P7, "dead pair");
}

#[test]
fn a_spoilt_client_secret_is_left() {
    let mut story = Story::created();
    let content = Story::secret_of(Some("uid-a"), 1, "spoilt by hand");
    story.object("Secret", "team", "name", content, Change::Changed, Actor::Person);
    story.judge.finish(DAY, &[]);
    story.breaks(Property::P7, "wrong client secret");
}

#[test]
fn a_resource_that_never_goes_is_left() {
    let mut story = Story::created();
    story.resource(true, Change::Changed, Actor::Person);
    story.judge.finish(DAY, &[]);
    story.breaks(Property::P7, "still being deleted");
}

#[test]
fn a_resource_in_whose_place_a_backup_put_another_is_gone() {
    let mut story = Story::new();
    story.resource(false, Change::Created, Actor::Person);
    story.tell(judge::What::Restored);
    let other = serde_json::json!({"metadata": {"uid": "uid-b"}, "spec": {"suspend": true}});
    story.object("PersonalAccessToken", "team", "name", other, Change::Changed, Actor::Cluster);
    story.judge.finish(DAY, &[]);
    story.is_good();
}

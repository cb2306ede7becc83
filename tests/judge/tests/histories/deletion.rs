//! How tokens go: P4, P5.
use judge::{Actor, Change, Property};

use crate::story::{DAY, Story};

fn going() -> Story {
    let mut story = Story::created();
    story
        .resource(true, Change::Changed, Actor::Person)
        .unpublished(1)
        .ledger(None, &[(1, "Tomb")]);
    story
}

#[test]
fn a_deletion_in_order_breaks_nothing() {
    let mut story = going();
    story.destroyed(1, Actor::Operator).ledger(None, &[]).resource(
        true,
        Change::Deleted,
        Actor::Operator,
    );
    story.judge.finish(story.at + DAY, &[]);
    story.is_good();
}

#[test]
fn the_finalizer_goes_before_the_token() {
    let mut story = going();
    story.resource(true, Change::Deleted, Actor::Operator);
    story.breaks(Property::P4, "alive although");
}

#[test]
fn a_finalizer_taken_off_by_hand_is_not_the_operator_s_doing() {
    let mut story = going();
    story.resource(true, Change::Deleted, Actor::Person);
    story.is_good();
}

#[test]
fn a_token_appears_after_its_resource_is_gone() {
    let mut story = going();
    story.destroyed(1, Actor::Operator).ledger(Some(2), &[]).resource(
        true,
        Change::Deleted,
        Actor::Operator,
    );
    story.wait(1_000).provisional(2);
    story.breaks(Property::P4, "appeared");
}

#[test]
fn a_live_credential_is_destroyed() {
    let mut story = Story::created();
    story.destroyed(1, Actor::Operator);
    story.breaks(Property::P5, "ledger has as Current");
}

#[test]
fn a_long_lived_token_that_no_ledger_knows_is_destroyed() {
    let mut story = Story::created();
    story.tell(judge::What::Restored);
    story.object(
        "Secret",
        crate::story::OWN,
        "ledger-1",
        serde_json::json!({"metadata": {"labels": {
        "pat-operator.dev/tenant": "acme"}}}),
        Change::Deleted,
        Actor::Cluster,
    );
    story.destroyed(1, Actor::Operator);
    story.breaks(Property::P5, "in no ledger");
}

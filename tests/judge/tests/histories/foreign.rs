//! What is not the operator's: P6.
use judge::{Action, Actor, Change, Property, What};
use serde_json::json;

use crate::story::{DAY, MINUTE, OWN, Story, client_secret};

#[test]
fn a_foreign_token_is_destroyed_or_changed() {
    let mut story = Story::new();
    story.named(7, "by hand", None, Change::Created, Actor::Person);
    story.named(7, "by hand", None, Change::Deleted, Actor::Operator);
    story.breaks(Property::P6, "not the operator's, was destroyed");
    let mut story = Story::new();
    story.named(7, "by hand", None, Change::Created, Actor::Person);
    story.named(7, "mine", Some(DAY), Change::Changed, Actor::Operator);
    story.breaks(Property::P6, "was changed");
}

#[test]
fn a_released_token_is_no_longer_the_operator_s() {
    let mut story = Story::created();
    story.resource(true, Change::Changed, Actor::Person);
    story.named(1, "released team/name", Some(90 * DAY), Change::Changed, Actor::Operator);
    story.ledger(None, &[]).resource(true, Change::Deleted, Actor::Operator).is_good();
    story.destroyed(1, Actor::Operator);
    story.breaks(Property::P6, "was destroyed");
}

#[test]
fn a_foreign_secret_is_written_or_deleted() {
    let foreign = json!({"metadata": {}, "data": {"key": "dmFsdWU="}});
    let mut story = Story::created();
    story.object("Secret", "team", "other", foreign.clone(), Change::Created, Actor::Person);
    let ours = Story::secret_of(Some("uid-a"), 1, &client_secret(1));
    story.object("Secret", "team", "other", ours, Change::Changed, Actor::Operator);
    story.breaks(Property::P6, "foreign Secret");
    let mut story = Story::created();
    story.object("Secret", "team", "other", foreign.clone(), Change::Created, Actor::Person);
    story.object("Secret", "team", "other", foreign, Change::Deleted, Actor::Operator);
    story.breaks(Property::P6, "foreign Secret");
}

#[test]
fn a_secret_gets_another_resource_s_token() {
    let mut story = Story::created();
    let other = json!({"metadata": {"uid": "uid-b"}, "spec": {}});
    story.object("PersonalAccessToken", "team", "b", other, Change::Created, Actor::Person);
    let content = Story::secret_of(Some("uid-b"), 1, &client_secret(1));
    story.object("Secret", "team", "b", content, Change::Created, Actor::Operator);
    story.breaks(Property::P6, "another resource's");
}

#[test]
fn a_seed_or_a_config_map_is_written() {
    for (kind, namespace) in [("Secret", OWN), ("ConfigMap", OWN), ("Namespace", "")] {
        let mut story = Story::new();
        story.object(
            kind,
            namespace,
            "acme-seed",
            json!({"metadata": {}}),
            Change::Changed,
            Actor::Operator,
        );
        story.breaks(Property::P6, "was written by the operator");
    }
}

#[test]
fn an_unrecorded_token_that_a_person_prolonged_may_be_met_by_a_delete_of_a_moment_later_and_of_no_later_one()
 {
    for (after, wrong) in [(MINUTE, false), (10 * MINUTE, true)] {
        let mut story = Story::new();
        story.resource(false, Change::Created, Actor::Person);
        story.ledger(Some(1), &[]).provisional(1).token(1, None, Change::Changed, Actor::Person);
        story.wait(after).token(1, None, Change::Deleted, Actor::Operator);
        match wrong {
            true => story.breaks(Property::P5, "long-lived and in no ledger"),
            false => story.is_good(),
        }
    }
}

#[test]
fn a_disabled_user_excuses_refusals_until_it_is_enabled_again() {
    let mut story = Story::created();
    story.tell(What::Action(Action::Disable("bob".into()))).consumes(1, false);
    story.is_good();
    story.tell(What::Action(Action::Enable("bob".into()))).consumes(1, true).consumes(1, false);
    story.breaks(Property::P2, "was refused");
}

//! How tokens come: P1.
use judge::{Actor, Change, Property};

use crate::story::{DAY, MINUTE, Story};

#[test]
fn a_life_as_it_should_be_breaks_nothing_and_is_counted() {
    let mut story = Story::rotated();
    story
        .wait(DAY + MINUTE)
        .ledger(None, &[(1, "Tomb"), (2, "Current")])
        .destroyed(1, Actor::Operator);
    story.ledger(None, &[(2, "Current")]).consumes(2, true);
    story.is_good();
    let counts = story.judge.counts();
    assert_eq!((counts.created, counts.rotations, counts.first_publications), (2, 1, 1));
    assert_eq!((counts.most_unrecorded, counts.authentications, counts.outages), (1, 2, 0));
    assert_eq!((counts.destroyed, counts.wrongly_destroyed), (1, 0));
}

#[test]
fn two_unrecorded_tokens_at_once() {
    let mut story = Story::new();
    story.ledger(Some(1), &[]).provisional(1).ledger(Some(2), &[]).provisional(2);
    story.breaks(Property::P1, "2 unrecorded");
    assert_eq!(story.judge.counts().most_unrecorded, 2);
}

#[test]
fn a_second_one_after_the_first_has_expired_is_right() {
    let mut story = Story::new();
    story.ledger(Some(1), &[]).provisional(1).wait(10 * MINUTE).destroyed(1, Actor::Clock);
    story.ledger(Some(2), &[]).provisional(2);
    story.is_good();
}

#[test]
fn a_token_that_is_created_to_live_for_ever() {
    let mut story = Story::new();
    story.ledger(Some(1), &[]).token(1, None, Change::Created, Actor::Operator);
    story.breaks(Property::P1, "live long");
}

#[test]
fn a_token_without_an_intent() {
    let mut story = Story::new();
    story.provisional(1);
    story.breaks(Property::P1, "without a recorded intent");
}

#[test]
fn a_token_that_is_extended_before_it_is_recorded() {
    let mut story = Story::new();
    story.ledger(Some(1), &[]).provisional(1).extended(1);
    story.breaks(Property::P1, "extended without being recorded");
}

#[test]
fn a_ledger_that_forgets_a_live_token() {
    let mut story = Story::created();
    story.ledger(None, &[]);
    story.breaks(Property::P1, "dropped");
}

#[test]
fn a_ledger_that_was_put_back_may_not_know_a_token() {
    let mut story = Story::rotated();
    story.tell(judge::What::Restored);
    let before = story.judge.violations().len();
    story.wait(MINUTE).ledger(Some(3), &[(1, "Current")]).provisional(3);
    let found: Vec<_> = story.judge.violations()[before..]
        .iter()
        .filter(|v| v.what.contains("unrecorded"))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}
